//! One word of a name, an address or a question, with its forms for comparisons. Pure.

use unicode_script::{Script, UnicodeScript};

use super::letters::{beginning, contracted, is_syllable_or_word, plain};
use super::skeleton::{self, Skeleton};
use super::{romanization, sounds};

/// A word: its plain form, its accented form and its sounds, computed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::address_book) struct Word {
    /// The plain form, then the form with accents if there are any, then the sounds with [`BETWEEN`] between them.
    texts: Box<str>,
    accented_from: u16,
    sounds_from: u16,
    script: Script,
    /// True for a single letter.
    pub(in crate::address_book) is_initial: bool,
}

/// Separates the sounds of a [`Word`]; never a character of a word.
const BETWEEN: char = '\0';

impl Word {
    /// Reads one word in lower case.
    pub(in crate::address_book) fn new(lower: &str) -> Self {
        let lower = beginning(lower);
        let script = script_of(lower);
        let mut texts = plain(lower);
        let end = |texts: &String| u16::try_from(texts.len()).unwrap_or(u16::MAX);
        let is_initial = is_single_letter(&texts);
        let accented_from = end(&texts);
        if texts != lower {
            texts.push_str(lower);
        }
        let sounds_from = end(&texts);
        for (at, sound) in sounds::of_word(lower, script).iter().enumerate() {
            texts.extend((at > 0).then_some(BETWEEN));
            texts.push_str(sound);
        }
        Self {
            texts: texts.into_boxed_str(),
            accented_from,
            sounds_from,
            script,
            is_initial,
        }
    }

    /// The word in lower case without accents; an umlaut is its base letter.
    pub(in crate::address_book) fn plain(&self) -> &str {
        self.texts.get(..usize::from(self.accented_from)).unwrap_or_default()
    }

    /// The word in lower case with accents; `None` if it has none.
    fn accented(&self) -> Option<&str> {
        let accented = self
            .texts
            .get(usize::from(self.accented_from)..usize::from(self.sounds_from))?;
        (!accented.is_empty()).then_some(accented)
    }

    /// The sounds that the word may have, in the alphabet of [`sounds`]; at least one.
    pub(in crate::address_book) fn sounds(&self) -> impl Iterator<Item = &str> + Clone {
        let sounds = self.texts.get(usize::from(self.sounds_from)..).unwrap_or_default();
        sounds.split(BETWEEN)
    }

    /// The plain form and the sounds, each text once.
    pub(in crate::address_book) fn spellings(&self) -> impl Iterator<Item = &str> + Clone {
        let plain = self.plain();
        std::iter::once(plain).chain(self.sounds().filter(move |sound| *sound != plain))
    }

    /// The plain form in which an umlaut that is written out (ue) is its base letter (u).
    pub(in crate::address_book) fn contracted(&self) -> String {
        contracted(self.plain().to_owned())
    }

    /// True if `wanted` is one of the word's sounds.
    pub(in crate::address_book) fn has_sound(&self, wanted: &str) -> bool {
        self.sounds().any(|sound| sound == wanted)
    }

    /// True if the two words share a sound.
    pub(in crate::address_book::search) fn sounds_like(&self, other: &Self) -> bool {
        self.sounds().any(|sound| other.has_sound(sound))
    }

    /// True if the words are in two scripts that both write vowels, so that equal sounds mean one word.
    pub(in crate::address_book::search) fn is_transliterated_from(&self, other: &Self) -> bool {
        let is_sure = |script| script != Script::Unknown && !romanization::has_no_vowels(script);
        // Cyrillic spells Chinese by rules of its own: Ян is yang, and Янь is yan.
        let words = [self, other];
        let has_cyrillic = words.iter().any(|word| word.script == Script::Cyrillic);
        let has_chinese = words
            .iter()
            .any(|word| word.plain().contains(|c| matches!(c, '\u{4e00}'..='\u{9fff}')));
        let are_sure = words.iter().all(|word| is_sure(word.script));
        self.script != other.script && are_sure && !(has_cyrillic && has_chinese)
    }

