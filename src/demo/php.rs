//! PHP's rules for JSON: which values are numeric, how values are cast to text and integers, how strings are escaped.
//! Pure.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};
use serde_json::{Map, Value};

/// Decodes a request body as the portal does; `None` unless it is an object or a list.
pub(super) fn decode(body: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(body).ok()? {
        Value::Object(object) => Some(object),
        // A list has no named keys, so every argument has its default.
        Value::Array(_) => Some(Map::new()),
        _ => None,
    }
}

/// `(string)$value`.
pub(super) fn to_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => String::new(),
        Some(Value::Bool(true)) => "1".to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(_) | Value::Object(_)) => "Array".to_owned(),
    }
}

/// `trim($text)`, which removes only ASCII white space.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\0', '\u{b}'])
}

/// The number if `is_numeric($value)`.
pub(super) fn numeric(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
            let starts_well = text
                .trim_start_matches(['+', '-'])
                .starts_with(|c: char| c.is_ascii_digit() || c == '.');
            text.parse::<f64>().ok().filter(|_| starts_well)
        }
        _ => None,
    }
}

/// `(int)$value`.
#[expect(clippy::cast_possible_truncation, reason = "as PHP casts, toward zero")]
pub(super) fn to_integer(number: f64) -> i64 {
    number as i64
}

/// Encodes as the portal does: markup characters as `\u003C`, the slash as `\/`, everything else raw.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PhpEscapes);
    // Serialising a Value into a Vec cannot fail.
    let _ = value.serialize(&mut serializer);
    bytes
}

struct PhpEscapes;

impl Formatter for PhpEscapes {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((before, found)) = rest
            .find(['<', '>', '&', '\'', '/'])
            .and_then(|at| rest.split_at_checked(at))
        {
            writer.write_all(before.as_bytes())?;
            let mut characters = found.chars();
            match characters.next() {
                Some('/') => writer.write_all(b"\\/")?,
                Some(character) => write!(writer, "\\u{:04X}", u32::from(character))?,
                None => {}
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\u0022"),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"\\/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn strings_are_escaped_as_the_portal_does() {
        let encoded = encode(&json!({"name": "<a> & 'b' \"c\" /d\\ Ж\n"}));
        assert_eq!(
            String::from_utf8(encoded.clone()).unwrap(),
            r#"{"name":"\u003Ca\u003E \u0026 \u0027b\u0027 \u0022c\u0022 \/d\\ Ж\n"}"#
        );
        assert_eq!(
            serde_json::from_slice::<Value>(&encoded).unwrap()["name"],
            "<a> & 'b' \"c\" /d\\ Ж\n"
        );
    }

    #[test]
    fn values_are_cast_as_php_does() {
        for (value, text) in [
            (json!(null), ""),
            (json!(123), "123"),
            (json!(true), "1"),
            (json!(false), ""),
            (json!(["a"]), "Array"),
            (json!(" ivan"), " ivan"),
        ] {
            assert_eq!(to_text(Some(&value)), text, "{value}");
        }
        for (value, number) in [
            (json!("20"), Some(20.0)),
            (json!("1e2"), Some(100.0)),
            (json!(" 7 "), Some(7.0)),
            (json!(""), None),
            (json!("abc"), None),
            (json!("inf"), None),
            (json!(true), None),
            (json!([]), None),
        ] {
            assert_eq!(numeric(&value), number, "{value}");
        }
    }
}
