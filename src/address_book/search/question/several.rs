//! Splits a question that names more than one recipient. Pure.
//!
//! | question | recipients |
//! |---|---|
//! | `a@x.example, b@x.example`, `Anna <a@x.example>; Bob <b@x.example>`, `a@x.example or b@x.example` | certainly two |
//! | `Anna; Bob`, `a@x.example and Bob` | certainly two |
//! | `Anna and Bob`, `Anna Klein, Bob Miller`, `Anna Klein/Bob Miller` | two, unless a contact has the whole text as its name |
//! | `Klein, Anna`, `Anna Klein, a@x.example` | one |

use super::address::{Address, addresses, unmasked};
use super::titles;

/// Words between recipients.
const CONJUNCTIONS: &[&str] = &[
    "and", "or", "and/or", "&", "+", "und", "oder", "et", "ou", "y", "o", "e", "и", "или", "й", "та", "або", "i",
    "lub", "oraz", "a", "och", "og", "en", "ve", "veya", "和", "与", "と", "및", "और", "و",
];
/// The most recipients of one question; further recipients are dropped.
const MAX_ENTRIES: usize = 20;

/// The recipients that a question names, two or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::address_book::search) struct Entries {
    pub(in crate::address_book::search) texts: Vec<String>,
    /// False if the whole question may be one name: `Smith & Sons`.
    pub(in crate::address_book::search) is_certain: bool,
}

/// The recipients that a question names; `None` if it names only one.
pub(in crate::address_book::search) fn entries(text: &str) -> Option<Entries> {
    let text = unmasked(text);
    let addresses = addresses(&text);
    let mut distinct: Vec<&str> = addresses.iter().map(|address| address.text.as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let texts = match distinct.len() {
        0 | 1 => {
            let by_semicolon = split_at(&text, &addresses, |c| c == ';');
            if by_semicolon.len() > 1 {
                return Entries::of(by_semicolon, true);
            }
            let by_words = split_at_conjunctions(&text);
            return match distinct.len() {
                // A name before its address may have any word, also a conjunction: Smith & Sons <info@smith.example>.
                1 if text.contains('<') || !by_words.iter().any(|part| is_address(part)) => None,
                1 => Entries::of(by_words, true),
                _ => Entries::of(by_words.iter().flat_map(|part| names(part)).collect(), false),
            };
        }
        _ => with_address_each(&text, &addresses),
    };
    Entries::of(texts, true)
}

impl Entries {
    /// The first [`MAX_ENTRIES`] texts as recipients; `None` for less than two.
    fn of(mut texts: Vec<String>, is_certain: bool) -> Option<Self> {
        texts.truncate(MAX_ENTRIES);
        (texts.len() > 1).then_some(Self { texts, is_certain })
    }
}

fn is_address(text: &str) -> bool {
    addresses(text)
        .first()
        .is_some_and(|address| address.range == (0..text.len()))
}

/// Splits a text with several addresses into one text for each recipient: an address with the name before it or in
/// brackets after it, or a name without an address.
fn with_address_each(text: &str, addresses: &[Address]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for part in split_at(text, addresses, |c| matches!(c, ';' | '|' | '؛')) {
        let first = texts.len();
        for piece in split_at_commas(&part)
            .iter()
            .flat_map(|part| split_at_conjunctions(part))
        {
            let unfinished = texts.get_mut(first..).and_then(<[String]>::last_mut);
            match unfinished.filter(|last| super::address::addresses(last).is_empty()) {
                // Klein, Anna <a@x.example>
                Some(last) => {
                    last.push_str(", ");
                    last.push_str(&piece);
                }
                None => texts.push(piece),
            }
        }
    }
    texts.iter().flat_map(|text| at_each_address(text)).collect()
}

fn split_at_commas(text: &str) -> Vec<String> {
    split_at(text, &addresses(text), |c| matches!(c, ',' | '，' | '、' | '،'))
}

/// Splits a text after each address; text after the last address is dropped. A text without an address, or with one
/// address that may repeat, stays whole.
fn at_each_address(text: &str) -> Vec<String> {
    let found = addresses(text);
    let is_one = found
        .iter()
        .all(|address| Some(&address.text) == found.first().map(|first| &first.text));
    if is_one {
        return vec![text.to_owned()];
    }
    let mut from = 0;
    let mut texts: Vec<String> = Vec::new();
    for address in &found {
        let closing = text.get(address.range.end..).unwrap_or_default();
        let closing = closing.len() - closing.trim_start_matches(['>', ')', ']', '"', '»']).len();
        let end = address.range.end + closing;
        texts.push(trimmed(text.get(from..end).unwrap_or_default()));
        from = end;
    }
    texts
}

/// The parts of a text between separators; a separator within quotes or an address does not count.
fn split_at(text: &str, addresses: &[Address], is_separator: impl Fn(char) -> bool) -> Vec<String> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut is_quoted = false;
    let has_pairs = text.matches('"').count().is_multiple_of(2);
    for (at, character) in text.char_indices() {
        let is_in_address = addresses.iter().any(|address| address.range.contains(&at));
        is_quoted ^= character == '"' && has_pairs;
        // Quotes around a whole list do not make it a name.
        let is_name = is_quoted && !is_quoted_whole(text);
        if is_separator(character) && !is_name && !is_in_address {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    let parts = parts.iter().map(|part| trimmed(part));
    parts.filter(|part| part.contains(char::is_alphanumeric)).collect()
}

fn is_quoted_whole(text: &str) -> bool {
    let text = text.trim();
    text.matches('"').count() == 2 && text.starts_with('"') && text.ends_with('"')
}

fn trimmed(part: &str) -> String {
    let part = part.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '|'));
    match part.matches('"').count() {
        1 => part.trim_matches('"').trim().to_owned(),
        _ => part.to_owned(),
    }
}

