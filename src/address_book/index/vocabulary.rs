//! The vocabulary of a book: each of its words once. It finds the words that are like a word of a question. Pure.
//!
//! A word is found by a key that it shares with the question's word: a spelling (also that of the nominative or of the
//! other gender), the beginning of a spelling, a group of first names, the consonants, or the letters that remain
//! without the mistyped ones.
//!
//! Mistakes are found by deletions, as in `SymSpell`: two spellings are one mistake apart only if they become the same
//! when each loses one letter or none. For two mistakes, in long words, each spelling would need some fifty keys. So
//! long spellings are halved: one of the halves has a mistake at most. The Levenshtein automata of `fst` do not fit:
//! they count a transposition as two mistakes, and every spelling of every word of a question would need an automaton
//! of its own.

use std::sync::OnceLock;

use foldhash::HashMap;

use super::keys::{KeyKind, KeyTable, hash, without, without_one};
use crate::address_book::search::{
    FirstName, Forms, LONG_SPELLING, Likeness, MistakeCounter, SHORTEST_MISTYPED, Word, WordId, beginning,
    is_beginning, is_initial_of, likeness_by_spelling, likeness_of_first_names, nominative_words, other_genders,
    shortest_beginning,
};

/// The most keys per contact, on average. Some forty are usual; only made-up words have more than the maximum. Beyond
/// it, the remaining words, those of the oldest contacts, are found only without mistakes.
const MAX_KEYS_OF_A_CONTACT: usize = 250;

/// The most letters in the sound of a single letter: ю is iu.
const LONGEST_INITIAL: usize = 2;

/// The words of a book by number, and their numbers by keys.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    words: Vec<Word>,
    keys: KeyTable<WordId>,
    /// Words in Latin or Cyrillic letters by their consonants; made for the first question in another script.
    consonants: OnceLock<KeyTable<WordId>>,
}

/// The words of a book that are like a word of a question, each with its best likeness.
#[derive(Debug, Default)]
pub(super) struct AlikeWords(HashMap<WordId, Likeness>);

impl AlikeWords {
    pub(super) fn likeness(&self, id: WordId) -> Option<Likeness> {
        self.0.get(&id).copied()
    }

    /// All words, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (WordId, Likeness)> {
        self.0.iter().map(|(id, likeness)| (*id, *likeness))
    }

    /// Adds a word if `likeness` returns one, unless the word was added before: the best likeness is added first.
    fn add(&mut self, id: WordId, likeness: impl FnOnce() -> Option<Likeness>) {
        if !self.0.contains_key(&id)
            && let Some(likeness) = likeness()
        {
            self.0.insert(id, likeness);
        }
    }

    /// Adds a word as [`add`](Self::add) does, unless it is a single letter, which can only be an initial.
    fn add_word(&mut self, id: WordId, word: &Word, likeness: impl FnOnce() -> Option<Likeness>) {
        if !word.is_initial {
            self.add(id, likeness);
        }
    }
}

/// Collects the words of a vocabulary.
#[derive(Debug, Default)]
pub(super) struct VocabularyBuilder {
    words: Vec<Word>,
    ids: HashMap<String, WordId>,
}

impl VocabularyBuilder {
    /// The number of a word in lower case; adds the word if it is new.
    pub(super) fn id(&mut self, lower: &str) -> WordId {
        let lower = beginning(lower);
        if let Some(id) = self.ids.get(lower) {
            return *id;
        }
        let id = WordId(u32::try_from(self.words.len()).unwrap_or(u32::MAX));
        self.words.push(Word::new(lower));
        self.ids.insert(lower.to_owned(), id);
        id
    }

    /// The vocabulary of a book with `contacts` contacts.
    pub(super) fn finish(self, contacts: usize) -> Vocabulary {
        drop(self.ids);
        let most = MAX_KEYS_OF_A_CONTACT.saturating_mul(contacts);
        let mut keys: Vec<(u32, WordId)> = Vec::new();
        let mut hashes: Vec<u32> = Vec::new();
        for (id, word) in (0..).map(WordId).zip(&self.words) {
            let may_be_mistyped = word.plain().chars().count() >= SHORTEST_MISTYPED && keys.len() < most;
            add_keys(word, may_be_mistyped, &mut |hash| hashes.push(hash));
            hashes.sort_unstable();
            hashes.dedup();
            keys.extend(hashes.drain(..).map(|hash| (hash, id)));
        }
        let mut words = self.words;
        words.shrink_to_fit();
        Vocabulary {
            words,
            keys: KeyTable::new(&keys),
            consonants: OnceLock::new(),
        }
    }
}

