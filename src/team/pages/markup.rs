//! Text from outside, made safe for HTML. Pure.

use crate::portal::clean;

/// The most characters of a name on a page.
const MAX_NAME: usize = 64;

/// Escapes text for an element's content or for an attribute's value in quotes.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A name that a client or an employee chose: without hidden characters, cut, escaped, and isolated, so that its
/// direction of writing does not rearrange the text around it. `unnamed` stands for a name of which nothing remains.
pub(super) fn name(claimed: &str, unnamed: &str) -> String {
    let cleaned = clean(claimed, MAX_NAME).text;
    match cleaned.trim() {
        "" => format!("<b>{unnamed}</b>"),
        shown => format!("<b><bdi>{}</bdi></b>", escaped(shown)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n35_a_hostile_name_is_harmless_and_short() {
        assert_eq!(name("<script>", "-"), "<b><bdi>&lt;script&gt;</bdi></b>");
        assert_eq!(name("a\u{202e}\u{0}b\n c", "-"), "<b><bdi>ab c</bdi></b>");
        assert_eq!(name(" \u{200b}\u{202e}\t", "no name"), "<b>no name</b>");
        let long = name(&"x".repeat(10_000), "-");
        assert!(long.len() < 100 && long.contains('…'), "{long}");
    }
}
