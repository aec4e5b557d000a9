//! The look of a text: texts of one look are the same to a reader, whatever letters they have. Pure.
//!
//! The base is the skeleton of Unicode TR39, section 4: two texts with equal skeletons look alike. Full-width, circled
//! and mathematical forms of letters are replaced before it (NFKC). Accents, which a reader overlooks, are removed
//! after it. So are tricks within ASCII that TR39 leaves out.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// `text` in lower case, without accents, each letter replaced by the simplest one that looks like it.
pub(super) fn folded(text: &str) -> String {
    let letters: Option<String> = text.chars().map(folded_letter).collect();
    letters.unwrap_or_else(|| folded_as_a_whole(text))
}

/// A hash of the [folded] letters of a text that does not depend on their order.
pub(super) fn hash_of_letters(text: &str) -> u64 {
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    let sum = |folded: &str| {
        let letters = folded.chars().filter(|letter| is_alphanumeric(*letter));
        letters.fold(0, |sum: u64, letter| {
            sum.wrapping_add(
                (u64::from(letter) + 1)
                    .wrapping_mul(SPREAD)
                    .rotate_left(31)
                    .wrapping_mul(SPREAD),
            )
        })
    };
    let by_letter: Option<u64> = text
        .chars()
        .map(|letter| folded_letter(letter).map(sum))
        .try_fold(0, |all: u64, sum| Some(all.wrapping_add(sum?)));
    by_letter.unwrap_or_else(|| sum(&folded(&bounded(text))))
}

/// A text, cut to 256 characters if folding could make it long: one letter can stand for eighteen.
pub(super) fn bounded(text: &str) -> Cow<'_, str> {
    const MAX_LETTERS: usize = 256;
    const SHORT: usize = 64;
    if text.len() <= SHORT || text.chars().all(|character| folded_letter(character).is_some()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfkc().take(MAX_LETTERS).collect())
}

fn folded_as_a_whole(text: &str) -> String {
    let lower = text.nfkc().collect::<String>().to_lowercase();
    // TR39 maps some characters to upper case, such as 0 to O.
    let mut folded = String::with_capacity(lower.len());
    for character in skeleton(&lower) {
        if !is_accent(character) {
            folded.extend(character.to_lowercase());
        }
    }
    folded
}

/// True for a mark that a reader overlooks: an accent, a mark that encloses or strikes a letter, a vowel or doubling
/// mark of Arabic. In other scripts marks matter as much as letters.
const fn is_accent(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36F}'
            | '\u{483}'..='\u{489}'
            | '\u{64B}'..='\u{655}'
            | '\u{670}'
            | '\u{1AB0}'..='\u{1AFF}'
            | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

/// A Latin or Cyrillic letter folded, from a table that is made once; `None` for other letters. Nearly every name has
/// only these letters, which fold alike beside any neighbours. The final sigma of Greek depends on its neighbours.
fn folded_letter(character: char) -> Option<&'static str> {
    static FOLDED: LazyLock<Vec<String>> = LazyLock::new(|| {
        let letters = '\0'..='\u{52F}';
        let folded = |letter: char| folded_as_a_whole(letter.encode_utf8(&mut [0; 4]));
        letters.map(folded).collect()
    });
    let is_in_table = matches!(character, '\0'..='\u{24F}' | '\u{400}'..='\u{482}' | '\u{48A}'..='\u{52F}');
    let folded = FOLDED.get(character as usize).filter(|_| is_in_table);
    folded.map(String::as_str)
}

/// As [`char::is_alphanumeric`], but without a table for Latin and Cyrillic.
pub(super) fn is_alphanumeric(character: char) -> bool {
    match character {
        '\0'..='\x7f' => character.is_ascii_alphanumeric(),
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' => true,
        '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}' => true,
        _ => character.is_alphanumeric(),
    }
}

/// The words of a text: its runs of letters and digits.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_alphanumeric(c))
        .filter(|word| !word.is_empty())
}

/// Digits and the letters that they replace in a label. The skeleton of TR39 replaces the first two digits too.
const DIGITS: [(char, &str); 8] = [
    ('0', "o"),
    ('1', "l"),
    ('3', "e"),
    ('4', "a"),
    ('5', "s"),
    ('7', "t"),
    ('8', "b"),
    ('9', "g"),
];

/// The look of a label of a domain. Digits become letters, `vv` becomes `w` and `cl` becomes `d`; TR39 already handles
/// `rn`.
pub(super) fn of_label(label: &str) -> String {
    let mut look = with_letters(folded(label));
    if look.contains("vv") || look.contains("cl") {
        look = look.replace("vv", "w").replace("cl", "d");
    }
    look
}

