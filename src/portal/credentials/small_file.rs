//! Reads files that people write by hand: small, ordinary files of text. Any other file is refused with a reason.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use secrecy::SecretString;

/// Bytes of the largest file that is read. Settings and secrets have a few lines.
const MAX_SIZE: usize = 64 * 1024;

/// Reads a small text file. A byte order mark is no part of the text.
///
/// # Errors
/// The reason of the failure, as a phrase: "it does not exist".
pub fn read_small_file(path: &Path) -> Result<SecretString, &'static str> {
    // Reading a pipe or a device could block the process, or never end.
    if !fs::metadata(path).map_err(reason)?.is_file() {
        return Err("it is not an ordinary file");
    }
    let limit = u64::try_from(MAX_SIZE).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(reason)?;
    if bytes.len() > MAX_SIZE {
        return Err("it is larger than 64 KiB");
    }
    decode_utf8(bytes).map(SecretString::from)
}

/// Reads the bytes of a file as UTF-8. A byte order mark is no part of the text.
///
/// # Errors
/// The encoding of the bytes and the advice to save them as UTF-8, as a phrase.
pub fn decode_utf8(bytes: Vec<u8>) -> Result<String, &'static str> {
    if let Some(encoding) = wide_encoding(&bytes) {
        return Err(match encoding {
            UTF_16_LITTLE => "it is in UTF-16 (little-endian); save it as UTF-8",
            UTF_16_BIG => "it is in UTF-16 (big-endian); save it as UTF-8",
            _ => "it is in UTF-32; save it as UTF-8",
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text; save it as UTF-8")?;
    Ok(match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => rest.trim_start_matches(BYTE_ORDER_MARK).to_owned(),
        None => text,
    })
}

const UTF_16_LITTLE: &str = "UTF-16 (little-endian)";
const UTF_16_BIG: &str = "UTF-16 (big-endian)";

/// The name of the encoding if it is UTF-16 or UTF-32, which editors and shells of Windows write; `None` if it is
/// neither. Recognised by the byte order mark, or by the zeros beside the letters.
pub fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    let is_zero_at = |remainder: usize| {
        let every_other = bytes.iter().skip(remainder).step_by(2);
        bytes.len() > 1 && every_other.filter(|byte| **byte == 0).count() > bytes.len() / 4
    };
    match bytes {
        // UTF-32 first: its mark begins with the mark of UTF-16.
        [0xFF, 0xFE, 0, 0, ..] | [1..=0xFF, _, 0, 0, ..] => Some("UTF-32 (little-endian)"),
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, _, 1..=0xFF, ..] => Some("UTF-32 (big-endian)"),
        [0xFF, 0xFE, ..] | [1..=0xFF, 0, ..] => Some(UTF_16_LITTLE),
        [0xFE, 0xFF, ..] | [0, 1..=0xFF, ..] => Some(UTF_16_BIG),
        _ if is_zero_at(1) && !is_zero_at(0) => Some(UTF_16_LITTLE),
        _ if is_zero_at(0) && !is_zero_at(1) => Some(UTF_16_BIG),
        _ => None,
    }
}

/// The byte order mark. Some programs write a second mark before the first.
const BYTE_ORDER_MARK: char = '\u{feff}';

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn reason(error: io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist",
        io::ErrorKind::PermissionDenied => "this process may not read it",
        _ => "it cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        for bytes in ["\u{feff}a\u{feff}b", "a\u{feff}b", "\u{feff}\u{feff}a\u{feff}b"] {
            assert_eq!(
                decode_utf8(bytes.as_bytes().to_vec()).unwrap(),
                "a\u{feff}b",
                "only at the beginning"
            );
        }
        assert_eq!(decode_utf8("\u{feff}".into()).unwrap(), "");
        assert_eq!(decode_utf8(Vec::new()).unwrap(), "");
    }

    #[test]
    fn another_encoding_is_named_with_and_without_a_byte_order_mark() {
        for text in ["https://p.example/rest/1/canary/\r\n", "имя = \"a\"", "a"] {
            for mark in ["\u{feff}", ""] {
                let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
                let is_plain = mark.is_empty() && !text.is_ascii();
                for (bytes, name) in [
                    (
                        units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>(),
                        "UTF-16 (little-endian)",
                    ),
                    (
                        units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
                        "UTF-16 (big-endian)",
                    ),
                ] {
                    let problem = decode_utf8(bytes).unwrap_err();
                    assert!(problem.contains("save it as UTF-8"), "{text}: {problem}");
                    // Cyrillic without a mark is only recognised as no UTF-8.
                    assert!(problem.contains(name) || is_plain, "{text}: {problem}");
                }
            }
        }
        for text in ["\u{feff}a", "a", "имя"] {
            for to_bytes in [u32::to_le_bytes, u32::to_be_bytes] {
                let utf32: Vec<u8> = text.chars().flat_map(|c| to_bytes(u32::from(c))).collect();
                assert!(decode_utf8(utf32).unwrap_err().contains("UTF-32"), "{text}");
            }
        }
        assert!(decode_utf8(vec![b'a', 0xE9]).unwrap_err().contains("not UTF-8"));
    }
}
