//! A reading: one of the ways to split a question into words. Pure.

use super::declension::nominatives;
use super::patronymic;
use super::spelling::Word;

/// The most words of a question that are read; a question with more words is hardly about one person.
pub(super) const MAX_WORDS: usize = 8;

/// A question as words: as it was typed, by another keyboard layout, or with other borders between the words.
#[derive(Debug, Clone)]
pub(in crate::address_book) struct Reading {
    pub(in crate::address_book) words: Vec<Word>,
    /// For each word: true if it is a patronymic in some grammatical case.
    pub(super) patronymics: Vec<bool>,
    /// The place of the first word that the question marks as a company's (`Anna at Contoso`).
    pub(super) company_from: usize,
    pub(in crate::address_book) is_other_layout: bool,
    /// True if the words are separated at other places than in the question (田中 as 田 中).
    pub(super) has_other_borders: bool,
}

impl Reading {
    /// Makes the reading of words in lower case, as they were typed, without a company.
    pub(super) fn new(words: &[String]) -> Self {
        let words: Vec<Word> = words.iter().take(MAX_WORDS).map(|word| Word::new(word)).collect();
        Self {
            patronymics: words.iter().map(is_patronymic_in_any_case).collect(),
            words,
            company_from: MAX_WORDS,
            is_other_layout: false,
            has_other_borders: false,
        }
    }

    /// True if the word at `at` is a patronymic, also a declined one.
    pub(in crate::address_book) fn is_patronymic(&self, at: usize) -> bool {
        self.patronymics.get(at).copied().unwrap_or_default()
    }

    /// How many words of the question a contact may lack if it has two others in full: one of three or more, else none.
    pub(in crate::address_book) fn may_be_missing(&self) -> usize {
        usize::from(self.words.iter().filter(|word| !word.is_initial).count() >= 3)
    }
}

fn is_patronymic_in_any_case(word: &Word) -> bool {
    let mut nominatives = nominatives(word.plain()).into_iter();
    patronymic::is_patronymic(word.plain()) || nominatives.any(|nominative| patronymic::is_patronymic(&nominative.text))
}
