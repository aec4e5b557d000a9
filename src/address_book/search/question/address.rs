//! Finds the addresses in a text, in all forms in which people paste them. Pure.
//!
//! | pasted | address |
//! |---|---|
//! | `«a@x.example»`, `<mailto:a@x.example>`, `` `a@x.example`: ``, `Name [a@x.example]`, `mailto:a@x.example?subject=…` | `a@x.example` |
//! | `a＠x.example`, `a [at] x.example`, `a (at) x [dot] example` | `a@x.example` |
//! | `o'brien@x.example`, `"john doe"@x.example`, `анна+новости@x.example` | itself: an address never becomes another |

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// Words that people write in brackets instead of `@`. `cautions::shown_address` searches the names that strangers
/// wrote for fewer of these words.
const AT: &[&str] = &["at", "@", "ät", "arroba", "chiocciola", "arobase", "собака", "małpa"];
/// Words that people write in brackets instead of a dot.
const DOT: &[&str] = &[
    "dot",
    ".",
    "punkt",
    "punto",
    "point",
    "ponto",
    "точка",
    "крапка",
    "kropka",
];
const BRACKETS: &[(char, char)] = &[('[', ']'), ('(', ')'), ('{', '}'), ('<', '>')];

/// An address in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// The address in lower case.
    pub(super) text: String,
    /// The place of the address in the text, in bytes.
    pub(super) range: Range<usize>,
}

/// The text with every disguised address written with `@` and dots, and without invisible characters.
pub(super) fn unmasked(text: &str) -> String {
    let visible = |c: &char| {
        !matches!(
            c,
            '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
    };
    let text: String = text
        .chars()
        .filter(visible)
        .map(|c| match c {
            '＠' | '﹫' => '@',
            '．' | '｡' => '.',
            c => c,
        })
        .collect();
    let text = with_domains_joined(&text);
    let with_at = replaced(&text, AT, '@');
    if with_at == text {
        return text;
    }
    let unmasked = replaced(&with_at, DOT, '.');
    let has_dot = |address: &Address| {
        address
            .text
            .rsplit('@')
            .next()
            .is_some_and(|domain| domain.contains('.'))
    };
    // `Anna (at) Contoso` has no dot, so `at` is a word in it.
    match addresses(&unmasked).iter().all(has_dot) {
        true => unmasked,
        false => text,
    }
}

/// The text without the space in addresses like `a@ x.example`.
fn with_domains_joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("@ ") {
        joined.push_str(before);
        joined.push('@');
        let is_joined = !local_part(before).is_empty() && domain_of(after).contains('.');
        joined.push_str(if is_joined { "" } else { " " });
        rest = after;
    }
    joined.push_str(rest);
    joined
}

/// The text with `sign` in place of each word of `words` that is in brackets, and of the spaces around the brackets.
fn replaced(text: &str, words: &[&str], sign: char) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(|c| BRACKETS.iter().any(|(open, _)| c == *open)) {
        let (before, inside) = rest.split_at_checked(open).unwrap_or((rest, ""));
        let bracket = BRACKETS.iter().find(|(open, _)| inside.starts_with(*open));
        let masked = bracket.and_then(|(open, close)| {
            let (word, behind) = inside.strip_prefix(*open)?.split_once(*close)?;
            let is_sign = words.contains(&word.trim().to_lowercase().as_str());
            let is_between = before.trim_end().ends_with(char::is_alphanumeric)
                && behind.trim_start().starts_with(char::is_alphanumeric);
            (is_sign && is_between).then_some(behind)
        });
        match masked {
            Some(behind) => {
                replaced.push_str(before.trim_end());
                replaced.push(sign);
                rest = behind.trim_start();
            }
            None => {
                let after = inside.chars().next().map_or(0, char::len_utf8);
                replaced.push_str(before);
                replaced.push_str(inside.get(..after).unwrap_or_default());
                rest = inside.get(after..).unwrap_or_default();
            }
        }
    }
    replaced.push_str(rest);
    replaced
}

/// The addresses of a text, in their order.
pub(super) fn addresses(text: &str) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for (at, _) in text.match_indices('@') {
        if found.last().is_some_and(|last| at < last.range.end) {
            continue;
        }
        let (before, after) = text.split_at_checked(at).unwrap_or_default();
        let local = local_part(before);
        let domain = domain_of(after.get(1..).unwrap_or_default());
        if local.is_empty() || domain.is_empty() {
            continue;
        }
        let (mut start, mut end) = (at - local.len(), at + 1 + domain.len());
        if local.starts_with('_') && text.get(end..).is_some_and(|rest| rest.starts_with('_')) && local.len() > 1 {
            start += 1;
        }
        // `a@x.example@y.example` stays whole: it means neither `a@x.example` nor `x.example@y.example`.
        while let Some(more) = text.get(end..).and_then(|rest| rest.strip_prefix('@')) {
            end += 1 + domain_of(more).len();
        }
        let address = text.get(start..end).unwrap_or_default();
        found.push(Address {
            text: address.replace('’', "'").to_lowercase(),
            range: start..end,
        });
    }
    found
}

