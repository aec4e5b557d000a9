//! The page that asks whether a client gets access. Bitrix24 has none of its own.

use url::Url;

use super::language::Language;
use super::layout::Document;
use super::markup::{escaped, name};
use super::texts;
use crate::portal::Origin;
use crate::team::paths;

/// What the person has to know to decide.
pub(in crate::team) struct Consent<'a> {
    /// The name that the client claims.
    pub(in crate::team) client_name: &'a str,
    /// The address that the code is sent to; checked.
    pub(in crate::team) redirect_uri: &'a str,
    /// The portal.
    pub(in crate::team) portal: &'a Origin,
    /// Names the sign-in in the form.
    pub(in crate::team) handle: &'a str,
}

/// Where the code goes.
enum Destination {
    /// A program of this computer that listens at this host and port.
    ThisComputer(String),
    /// The program of this computer that opens addresses of this kind.
    OwnScheme(String),
    /// A website.
    Site(String),
}

/// The page that asks whether a client gets access.
pub(in crate::team) fn consent(language: Language, consent: &Consent<'_>) -> String {
    let all = texts::of(language);
    let texts = &all.consent;
    let (place, address, warning) = match Destination::of(consent.redirect_uri) {
        Destination::Site(host) => (escaped(&host), String::new(), texts.only_known_site),
        Destination::ThisComputer(host) => (texts.this_computer.to_owned(), host, texts.only_just_now),
        Destination::OwnScheme(address) => (texts.application_here.to_owned(), address, texts.only_just_now),
    };
    let address = match address.is_empty() {
        true => address,
        false => format!("<br><code><bdi>{}</bdi></code>", escaped(&address)),
    };
    let content = format!(
        r#"<p>{asks}<br><span class="note">{unchecked}</span></p>
<section>
<h2>{where_to}</h2>
<p class="destination"><strong><bdi>{place}</bdi></strong>{address}</p>
<p class="warning">{warning}</p>
</section>
<section>
<h2>{what}</h2>
<ul>
<li>{contacts}</li>
<li>{employees}</li>
</ul>
<p>{read_only}</p>
</section>
<section>
<h2>{at_portal}</h2>
<p><strong><bdi>{portal}</bdi></strong><br><span class="note">{next}</span></p>
</section>
<form method="post" action="{action}" class="actions">
<input type="hidden" name="handle" value="{handle}">
<button name="decision" value="allow" class="button">{allow}</button>
<button name="decision" value="refuse" class="button plain">{refuse}</button>
</form>
"#,
        action = paths::CONSENT,
        asks = (texts.asks)(&name(consent.client_name, all.no_name)),
        unchecked = texts.name_is_not_checked,
        where_to = texts.where_the_access_goes,
        what = texts.what_it_can_read,
        contacts = texts.contacts,
        employees = texts.employees,
        read_only = texts.read_only,
        at_portal = texts.at_which_portal,
        portal = escaped(consent.portal.authority()),
        next = texts.sign_in_comes_next,
        handle = escaped(consent.handle),
        allow = texts.allow,
        refuse = texts.refuse,
    );
    let document = Document {
        language,
        title: texts.title,
        refresh: None,
        content: &content,
        is_start: false,
    };
    document.html()
}

impl Destination {
    fn of(redirect_uri: &str) -> Self {
        let Ok(url) = Url::parse(redirect_uri) else {
            return Self::OwnScheme(redirect_uri.to_owned());
        };
        let host = url.host_str().unwrap_or_default();
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        match url.scheme() {
            "https" => Self::Site(authority),
            "http" => Self::ThisComputer(authority),
            scheme => Self::OwnScheme(format!("{scheme}://{authority}")),
        }
    }
}
