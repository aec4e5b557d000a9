//! How a word is spelt, so that two spellings of one word can be told to be the same. Pure.
//!
//! | a word has | two words share it if |
//! |---|---|
//! | one plain form ([`letters`]) | only case or accents differ, or an umlaut is written out |
//! | a few keys ([`sounds`]) | they sound the same, in any script or scheme of transliteration |
//! | skeletons ([`skeleton`]) | they have the same consonants; only compared across scripts |
//!
//! [`romanization`] reads other scripts than Latin and Cyrillic; [`runs`] finds the words in Chinese, Japanese and
//! Korean names that are written without a space.

mod letters;
mod romanization;
pub(super) mod runs;
mod skeleton;
mod sounds;

use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};

pub(super) use letters::{composed, is_apostrophe, plain};
use skeleton::Skeleton;

/// Letters of a word, and of each form of it, that are read; a single letter may become eighteen.
const MAX_LETTERS: usize = 64;

/// A word of a name, an address or a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::address_book) struct Word {
    /// The plain form, the form with accents if there are any, and the keys with [`BETWEEN`] between them.
    texts: Box<str>,
    accented_from: u16,
    keys_from: u16,
    script: Script,
    /// True for a single letter.
    pub(in crate::address_book) is_initial: bool,
}

/// Stands between keys; no character of a word.
const BETWEEN: char = '\0';