/// Adds the hashes of all keys by which a word is found; of consonants only for scripts other than Latin and Cyrillic.
fn add_keys(word: &Word, may_be_mistyped: bool, add: &mut impl FnMut(u32)) {
    for spelling in word.spellings() {
        let letters: Vec<char> = spelling.chars().collect();
        add(hash(KeyKind::Whole, letters.iter().copied()));
        if let Some(first) = letters.get(..shortest_beginning(spelling)) {
            add(hash(KeyKind::Beginning, first.iter().copied()));
        }
        if may_be_mistyped && letters.len() >= LONG_SPELLING {
            let (first, last) = letters.split_at(letters.len() / 2);
            for (kind, half) in [(KeyKind::FirstHalf, first), (KeyKind::LastHalf, last)] {
                add(hash(kind, half.iter().copied()));
                without_one(kind, half, add);
            }
        } else if may_be_mistyped {
            without_one(KeyKind::Whole, &letters, add);
        }
    }
    add(hash(KeyKind::Whole, word.contracted().chars()));
    if !word.is_latin_or_cyrillic() {
        for skeleton in word.skeletons() {
            add(hash(KeyKind::Consonants, [skeleton]));
        }
    }
    for group in FirstName::new(word).groups() {
        add(hash_of_group(group));
    }
}

/// The hash of the key that all forms of one first name share.
fn hash_of_group(group: u16) -> u32 {
    hash(KeyKind::FirstName, char::from_u32(group.into()))
}

impl Vocabulary {
    pub(super) fn word(&self, id: WordId) -> Option<&Word> {
        self.words.get(id.0 as usize)
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// The words with a key of this hash, and a few others.
    fn with_key(&self, hash: u32) -> impl Iterator<Item = (WordId, &Word)> {
        self.words_in(&self.keys, hash)
    }

    fn words_in<'a>(&'a self, keys: &'a KeyTable<WordId>, hash: u32) -> impl Iterator<Item = (WordId, &'a Word)> {
        keys.get(hash).iter().filter_map(|id| Some((*id, self.word(*id)?)))
    }

    /// Words that may have the consonants of `wanted`: words in other scripts if it is in Latin or Cyrillic letters, or
    /// else words in these letters.
    fn with_consonants(&self, wanted: &Word, skeleton: u64) -> impl Iterator<Item = (WordId, &Word)> {
        let keys = match wanted.is_latin_or_cyrillic() {
            true => &self.keys,
            false => self.consonants.get_or_init(|| self.table_of_consonants()),
        };
        self.words_in(keys, hash(KeyKind::Consonants, [skeleton]))
    }

    fn table_of_consonants(&self) -> KeyTable<WordId> {
        let words = (0..).map(WordId).zip(&self.words);
        let latin_or_cyrillic = words.filter(|(_, word)| word.is_latin_or_cyrillic());
        let hashes = latin_or_cyrillic.flat_map(|(id, word)| {
            let skeletons = word.skeletons().into_iter();
            skeletons.map(move |skeleton| (hash(KeyKind::Consonants, [skeleton]), id))
        });
        KeyTable::new(&hashes.collect::<Vec<_>>())
    }

