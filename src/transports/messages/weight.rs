//! Estimates how many JSON values a text holds, without parsing it. Pure.

/// A text within both bounds is parsed as it is. A typical call has about three hundred bytes and twenty values.
const PLAIN_BYTES: usize = 4096;
const PLAIN_VALUES: usize = 64;

/// An estimate from the punctuation of a text alone, so that any text can be estimated.
#[derive(Debug, Default)]
pub(super) struct Weight {
    /// At least the number of JSON values in the text.
    pub(super) values: usize,
    has_empty_list: bool,
    /// One of the strings is `initialize`, or may be.
    may_initialize: bool,
}

impl Weight {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut weight = Self {
            values: 1,
            ..Self::default()
        };
        let (mut rest, mut last) = (text, 0);
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b'[' | b'{' | b',' => weight.values += 1,
                b']' => weight.has_empty_list |= last == b'[',
                b'"' => {
                    let string = string_at(rest);
                    weight.may_initialize |= is_initialize(string);
                    rest = rest.get(string.len() + 1..).unwrap_or_default();
                }
                _ => {}
            }
            last = byte;
        }
        weight
    }

    /// True if a text of `bytes` needs no reduction before it is parsed.
    pub(super) fn is_plain(&self, bytes: usize) -> bool {
        let is_small = bytes <= PLAIN_BYTES && self.values <= PLAIN_VALUES;
        is_small && !self.has_empty_list && !self.may_initialize
    }
}

/// The content of a string, from after its first quotation mark to its last, or to the end of the text.
fn string_at(text: &[u8]) -> &[u8] {
    let mut is_escaped = false;
    let end = text.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}

/// True for `initialize`, and for a string that may be it with escapes: each letter may be written with six characters.
fn is_initialize(string: &[u8]) -> bool {
    const NAME: &[u8] = b"initialize";
    string == NAME || (string.contains(&b'\\') && (NAME.len()..=6 * NAME.len()).contains(&string.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::reduced::tests::any_value;
    use super::*;

    #[test]
    fn punctuation_inside_strings_is_not_counted() {
        for (text, values, has_empty_list) in [
            (r#"{"a":1}"#, 2, false),
            (r#"["[],,{", "\"[]", "\\"]"#, 4, false),
            ("[ \n ]", 2, true),
            (r#"["#, 2, false),
            (r#""unfinished\"#, 1, false),
        ] {
            let weight = Weight::of(text.as_bytes());
            assert_eq!(
                (weight.values, weight.has_empty_list),
                (values, has_empty_list),
                "{text}"
            );
        }
        for (text, expected) in [
            (r#"{"method":"initialize"}"#, true),
            (r#"{"method":"init\u0069alize"}"#, true),
            (
                r#"{"method":"\u0069\u006e\u0069\u0074\u0069\u0061\u006c\u0069\u007a\u0065"}"#,
                true,
            ),
            (r#"{"method":"tools/call","x":"\n"}"#, false),
        ] {
            assert_eq!(Weight::of(text.as_bytes()).may_initialize, expected, "{text}");
        }
    }

    fn values_in(value: &Value) -> usize {
        match value {
            Value::Array(values) => 1 + values.iter().map(values_in).sum::<usize>(),
            Value::Object(members) => 1 + members.values().map(values_in).sum::<usize>(),
            _ => 1,
        }
    }

    proptest! {
        #[test]
        fn no_json_has_more_values_than_estimated(value in any_value()) {
            prop_assert!(Weight::of(value.to_string().as_bytes()).values >= values_in(&value));
        }
    }
}
