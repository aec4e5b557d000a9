//! Reads a body as text, mending what JSON does not allow. Pure.

use std::borrow::Cow;

/// The body as text. JSON is UTF-8 whatever the charset label says (RFC 8259, section 8.1); bytes that are not, and half
/// a surrogate pair, become U+FFFD.
pub(super) fn text_of(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body);
    match without_lone_surrogates(&text) {
        Some(mended) => Cow::Owned(mended),
        None => text,
    }
}

/// The text of JSON with U+FFFD for each half of a surrogate pair; `None` if there is none.
///
/// `\ud83d` alone names no character, so serde refuses it. PHP, JavaScript and Python write it for half an emoji.
pub fn without_lone_surrogates(text: &str) -> Option<String> {
    with_lone_surrogates_as(text, |_| "\\ufffd".to_owned())
}

/// The text of JSON with `stand_in` of the escape for each half of a surrogate pair; `None` if there is none.
pub fn with_lone_surrogates_as(text: &str, mut stand_in: impl FnMut(&str) -> String) -> Option<String> {
    let mut mended = String::new();
    let (mut copied_to, mut at) = (0, 0);
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += next;
        at += match (unit_at(text, at), unit_at(text, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str(text.get(copied_to..at).unwrap_or_default());
                mended.push_str(&stand_in(text.get(at..at + 6).unwrap_or_default()));
                copied_to = at + 6;
                6
            }
            (Some(_), _) => 6,
            // The character after the backslash, which may be another backslash.
            (None, _) => {
                let escaped = text.get(at + 1..).and_then(|rest| rest.chars().next());
                1 + escaped.map_or(0, char::len_utf8)
            }
        };
    }
    (copied_to > 0).then(|| mended + text.get(copied_to..).unwrap_or_default())
}

/// The code unit of the `\u` escape at `at`.
fn unit_at(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn half_a_surrogate_pair_is_mended_and_whole_ones_are_kept() {
        for (given, expected) in [
            (r#""a\ud83d""#, Some(r#""a\ufffd""#)),
            (r#""\udf3b x""#, Some(r#""\ufffd x""#)),
            (r#""\ud83dx\ud83c\udf3b\ud83d""#, Some(r#""\ufffdx\ud83c\udf3b\ufffd""#)),
            (r#""\uD83Dx\ud83c\udf3b\ud83d""#, Some(r#""\ufffdx\ud83c\udf3b\ufffd""#)),
            (r#""\ud83d\ud83c\udf3b""#, Some(r#""\ufffd\ud83c\udf3b""#)),
            (r#""\\ud83d""#, None),
            (r#""\u0041\n\"""#, None),
            (r#""\u+0a1""#, None),
            (r#""\ud8"#, None),
            ("\"\\é", None),
            ("\"\\é\\", None),
        ] {
            assert_eq!(without_lone_surrogates(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn bytes_of_another_charset_are_mended() {
        assert_eq!(text_of(b"\"\xC8\xE2\""), "\"\u{fffd}\u{fffd}\"");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>(), text in r#"([\\ud8 a"\x00é]){0,40}"#) {
            let _ = (text_of(&bytes), text_of(text.as_bytes()));
        }
    }
}