    /// Words that may have this spelling.
    fn maybe_of_spelling<'a>(&'a self, text: &str) -> impl Iterator<Item = (WordId, &'a Word)> + use<'a> {
        self.with_key(hash(KeyKind::Whole, text.chars()))
    }

    /// Words that have this spelling: as their plain form or as one of their sounds.
    pub(super) fn of_spelling<'a>(&'a self, text: &'a str) -> impl Iterator<Item = WordId> + 'a {
        let words = self.maybe_of_spelling(text);
        let is_it = move |word: &Word| word.spellings().any(|spelling| spelling == text);
        words.filter(move |(_, word)| is_it(word)).map(|(id, _)| id)
    }

    /// Words that can stand for `wanted`: the word itself, other spellings, its initials, declined forms, forms of the
    /// same first name, the other gender. `wanted` must not be an initial.
    pub(super) fn alike(&self, wanted: &Word) -> AlikeWords {
        let mut found = AlikeWords::default();
        let contracted = wanted.contracted();
        for spelling in wanted.spellings().chain([contracted.as_str()]) {
            for (id, word) in self.maybe_of_spelling(spelling) {
                found.add(id, || likeness_by_spelling(wanted, word));
            }
        }
        for spelling in wanted.spellings() {
            let ends = spelling
                .char_indices()
                .skip(1)
                .map(|(end, _)| end)
                .chain([spelling.len()]);
            let beginnings = ends.take(LONGEST_INITIAL).filter_map(|end| spelling.get(..end));
            for (id, initial) in beginnings.flat_map(|beginning| self.maybe_of_spelling(beginning)) {
                found.add(id, || is_initial_of(wanted, initial).then_some(Likeness::Initial));
            }
        }
        let mut by_forms: HashMap<WordId, Forms> = HashMap::default();
        for (nominative, forms) in nominative_words(wanted) {
            let words = nominative
                .spellings()
                .flat_map(|spelling| self.maybe_of_spelling(spelling));
            for (id, word) in words {
                if !word.is_initial && likeness_by_spelling(&nominative, word).is_some_and(Likeness::is_the_word) {
                    let known = by_forms.entry(id).or_default();
                    *known = known.or(forms);
                }
            }
        }
        for (id, forms) in by_forms {
            found.add(id, || Some(Likeness::Declined(forms)));
        }
        let name = FirstName::new(wanted);
        for group in name.groups() {
            for (id, word) in self.with_key(hash_of_group(group)) {
                found.add_word(id, word, || likeness_of_first_names(&name, word));
            }
        }
        for sound in wanted.sounds().flat_map(other_genders) {
            for (id, word) in self.maybe_of_spelling(&sound) {
                found.add_word(id, word, || word.has_sound(&sound).then_some(Likeness::OtherGender));
            }
        }
        found
    }

    /// Adds the words that differ from `wanted` by mistakes, that begin with it, or that have its consonants.
    pub(super) fn widen(&self, wanted: &Word, found: &mut AlikeWords) {
        let counter = MistakeCounter::new(wanted);
        for (id, word) in self.maybe_mistyped(wanted) {
            found.add_word(id, word, || counter.mistakes(word).map(Likeness::Mistyped));
        }
        for spelling in wanted.spellings() {
            let letters = spelling.chars().take(shortest_beginning(spelling));
            for (id, word) in self.with_key(hash(KeyKind::Beginning, letters)) {
                found.add_word(id, word, || is_beginning(wanted, word).then_some(Likeness::Beginning));
            }
        }
        let skeletons = wanted.skeletons().into_iter();
        for (id, word) in skeletons.flat_map(|skeleton| self.with_consonants(wanted, skeleton)) {
            found.add_word(id, word, || {
                wanted.has_skeleton_of(word).then_some(Likeness::Consonants)
            });
        }
    }

    /// Words that may be `wanted` with one or two mistakes, each once.
    fn maybe_mistyped(&self, wanted: &Word) -> impl Iterator<Item = (WordId, &Word)> {
        let mut ids: Vec<WordId> = Vec::new();
        if wanted.plain().chars().count() >= SHORTEST_MISTYPED {
            let mut add = |hash: u32| ids.extend(self.keys.get(hash));
            for spelling in wanted.spellings() {
                let letters: Vec<char> = spelling.chars().collect();
                add_keys_with_mistakes(&letters, &mut add);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| Some((id, self.word(id)?)))
    }
}

/// Adds the hashes of all keys by which `letters` with one or two mistakes are found.
fn add_keys_with_mistakes(letters: &[char], add: &mut impl FnMut(u32)) {
    let length = letters.len();
    // Spellings shorter than long ones have the keys of their letters without one. A spelling with eight or nine
    // letters may be a shorter one with two letters more.
    match length.checked_sub(LONG_SPELLING) {
        None => {
            add(hash(KeyKind::Whole, letters.iter().copied()));
            without_one(KeyKind::Whole, letters, add);
        }
        Some(more @ (0 | 1)) => {
            if more == 0 {
                without_one(KeyKind::Whole, letters, add);
            }
            for left_out in 0..length {
                let rest: Vec<char> = without(letters, left_out).collect();
                let later = |at: &usize| *at >= left_out;
                for at in (0..rest.len()).filter(later) {
                    add(hash(KeyKind::Whole, without(&rest, at)));
                }
            }
        }
        Some(_) => {}
    }
    // Long spellings have the keys of their halves. One of the halves has one mistake at most.
    let (shortest, longest) = (length.saturating_sub(2).max(LONG_SPELLING), length + 2);
    if shortest > longest {
        return;
    }
    let of_first = (shortest / 2).saturating_sub(1)..=longest / 2 + 1;
    let of_last = shortest.div_ceil(2).saturating_sub(1)..=longest.div_ceil(2) + 1;
    for first in of_first.filter_map(|length| letters.get(..length)) {
        add(hash(KeyKind::FirstHalf, first.iter().copied()));
        without_one(KeyKind::FirstHalf, first, add);
    }
    for last in of_last.filter_map(|last| letters.get(length.checked_sub(last)?..)) {
        add(hash(KeyKind::LastHalf, last.iter().copied()));
        without_one(KeyKind::LastHalf, last, add);
    }
}
