//! A whole book, indexed once, and asked often for the people who may be meant. Pure.
//!
//! Each address is one person, by every name that it has. The words of names, local parts and companies stand in the
//! [`vocabulary`] once. A question finds the words there that are like its own, by keys, then the people who have them
//! ([`asked`]). Only these people are compared, by `search`, and each pair of words is compared once. The result is the
//! same as comparing with everybody, but for similar people beside those who bear the whole name ([`find`]).
//! [`namesakes`] finds people of one name for a caution.

mod asked;
mod find;
mod keys;
mod namesakes;
#[cfg(test)]
pub(super) mod tests;
mod vocabulary;

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::cautions::{BookDomains, key_of_name};
use super::contact::{Contact, Source};
use super::search::{Bearer, Fit, Texts, Wanted};
use keys::{Groups, Keys, Part, hash};
use vocabulary::{Collected, Vocabulary};

/// Names of an address in one source at most; further ones are not indexed.
const MAX_NAMES_OF_AN_ADDRESS: usize = 4;

/// A book that was read, or a part of one.
#[derive(Debug, Default)]
pub(super) struct Index {
    contacts: Arc<[Contact]>,
    employees: Arc<[Contact]>,
    unreadable: Vec<Contact>,
    vocabulary: Vocabulary,
    /// Names, one after another for each person, then rows that could not be read.
    entries: Box<[Entry]>,
    /// The numbers of the words of each entry.
    words: Box<[u32]>,
    /// The entries of each word.
    bearers: Groups,
    /// First entries by the hash of the address.
    by_address: Keys,
    /// Entries by the hash of the name's [key](key_of_name).
    by_name: Keys,
    /// Entries of full names by the hash of their [sound](namesakes).
    by_sound: Keys,
    pub(super) domains: BookDomains,
}

/// A name of a person.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The person's number.
    person: u32,
    row: u32,
    /// Where its words begin.
    start: u32,
    /// Words of each part of a [`Bearer`].
    counts: [u8; 4],
    origin: Origin,
}

/// Where a row stands; the better source first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Employees,
    Contacts,
    Unreadable,
}

/// A person who may be meant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) fit: Fit,
    /// The best entry: an employee's own before a contact's, a newer before an older.
    pub(super) contact: &'a Contact,
    pub(super) source: Source,
}

/// Everybody who may be meant.
#[derive(Debug, Default)]
pub(super) struct Finding<'a> {
    /// In no order that matters.
    pub(super) people: Vec<Found<'a>>,
    /// Rows that could not be read, and that fit.
    pub(super) unread: Vec<&'a Contact>,
}

impl Index {
    /// Indexes a book. An address is one person, whatever its case; rows without an address are nobody's.
    pub(super) fn new(contacts: Arc<[Contact]>, employees: Arc<[Contact]>, unreadable: Vec<Contact>) -> Self {
        let mut index = Self {
            contacts,
            employees,
            unreadable,
            ..Self::default()
        };
        index.read();
        index.find_bearers();
        index.find_addresses_and_names();
        index
    }

    /// Reads the words of everybody.
    fn read(&mut self) {
        let mut collected = Collected::default();
        let mut entries: Vec<Entry> = Vec::new();
        let mut words: Vec<u32> = Vec::new();
        for (person, origin, row, contact) in self.rows() {
            let texts = Texts::of(contact.name.as_deref(), &contact.email);
            let start = words.len();
            for text in texts.parts().into_iter().flatten() {
                words.push(collected.number(text));
            }
            let entry = Entry {
                person,
                row,
                start: u32::try_from(start).unwrap_or(u32::MAX),
                counts: texts.parts().map(|part| u8::try_from(part.len()).unwrap_or(u8::MAX)),
                origin,
            };
            let others = entries.iter().rev();
            let mut known = others.take_while(|known| (known.person, known.origin) == (person, origin));
            let is_same =
                |known: &Entry| known.counts == entry.counts && words.get(known.words()) == words.get(start..);
            if known.clone().count() >= MAX_NAMES_OF_AN_ADDRESS || known.any(is_same) {
                words.truncate(start);
            } else {
                entries.push(entry);
            }
        }
        self.vocabulary = collected.into_vocabulary(entries.len());
        self.entries = entries.into_boxed_slice();
        self.words = words.into_boxed_slice();
    }

    /// Persons and rows, the rows of a person one after another, the best first. Rows that could not be read are of
    /// nobody else.
    fn rows(&self) -> Vec<(u32, Origin, u32, &Contact)> {
        let mut persons: HashMap<String, u32> = HashMap::with_capacity(self.contacts.len());
        let mut rows: Vec<(u32, Origin, u32, &Contact)> = Vec::with_capacity(self.contacts.len());
        for (origin, contacts) in [(Origin::Employees, &self.employees), (Origin::Contacts, &self.contacts)] {
            for (row, contact) in (0..)
                .zip(contacts.iter())
                .filter(|(_, contact)| !contact.email.is_empty())
            {
                let next = u32::try_from(persons.len()).unwrap_or(u32::MAX);
                let person = *persons.entry(contact.email.to_lowercase()).or_insert(next);
                rows.push((person, origin, row, contact));
            }
        }
        let others = u32::try_from(persons.len()).unwrap_or(u32::MAX)..;
        let unreadable = others.zip((0..).zip(&self.unreadable));
        rows.extend(unreadable.map(|(person, (row, contact))| (person, Origin::Unreadable, row, contact)));
        rows.sort_unstable_by_key(|(person, origin, row, contact)| (*person, *origin, Reverse(contact.id), *row));
        rows
    }

