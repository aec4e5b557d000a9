//! Half surrogate pairs in the text of JSON. Pure.

/// `\ud83d` alone names no character, so serde refuses it; JavaScript and Python write it for half an emoji. `None` if
/// there is nothing to mend.
pub(super) fn without_lone_surrogates(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let (mut rest, mut was_mended) = (text, false);
    while let Some((before, escape)) = rest.split_once('\\') {
        mended.push_str(before);
        let length = match (
            unit_of(escape),
            escape
                .get(5..)
                .and_then(|next| next.strip_prefix('\\'))
                .and_then(unit_of),
        ) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 11,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str("\\ufffd");
                was_mended = true;
                rest = escape.get(5..)?;
                continue;
            }
            (Some(_), _) => 5,
            // The character after the backslash, which may be another backslash.
            (None, _) => escape.chars().next().map_or(0, char::len_utf8),
        };
        let (escape, after) = escape.split_at_checked(length)?;
        mended.push('\\');
        mended.push_str(escape);
        rest = after;
    }
    mended.push_str(rest);
    was_mended.then_some(mended)
}

/// The code unit of a `\u` escape, after its backslash.
fn unit_of(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    u16::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_is_mended_and_whole_ones_are_kept() {
        for (given, expected) in [
            (r#""a\ud83d""#, Some(r#""a\ufffd""#)),
            (r#""\udf3b x""#, Some(r#""\ufffd x""#)),
            (r#""\ud83dx\ud83c\udf3b\ud83d""#, Some(r#""\ufffdx\ud83c\udf3b\ufffd""#)),
            (r#""\ud83d\ud83c\udf3b""#, Some(r#""\ufffd\ud83c\udf3b""#)),
            (r#""\\ud83d""#, None),
            (r#""\u0041\n\"""#, None),
            (r#""\u+0a1""#, None),
            (r#""\ud8"#, None),
            ("\"\\é", None),
        ] {
            assert_eq!(without_lone_surrogates(given).as_deref(), expected, "{given}");
        }
    }
}
