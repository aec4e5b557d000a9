//! A reading of a question, looked up in a book: the book's words that are like those of the question, and the entries
//! with these words. Pure.

use foldhash::{HashMap, HashMapExt, HashSet};

use super::Index;
use super::entry::EntryId;
use super::vocabulary::AlikeWords;
use crate::address_book::search::{BookWords, Joined, Likeness, Reading, Word, WordId, is_strong, likeness_of_words};

/// A reading of a question with the words of a book that are like its words.
pub(super) struct Lookup<'a> {
    index: &'a Index,
    reading: &'a Reading,
    /// For each word of the question; empty for an initial, which is compared when it is needed.
    alike: Vec<AlikeWords>,
    /// Words of the book that are made of the question's two words: ivanpetrov.
    joining_question: HashMap<WordId, Joined>,
    /// Words of the book that may be a part of the question's single word.
    parts_of_question: HashSet<WordId>,
}

impl BookWords for Lookup<'_> {
    fn word(&self, id: WordId) -> Option<&Word> {
        self.index.vocabulary.word(id)
    }

    fn likeness(&self, at: usize, found: WordId) -> Option<Likeness> {
        match self.reading.words.get(at) {
            Some(wanted) if wanted.is_initial => likeness_of_words(wanted, self.word(found)?),
            _ => self.alike.get(at)?.likeness(found),
        }
    }

    fn count_entries(&self, id: WordId) -> usize {
        self.index.entries_with(id).len()
    }

    fn joins_question(&self, together: WordId) -> Option<Joined> {
        self.joining_question.get(&together).copied()
    }

    fn joined_in_question(&self, one: WordId, two: WordId) -> Option<Joined> {
        if !self.parts_of_question.contains(&one) && !self.parts_of_question.contains(&two) {
            return None;
        }
        Joined::of(self.word(one)?, self.word(two)?, self.reading.words.first()?)
    }
}

impl<'a> Lookup<'a> {
    /// Finds the book's words that are a word of the reading in any spelling, form or gender.
    pub(super) fn new(index: &'a Index, reading: &'a Reading) -> Self {
        let alike = |word: &Word| match word.is_initial {
            true => AlikeWords::default(),
            false => index.vocabulary.alike(word),
        };
        let mut lookup = Self {
            index,
            reading,
            alike: reading.words.iter().map(alike).collect(),
            joining_question: HashMap::new(),
            parts_of_question: HashSet::default(),
        };
        match reading.words.as_slice() {
            [one, two] => lookup.find_joining_words(one, two),
            [together] => lookup.find_parts(together),
            _ => {}
        }
        lookup
    }

    /// Adds the words that are like those of the reading in looser ways: by mistakes, beginnings and consonants.
    pub(super) fn widen(&mut self) {
        let words = self.reading.words.iter().zip(&mut self.alike);
        for (word, alike) in words.filter(|(word, _)| !word.is_initial) {
            self.index.vocabulary.widen(word, alike);
        }
    }

    pub(super) fn reading(&self) -> &'a Reading {
        self.reading
    }

    fn find_joining_words(&mut self, one: &Word, two: &Word) {
        let spellings = Joined::spellings(one, two).chain(Joined::spellings(two, one));
        for (joined, how) in spellings {
            for id in self.index.vocabulary.of_spelling(&joined) {
                let known = self.joining_question.entry(id).or_insert(how);
                *known = how.max(*known);
            }
        }
    }

    fn find_parts(&mut self, together: &Word) {
        let vocabulary = &self.index.vocabulary;
        let long_enough = |spelling: &&str| spelling.chars().count() >= Joined::SHORTEST;
        for spelling in together.spellings().filter(long_enough) {
            let length = spelling.chars().count();
            let ends = spelling.char_indices().map(|(end, _)| end).chain([spelling.len()]);
            for (letters, (before, after)) in ends.filter_map(|end| spelling.split_at_checked(end)).enumerate() {
                let mut ones = vocabulary.of_spelling(before).peekable();
                let mut twos = vocabulary.of_spelling(after).peekable();
                let (has_one, has_two) = (ones.peek().is_some(), twos.peek().is_some());
                // A part counts if the other part is a word of the book too, or a single letter.
                if has_two || letters + 1 == length {
                    self.parts_of_question.extend(ones);
                }
                if has_one || letters == 1 {
                    self.parts_of_question.extend(twos);
                }
            }
        }
    }

    /// The entries that may fit, in their order, each once; no other entry fits.
    pub(super) fn candidates(&self) -> Vec<EntryId> {
        let mut candidates = self.entries_with_needed_words();
        let joined = self.parts_of_question.iter().chain(self.joining_question.keys());
        candidates.extend(joined.flat_map(|id| self.index.entries_with(*id)));
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// The entries that may be near, in their order, each once; no other entry is near.
    pub(super) fn near_candidates(&self) -> Vec<EntryId> {
        let strong = |(_, likeness): &(WordId, Likeness)| is_strong(likeness);
        let words = self.alike.iter().flat_map(AlikeWords::iter).filter(strong);
        let mut candidates = self.entries_with_any(words.map(|(id, _)| id));
        candidates.extend(self.entries_with_other_spaces());
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    fn entries_with_any(&self, words: impl Iterator<Item = WordId>) -> Vec<EntryId> {
        words.flat_map(|id| self.index.entries_with(id)).copied().collect()
    }

    /// Entries with a word that is all words of the question in one, or that is the beginning of these words.
    fn entries_with_other_spaces(&self) -> Vec<EntryId> {
        let joined: String = self.reading.words.iter().map(Word::plain).collect();
        let ends = joined.char_indices().map(|(at, _)| at).skip(1).chain([joined.len()]);
        let beginnings = ends.filter_map(|end| joined.get(..end));
        self.entries_with_any(beginnings.flat_map(|beginning| self.index.vocabulary.of_spelling(beginning)))
    }

    /// The entries with the question's rarest word that a fitting entry must have. If one word may be missing, the
    /// entries with one of the two rarest words.
    fn entries_with_needed_words(&self) -> Vec<EntryId> {
        let places = self.rarest_needed().unwrap_or_else(|| (0..self.alike.len()).collect());
        let alike = places.into_iter().filter_map(|at| self.alike.get(at));
        self.entries_with_any(alike.flat_map(AlikeWords::iter).map(|(id, _)| id))
    }

    /// Places of the rarest words of the question, at least one of which each fitting entry has. `None` if the question
    /// has a single word, or too few words that are neither initials nor patronymics.
    fn rarest_needed(&self) -> Option<Vec<usize>> {
        let words = self.reading.words.iter().enumerate();
        let needed = words.filter(|(at, word)| !word.is_initial && !self.reading.is_patronymic(*at));
        let mut by_entries: Vec<(usize, usize)> = needed.map(|(at, _)| (self.count_alike(at), at)).collect();
        by_entries.sort_unstable();
        let enough = self.reading.may_be_missing() + 1;
        let is_worth_it = by_entries.len() >= enough && self.alike.len() > 1;
        is_worth_it.then(|| by_entries.into_iter().take(enough).map(|(_, at)| at).collect())
    }

    /// How many entries have a word like the question's word at `at`.
    fn count_alike(&self, at: usize) -> usize {
        let alike = self.alike.get(at).into_iter().flat_map(AlikeWords::iter);
        alike.map(|(id, _)| self.count_entries(id)).sum()
    }
}