/// The local part at the end of a text.
fn local_part(before: &str) -> &str {
    if let Some(quoted) = before.strip_suffix('"')
        && let Some(open) = quoted.rfind('"')
        && !quoted.ends_with('"')
    {
        return before.get(open..).unwrap_or_default();
    }
    let begins = before.rfind(|c| !is_of_local_part(c));
    let start = begins.map_or(0, |at| {
        at + before
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8)
    });
    let local = before.get(start..).unwrap_or_default();
    // Quotes and marks before an address (`*a@x.example`) are not part of it; those inside the local part are.
    local.trim_start_matches(['\'', '’', '`', '*', '|', '/', '{', '~', '.'])
}

/// The domain at the beginning of a text.
fn domain_of(after: &str) -> &str {
    if after.starts_with('[') {
        return after.find(']').and_then(|end| after.get(..=end)).unwrap_or_default();
    }
    let is_of_domain = |c: char| is_of_word(c) || matches!(c, '.' | '-' | '_');
    let end = after.find(|c| !is_of_domain(c)).unwrap_or(after.len());
    let domain = after.get(..end).unwrap_or_default();
    domain.trim_end_matches(['.', '-', '_'])
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn is_of_local_part(c: char) -> bool {
    is_of_word(c) || "!#$%&'’*+-/=?^_`{|}~.".contains(c)
}

/// The text without its addresses, without labels like `mailto:` and without the parameters of links.
pub(super) fn around(text: &str, addresses: &[Address]) -> String {
    let mut around = String::with_capacity(text.len());
    let mut from = 0;
    for Address { range, .. } in addresses {
        let before = text.get(from..range.start).unwrap_or_default();
        around.push_str(before);
        around.push(' ');
        from = range.end;
        let behind = text.get(from..).unwrap_or_default();
        if behind.starts_with('?') {
            from += behind.find([' ', '>', ')', ']']).unwrap_or(behind.len());
        }
    }
    around.push_str(text.get(from..).unwrap_or_default());
    let is_label = |token: &&str| token.ends_with(':') && token.chars().any(char::is_alphanumeric);
    let kept: Vec<&str> = around.split_whitespace().filter(|token| !is_label(token)).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let text = unmasked(text);
        addresses(&text).into_iter().map(|address| address.text).collect()
    }

    #[test]
    fn an_address_is_found_as_people_paste_it() {
        for text in [
            "a@x.example",
            " A@X.Example ",
            "<a@x.example>",
            "<mailto:a@x.example>",
            "mailto:a@x.example",
            "mailto:a@x.example?subject=Hello&body=Dear%20Anna",
            "[a@x.example](mailto:a@x.example)",
            "Anna [a@x.example]",
            "Anna (a@x.example)",
            "Anna {a@x.example}",
            "Anna<a@x.example>",
            "«a@x.example»",
            "„a@x.example“",
            "“a@x.example”",
            "‘a@x.example’",
            "'a@x.example'",
            "\"a@x.example\"",
            "`a@x.example`",
            "**a@x.example**",
            "_a@x.example_",
            "|a@x.example|",
            "「a@x.example」",
            "（a@x.example）",
            "a@x.example:",
            "a@x.example;",
            "a@x.example,",
            "a@x.example.",
            "a@x.example...",
            "a@x.example…",
            "a@x.example!",
            "a@x.example?",
            "a@x.example。",
            "a@x.example،",
            "a@x.example؛",
            "a@x.example۔",
            "a@x.example।",
            "a@x.example、",
            "a＠x.example",
            "a﹫x．example",
            "a@ x.example",
            "a [at] x.example",
            "a[at]x.example",
            "a (at) x [dot] example",
            "a(AT)x(DOT)example",
            "a {at} x {punkt} example",
            "a [собака] x [точка] example",
            "a\u{200b}@x.\u{2060}example",
            "E-mail: a@x.example",
            "SMTP:a@x.example",
        ] {
            let mut found = found(text);
            found.dedup();
            assert_eq!(found, ["a@x.example"], "{text}");
        }
    }

    #[test]
    fn an_address_never_becomes_another_one() {
        for address in [
            "o'brien@x.example",
            "\"john doe\"@x.example",
            "anna+news@x.example",
            "анна.климова@x.example",
            "josé@x.example",
            "मीना@x.example",
            "_anna@x.example",
            "anna_@x.example",
            "#anna@x.example",
            "!anna@x.example",
            "anna/klein@x.example",
            "bounce=anna=y.example@x.example",
            "a@b@x.example",
            "a@[192.0.2.1]",
            "anna@münchen.example",
            "anna@localhost",
        ] {
            assert_eq!(found(address), [address], "{address}");
            assert_eq!(found(&format!("Anna <{address}>, ")), [address], "{address}");
        }
        assert_eq!(found("o’brien@x.example"), ["o'brien@x.example"]);
    }

    #[test]
    fn a_text_without_an_address_stays_as_it_is() {
        for text in [
            "Anna @ Contoso",
            "@contoso.example",
            "office@",
            "Anna (at) the office",
            "@",
            "[at]",
            "Anna [at",
        ] {
            assert_eq!(unmasked(text), text);
            assert!(found(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn the_text_around_an_address_is_the_name() {
        for (text, expected) in [
            ("Anna Klein <a@x.example>", "Anna Klein <  >"),
            ("To: Anna Klein <mailto:a@x.example?subject=Hello>", "Anna Klein >"),
            ("E-mail: a@x.example", ""),
        ] {
            let around = around(text, &addresses(text));
            let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).collect::<String>();
            assert_eq!(words(&around), words(expected), "{text}");
        }
    }
}
