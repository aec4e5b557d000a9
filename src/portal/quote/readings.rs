//! Decodes a text by all encodings in which programs commonly write a secret. Pure.
//!
//! | encoding | for example |
//! |---|---|
//! | percent, quoted-printable and string escapes, also of single letters and several times over | `%7a`, `=7A`, `%257a`, `\x7a`, `\u007a`, `\172` |
//! | HTML character references | `&#122;`, `&#x7a;`, and `&amp;#122;` |
//! | hexadecimal, with anything between the bytes | `7a71`, `7A:71`, `0x7a, 0x71` |
//! | decimal numbers, with anything between them | `122,113,55`, `chr(122).chr(113)` |
//! | base64 in both alphabets, beginning at any letter | `enE3a3Az`, and within a longer text |
//! | one of the last three within another one | hexadecimal of base64, base64 twice |
//! | other forms of the same letters | full-width, circled, mathematical, with accents |
//!
//! Not decoded: three such encodings within each other, base32, base85, uuencode, binary digits, rotated or reversed
//! letters, compressed text, and base64 in another letter case.
//!
//! A reading is a list of decoded bytes, each with its place in the text, so that the place can be hidden.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use unicode_normalization::UnicodeNormalization;

/// A decoded byte, and its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DecodedByte {
    pub(super) byte: u8,
    pub(super) place: Range<usize>,
}

/// How many times escapes are decoded.
const MAX_LAYERS: usize = 4;
/// Stands for every character outside ASCII.
const OTHER: u8 = 0;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text itself as a reading, with letters and digits of every form as the plain ones (NFKD).
pub(super) fn plain(text: &str) -> Vec<DecodedByte> {
    let decoded_byte = |(start, character): (usize, char)| {
        let place = start..start + character.len_utf8();
        std::iter::once(character).nfkd().map(move |plain| DecodedByte {
            byte: u8::try_from(plain).ok().filter(u8::is_ascii).unwrap_or(OTHER),
            place: place.clone(),
        })
    };
    text.char_indices().flat_map(decoded_byte).collect()
}

/// Calls `look` with all further readings of the text whose plain reading is `plain`.
pub(super) fn for_each_reading(plain: Vec<DecodedByte>, mut look: impl FnMut(&[DecodedByte])) {
    let mut layer = plain;
    for _ in 0..MAX_LAYERS {
        for reading in decoded(&layer) {
            look(&reading);
            look(&unescaped(&reading));
            decoded(&reading).for_each(|reading| look(&reading));
        }
        let next = unescaped(&layer);
        if next.len() == layer.len() {
            break;
        }
        look(&next);
        layer = next;
    }
}

/// The text decoded as hexadecimal, base64 and decimal, from each possible offset of a group.
fn decoded(text: &[DecodedByte]) -> impl Iterator<Item = Vec<DecodedByte>> {
    let hexadecimal = (0..2).map(|skipped| hexadecimal(text, skipped));
    let base64 = (0..4).map(|skipped| base64(text, skipped));
    hexadecimal.chain(base64).chain(std::iter::once_with(|| decimal(text)))
}

/// The bytes of the decimal numbers in the text; everything else is left out.
fn decimal(text: &[DecodedByte]) -> Vec<DecodedByte> {
    text.chunk_by(|one, next| one.byte.is_ascii_digit() && next.byte.is_ascii_digit())
        .filter_map(|digits| {
            let (length, byte) = number(digits, 0, 10, 1..=3)?;
            Some(DecodedByte {
                byte: byte.filter(|_| length == digits.len())?,
                place: digits.first()?.place.start..digits.last()?.place.end,
            })
        })
        .collect()
}

/// The bytes of the pairs of hexadecimal digits, after `skipped` digits; everything else is left out.
fn hexadecimal(text: &[DecodedByte], skipped: usize) -> Vec<DecodedByte> {
    let mut digits = Vec::new();
    for (at, decoded_byte) in text.iter().enumerate() {
        let is_prefix = decoded_byte.byte == b'0'
            && text
                .get(at + 1)
                .is_some_and(|next| next.byte.eq_ignore_ascii_case(&b'x'));
        if let (Some(digit), false) = (digit(decoded_byte.byte, 16), is_prefix) {
            digits.push((digit, &decoded_byte.place));
        }
    }
    let pairs = digits.get(skipped..).unwrap_or_default().chunks_exact(2);
    pairs
        .filter_map(|pair| match pair {
            [(high, from), (low, to)] => Some(DecodedByte {
                byte: u8::try_from(high * 16 + low).ok()?,
                place: from.start..to.end,
            }),
            _ => None,
        })
        .collect()
}

