//! The skeleton of a word: its consonants as a number, to find the word in a script that leaves vowels out or writes
//! vowels otherwise. Pure.
//!
//! | letters | consonant |
//! |---|---|
//! | b, p, f, v, w, ph | 1 |
//! | d, t, th | 2 |
//! | k, g, q, kh, gh, c, x | 3 |
//! | s, z, sh, ch, ts, j | 4 |
//! | l; m; n; r | 5; 6; 7; 8 |
//! | h, y, vowels | nothing |
//!
//! A letter that is read in two ways makes two skeletons: ch may also be 3, j nothing, g before a soft vowel 4. A
//! doubled letter counts once. Many words share a skeleton, so a contact found only by its skeleton is similar, never
//! certain.

use unicode_script::Script;

use super::{romanization, sounds};

/// The consonants of a word, four bits each.
pub(in crate::address_book) type Skeleton = u64;

/// The most skeletons of a word; only a made-up word has more readings.
const MAX_SKELETONS: usize = 8;
const BITS: u32 = 4;
const MASK: Skeleton = (1 << BITS) - 1;

/// The skeletons of a word in lower case, each once; words without consonants have none.
pub(super) fn of(lower: &str, script: Script) -> Vec<Skeleton> {
    let mut skeletons = Vec::new();
    match script {
        Script::Latin if lower.is_ascii() => add(lower, script, &mut skeletons),
        Script::Latin => add(&sounds::accented(lower), script, &mut skeletons),
        Script::Cyrillic => add(&sounds::in_latin(lower), script, &mut skeletons),
        _ => {
            for reading in romanization::readings(lower, script) {
                add(&reading, script, &mut skeletons);
            }
        }
    }
    skeletons.retain(|skeleton| *skeleton != 0);
    skeletons.sort_unstable();
    skeletons.dedup();
    skeletons
}

/// How many consonants a skeleton has.
pub(super) fn length(skeleton: Skeleton) -> u32 {
    (Skeleton::BITS - skeleton.leading_zeros()).div_ceil(BITS)
}

/// Adds the skeletons of a reading in Latin letters.
fn add(reading: &str, script: Script, skeletons: &mut Vec<Skeleton>) {
    let from = skeletons.len();
    skeletons.push(0);
    let mut letters = reading.chars().peekable();
    let mut before = None;
    while let Some(letter) = letters.next() {
        if before == Some(letter) {
            continue;
        }
        let (one, other) = consonants(letter, letters.peek().copied(), script, before.is_none());
        let digraph = letters.next_if(|next| matches!((letter, *next), (_, 'h') | ('s' | 'c', 'z') | ('c', 'k')));
        before = digraph.or(Some(letter));
        let ends = skeletons.len();
        if let Some(other) = other {
            for at in (from..ends).take(MAX_SKELETONS.saturating_sub(ends)) {
                let skeleton = skeletons.get(at).copied().unwrap_or_default();
                skeletons.push(longer(skeleton, other));
            }
        }
        for skeleton in skeletons.iter_mut().take(ends).skip(from) {
            *skeleton = longer(*skeleton, one);
        }
        if letter == 'x' {
            for skeleton in skeletons.iter_mut().skip(from) {
                *skeleton = longer(*skeleton, S);
            }
        }
    }
}

const NONE: Skeleton = 0;
const B: Skeleton = 1;
const D: Skeleton = 2;
const K: Skeleton = 3;
const S: Skeleton = 4;

fn longer(skeleton: Skeleton, consonant: Skeleton) -> Skeleton {
    let is_full = skeleton.leading_zeros() < BITS;
    match (skeleton & MASK, consonant) {
        (_, NONE) => skeleton,
        // ts and dz are one consonant.
        (D, S) => skeleton >> BITS << BITS | S,
        _ if is_full => skeleton,
        _ => skeleton << BITS | consonant,
    }
}

/// The consonant of a letter, and a second one that it may be. [`romanization`] explains `ḥ` and `ẓ`.
fn consonants(letter: char, next: Option<char>, script: Script, is_first: bool) -> (Skeleton, Option<Skeleton>) {
    let is_latin = script == Script::Latin;
    let has_no_vowels = romanization::has_no_vowels(script);
    let is_soft = matches!(next, Some('e' | 'i' | 'y'));
    match (letter, next) {
        ('c', Some('z')) => (S, None),
        ('c', Some('h')) => (S, is_latin.then_some(K)),
        ('c', _) if is_soft => (S, None),
        ('t', Some('h')) if has_no_vowels => (D, Some(S)),
        ('j', _) if is_latin => (S, Some(NONE)),
        ('j', _) if has_no_vowels => (S, Some(K)),
        ('w', _) if has_no_vowels && !is_first => (NONE, Some(B)),
        ('g', _) if is_latin && is_soft => (K, Some(S)),
        ('k', Some('h')) if script == Script::Cyrillic => (K, Some(NONE)),
        ('ḥ', _) => (K, Some(NONE)),
        ('ẓ', _) => (D, Some(S)),
        ('b' | 'p' | 'f' | 'v' | 'w', _) => (B, None),
        ('d' | 't', _) => (D, None),
        ('k' | 'g' | 'q' | 'c' | 'x', _) => (K, None),
        ('s' | 'z' | 'j', _) => (S, None),
        ('l', _) => (5, None),
        ('m', _) => (6, None),
        ('n', _) => (7, None),
        ('r', _) => (8, None),
        _ => (NONE, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::word::Word;

    #[test]
    fn a_word_has_the_same_consonants_in_other_scripts() {
        for (one, others) in [
            ("محمد", "muhammad mohamed mohammad мухаммад"),
            ("یوسف", "yusuf yousef yusif юсуф"),
            ("طوطح", "totah"),
            ("جمال", "jamal gamal djamal джамал"),
            ("رمضان", "ramadan ramazan рамазан"),
            ("فلادیمیر", "vladimir wladimir владимир"),
            ("חגי", "chagai hagai haggai"),
            ("אשר", "usher asher"),
            ("לוי", "levy levi леви"),
            ("גוטמן", "gutman guttmann гутман"),
            ("ყურაშვილი", "kurashvili kourachvili qurashvili"),
            ("Գեղամ".to_lowercase().as_str(), "gegham kegham"),
            ("সেন", "sen szun"),
            ("प्रदीप", "pradeep prodip"),
        ] {
            for other in others.split(' ') {
                let (one, other) = (Word::new(one), Word::new(other));
                assert!(one.has_skeleton_of(&other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn other_consonants_are_other_words() {
        for (one, other) in [
            ("محمد", "ahmad"),
            ("محمد", "hamid"),
            ("حامد", "muhammad"),
            ("حسن", "hussam"),
            ("חגי", "haim"),
            ("לוי", "leon"),
            ("ყურაშვილი", "guramishvili"),
            ("김", "kim"),
            // One script, or two scripts that both write vowels.
            ("muhammad", "mohamed"),
            ("владимир", "vladimir"),
        ] {
            assert!(!Word::new(one).has_skeleton_of(&Word::new(other)), "{one} {other}");
        }
    }
}
