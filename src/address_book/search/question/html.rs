//! Decodes HTML character references (`&#39;`, `&amp;`), which mail programs leave in names. Pure.

use std::borrow::Cow;

/// The five named references of XML, and the non-breaking space.
const NAMED: &[(&str, char)] = &[
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
];
/// The most letters between `&` and `;`.
const LONGEST: usize = 8;

/// The text with its character references decoded once, so that `&amp;#39;` becomes `&#39;`.
pub(in crate::address_book::search) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') || !text.contains(';') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= LONGEST);
        match reference.and_then(|(name, behind)| Some((character(name)?, behind))) {
            Some((character, behind)) => {
                decoded.push(character);
                rest = behind;
            }
            None => {
                decoded.push('&');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// The character of a reference; `None` if it is unknown or a control character.
fn character(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        return NAMED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, character)| *character);
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?).filter(|character| !character.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_decoded_once() {
        for (text, expected) in [
            ("D&#39;Onofrio", "D'Onofrio"),
            ("D&#x27;Onofrio", "D'Onofrio"),
            ("O&apos;Dwyer", "O'Dwyer"),
            ("Smith &amp; Sons; Ltd", "Smith & Sons; Ltd"),
            ("&lt;a@x.example&gt;", "<a@x.example>"),
            ("&#1040;&#1085;&#1085;&#1072;", "Анна"),
            ("&amp;#39;", "&#39;"),
            ("Smith & Sons; Ltd", "Smith & Sons; Ltd"),
            ("&#7;&#xD800;&nothing;&;", "&#7;&#xD800;&nothing;&;"),
            ("R&D", "R&D"),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }
}
