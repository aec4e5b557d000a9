//! A contact as words, and the words of a book as a question is compared with them. Pure.

use std::borrow::Cow;

use super::joined::Joined;
use super::likeness::Likeness;
use super::patronymic;
use super::question::html::decoded;
use super::question::titles::words_of_name;
use super::reading::MAX_WORDS;
use super::spelling::{Word, plain, runs, split};
use crate::address_book::cautions::labels_of_owner;

/// The words of a contact in lower case, by the part of the contact.
#[derive(Debug, Default)]
pub(in crate::address_book) struct ContactTexts {
    /// Empty if the contact has no name, or if the name is only an address or the local part.
    pub(in crate::address_book) name: Vec<String>,
    pub(in crate::address_book) local: Vec<String>,
    pub(in crate::address_book) company: Vec<String>,
    /// Labels before the company in the domain; the domain's owner may write any name there (`contoso.evil.example`).
    pub(in crate::address_book) subdomains: Vec<String>,
}

impl ContactTexts {
    /// Splits a contact's name and address into words.
    pub(in crate::address_book) fn of(name: Option<&str>, email: &str) -> Self {
        let address = email.to_lowercase();
        let (local, domain) = address.split_once('@').unwrap_or((&address, ""));
        let name = decoded(name.unwrap_or_default());
        let name = without_addresses(&name);
        let name = if name.trim().eq_ignore_ascii_case(local) {
            ""
        } else {
            &name
        };
        let mut labels = labels_of_owner(domain).filter(|label| label.chars().count() > 1);
        let company = labels.next().map(split).unwrap_or_default();
        let subdomains = labels.flat_map(split).collect();
        let mut local = bounded(split(&local.replace('_', " ")), MAX_WORDS);
        local.retain(|word| !is_number(word));
        Self {
            name: runs::taken_apart(bounded(words_of_name(name), 3 * MAX_WORDS)),
            local,
            company: bounded(company, MAX_WORDS),
            subdomains: bounded(subdomains, MAX_WORDS),
        }
    }

    /// The words of each part, in the order that [`ContactWords::new`] expects.
    pub(in crate::address_book) fn parts(&self) -> [&[String]; 4] {
        [&self.name, &self.local, &self.company, &self.subdomains]
    }
}

/// A name without the addresses in it.
fn without_addresses(name: &str) -> Cow<'_, str> {
    if !name.contains(['@', '＠']) {
        return Cow::Borrowed(name);
    }
    let is_address = |token: &str| {
        let mut parts = token
            .split(['@', '＠'])
            .map(|part| part.contains(char::is_alphanumeric));
        parts.next() == Some(true) && parts.next() == Some(true)
    };
    let words = name.split_whitespace().filter(|token| !is_address(token));
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

/// The first `most` words; a longer text is no name or address.
fn bounded(mut words: Vec<String>, most: usize) -> Vec<String> {
    words.truncate(most);
    words
}

fn is_number(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_ascii_alphabetic()) && plain(word).chars().all(|c| c.is_ascii_digit())
}

/// The number of a word in a book's vocabulary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::address_book) struct WordId(pub(in crate::address_book) u32);

/// A contact as words of a book's vocabulary, by the part of the contact.
#[derive(Debug, Clone, Copy)]
pub(in crate::address_book) struct ContactWords<'a> {
    pub(in crate::address_book) name: &'a [WordId],
    pub(in crate::address_book) local: &'a [WordId],
    pub(in crate::address_book) company: &'a [WordId],
    pub(in crate::address_book) subdomains: &'a [WordId],
}

impl<'a> ContactWords<'a> {
    /// Splits `words` into name, local part, company and subdomains; `counts` has the length of each.
    pub(in crate::address_book) fn new(words: &'a [WordId], counts: [u8; 4]) -> Self {
        let mut rest = words;
        let [name, local, company, subdomains] = counts.map(|count| {
            let (part, others) = rest.split_at_checked(count.into()).unwrap_or_default();
            rest = others;
            part
        });
        Self {
            name,
            local,
            company,
            subdomains,
        }
    }
}

/// The words of a book, compared with the words of one reading of a question.
pub(in crate::address_book) trait BookWords {
    /// The word with this number.
    fn word(&self, id: WordId) -> Option<&Word>;

    /// How the question's word at `at` is like the book's word `found`; `None` if the two are not alike.
    fn likeness(&self, at: usize, found: WordId) -> Option<Likeness>;

    /// How the book's word `together` is made of the question's two words; `None` if it is not.
    fn joins_question(&self, together: WordId) -> Option<Joined>;

    /// How the question's single word is made of the book's words `one` and `two`; `None` if it is not.
    fn joined_in_question(&self, one: WordId, two: WordId) -> Option<Joined>;

    /// How many entries of the book have the word, in any part.
    fn count_entries(&self, id: WordId) -> usize;

    /// True for a single letter.
    fn is_initial(&self, id: WordId) -> bool {
        self.word(id).is_some_and(|word| word.is_initial)
    }

    /// True for a word that ends like a patronymic.
    fn is_patronymic(&self, id: WordId) -> bool {
        self.word(id)
            .is_some_and(|word| patronymic::is_patronymic(word.plain()))
    }
}