    /// The word's consonants by each of its readings, without the differences between scripts.
    pub(in crate::address_book) fn skeletons(&self) -> Vec<Skeleton> {
        skeleton::of(self.accented().unwrap_or(self.plain()), self.script)
    }

    /// True if the word is in Latin or Cyrillic letters, or mixes scripts.
    pub(in crate::address_book) fn is_latin_or_cyrillic(&self) -> bool {
        is_latin_or_cyrillic_script(self.script)
    }

    /// True if both words have the same consonants, and one is in Latin or Cyrillic letters, the other in another
    /// script.
    pub(in crate::address_book) fn has_skeleton_of(&self, other: &Self) -> bool {
        if self.is_latin_or_cyrillic() == other.is_latin_or_cyrillic() {
            return false;
        }
        let has_no_vowels = [self, other]
            .map(|word| romanization::has_no_vowels(word.script))
            .contains(&true);
        let is_short = |script| matches!(script, Script::Han | Script::Hangul);
        let first = |word: &Self| word.sounds().next().and_then(|sound| sound.chars().next());
        let least = match (has_no_vowels, is_short(self.script) || is_short(other.script)) {
            // A single consonant is enough only if both words begin with the same sound.
            (true, _) if first(self) == first(other) => 1,
            (false, true) => 3,
            _ => 2,
        };
        let others = other.skeletons();
        let mut skeletons = self.skeletons().into_iter();
        skeletons.any(|skeleton| skeleton::length(skeleton) >= least && others.contains(&skeleton))
    }

    /// True if the words are the same but for case, for accents that one of them lacks, or for umlauts that one of them
    /// writes out.
    pub(in crate::address_book::search) fn is_same(&self, other: &Self) -> bool {
        if self.plain() == other.plain() {
            let (one, other) = (self.accented(), other.accented());
            return one.is_none() || other.is_none() || one == other;
        }
        let has_umlaut = |word: &Self| {
            let accented = word.accented();
            accented.is_some_and(|word| word.contains(['ä', 'ö', 'ü', 'ø', 'æ']))
        };
        (has_umlaut(self) || has_umlaut(other)) && self.contracted() == other.contracted()
    }
}

/// The script of a word. The scripts of Japanese count as Han, a word without letters as Latin, and a word that mixes
/// scripts, whose letters may only look like others, as [`Script::Unknown`].
pub(super) fn script_of(word: &str) -> Script {
    use Script::{Common, Han, Hiragana, Inherited, Katakana, Latin};
    if word.is_ascii() {
        return Latin;
    }
    let mut scripts = word.chars().filter_map(|c| match c.script() {
        Common | Inherited => None,
        Hiragana | Katakana => Some(Han),
        script => Some(script),
    });
    let first = scripts.next().unwrap_or(Latin);
    match scripts.all(|other| other == first) {
        true => first,
        false => Script::Unknown,
    }
}

fn is_latin_or_cyrillic_script(script: Script) -> bool {
    matches!(script, Script::Latin | Script::Cyrillic | Script::Unknown)
}

/// True if a word in lower case is in Latin or Cyrillic letters, or mixes scripts.
pub(in crate::address_book::search) fn is_latin_or_cyrillic(lower: &str) -> bool {
    is_latin_or_cyrillic_script(script_of(lower))
}

/// The [sounds](Word::sounds) of a word in lower case.
pub(in crate::address_book::search) fn sounds_of(lower: &str) -> Vec<String> {
    sounds::of_word(lower, script_of(lower))
}

fn is_single_letter(plain: &str) -> bool {
    let mut letters = plain.chars();
    letters
        .next()
        .is_some_and(|c| c.is_alphabetic() && !is_syllable_or_word(c))
        && letters.next().is_none()
}