/// The parts of a text between conjunctions. A single capital letter is an initial, not a conjunction.
fn split_at_conjunctions(text: &str) -> Vec<String> {
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    for token in text.split_whitespace() {
        let is_conjunction =
            CONJUNCTIONS.contains(&token) || (token.len() > 1 && CONJUNCTIONS.contains(&&*token.to_lowercase()));
        if is_conjunction {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(token);
        }
    }
    let parts = parts.iter().map(|part| trimmed(&part.join(" ")));
    parts.filter(|part| part.contains(char::is_alphanumeric)).collect()
}

/// The names between the commas or slashes of a text, if each has two words or more, or if there are more than two
/// names; else the whole text: `Klein, Anna` is one name.
fn names(text: &str) -> Vec<String> {
    let parts = split_at(text, &[], |c| matches!(c, ',' | '/' | '，' | '、' | '،'));
    let is_full = |part: &String| titles::words_of_name(part).len() > 1;
    match parts.len() > 2 || parts.iter().all(is_full) {
        true => parts,
        false => vec![text.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_several_recipients_is_split() {
        for (text, expected, is_certain) in [
            (
                "client@x.example; linda@y.example",
                "client@x.example|linda@y.example",
                true,
            ),
            (
                "\"client@x.example; linda@y.example\"",
                "client@x.example|linda@y.example",
                true,
            ),
            (
                "client@x.example,linda@y.example",
                "client@x.example|linda@y.example",
                true,
            ),
            ("a@x.example b@y.example", "a@x.example|b@y.example", true),
            ("a@x.example/b@y.example", "a@x.example|b@y.example", true),
            ("a@x.example or b@y.example", "a@x.example|b@y.example", true),
            (
                "Anna <a@x.example>, Bob <b@y.example>",
                "Anna <a@x.example>|Bob <b@y.example>",
                true,
            ),
            (
                "Anna <a@x.example> Bob <b@y.example>",
                "Anna <a@x.example>|Bob <b@y.example>",
                true,
            ),
            (
                "\"Klein, Anna\" <a@x.example>, Bob <b@y.example>",
                "\"Klein, Anna\" <a@x.example>|Bob <b@y.example>",
                true,
            ),
            (
                "Klein, Anna <a@x.example>, Bob <b@y.example>",
                "Klein, Anna <a@x.example>|Bob <b@y.example>",
                true,
            ),
            (
                "a@x.example (Anna); b@y.example (Bob)",
                "a@x.example (Anna)|b@y.example (Bob)",
                true,
            ),
            ("a@x.example and Bob", "a@x.example|Bob", true),
            ("Bob und a@x.example", "Bob|a@x.example", true),
            (
                "Carl; a@x.example, Klein, Anna <b@y.example>; Dora",
                "Carl|a@x.example|Klein, Anna <b@y.example>|Dora",
                true,
            ),
            ("Anna Klein; Bob", "Anna Klein|Bob", true),
            ("Anna and Bob", "Anna|Bob", false),
            ("Анна и Борис", "Анна|Борис", false),
            ("Anna UND Bob", "Anna|Bob", false),
            ("Anna Klein, Bob Miller", "Anna Klein|Bob Miller", false),
            ("Anna Klein/Bob Miller", "Anna Klein|Bob Miller", false),
            (
                "Anna Klein, Bob Miller and Linda Park",
                "Anna Klein|Bob Miller|Linda Park",
                false,
            ),
            ("Anna, Bob, Linda", "Anna|Bob|Linda", false),
            ("Smith & Sons", "Smith|Sons", false),
        ] {
            let found = entries(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(
                (found.texts.join("|").as_str(), found.is_certain),
                (expected, is_certain),
                "{text}"
            );
        }
    }

    #[test]
    fn an_entry_of_one_recipient_stays_whole() {
        for text in [
            "Anna Klein",
            "Klein, Anna",
            "Klein, Dr. Anna",
            "Anna Klein, PhD",
            "Anna Klein, a@x.example",
            "Anna Klein <a@x.example>",
            "Smith & Sons <info@smith.example>",
            "[a@x.example](mailto:a@x.example)",
            "a@x.example <mailto:a@x.example>",
            "a@x.example;",
            "\"smith;sons\"@x.example",
            "a&b@x.example",
            "Müller-Lüdenscheidt",
            "Anna E Klein",
            "И Петров",
            "and Anna",
            "Anna and",
        ] {
            assert_eq!(entries(text), None, "{text}");
        }
    }
}
