//! A reading of a question beside a book: which words of the book are like its words, and which entries have them.
//! Pure.

use foldhash::{HashMap, HashMapExt, HashSet};

use super::Index;
use super::vocabulary::Alike;
use crate::address_book::search::{
    Joined, Known, Likeness, Reading, Word, is_patronymic_in_any_case, is_strong, of_words,
};

/// A reading of a question, seen beside the words of a book.
pub(super) struct Asked<'a> {
    index: &'a Index,
    reading: &'a Reading,
    /// For each word of the question; empty for an initial, which is compared.
    alike: Vec<Alike>,
    /// Words that are made of both words of the question.
    in_one: HashMap<u32, Joined>,
    /// Words that may be a part of the question's single word.
    parts: HashSet<u32>,
}

impl Known for Asked<'_> {
    fn word(&self, number: u32) -> Option<&Word> {
        self.index.vocabulary.word(number)
    }

    fn likeness(&self, at: usize, found: u32) -> Option<Likeness> {
        match self.reading.words.get(at) {
            Some(wanted) if wanted.is_initial => of_words(wanted, self.word(found)?),
            _ => self.alike.get(at)?.likeness(found),
        }
    }

    fn bearers(&self, number: u32) -> usize {
        self.index.bearers_of(number).len()
    }

    fn are_in_one(&self, together: u32) -> Option<Joined> {
        self.in_one.get(&together).copied()
    }

    fn is_two(&self, one: u32, two: u32) -> Option<Joined> {
        if !self.parts.contains(&one) && !self.parts.contains(&two) {
            return None;
        }
        Joined::of(self.word(one)?, self.word(two)?, self.reading.words.first()?)
    }
}

impl<'a> Asked<'a> {
    pub(super) fn new(index: &'a Index, reading: &'a Reading) -> Self {
        let alike = |word: &Word| match word.is_initial {
            true => Alike::default(),
            false => index.vocabulary.alike(word),
        };
        let mut asked = Self {
            index,
            reading,
            alike: reading.words.iter().map(alike).collect(),
            in_one: HashMap::new(),
            parts: HashSet::default(),
        };
        match reading.words.as_slice() {
            [one, two] => asked.find_in_one(one, two),
            [together] => asked.find_parts(together),
            _ => {}
        }
        asked
    }

    /// Adds the words that are like those of the question in looser ways: by mistakes, beginnings and consonants.
    pub(super) fn widen(&mut self) {
        let words = self.reading.words.iter().zip(&mut self.alike);
        for (word, alike) in words.filter(|(word, _)| !word.is_initial) {
            self.index.vocabulary.widen(word, alike);
        }
    }

    pub(super) fn reading(&self) -> &'a Reading {
        self.reading
    }

    fn find_in_one(&mut self, one: &Word, two: &Word) {
        let spellings = Joined::spellings(one, two).chain(Joined::spellings(two, one));
        for (joined, how) in spellings {
            for number in self.index.vocabulary.of_spelling(&joined) {
                let known = self.in_one.entry(number).or_insert(how);
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
                // The other part is whole too, or a single letter stands for it.
                if has_two || letters + 1 == length {
                    self.parts.extend(ones);
                }
                if has_one || letters == 1 {
                    self.parts.extend(twos);
                }
            }
        }
    }

    /// The entries that may fit, by number, each once; no other entry fits.
    pub(super) fn candidates(&self) -> Vec<u32> {
        let mut candidates = self.by_words();
        let joined = self.parts.iter().chain(self.in_one.keys());
        candidates.extend(joined.flat_map(|number| self.index.bearers_of(*number)));
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// The entries that may be near, by number, each once; no other entry is near.
    pub(super) fn near_candidates(&self) -> Vec<u32> {
        let strong = |(_, likeness): &(u32, Likeness)| is_strong(likeness);
        let words = self.alike.iter().flat_map(Alike::iter).filter(strong);
        let mut candidates: Vec<u32> = words
            .flat_map(|(number, _)| self.index.bearers_of(number))
            .copied()
            .collect();
        candidates.extend(self.of_other_spaces());
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// Entries that have the words of the question in one, or begin as its single word does.
    fn of_other_spaces(&self) -> Vec<u32> {
        let joined: String = self.reading.words.iter().map(Word::plain).collect();
        let ends = joined.char_indices().map(|(at, _)| at).skip(1).chain([joined.len()]);
        let beginnings = ends.filter_map(|end| joined.get(..end));
        let words = beginnings.flat_map(|beginning| self.index.vocabulary.of_spelling(beginning));
        words
            .flat_map(|number| self.index.bearers_of(number))
            .copied()
            .collect()
    }

    /// Entries that have enough of the words: of the words that must be there, all entries of the rarest, or of the
    /// rarest two where one may be missing.
    fn by_words(&self) -> Vec<u32> {
        let words = self.rarest().unwrap_or_else(|| (0..self.alike.len()).collect());
        let alike = words
            .into_iter()
            .filter_map(|at| self.alike.get(at))
            .flat_map(Alike::iter);
        alike
            .flat_map(|(number, _)| self.index.bearers_of(number))
            .copied()
            .collect()
    }

    /// Places of words of the question, one of which each fitting entry must have; `None` if there are none.
    fn rarest(&self) -> Option<Vec<usize>> {
        let needed = |(_, word): &(usize, &Word)| !word.is_initial && !is_patronymic_in_any_case(word);
        let words = self.reading.words.iter().enumerate().filter(needed);
        let mut by_bearers: Vec<(usize, usize)> = words.map(|(at, _)| (self.count(at), at)).collect();
        by_bearers.sort_unstable();
        let enough = self.reading.may_be_missing() + 1;
        let is_worth_it = by_bearers.len() >= enough && self.alike.len() > 1;
        is_worth_it.then(|| by_bearers.into_iter().take(enough).map(|(_, at)| at).collect())
    }

    fn count(&self, at: usize) -> usize {
        let alike = self.alike.get(at).into_iter().flat_map(Alike::iter);
        alike.map(|(number, _)| self.index.bearers_of(number).len()).sum()
    }
}
