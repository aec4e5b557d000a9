//! How a text looks rather than how it is spelled. Pure.
//!
//! Built on the skeleton of Unicode TR39, section 4: two texts with one skeleton look alike. On top of it come accents,
//! which a reader overlooks, and tricks within ASCII that TR39 leaves out.

use std::sync::LazyLock;

use unicode_script::{Script, ScriptExtension, UnicodeScript};
use unicode_security::skeleton;

/// Lower-case Cyrillic letters that look like Latin ones in nearly every typeface. TR39 also pairs г/r, ь/b and ш/w,
/// which would make ordinary words suspicious.
const LATIN_LOOKING: &str = "асԁеһіјӏорԛѕԝху";

static LETTERS: LazyLock<Letters> = LazyLock::new(Letters::new);

/// `text` in lower case, without accents, each letter replaced by the simplest one that looks like it.
pub(super) fn folded(text: &str) -> String {
    LETTERS.folded(text).unwrap_or_else(|| folded_as_a_whole(text))
}

/// A number that is the same for all texts with the same letters and digits after folding, in any order.
pub(super) fn letters(text: &str) -> u64 {
    LETTERS.sum(text).unwrap_or_else(|| sum(&folded_as_a_whole(text)))
}

fn sum(folded: &str) -> u64 {
    let counted = folded.chars().filter(|character| is_alphanumeric(*character));
    // Spread over all bits, so that sums of other letters hardly ever meet; whoever makes them meet costs us two keys.
    let weights =
        counted.map(|character| u64::from(character).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) ^ 0x5851);
    weights.fold(0, u64::wrapping_add)
}

fn folded_as_a_whole(text: &str) -> String {
    let lower = text.to_lowercase();
    // TR39 maps to upper case here and there: 0 to O.
    let mut folded = String::with_capacity(lower.len());
    for character in skeleton(&lower) {
        if !is_accent(character) {
            folded.extend(character.to_lowercase());
        }
    }
    folded
}

fn is_accent(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}')
}

/// Latin and Cyrillic letters, each folded once: nearly every name is made of them, and in such a text no letter depends
/// on its neighbours. (Greek is not among them, for its final sigma does.)
struct Letters {
    /// What is folded to one letter, as most are.
    single: Vec<Option<char>>,
    /// What they are folded to, one after another.
    text: String,
    /// Where each one ends in `text`.
    ends: Vec<usize>,
    /// What each adds to the sum of a text.
    sums: Vec<u64>,
}

impl Letters {
    /// The end of Cyrillic.
    const END: u32 = 0x0530;

    fn new() -> Self {
        let mut letters = Self {
            single: Vec::with_capacity(Self::END as usize),
            text: String::new(),
            ends: Vec::with_capacity(Self::END as usize),
            sums: Vec::with_capacity(Self::END as usize),
        };
        for character in (0..Self::END).filter_map(char::from_u32) {
            let folded = folded_as_a_whole(character.encode_utf8(&mut [0; 4]));
            letters.sums.push(sum(&folded));
            letters.text.push_str(&folded);
            letters.ends.push(letters.text.len());
            let mut characters = folded.chars();
            let single = characters.next().filter(|_| characters.next().is_none());
            letters.single.push(single);
        }
        letters
    }

    /// Where a letter stands in the tables; `None` for others.
    fn index(character: char) -> Option<usize> {
        let is_there = matches!(character, '\0'..='\u{24F}' | '\u{400}'..='\u{482}' | '\u{48A}'..='\u{52F}');
        is_there.then_some(character as usize)
    }

    /// `None` if the text has other characters.
    fn sum(&self, text: &str) -> Option<u64> {
        text.chars().try_fold(0_u64, |sum, character| {
            let letter = self.sums.get(Self::index(character)?)?;
            Some(sum.wrapping_add(*letter))
        })
    }