/// The bytes that the text's base64 letters encode, without the first `skipped` letters. Other characters are ignored.
fn base64(text: &[DecodedByte], skipped: usize) -> Vec<DecodedByte> {
    let letters = text.iter().filter_map(|decoded_byte| {
        let letter = match decoded_byte.byte {
            b'-' => b'+',
            b'_' => b'/',
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => byte,
            _ => return None,
        };
        Some((letter, &decoded_byte.place))
    });
    let (mut letters, places): (Vec<u8>, Vec<&Range<usize>>) = letters.skip(skipped).unzip();
    // A single letter after the last whole group encodes nothing.
    letters.truncate(letters.len() - usize::from(letters.len() % 4 == 1));
    let bytes = BASE64.decode(&letters).unwrap_or_default();
    bytes
        .into_iter()
        .enumerate()
        .filter_map(|(at, byte)| {
            let (first, last) = (places.get(at * 8 / 6)?, places.get((at * 8 + 7) / 6)?);
            Some(DecodedByte {
                byte,
                place: first.start..last.end,
            })
        })
        .collect()
}

/// The text with its escapes and character references decoded once.
fn unescaped(text: &[DecodedByte]) -> Vec<DecodedByte> {
    let mut unescaped = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (length, byte) = escape_at(rest).unwrap_or((1, Some(first.byte)));
        let (escape, after) = rest.split_at(length.clamp(1, rest.len()));
        let end = escape.last().map_or(first.place.end, |last| last.place.end);
        unescaped.extend(byte.map(|byte| DecodedByte {
            byte,
            place: first.place.start..end,
        }));
        rest = after;
    }
    unescaped
}

/// The length of the escape that `text` begins with, and its byte; `None` if it begins with no escape.
fn escape_at(text: &[DecodedByte]) -> Option<(usize, Option<u8>)> {
    let byte = |at: usize| text.get(at).map(|decoded_byte| decoded_byte.byte);
    match (byte(0)?, byte(1)?) {
        (b'%' | b'\\', b'u') if byte(2) == Some(b'{') => {
            let (digits, value) = number(text, 3, 16, 1..=6)?;
            Some((4 + digits, value))
        }
        (b'%' | b'\\', b'u') => number(text, 2, 16, 4..=4).map(|(digits, value)| (2 + digits, value)),
        (b'\\', b'U') => number(text, 2, 16, 8..=8).map(|(digits, value)| (2 + digits, value)),
        (b'%' | b'=', _) => number(text, 1, 16, 2..=2).map(|(digits, value)| (1 + digits, value)),
        (b'\\', b'x') => number(text, 2, 16, 2..=2).map(|(digits, value)| (2 + digits, value)),
        (b'\\', b'0'..=b'7') => number(text, 1, 8, 1..=3).map(|(digits, value)| (1 + digits, value)),
        // Any other escaped character stands for itself.
        (b'\\', escaped) => Some((2, Some(escaped))),
        (b'&', b'#') => {
            let (from, base) = match byte(2)? {
                b'x' | b'X' => (3, 16),
                _ => (2, 10),
            };
            let (digits, value) = number(text, from, base, 1..=10)?;
            let length = from + digits;
            Some((length + usize::from(byte(length) == Some(b';')), value))
        }
        (b'&', _) => {
            let name: Vec<u8> = text
                .iter()
                .skip(1)
                .take(10)
                .map(|decoded_byte| decoded_byte.byte)
                .collect();
            let length = name.iter().position(|byte| *byte == b';')?;
            let name = name.get(..length)?;
            // No named reference stands for a letter or a digit.
            let value = Some(b'&').filter(|_| name.eq_ignore_ascii_case(b"amp"));
            name.iter().all(u8::is_ascii_alphabetic).then_some((length + 2, value))
        }
        _ => None,
    }
}

/// How many digits there are at `from`, and the byte that they encode; `None` if there are too few.
fn number(
    text: &[DecodedByte],
    from: usize,
    base: u32,
    lengths: std::ops::RangeInclusive<usize>,
) -> Option<(usize, Option<u8>)> {
    let digits = text
        .get(from..)?
        .iter()
        .map_while(|decoded_byte| digit(decoded_byte.byte, base));
    let (length, value) = digits.take(*lengths.end()).fold((0, 0_u32), |(length, value), digit| {
        (length + 1, value.saturating_mul(base).saturating_add(digit))
    });
    let byte = u8::try_from(value).ok().filter(u8::is_ascii).unwrap_or(OTHER);
    lengths.contains(&length).then_some((length, Some(byte)))
}

fn digit(byte: u8, base: u32) -> Option<u32> {
    char::from(byte).to_digit(base)
}
