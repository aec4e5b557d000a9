//! The words of a book, each once; finds those that are like a word of a question. Pure.
//!
//! Two words are found by what they share: a spelling, also that of a nominative or of the other gender, the beginning
//! of one, a first name, the consonants, or what remains of both without the letters that were mistyped.
//!
//! Mistakes are found by deletions, as in `SymSpell`: two spellings are one mistake apart only if they become the same
//! when each loses a letter at most. Two mistakes, in long words, would take some fifty keys for each spelling. So long
//! spellings are halved: one of the halves has a mistake at most. The Levenshtein automata of `fst` are no choice: they
//! count a transposition as two mistakes, and one would have to be built for every spelling of every word asked for.

use std::sync::OnceLock;

use foldhash::HashMap;

use super::keys::{Keys, Part, hash, without, without_one};
use crate::address_book::search::{
    FirstName, Forms, LONG, Likeness, MaybeMistyped, SHORTEST_MISTYPED, Word, beginning, declined, is_beginning,
    is_initial_of, least_of_beginning, of_names, of_sounds, other_genders,
};

/// Keys of a contact at most, on average; some forty are usual. Only made-up words have more. The last of them, those
/// of the oldest contacts, are then found without mistakes only.
const MAX_KEYS_OF_A_CONTACT: usize = 250;

/// The most letters that a single letter sounds like: ю is iu.
const LONGEST_INITIAL: usize = 2;

/// Words by number, and numbers by keys.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    words: Vec<Word>,
    keys: Keys,
    /// Words in Latin or Cyrillic letters by their consonants; collected for the first question in another script.
    consonants: OnceLock<Keys>,
}

/// The words that are like one of a question, each in the best way there is.
#[derive(Debug, Default)]
pub(super) struct Alike(HashMap<u32, Likeness>);

impl Alike {
    pub(super) fn likeness(&self, number: u32) -> Option<Likeness> {
        self.0.get(&number).copied()
    }

    /// In no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, Likeness)> {
        self.0.iter().map(|(number, likeness)| (*number, *likeness))
    }

    /// Adds a word unless it is there in a better way.
    fn add(&mut self, number: u32, likeness: impl FnOnce() -> Option<Likeness>) {
        if !self.0.contains_key(&number)
            && let Some(likeness) = likeness()
        {
            self.0.insert(number, likeness);
        }
    }

    /// Adds a word unless it is a single letter, which only begins another.
    fn add_word(&mut self, number: u32, word: &Word, likeness: impl FnOnce() -> Option<Likeness>) {
        if !word.is_initial {
            self.add(number, likeness);
        }
    }
}

/// Words that are being collected.
#[derive(Debug, Default)]
pub(super) struct Collected {
    words: Vec<Word>,
    numbers: HashMap<String, u32>,
}

impl Collected {
    /// The number of a word in lower case.
    pub(super) fn number(&mut self, lower: &str) -> u32 {
        let lower = beginning(lower);
        if let Some(number) = self.numbers.get(lower) {
            return *number;
        }
        let number = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.words.push(Word::new(lower));
        self.numbers.insert(lower.to_owned(), number);
        number
    }

    /// The vocabulary of so many contacts, with the keys of words in the order in which they came.
    pub(super) fn into_vocabulary(self, contacts: usize) -> Vocabulary {
        drop(self.numbers);
        let most = MAX_KEYS_OF_A_CONTACT.saturating_mul(contacts);
        let mut entries: Vec<(u32, u32)> = Vec::new();
        let mut hashes: Vec<u32> = Vec::new();
        for (number, word) in (0..).zip(&self.words) {
            let may_be_mistyped = word.plain().chars().count() >= SHORTEST_MISTYPED && entries.len() < most;
            keys_of(word, may_be_mistyped, &mut |hash| hashes.push(hash));
            hashes.sort_unstable();
            hashes.dedup();
            entries.extend(hashes.drain(..).map(|hash| (hash, number)));
        }
        let mut words = self.words;
        words.shrink_to_fit();
        Vocabulary {
            words,
            keys: Keys::new(&entries),
            consonants: OnceLock::new(),
        }
    }
}