/// The script of a word. Those of Japanese are one, what has no letters is Latin, and two together, which may be
/// letters that only look like others, are [`Script::Unknown`].
fn script_of(word: &str) -> Script {
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
        let keys_from = end(&texts);
        for (at, key) in sounds::keys(lower, script).iter().enumerate() {
            texts.extend((at > 0).then_some(BETWEEN));
            texts.push_str(key);
        }
        Self {
            texts: texts.into_boxed_str(),
            accented_from,
            keys_from,
            script,
            is_initial,
        }
    }

    /// Lower case, without accents, umlauts as their base letter.
    pub(in crate::address_book) fn plain(&self) -> &str {
        self.texts.get(..usize::from(self.accented_from)).unwrap_or_default()
    }

    /// Lower case with accents, if it has any.
    fn accented(&self) -> Option<&str> {
        let accented = self
            .texts
            .get(usize::from(self.accented_from)..usize::from(self.keys_from))?;
        (!accented.is_empty()).then_some(accented)
    }

    /// What it sounds like; never empty.
    pub(in crate::address_book) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        let keys = self.texts.get(usize::from(self.keys_from)..).unwrap_or_default();
        keys.split(BETWEEN)
    }

    /// The plain form and the keys, each once.
    pub(in crate::address_book) fn spellings(&self) -> impl Iterator<Item = &str> + Clone {
        let plain = self.plain();
        std::iter::once(plain).chain(self.keys().filter(move |key| *key != plain))
    }

    /// The plain form with umlauts that are written out as their base letter.
    pub(in crate::address_book) fn contracted(&self) -> String {
        contracted(self.plain().to_owned())
    }

    pub(in crate::address_book) fn has_key(&self, wanted: &str) -> bool {
        self.keys().any(|key| key == wanted)
    }

    /// True if both sound the same in some reading.
    pub(super) fn sounds_like(&self, other: &Self) -> bool {
        self.keys().any(|key| other.has_key(key))
    }

    /// True if each is in another script, and both write vowels.
    pub(super) fn is_transliterated_from(&self, other: &Self) -> bool {
        let is_sure = |script| script != Script::Unknown && !romanization::has_no_vowels(script);
        // Chinese in Cyrillic is spelt by rules of its own: Ян is yang, and Янь is yan.
        let words = [self, other];
        let has_cyrillic = words.iter().any(|word| word.script == Script::Cyrillic);
        let has_chinese = words
            .iter()
            .any(|word| word.plain().contains(|c| matches!(c, '\u{4e00}'..='\u{9fff}')));
        let are_sure = words.iter().all(|word| is_sure(word.script));
        self.script != other.script && are_sure && !(has_cyrillic && has_chinese)
    }

    /// Its consonants, by every reading, without differences between scripts.
    pub(in crate::address_book) fn skeletons(&self) -> Vec<Skeleton> {
        skeleton::of(self.accented().unwrap_or(self.plain()), self.script)
    }

    /// True if it is in Latin or Cyrillic letters, or in several scripts at once.
    pub(in crate::address_book) fn is_latin_or_cyrillic(&self) -> bool {
        is_latin_or_cyrillic_script(self.script)
    }

    /// True if both have the same consonants, the one in Latin or Cyrillic letters, the other not.
    pub(in crate::address_book) fn has_skeleton_of(&self, other: &Self) -> bool {
        if self.is_latin_or_cyrillic() == other.is_latin_or_cyrillic() {
            return false;
        }
        let has_no_vowels = [self, other]
            .map(|word| romanization::has_no_vowels(word.script))
            .contains(&true);
        let is_short = |script| matches!(script, Script::Han | Script::Hangul);
        let first = |word: &Self| word.keys().next().and_then(|key| key.chars().next());
        let least = match (has_no_vowels, is_short(self.script) || is_short(other.script)) {
            // A single consonant says something only at the beginning.
            (true, _) if first(self) == first(other) => 1,
            (false, true) => 3,
            _ => 2,
        };
        let others = other.skeletons();
        let mut skeletons = self.skeletons().into_iter();
        skeletons.any(|skeleton| skeleton::length(skeleton) >= least && others.contains(&skeleton))
    }

    /// True if the words are the same but for case, accents that one of them lacks, or umlauts that one of them writes
    /// out.
    pub(super) fn is_same(&self, other: &Self) -> bool {
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

fn is_latin_or_cyrillic_script(script: Script) -> bool {
    matches!(script, Script::Latin | Script::Cyrillic | Script::Unknown)
}

/// As [`Word::is_latin_or_cyrillic`], of a word in lower case.
pub(super) fn is_latin_or_cyrillic(lower: &str) -> bool {
    is_latin_or_cyrillic_script(script_of(lower))
}

/// The [keys](Word::keys) of a word in lower case.
pub(super) fn sounds_of(lower: &str) -> Vec<String> {
    sounds::keys(lower, script_of(lower))
}

fn is_single_letter(plain: &str) -> bool {
    let mut letters = plain.chars();
    letters
        .next()
        .is_some_and(|c| c.is_alphabetic() && !is_syllable_or_word(c))
        && letters.next().is_none()
}

/// True for letters that are syllables or words: Chinese, Japanese and Korean ones.
pub(super) fn is_syllable_or_word(c: char) -> bool {
    c > '\u{2e80}'
}

/// As much of a word as is looked at.
pub(in crate::address_book) fn beginning(word: &str) -> &str {
    let end = word.char_indices().nth(MAX_LETTERS);
    end.and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

/// The words of a text in lower case with their accents: runs of letters and digits. An apostrophe within a word is no
/// border.
pub(super) fn split(text: &str) -> Vec<String> {
    let lower = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        letters::unified(text)
    };
    lower
        .split(is_border)
        .map(|word| word.chars().filter(|c| !is_apostrophe(*c)).collect::<String>())
        .filter(|word| !word.is_empty())
        .flat_map(without_article)
        .collect()
}

/// True for what stands between words.
pub(super) fn is_border(c: char) -> bool {
    match c {
        '\0'..='\x7f' => !c.is_ascii_alphanumeric() && !is_apostrophe(c),
        // Letters of Russian, which need no look into tables.
        'Ѐ'..='ҁ' => false,
        _ => !(c.is_alphanumeric() || is_combining_mark(c) || is_apostrophe(c)),
    }
}

/// A word of its own, as Al is in Al-Tahan.
pub(super) const ARABIC_ARTICLE: &str = "ال";

/// Takes the Arabic article off a word.
fn without_article(word: String) -> impl Iterator<Item = String> {
    /// Elias, Alexander, Albert and others only begin so.
    const NAMES: &[&str] = &["یاس", "کس", "برت", "یز", "هام", "فرید", "فونس", "ین", "یس"];
    let rest = word.strip_prefix(ARABIC_ARTICLE).filter(|rest| {
        let is_name = NAMES.iter().any(|name| rest.starts_with(name));
        !is_name && rest.chars().count() > 2
    });
    let apart = rest.map(|rest| [ARABIC_ARTICLE.to_owned(), rest.to_owned()]);
    let whole = apart.is_none().then_some(word);
    apart.into_iter().flatten().chain(whole)
}

/// Letters and what stands for them, longest first.
type Scheme = &'static [(&'static str, &'static str)];

/// Pairs that every scheme has.
const EVERYWHERE: Scheme = &[("x", "ks"), ("w", "v"), ("y", "i"), ("j", "i")];

/// A text by a scheme; letters that are not in it stay.
fn transcribed(text: &str, scheme: Scheme) -> String {
    by_pairs(text, [scheme, EVERYWHERE])
}

/// A text with the letters of each pair replaced, by the first that fits.
fn replaced(text: &str, pairs: &[(&str, &str)]) -> String {
    by_pairs(text, [pairs, &[]])
}

fn by_pairs(text: &str, pairs: [&[(&str, &str)]; 2]) -> String {
    let mut replaced = String::with_capacity(text.len());
    // The first bytes of all pairs, as a set; some bytes share a bit.
    let bit = |letters: &str| letters.bytes().next().map_or(0, |byte| 1_u64 << (byte % 64));
    let firsts = pairs
        .iter()
        .copied()
        .flatten()
        .fold(0, |set, (letters, _)| set | bit(letters));
    let mut rest = text;
    'letters: while let Some(first) = rest.chars().next() {
        let begins_so = |letters: &str| letters.as_bytes().first() == rest.as_bytes().first();
        let may_begin = firsts & bit(rest) != 0;
        for (letters, others) in pairs.iter().copied().flatten().take_while(|_| may_begin) {
            if begins_so(letters)
                && let Some(after) = rest.strip_prefix(letters)
            {
                replaced.push_str(others);
                rest = after;
                continue 'letters;
            }
        }
        replaced.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    replaced
}

pub(super) fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

fn contracted(word: String) -> String {
    match ["ue", "oe", "ae"].iter().any(|umlaut| word.contains(umlaut)) {
        true => word.replace("ue", "u").replace("oe", "o").replace("ae", "a"),
        false => word,
    }
}

#[cfg(test)]
mod tests;
