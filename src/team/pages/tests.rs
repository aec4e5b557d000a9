//! Checks of all pages in both languages.

mod all;
mod dump;
mod structure;

use super::*;
use all::{HARMLESS, LANGUAGES, Words, all_pages, consent_to};
use structure::{Structure, texts_of};

/// Texts that try to leave an element, an attribute, a quoted value, the style or the address of a refresh.
const HOSTILE: [&str; 9] = [
    "<script>alert(1)</script>",
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "\" onfocus=\"alert(1)\" autofocus x=\"",
    "</title></style></bdi></b></main><h1>Allowed</h1>",
    "<!-- ",
    "&lt;script&gt; &quot; &#34; &Tab;",
    "]]>{}{0}%s\\",
    "\u{202e}\u{2066}\u{0}<b>",
];

#[test]
fn n35_text_from_outside_adds_no_element_and_no_attribute_to_any_page() {
    for language in LANGUAGES {
        let harmless = all_pages(language, &HARMLESS);
        for hostile in HOSTILE {
            let words = Words {
                client_name: hostile.to_owned(),
                employee_name: hostile.to_owned(),
                handle: hostile.to_owned(),
                address: format!("https://example.com/callback?a={hostile}"),
            };
            for ((name, html), (_, expected)) in all_pages(language, &words).iter().zip(&harmless) {
                assert_eq!(
                    Structure::of(html).shape,
                    Structure::of(expected).shape,
                    "{name} with {hostile}"
                );
            }
        }
    }
}

#[test]
fn n35_a_name_of_ten_thousand_characters_does_not_grow_a_page() {
    let words = Words {
        client_name: "x".repeat(10_000),
        employee_name: "я".repeat(10_000),
        ..HARMLESS.clone()
    };
    for language in LANGUAGES {
        for ((name, long), (_, harmless)) in all_pages(language, &words).iter().zip(&all_pages(language, &HARMLESS)) {
            assert!(long.len() < harmless.len() + 1_000, "{name}");
        }
    }
}

#[test]
fn n34_a_page_has_no_script_loads_nothing_and_sends_forms_to_this_server_only() {
    for (name, html) in LANGUAGES.iter().flat_map(|language| all_pages(*language, &HARMLESS)) {
        let page = Structure::of(&html);
        for (tag, attribute, value) in &page.attributes {
            let is_allowed = match attribute.as_str() {
                "action" => value.starts_with('/') && !value.starts_with("//"),
                "href" => tag == "a",
                "style" | "src" | "srcset" | "target" | "formaction" | "background" => false,
                other => !other.starts_with("on"),
            };
            assert!(is_allowed, "{name}: <{tag} {attribute}={value}>");
        }
        for forbidden in ["script", "link", "img", "iframe", "object", "embed", "base", "svg"] {
            assert!(
                !page.tags.iter().any(|tag| tag == forbidden),
                "{name} has <{forbidden}>"
            );
        }
    }
}

#[test]
fn every_page_is_well_formed_and_has_what_a_screen_reader_needs() {
    for language in LANGUAGES {
        for (name, html) in all_pages(language, &HARMLESS) {
            let page = Structure::of(&html);
            for once in ["html", "head", "title", "style", "body", "main", "h1"] {
                let count = page.tags.iter().filter(|tag| *tag == once).count();
                assert_eq!(count, 1, "{name}: <{once}>");
            }
            let has = |tag: &str, attribute: &str, value: &str| {
                let known = page.attributes.iter();
                known
                    .into_iter()
                    .any(|(t, a, v)| (t.as_str(), a.as_str(), v.as_str()) == (tag, attribute, value))
            };
            assert!(has("html", "lang", language.tag()), "{name}");
            assert!(has("meta", "name", "viewport"), "{name}");
            let mut ids: Vec<_> = page
                .attributes
                .iter()
                .filter(|(_, attribute, _)| attribute == "id")
                .collect();
            let count = ids.len();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), count, "{name} has an id twice");
            let levels = page
                .tags
                .iter()
                .filter_map(|tag| tag.strip_prefix('h')?.parse::<u8>().ok());
            levels.fold(0, |before, level| {
                assert!(level <= before + 1, "{name} leaves out a level of headings");
                level
            });
        }
    }
}