    /// `None` if the text has other characters.
    fn folded(&self, text: &str) -> Option<String> {
        let mut folded = String::with_capacity(text.len());
        for character in text.chars() {
            let index = Self::index(character)?;
            if let Some(single) = *self.single.get(index)? {
                folded.push(single);
                continue;
            }
            let start = match index.checked_sub(1) {
                Some(before) => *self.ends.get(before)?,
                None => 0,
            };
            folded.push_str(self.text.get(start..*self.ends.get(index)?)?);
        }
        Some(folded)
    }
}

/// As [`char::is_alphanumeric`], without a look into its tables for Latin and Cyrillic.
pub(super) fn is_alphanumeric(character: char) -> bool {
    match character {
        '\0'..='\x7f' => character.is_ascii_alphanumeric(),
        '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' => true,
        '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}' => true,
        _ => character.is_alphanumeric(),
    }
}

/// What a label of a domain looks like: 5 for s, vv for w and cl for d as well; TR39 has 0, 1 and rn.
pub(super) fn look(label: &str) -> String {
    let mut look = folded(label);
    if look.contains(['3', '4', '5']) {
        look = look.replace('3', "e").replace('4', "a").replace('5', "s");
    }
    if look.contains("vv") || look.contains("cl") {
        look = look.replace("vv", "w").replace("cl", "d");
    }
    look
}

/// True if one label mixes alphabets, or is Cyrillic that reads as Latin while the domain ends in Latin letters
/// (`сосо.com`). `почта.рф` and `почта.com` are neither. `host` is decoded.
pub(super) fn mixes_scripts(host: &str) -> bool {
    if host.is_ascii() {
        return false;
    }
    let ends_in_latin = host.rsplit('.').next().is_some_and(|top| top.is_ascii());
    host.split('.')
        .any(|label| is_of_several_scripts(label) || (ends_in_latin && passes_for_latin(label)))
}

fn passes_for_latin(label: &str) -> bool {
    let mut letters = label.chars().filter(|character| character.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|letter| LATIN_LOOKING.contains(letter))
}

/// TR39, section 5.1, where Japanese, Korean and Chinese may use their scripts together, and Latin beside them.
fn is_of_several_scripts(label: &str) -> bool {
    !label.is_ascii() && ScriptExtension::for_str(label).is_empty() && !is_east_asian(label)
}

const EAST_ASIAN: [Script; 5] = [
    Script::Han,
    Script::Hiragana,
    Script::Katakana,
    Script::Hangul,
    Script::Bopomofo,
];

/// Kana and Hangul do not meet in one word, apart from forgeries.
fn is_east_asian(label: &str) -> bool {
    let has = |wanted: &[Script]| label.chars().any(|character| wanted.contains(&character.script()));
    let is_of_them = |character: char| {
        let scripts = character.script_extension();
        scripts.is_common()
            || scripts.is_inherited()
            || EAST_ASIAN.iter().any(|script| scripts.contains_script(*script))
    };
    label
        .chars()
        .all(|character| character.script() == Script::Latin || is_of_them(character))
        && !(has(&[Script::Hiragana, Script::Katakana]) && has(&[Script::Hangul]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn letters_one_by_one_are_the_whole(text in "[\\PC\u{0}-\u{52F}]{0,24}", ordinary in "[A-Za-zА-яЁёÄ-ž0-9 .'İ|-]{0,24}") {
            for text in [text, ordinary] {
                prop_assert_eq!(folded(&text), folded_as_a_whole(&text));
                prop_assert_eq!(letters(&text), sum(&folded_as_a_whole(&text)));
            }
        }
    }

    #[test]
    fn the_short_way_finds_the_same_letters_and_digits() {
        for character in '\0'..=char::MAX {
            assert_eq!(is_alphanumeric(character), character.is_alphanumeric(), "{character:?}");
        }
    }

    #[test]
    fn ordinary_names_are_folded_letter_by_letter() {
        let letters = Letters::new();
        for name in ["Anna Petrova", "Иванов Пётр", "Jürgen Müller", "O'Brien 10", ""] {
            assert!(letters.folded(name).is_some(), "{name}");
        }
        assert_eq!(letters.folded("Σίσυφος"), None);
    }
}
