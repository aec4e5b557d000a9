//! What a text may mean beside what it says: the ways in which programs write a secret when they quote it. Pure.
//!
//! | written as | for example |
//! |---|---|
//! | percent, quoted-printable and string escapes, also of single letters and several times over | `%7a`, `=7A`, `%257a`, `\x7a`, `\u007a`, `\172` |
//! | HTML character references | `&#122;`, `&#x7a;`, and `&amp;#122;` |
//! | hexadecimal, with anything between the bytes | `7a71`, `7A:71`, `0x7a, 0x71` |
//! | decimal numbers, with anything between them | `122,113,55`, `chr(122).chr(113)` |
//! | base64 in both alphabets, from any place in it | `enE3a3Az`, and within a longer text |
//! | one of the last three within another | hexadecimal of base64, base64 twice |
//! | other forms of the same letters | full-width, circled, mathematical, with accents |
//!
//! Not read: three such writings within each other, base32, base85, uuencode, binary digits, rotated or reversed letters,
//! compressed text, and base64 whose letter case is lost.
//!
//! A reading is a row of bytes, each with the place that writes it, so that the place can be hidden.

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use unicode_normalization::UnicodeNormalization;

/// A byte that a text means, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meant {
    pub(super) byte: u8,
    pub(super) place: Range<usize>,
}

/// Escapes are undone so many times.
const MAX_LAYERS: usize = 4;
/// Stands for a character that no secret has.
const OTHER: u8 = 0;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text as it stands, but letters and digits of every form as the plain ones (NFKD).
pub(super) fn plain(text: &str) -> Vec<Meant> {
    let meant = |(start, character): (usize, char)| {
        let place = start..start + character.len_utf8();
        std::iter::once(character).nfkd().map(move |plain| Meant {
            byte: u8::try_from(plain).ok().filter(u8::is_ascii).unwrap_or(OTHER),
            place: place.clone(),
        })
    };
    text.char_indices().flat_map(meant).collect()
}

/// Calls `look` with every other reading of a text.
pub(super) fn each(plain: Vec<Meant>, mut look: impl FnMut(&[Meant])) {
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

/// What a text means as hexadecimal, decimal or base64.
fn decoded(text: &[Meant]) -> impl Iterator<Item = Vec<Meant>> {
    let hexadecimal = (0..2).map(|skipped| hexadecimal(text, skipped));
    let base64 = (0..4).map(|skipped| base64(text, skipped));
    hexadecimal.chain(base64).chain(std::iter::once_with(|| decimal(text)))
}

/// The bytes that decimal numbers write; all else is left out.
fn decimal(text: &[Meant]) -> Vec<Meant> {
    text.chunk_by(|one, next| one.byte.is_ascii_digit() && next.byte.is_ascii_digit())
        .filter_map(|digits| {
            let (length, byte) = number(digits, 0, 10, 1..=3)?;
            Some(Meant {
                byte: byte.filter(|_| length == digits.len())?,
                place: digits.first()?.place.start..digits.last()?.place.end,
            })
        })
        .collect()
}

/// The bytes that pairs of hexadecimal digits write; all else is left out.
fn hexadecimal(text: &[Meant], skipped: usize) -> Vec<Meant> {
    let mut digits = Vec::new();
    for (at, meant) in text.iter().enumerate() {
        let is_prefix = meant.byte == b'0'
            && text
                .get(at + 1)
                .is_some_and(|next| next.byte.eq_ignore_ascii_case(&b'x'));
        if let (Some(digit), false) = (digit(meant.byte, 16), is_prefix) {
            digits.push((digit, &meant.place));
        }
    }
    let pairs = digits.get(skipped..).unwrap_or_default().chunks_exact(2);
    pairs
        .filter_map(|pair| match pair {
            [(high, from), (low, to)] => Some(Meant {
                byte: u8::try_from(high * 16 + low).ok()?,
                place: from.start..to.end,
            }),
            _ => None,
        })
        .collect()
}

/// The bytes that letters of base64 write; all else is left out.
fn base64(text: &[Meant], skipped: usize) -> Vec<Meant> {
    let letters = text.iter().filter_map(|meant| {
        let letter = match meant.byte {
            b'-' => b'+',
            b'_' => b'/',
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => byte,
            _ => return None,
        };
        Some((letter, &meant.place))
    });
    let (mut letters, places): (Vec<u8>, Vec<&Range<usize>>) = letters.skip(skipped).unzip();
    // A single letter more than whole groups writes nothing.
    letters.truncate(letters.len() - usize::from(letters.len() % 4 == 1));
    let bytes = BASE64.decode(&letters).unwrap_or_default();
    bytes
        .into_iter()
        .enumerate()
        .filter_map(|(at, byte)| {
            let (first, last) = (places.get(at * 8 / 6)?, places.get((at * 8 + 7) / 6)?);
            Some(Meant {
                byte,
                place: first.start..last.end,
            })
        })
        .collect()
}

/// The text with its escapes and character references undone, once.
fn unescaped(text: &[Meant]) -> Vec<Meant> {
    let mut undone = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (length, byte) = escape_at(rest).unwrap_or((1, Some(first.byte)));
        let (escape, after) = rest.split_at(length.clamp(1, rest.len()));
        let end = escape.last().map_or(first.place.end, |last| last.place.end);
        undone.extend(byte.map(|byte| Meant {
            byte,
            place: first.place.start..end,
        }));
        rest = after;
    }
    undone
}

/// Length and meaning of the escape that `text` begins with.
fn escape_at(text: &[Meant]) -> Option<(usize, Option<u8>)> {
    let byte = |at: usize| text.get(at).map(|meant| meant.byte);
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
        // What follows stands for itself.
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
            let name: Vec<u8> = text.iter().skip(1).take(10).map(|meant| meant.byte).collect();
            let length = name.iter().position(|byte| *byte == b';')?;
            let name = name.get(..length)?;
            // No reference by name stands for a letter or a digit.
            let value = Some(b'&').filter(|_| name.eq_ignore_ascii_case(b"amp"));
            name.iter().all(u8::is_ascii_alphabetic).then_some((length + 2, value))
        }
        _ => None,
    }
}

/// The number of digits at `from`, and the byte that they stand for.
fn number(
    text: &[Meant],
    from: usize,
    base: u32,
    lengths: std::ops::RangeInclusive<usize>,
) -> Option<(usize, Option<u8>)> {
    let digits = text.get(from..)?.iter().map_while(|meant| digit(meant.byte, base));
    let (length, value) = digits.take(*lengths.end()).fold((0, 0_u32), |(length, value), digit| {
        (length + 1, value.saturating_mul(base).saturating_add(digit))
    });
    let byte = u8::try_from(value).ok().filter(u8::is_ascii).unwrap_or(OTHER);
    lengths.contains(&length).then_some((length, Some(byte)))
}

fn digit(byte: u8, base: u32) -> Option<u32> {
    char::from(byte).to_digit(base)
}