#[test]
fn every_page_speaks_its_language() {
    let [english, russian] = LANGUAGES.map(|language| all_pages(language, &HARMLESS));
    for ((name, english), (_, russian)) in english.iter().zip(&russian) {
        let is_russian = |text: &String| text.chars().any(|letter| matches!(letter, 'а'..='я' | 'А'..='Я' | 'ё'));
        for text in texts_of(english) {
            assert!(!is_russian(&text), "{name}: {text}");
        }
        // What follows is the same in every language.
        let is_neutral = |text: &String| {
            let parts = HARMLESS.all();
            parts.iter().any(|part| text.contains(part.as_str()))
                || text.chars().all(|character| !character.is_lowercase())
                || ["Claude", "Codex", "Cursor", "VS Code", "mcp", "example", "cursor:"]
                    .iter()
                    .any(|word| text.contains(word))
        };
        for text in texts_of(russian) {
            assert!(is_russian(&text) || is_neutral(&text), "{name}: {text}");
        }
    }
}

#[test]
fn every_notice_says_what_happened_and_what_to_do_in_words_of_its_own() {
    for language in LANGUAGES {
        let mut titles = Vec::new();
        for about in all::notices() {
            let said = (texts::of(language).notice)(about);
            for text in [said.title, said.what_happened, said.what_to_do] {
                assert!(
                    text.len() > 10 && !text.contains(['{', '}', '<', '>']),
                    "{about:?}: {text}"
                );
            }
            assert!(
                said.what_happened.ends_with('.') && said.what_to_do.ends_with('.'),
                "{about:?}"
            );
            titles.push(said.title);
            let html = all::notice_html(language, about);
            let number = about.reference().map(|reference| reference.to_string());
            assert!(number.is_none_or(|number| html.contains(&number)), "{about:?}");
        }
        let count = titles.len();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), count, "two notices have one title");
    }
}

#[test]
fn the_consent_page_names_the_host_that_gets_the_code_and_warns_of_programs_on_this_computer() {
    let english = &texts::of(Language::English).consent;
    for (address, shown, warning) in [
        (
            "https://claude.ai/api/mcp/auth_callback",
            "<strong><bdi>claude.ai</bdi></strong>",
            english.only_known_site,
        ),
        (
            "https://claude.ai.evil.example:8443/claude.ai",
            "<bdi>claude.ai.evil.example:8443</bdi>",
            english.only_known_site,
        ),
        (
            "https://claude.ai@evil.example/",
            "<bdi>evil.example</bdi>",
            english.only_known_site,
        ),
        // A Cyrillic letter in place of a Latin one.
        (
            "https://cl\u{430}ude.ai/",
            "<bdi>xn--clude-5ve.ai</bdi>",
            english.only_known_site,
        ),
        (
            "http://localhost:3118/callback",
            "<bdi>localhost:3118</bdi>",
            english.only_just_now,
        ),
        ("http://[::1]:33418/", "<bdi>[::1]:33418</bdi>", english.only_just_now),
        (
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "<bdi>cursor://anysphere.cursor-mcp</bdi>",
            english.only_just_now,
        ),
    ] {
        let html = consent_to(Language::English, address);
        assert!(html.contains(shown), "{address}: {html}");
        assert!(html.contains(warning), "{address}");
        let other = [english.only_known_site, english.only_just_now]
            .into_iter()
            .find(|other| *other != warning);
        assert!(!html.contains(other.unwrap()), "{address}");
    }
}

#[test]
fn a_start_page_on_this_computer_offers_no_client_that_runs_elsewhere() {
    let start = |url: &str| {
        let start = Start {
            url: &url.parse().unwrap(),
            portal: &"https://b24.example.com".parse().unwrap(),
            employee: None,
        };
        super::start(Language::English, &start)
    };
    assert!(start("https://mcp.example.com").contains("claude.ai"));
    assert!(!start("http://127.0.0.1:8024").contains("claude.ai"));
}