/// Everything that a word is found by.
fn keys_of(word: &Word, may_be_mistyped: bool, add: &mut impl FnMut(u32)) {
    for spelling in word.spellings() {
        let letters: Vec<char> = spelling.chars().collect();
        add(hash(Part::Whole, letters.iter().copied()));
        if let Some(first) = letters.get(..least_of_beginning(spelling)) {
            add(hash(Part::Beginning, first.iter().copied()));
        }
        if may_be_mistyped && letters.len() >= LONG {
            let (first, last) = letters.split_at(letters.len() / 2);
            for (part, half) in [(Part::FirstHalf, first), (Part::LastHalf, last)] {
                add(hash(part, half.iter().copied()));
                without_one(part, half, add);
            }
        } else if may_be_mistyped {
            without_one(Part::Whole, &letters, add);
        }
    }
    add(hash(Part::Whole, word.contracted().chars()));
    if !word.is_latin_or_cyrillic() {
        for skeleton in word.skeletons() {
            add(hash(Part::Consonants, [skeleton]));
        }
    }
    for group in FirstName::new(word).groups() {
        add(first_name(group));
    }
}

/// The hash of a group of first names.
fn first_name(group: u16) -> u32 {
    hash(Part::FirstName, char::from_u32(group.into()))
}

impl Vocabulary {
    pub(super) fn word(&self, number: u32) -> Option<&Word> {
        self.words.get(number as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Words by the hash of what they may have in common.
    fn by(&self, hash: u32) -> impl Iterator<Item = (u32, &Word)> {
        let numbers = self.keys.get(hash).iter();
        numbers.filter_map(|number| Some((*number, self.word(*number)?)))
    }

    /// Words that may have the consonants of `wanted`: words in other scripts if it is in Latin or Cyrillic letters,
    /// else words in these.
    fn of_consonants(&self, wanted: &Word, skeleton: u64) -> impl Iterator<Item = (u32, &Word)> {
        let keys = match wanted.is_latin_or_cyrillic() {
            true => &self.keys,
            false => self.consonants.get_or_init(|| self.keys_of_consonants()),
        };
        let numbers = keys.get(hash(Part::Consonants, [skeleton])).iter();
        numbers.filter_map(|number| Some((*number, self.word(*number)?)))
    }

    fn keys_of_consonants(&self) -> Keys {
        let latin_or_cyrillic = (0..).zip(&self.words).filter(|(_, word)| word.is_latin_or_cyrillic());
        let hashes = latin_or_cyrillic.flat_map(|(number, word)| {
            let skeletons = word.skeletons().into_iter();
            skeletons.map(move |skeleton| (hash(Part::Consonants, [skeleton]), number))
        });
        Keys::new(&hashes.collect::<Vec<_>>())
    }

    /// Words that are spelt so, or may be.
    fn spelt<'a>(&'a self, text: &str) -> impl Iterator<Item = (u32, &'a Word)> + use<'a> {
        self.by(hash(Part::Whole, text.chars()))
    }

    /// Words of which `text` is the plain form or a key.
    pub(super) fn of_spelling<'a>(&'a self, text: &'a str) -> impl Iterator<Item = u32> + 'a {
        let words = self.spelt(text);
        let is_it = move |word: &Word| word.spellings().any(|spelling| spelling == text);
        words.filter(move |(_, word)| is_it(word)).map(|(number, _)| number)
    }

    /// Words that are `wanted`, which is no initial, in another spelling, form or gender, each in the best way there
    /// is.
    pub(super) fn alike(&self, wanted: &Word) -> Alike {
        let mut found = Alike::default();
        let contracted = wanted.contracted();
        for spelling in wanted.spellings().chain([contracted.as_str()]) {
            for (number, word) in self.spelt(spelling) {
                found.add(number, || of_sounds(wanted, word));
            }
        }
        for spelling in wanted.spellings() {
            let ends = spelling
                .char_indices()
                .skip(1)
                .map(|(end, _)| end)
                .chain([spelling.len()]);
            let beginnings = ends.take(LONGEST_INITIAL).filter_map(|end| spelling.get(..end));
            for (number, initial) in beginnings.flat_map(|beginning| self.spelt(beginning)) {
                found.add(number, || is_initial_of(wanted, initial).then_some(Likeness::Initial));
            }
        }
        let mut by_forms: HashMap<u32, Forms> = HashMap::default();
        for (nominative, forms) in declined(wanted) {
            for (number, word) in nominative.spellings().flat_map(|spelling| self.spelt(spelling)) {
                if !word.is_initial && of_sounds(&nominative, word).is_some_and(Likeness::is_the_word) {
                    let known = by_forms.entry(number).or_default();
                    *known = known.or(forms);
                }
            }
        }
        for (number, forms) in by_forms {
            found.add(number, || Some(Likeness::Declined(forms)));
        }
        let name = FirstName::new(wanted);
        for group in name.groups() {
            for (number, word) in self.by(first_name(group)) {
                found.add_word(number, word, || of_names(&name, word));
            }
        }
        for key in wanted.keys().flat_map(other_genders) {
            for (number, word) in self.spelt(&key) {
                found.add_word(number, word, || word.has_key(&key).then_some(Likeness::OtherGender));
            }
        }
        found
    }

    /// Adds the words that are like `wanted` but for mistakes, begin so, or have its consonants.
    pub(super) fn widen(&self, wanted: &Word, found: &mut Alike) {
        let maybe_mistyped = MaybeMistyped::new(wanted);
        for (number, word) in self.maybe_mistyped(wanted) {
            found.add_word(number, word, || maybe_mistyped.mistakes(word).map(Likeness::Mistyped));
        }
        for spelling in wanted.spellings() {
            let letters = spelling.chars().take(least_of_beginning(spelling));
            for (number, word) in self.by(hash(Part::Beginning, letters)) {
                found.add_word(number, word, || {
                    is_beginning(wanted, word).then_some(Likeness::Beginning)
                });
            }
        }
        for (number, word) in wanted
            .skeletons()
            .into_iter()
            .flat_map(|skeleton| self.of_consonants(wanted, skeleton))
        {
            found.add_word(number, word, || {
                wanted.has_skeleton_of(word).then_some(Likeness::Consonants)
            });
        }
    }

    /// Words that may be `wanted` but for a mistake or two, each once.
    fn maybe_mistyped(&self, wanted: &Word) -> impl Iterator<Item = (u32, &Word)> {
        let mut numbers: Vec<u32> = Vec::new();
        if wanted.plain().chars().count() >= SHORTEST_MISTYPED {
            let mut add = |hash: u32| numbers.extend(self.keys.get(hash));
            for spelling in wanted.spellings() {
                let letters: Vec<char> = spelling.chars().collect();
                mistyped(&letters, &mut add);
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        let numbers = numbers.into_iter();
        numbers.filter_map(|number| Some((number, self.word(number)?)))
    }
}

/// Adds the hashes that `letters` share with each word that is the same but for a mistake or two.
fn mistyped(letters: &[char], add: &mut impl FnMut(u32)) {
    let length = letters.len();
    // Shorter than long ones: without a letter; beside a long one, two letters are missing in this one's place.
    match length.checked_sub(LONG) {
        None => {
            add(hash(Part::Whole, letters.iter().copied()));
            without_one(Part::Whole, letters, add);
        }
        Some(more @ (0 | 1)) => {
            if more == 0 {
                without_one(Part::Whole, letters, add);
            }
            for left_out in 0..length {
                let rest: Vec<char> = without(letters, left_out).collect();
                let later = |at: &usize| *at >= left_out;
                for at in (0..rest.len()).filter(later) {
                    add(hash(Part::Whole, without(&rest, at)));
                }
            }
        }
        Some(_) => {}
    }
    // Long ones: of a word of so many letters, one of the halves with a mistake at most.
    let (shortest, longest) = (length.saturating_sub(2).max(LONG), length + 2);
    if shortest > longest {
        return;
    }
    let of_first = (shortest / 2).saturating_sub(1)..=longest / 2 + 1;
    let of_last = shortest.div_ceil(2).saturating_sub(1)..=longest.div_ceil(2) + 1;
    for first in of_first.filter_map(|length| letters.get(..length)) {
        add(hash(Part::FirstHalf, first.iter().copied()));
        without_one(Part::FirstHalf, first, add);
    }
    for last in of_last.filter_map(|last| letters.get(length.checked_sub(last)?..)) {
        add(hash(Part::LastHalf, last.iter().copied()));
        without_one(Part::LastHalf, last, add);
    }
}