    fn find_bearers(&mut self) {
        let entries = (0..).zip(&self.entries);
        let words = entries.flat_map(|(number, entry)| {
            let words = self.words_of(entry);
            let is_first = move |(at, word): &(usize, &u32)| !words.iter().take(*at).any(|before| before == *word);
            let each_once = words.iter().enumerate().filter(is_first);
            each_once.map(move |(_, word)| (*word, number))
        });
        self.bearers = Groups::new(self.vocabulary.len(), words);
    }

    fn find_addresses_and_names(&mut self) {
        let mut addresses: Vec<(u32, u32)> = Vec::new();
        let mut names: Vec<(u32, u32)> = Vec::with_capacity(self.entries.len());
        let mut sounds: Vec<(u32, u32)> = Vec::with_capacity(self.entries.len());
        let mut before = None;
        for (number, entry) in (0..).zip(&self.entries) {
            let Some(contact) = self.row(entry) else {
                continue;
            };
            if before != Some(entry.person) {
                addresses.push((text_hash(&contact.email.to_lowercase()), number));
            }
            before = Some(entry.person);
            if entry.origin != Origin::Unreadable
                && let Some(key) = key_of_name(contact.name.as_deref(), &contact.email)
            {
                names.push((text_hash(&key), number));
                sounds.extend(self.sound_of(entry, contact).map(|hash| (hash, number)));
            }
        }
        self.by_address = Keys::new(&addresses);
        self.by_name = Keys::new(&names);
        self.by_sound = Keys::new(&sounds);
        let contacts = self.contacts.iter().chain(self.employees.iter());
        self.domains = BookDomains::of(contacts.map(|contact| contact.email.as_str()));
    }

    fn row(&self, entry: &Entry) -> Option<&Contact> {
        let rows: &[Contact] = match entry.origin {
            Origin::Contacts => &self.contacts,
            Origin::Employees => &self.employees,
            Origin::Unreadable => &self.unreadable,
        };
        rows.get(entry.row as usize)
    }

    fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(number as usize)
    }

    fn words_of(&self, entry: &Entry) -> &[u32] {
        self.words.get(entry.words()).unwrap_or_default()
    }

    fn bearer(&self, entry: &Entry) -> Bearer<'_> {
        Bearer::new(self.words_of(entry), entry.counts)
    }

    /// Entries that have a word.
    fn bearers_of(&self, word: u32) -> &[u32] {
        self.bearers.get(word)
    }

    /// The first entry of an address in lower case.
    fn of_address(&self, address: &str) -> impl Iterator<Item = (u32, &Entry, &Contact)> {
        let numbers = self.by_address.get(text_hash(address)).iter();
        let entries = numbers.filter_map(|number| {
            let entry = self.entry(*number)?;
            Some((*number, entry, self.row(entry)?))
        });
        entries.filter(move |(_, _, contact)| contact.email.to_lowercase() == address)
    }

    /// Contacts and employees.
    pub(super) fn len(&self) -> usize {
        self.contacts.len() + self.employees.len()
    }

    /// True if the address that a question holds is somebody's.
    pub(super) fn has_address_of(&self, wanted: &Wanted) -> bool {
        wanted.address.as_ref().is_some_and(|address| self.knows(address))
    }

    /// True if an address in lower case is somebody's.
    pub(super) fn knows(&self, address: &str) -> bool {
        self.of_address(address)
            .any(|(_, entry, _)| entry.origin != Origin::Unreadable)
    }

    /// People by the best fit of their names.
    fn finding(&self, mut fits: Vec<(u32, Fit)>, sources: &[Source]) -> Finding<'_> {
        fits.sort_unstable_by_key(|(number, fit)| (*number, fit.rank()));
        fits.dedup_by_key(|(number, _)| *number);
        let mut finding = Finding::default();
        let mut last: Option<u32> = None;
        for (number, fit) in fits {
            let Some(entry) = self.entry(number) else { continue };
            if entry.origin == Origin::Unreadable {
                finding.unread.extend(self.row(entry));
            }
            if entry.source_in(sources).is_none() {
                continue;
            }
            if last != Some(entry.person) {
                finding.people.extend(self.best(number, fit, sources));
            } else if let Some(known) = finding.people.last_mut().filter(|known| fit.rank() < known.fit.rank()) {
                known.fit = fit;
            }
            last = Some(entry.person);
        }
        finding
    }

    /// The person of an entry, by the best row.
    fn best(&self, number: u32, fit: Fit, sources: &[Source]) -> Option<Found<'_>> {
        let (entry, before) = self.entries.get(..=number as usize)?.split_last()?;
        let others = before.iter().rev().take_while(|other| other.person == entry.person);
        let found = |entry| {
            Some(Found {
                fit,
                contact: self.row(entry)?,
                source: entry.source_in(sources)?,
            })
        };
        [entry].into_iter().chain(others).filter_map(found).last()
    }
}

impl Entry {
    /// Where it stands, if that is one of `sources`.
    fn source_in(&self, sources: &[Source]) -> Option<Source> {
        let source = match self.origin {
            Origin::Employees => Source::Employees,
            Origin::Contacts => Source::Contacts,
            Origin::Unreadable => return None,
        };
        sources.contains(&source).then_some(source)
    }

    /// Where its words stand.
    fn words(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.counts.map(usize::from).iter().sum::<usize>()
    }
}

fn text_hash(text: &str) -> u32 {
    hash(Part::Whole, text.chars())
}
