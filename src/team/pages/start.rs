//! The start page: what this server is, how to connect a client, and, after signing in, which clients are connected.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use super::language::Language;
use super::layout::Document;
use super::markup::{escaped, name};
use super::snippets::snippets;
use super::texts;
use super::wording::StartTexts;
use crate::portal::Origin;
use crate::team::paths;
use crate::team::public_url::PublicUrl;
use crate::team::store::records::GrantLine;

/// What the start page shows.
pub(in crate::team) struct Start<'a> {
    /// The address of this server.
    pub(in crate::team) url: &'a PublicUrl,
    /// The portal.
    pub(in crate::team) portal: &'a Origin,
    /// The employee that the browser has signed in as.
    pub(in crate::team) employee: Option<SignedIn<'a>>,
}

/// An employee, with the connected clients.
pub(in crate::team) struct SignedIn<'a> {
    /// The name on the portal; empty if the portal did not return it.
    pub(in crate::team) name: &'a str,
    /// The id on the portal.
    pub(in crate::team) user_id: u64,
    /// The live grants of this employee.
    pub(in crate::team) grants: &'a [GrantLine],
}

/// The start page.
pub(in crate::team) fn start(language: Language, start: &Start<'_>) -> String {
    let all = texts::of(language);
    let texts = &all.start;
    let connections = match &start.employee {
        None => format!(
            "<p>{}</p>\n{}",
            texts.sign_in_hint,
            button_form(paths::SIGN_IN, "", texts.sign_in, "button")
        ),
        Some(employee) => signed_in(texts, all.no_name, language, employee),
    };
    let content = format!(
        "<p>{about}</p>\n<p class=\"note\">{portal_label} <bdi>{portal}</bdi></p>\n<section>\n<h2>{connections_heading}</h2>\n{connections}</section>\n\
         <section>\n<h2>{connect}</h2>\n<p>{connect_hint}</p>\n<pre>{resource}</pre>\n{snippets}</section>\n",
        about = texts.about,
        portal_label = texts.portal,
        portal = escaped(start.portal.authority()),
        connections_heading = texts.connections,
        connect = texts.connect,
        connect_hint = texts.connect_hint,
        resource = escaped(start.url.resource()),
        snippets = snippets(texts, start.url),
    );
    let document = Document {
        language,
        title: texts.title,
        refresh: None,
        content: &content,
        is_start: true,
    };
    document.html()
}

fn signed_in(texts: &StartTexts, no_name: &str, language: Language, employee: &SignedIn<'_>) -> String {
    let shown = name(employee.name, &(texts.unnamed_employee)(employee.user_id));
    let mut html = format!(
        "<div class=\"row\">\n<p>{}</p>\n{}</div>\n",
        (texts.signed_in_as)(&shown),
        button_form(paths::SIGN_OUT, "", texts.sign_out, "button plain small")
    );
    if employee.grants.is_empty() {
        return html + "<p>" + texts.no_connections + "</p>\n";
    }
    html.push_str("<ul class=\"connections\">\n");
    for line in employee.grants {
        let grant = line.grant;
        let field = format!("<input type=\"hidden\" name=\"grant\" value=\"{grant}\">\n");
        let button = format!("button plain small\" aria-describedby=\"grant-{grant}");
        // Writing to a string does not fail.
        let _ = writeln!(
            html,
            "<li class=\"row\">\n<p><span id=\"grant-{grant}\">{client}</span><br>\n<span class=\"note\">{connected} {since}<br>\n\
             {renewed} {used}</span></p>\n{form}</li>",
            client = name(&line.client_name, no_name),
            connected = texts.connected,
            since = time(language, line.created_at),
            renewed = texts.renewed,
            used = time(language, line.used_at),
            form = button_form(paths::END_CONNECTION, &field, texts.end, &button),
        );
    }
    html + "</ul>\n<p class=\"note\">" + texts.end_hint + "</p>\n"
}

/// A form with nothing but a button.
fn button_form(action: &str, fields: &str, text: &str, class: &str) -> String {
    format!("<form method=\"post\" action=\"{action}\">\n{fields}<button class=\"{class}\">{text}</button>\n</form>\n")
}

/// A time given in seconds since 1970.
fn time(language: Language, seconds: i64) -> String {
    let time = UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    let full = humantime::format_rfc3339_seconds(time).to_string();
    let (date, clock) = full.split_once('T').unwrap_or((&full, ""));
    let clock: String = clock.chars().take(5).collect();
    let date = match language {
        Language::English => date.to_owned(),
        Language::Russian => date.split('-').rev().collect::<Vec<_>>().join("."),
    };
    format!("<time datetime=\"{full}\">{date}, {clock} UTC</time>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_the_form_of_its_language() {
        assert_eq!(
            time(Language::English, 1_790_000_000),
            "<time datetime=\"2026-09-21T14:13:20Z\">2026-09-21, 14:13 UTC</time>"
        );
        assert!(time(Language::Russian, 1_790_000_000).contains(">21.09.2026, 14:13 UTC<"));
        assert!(time(Language::English, -1).contains(">1970-01-01, 00:00 UTC<"));
    }
}
