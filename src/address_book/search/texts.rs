//! The words of a contact, by the part of it they stand in, and how a question's words compare with them. Pure.

use std::borrow::Cow;

use super::MAX_WORDS;
use super::fit::is_patronymic;
use super::joined::Joined;
use super::likeness::Likeness;
use super::question::entities::decoded;
use super::question::titles::words_of_name;
use super::spelling::{Word, plain, runs, split};
use crate::address_book::cautions::labels_of_owner;

/// The words of a contact in lower case.
#[derive(Debug, Default)]
pub(in crate::address_book) struct Texts {
    /// Empty if the name is missing or only an address.
    pub(in crate::address_book) name: Vec<String>,
    pub(in crate::address_book) local: Vec<String>,
    pub(in crate::address_book) company: Vec<String>,
    /// Labels before the company in the domain; their owner may write any name there (`contoso.evil.example`).
    pub(in crate::address_book) subdomains: Vec<String>,
}

impl Texts {
    /// Takes a contact apart.
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

    /// The words of each part, in the order of a [`Bearer`]'s.
    pub(in crate::address_book) fn parts(&self) -> [&[String]; 4] {
        [&self.name, &self.local, &self.company, &self.subdomains]
    }
}

/// A name without the addresses that stand in it.
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

/// The first words; more are no name or address but text.
fn bounded(mut words: Vec<String>, most: usize) -> Vec<String> {
    words.truncate(most);
    words
}

fn is_number(word: &str) -> bool {
    !word.starts_with(|c: char| c.is_ascii_alphabetic()) && plain(word).chars().all(|c| c.is_ascii_digit())
}

/// A contact as words, each by its number.
#[derive(Debug, Clone, Copy)]
pub(in crate::address_book) struct Bearer<'a> {
    pub(in crate::address_book) name: &'a [u32],
    pub(in crate::address_book) local: &'a [u32],
    pub(in crate::address_book) company: &'a [u32],
    pub(in crate::address_book) subdomains: &'a [u32],
}

impl<'a> Bearer<'a> {
    /// Parts of `words`, each with its count.
    pub(in crate::address_book) fn new(words: &'a [u32], counts: [u8; 4]) -> Self {
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

/// The words of a book by their numbers, compared with the words of one reading of a question.
pub(in crate::address_book) trait Known {
    /// The word of that number.
    fn word(&self, number: u32) -> Option<&Word>;

    /// How the question's word at `at` is like the word `found`; `None` if it is not.
    fn likeness(&self, at: usize, found: u32) -> Option<Likeness>;

    /// How the word `together` is made of the two words of the question; `None` if it is not.
    fn are_in_one(&self, together: u32) -> Option<Joined>;

    /// How the single word of the question is made of the words `one` and `two`; `None` if it is not.
    fn is_two(&self, one: u32, two: u32) -> Option<Joined>;

    /// How many entries of the book have the word of that number, in any part.
    fn bearers(&self, number: u32) -> usize;

    /// True for a single letter.
    fn is_initial(&self, number: u32) -> bool {
        self.word(number).is_some_and(|word| word.is_initial)
    }

    /// True for a word that ends like a patronymic.
    fn is_patronymic(&self, number: u32) -> bool {
        self.word(number).is_some_and(is_patronymic)
    }
}
