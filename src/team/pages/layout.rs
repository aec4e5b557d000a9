//! The frame of every page: head, style and footer.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::language::Language;
use super::markup::escaped;
use super::texts;

const STYLE: &str = include_str!("style.css");

static STYLE_HASH: LazyLock<String> = LazyLock::new(|| hash_of(STYLE));

/// The source that allows the style of the pages in the header `Content-Security-Policy`: `'sha256-…'`.
pub fn style_hash() -> &'static str {
    &STYLE_HASH
}

fn hash_of(style: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, style.as_bytes())))
}

/// One page.
pub(super) struct Document<'a> {
    pub(super) language: Language,
    /// The title, as text. It is the first heading too.
    pub(super) title: &'a str,
    /// The address that the browser goes on to.
    pub(super) refresh: Option<&'a str>,
    /// What follows the heading, as HTML.
    pub(super) content: &'a str,
    /// True for the start page, which is wider, and to which the other pages link.
    pub(super) is_start: bool,
}

impl Document<'_> {
    /// The whole document, as HTML.
    pub(super) fn html(&self) -> String {
        let texts = texts::of(self.language);
        let refresh = self.refresh.map(|to| {
            let to = escaped(to);
            format!("<meta http-equiv=\"refresh\" content=\"0; url={to}\">\n")
        });
        let (class, footer) = match self.is_start {
            true => (" class=\"wide\"", String::new()),
            false => ("", format!("<footer><a href=\"/\">{}</a></footer>\n", texts.start_link)),
        };
        let title = escaped(self.title);
        format!(
            r#"<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
{refresh}<title>{title} · {program}</title>
<style>{STYLE}</style>
</head>
<body>
<main{class}>
<p class="program">{program}</p>
<h1>{title}</h1>
{content}</main>
{footer}</body>
</html>
"#,
            lang = self.language.tag(),
            refresh = refresh.unwrap_or_default(),
            program = env!("CARGO_PKG_NAME"),
            content = self.content,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n34_the_hash_is_that_of_the_style_in_the_page() {
        let document = Document {
            language: Language::English,
            title: "Title",
            refresh: None,
            content: "",
            is_start: false,
        };
        let html = document.html();
        let (_, rest) = html.split_once("<style>").unwrap();
        let (style, rest) = rest.split_once("</style>").unwrap();
        assert!(!rest.contains("<style") && !rest.contains("style="), "{rest}");
        assert_eq!(hash_of(style), style_hash());
        // A browser reads CR LF as LF, so with CR the hash of the file would not be that of the page.
        assert!(style.is_ascii() && !style.contains('\r'));
        // `printf a | openssl dgst -sha256 -binary | base64`
        assert_eq!(hash_of("a"), "'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='");
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let document = Document {
            language: Language::Russian,
            title: "<i>",
            refresh: Some("https://example.com/?a=\"><script>&b"),
            content: "",
            is_start: false,
        };
        let html = document.html();
        assert!(html.contains("url=https://example.com/?a=&quot;&gt;&lt;script&gt;&amp;b\">"));
        assert!(!html.contains("<script") && !html.contains("<i>"));
    }
}
