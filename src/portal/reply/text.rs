//! Reads a body as text and repairs the parts that are not valid JSON: bytes that are not UTF-8, and lone surrogates.
//! Pure.

use std::borrow::Cow;

/// The body as text. JSON is always UTF-8, also if the header names another charset (RFC 8259, section 8.1). Bytes that
/// are not UTF-8 and lone surrogates become U+FFFD.
pub(super) fn text_of(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body);
    match without_lone_surrogates(&text) {
        Some(repaired) => Cow::Owned(repaired),
        None => text,
    }
}

/// The JSON text with U+FFFD for each lone surrogate (half of a pair); `None` if there is none.
///
/// `\ud83d` alone is no character, so serde refuses it. PHP, JavaScript and Python write such an escape for half an
/// emoji.
pub fn without_lone_surrogates(text: &str) -> Option<String> {
    with_lone_surrogates_as(text, |_| "\\ufffd".to_owned())
}

/// The JSON text with the escape of each lone surrogate replaced by the result of `replacement`; `None` if there is
/// none.
pub fn with_lone_surrogates_as(text: &str, mut replacement: impl FnMut(&str) -> String) -> Option<String> {
    let mut repaired = String::new();
    let (mut copied_to, mut at) = (0, 0);
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += next;
        at += match (unit_at(text, at), unit_at(text, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                repaired.push_str(text.get(copied_to..at).unwrap_or_default());
                repaired.push_str(&replacement(text.get(at..at + 6).unwrap_or_default()));
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
    (copied_to > 0).then(|| repaired + text.get(copied_to..).unwrap_or_default())
}

/// The code unit of the `\u` escape at `at`; `None` if there is no such escape.
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
    fn a_lone_surrogate_is_replaced_and_a_pair_is_kept() {
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
    fn bytes_of_another_charset_are_replaced() {
        assert_eq!(text_of(b"\"\xC8\xE2\""), "\"\u{fffd}\u{fffd}\"");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>(), text in r#"([\\ud8 a"\x00é]){0,40}"#) {
            let _ = (text_of(&bytes), text_of(text.as_bytes()));
        }
    }
}