/// A label with its digits replaced by letters; `None` if it does not have both.
pub(super) fn without_digits(label: &str) -> Option<String> {
    let has_both = label.contains(char::is_numeric) && label.contains(char::is_alphabetic);
    has_both.then(|| with_letters(label.to_owned()))
}

fn with_letters(mut label: String) -> String {
    if label.bytes().any(|byte| byte.is_ascii_digit()) {
        for (digit, letter) in DIGITS {
            label = label.replace(digit, letter);
        }
    }
    label
}

/// `text` without disguise: [`folded`], with Latin letters in place of characters that look like them, such as small
/// capitals, faux Cyrillic, digits, signs and flags. The result is no spelling, since `i` also replaces `l` and `1`:
/// compare the result only with that for another text.
pub(super) fn readable(text: &str) -> String {
    let folded = if text.is_ascii() {
        folded(text)
    } else {
        folded(&text.chars().map(without_sign).collect::<String>())
    };
    let mut readable = String::with_capacity(folded.len());
    for character in folded.chars() {
        match character {
            // In a skeleton `m` is `rn`; likewise `w` is `vv` here.
            'w' | 'ω' => readable.push_str("vv"),
            'ʍ' => readable.push_str("rn"),
            other => readable.push(read(other)),
        }
    }
    readable
}

/// The letter that a letter of a skeleton, a digit or a sign stands for.
fn read(character: char) -> char {
    match character {
        'a'..='k' | 'm'..='v' | 'x'..='z' | ' ' => character,
        'l' => 'i',
        'ᴀ' | '4' | '@' => 'a',
        'ʙ' | 'ƅ' | 'ß' | '6' | '8' => 'b',
        'ᴅ' => 'd',
        'ᴇ' | 'ꞓ' | 'ɜ' | 'ǝ' | '3' => 'e',
        'ꜰ' => 'f',
        'ɢ' | '9' => 'g',
        'ʜ' => 'h',
        'ʟ' => 'i',
        'ᴊ' => 'j',
        'ĸ' => 'k',
        'ɴ' | 'ᴎ' | 'π' => 'n',
        'ᴘ' => 'p',
        'ʀ' | 'ᴙ' => 'r',
        'ꜱ' | '5' | '$' => 's',
        'ᴛ' | '7' => 't',
        'μ' => 'u',
        'χ' => 'x',
        other => other,
    }
}

/// The Latin letter that a character looks like, if Unicode does not call the character a form of it, or if the two
/// look alike only before they are put in lower case.
fn without_sign(character: char) -> char {
    let letter_after = |first: u32| {
        let place = u32::from(character).saturating_sub(first);
        u8::try_from(place).map_or(character, |place| char::from(b'a'.saturating_add(place)))
    };
    match character {
        // Fonts of small capitals borrow their F from Cyrillic.
        'ғ' | 'Ғ' => 'f',
        'Β' => 'b',
        'Ζ' => 'z',
        'Η' => 'h',
        'Μ' => 'm',
        'Ν' => 'n',
        'Υ' => 'y',
        // White letters in black circles and squares, and the letters of flags.
        '\u{1F150}'..='\u{1F169}' => letter_after(0x1F150),
        '\u{1F170}'..='\u{1F189}' => letter_after(0x1F170),
        '\u{1F1E6}'..='\u{1F1FF}' => letter_after(0x1F1E6),
        other => other,
    }
}

/// `text` in lower case, with each sign replaced by the ASCII character that it looks like, if that is a single one.
/// Unlike in a skeleton, ASCII stays as it is, so that the result can be searched for markup.
pub(super) fn in_ascii(text: &str) -> String {
    let mut simple = String::with_capacity(text.len());
    for character in text.nfkc().filter(|character| !is_accent(*character)) {
        let mut octets = [0; 4];
        let mut look = skeleton(character.encode_utf8(&mut octets)).filter(|part| !is_accent(*part));
        match (character.is_ascii(), look.next(), look.next()) {
            (false, Some(only), None) if only.is_ascii() => simple.push(only.to_ascii_lowercase()),
            _ => simple.extend(character.to_lowercase()),
        }
    }
    simple
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn folding_letter_by_letter_is_folding_the_whole_text(text in "[\\PC\u{0}-\u{52F}]{0,24}", ordinary in "[A-Za-zА-яЁёÄ-ž0-9 .'İ|-]{0,24}") {
            for text in [text, ordinary] {
                prop_assert_eq!(folded(&text), folded_as_a_whole(&text));
            }
        }
    }

    #[test]
    fn the_short_check_finds_the_same_letters_and_digits() {
        for character in '\0'..=char::MAX {
            assert_eq!(is_alphanumeric(character), character.is_alphanumeric(), "{character:?}");
        }
    }
}
