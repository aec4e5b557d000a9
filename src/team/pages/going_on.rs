//! The page that sends the browser on.
//!
//! Chromium applies `form-action 'self'` to redirects after a form too, so the answer to a form is a page that goes on
//! by itself and has a link, not a redirect.

use url::Url;

use super::language::Language;
use super::layout::Document;
use super::markup::escaped;
use super::texts;

/// Why the browser is sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::team) enum GoingOn {
    /// The person allowed the access and signs in at the portal now.
    ToPortal,
    /// The person refused the access, and the client is informed.
    BackToClient,
}

/// The page that sends the browser on to `to`.
pub(in crate::team) fn going_on(language: Language, to: &str, why: GoingOn) -> String {
    let texts = texts::of(language);
    let about = match why {
        GoingOn::ToPortal => &texts.to_portal,
        GoingOn::BackToClient => &texts.refused,
    };
    let host = Url::parse(to).ok().and_then(|url| url.host_str().map(str::to_owned));
    let place = host.map(|host| format!("<br><code><bdi>{}</bdi></code>", escaped(&host)));
    let content = format!(
        "<p>{text}</p>\n<p class=\"actions\"><a class=\"button\" href=\"{to}\">{link}</a></p>\n<p class=\"note\">{hint}{place}</p>\n",
        text = about.text,
        to = escaped(to),
        link = about.link,
        hint = texts.going_on_hint,
        place = place.unwrap_or_default(),
    );
    let document = Document {
        language,
        title: about.title,
        refresh: Some(to),
        content: &content,
        is_start: false,
    };
    document.html()
}
