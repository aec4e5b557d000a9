//! A whole book, indexed once and then searched for many questions. Pure.
//!
//! Comparing a question with every contact of a large book takes too long. The index compares the question only with
//! candidates: the entries that have words like those of the question. An entry is one name of one address. An example,
//! the question `Anna Müler` in a book with `Anna Müller <anna@contoso.example>`:
//!
//! 1. When the book was read, `anna`, `müller` and `contoso` became words of its [`vocabulary`], each once, with hashed
//!    [`keys`]: of their spellings (`muller`), of spellings without one letter (`muler`), of beginnings (`mul`), and so
//!    on.
//! 2. [`lookup`] finds the words that have a key of `anna` or `müler`. By the key `muler` it finds `müller`, with one
//!    mistake.
//! 3. The candidates are the entries with the rarer word: with `anna` or with `müller`, whichever fewer entries have.
//! 4. [`find`] lets [`search`](super::search) compare each candidate with the question, word by word, by the likenesses
//!    of step 2. The verdict on Anna Müller is `similar`, since a word has a mistake.
//! 5. The entries that fit become people ([`FoundPeople`]). An address is one person, with the best fit of its names.
//!
//! The result is the same as that of comparing every contact, except that similar people are not searched for beside a
//! certain whole name ([`find`]). [`namesakes`] finds people who have the same name, for a caution.

mod entry;
mod find;
mod keys;
mod lookup;
mod namesakes;
#[cfg(test)]
pub(super) mod tests;
mod vocabulary;

use std::cmp::Reverse;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::cautions::{BookDomains, key_of_name};
use super::contact::{Contact, Source};
use super::search::{ContactTexts, ContactWords, Fit, Question, WordId};
use entry::{Entry, EntryId, Origin, PersonId};
use keys::{Groups, KeyTable, text_hash};
use vocabulary::{Vocabulary, VocabularyBuilder};

/// The most names of one address in one source that are indexed.
const MAX_NAMES_OF_AN_ADDRESS: usize = 4;

/// A book that was read, or a part of one.
#[derive(Debug, Default)]
pub(super) struct Index {
    contacts: Arc<[Contact]>,
    employees: Arc<[Contact]>,
    unreadable: Vec<Contact>,
    vocabulary: Vocabulary,
    /// The names of each person one after another, then the rows that could not be read.
    entries: Box<[Entry]>,
    /// The words of all entries, one entry after another.
    words: Box<[WordId]>,
    /// The entries that have each word.
    entries_by_word: Groups<EntryId>,
    /// The first entry of each address, by the hash of the address.
    by_address: KeyTable<EntryId>,
    /// Entries by the hash of the name's [key](key_of_name).
    by_name: KeyTable<EntryId>,
    /// Entries with full names by the hash of their [sound](namesakes).
    by_sound: KeyTable<EntryId>,
    pub(super) domains: BookDomains,
}

/// A person whom the question may mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoundPerson<'a> {
    /// The best fit of the person's names.
    pub(super) fit: Fit,
    /// The person's best row: an employee's before a contact's, a newer before an older.
    pub(super) contact: &'a Contact,
    pub(super) source: Source,
}

/// All people whom the question may mean.
#[derive(Debug, Default)]
pub(super) struct FoundPeople<'a> {
    /// In no useful order.
    pub(super) people: Vec<FoundPerson<'a>>,
    /// Damaged rows that fit.
    pub(super) unreadable: Vec<&'a Contact>,
}

/// A row of the book, with the person to whom it belongs.
struct Row<'a> {
    person: PersonId,
    origin: Origin,
    at: u32,
    contact: &'a Contact,
}

impl Index {
    /// Indexes a book. Each address, in any case of its letters, is one person; rows without an address are skipped.
    pub(super) fn new(contacts: Arc<[Contact]>, employees: Arc<[Contact]>, unreadable: Vec<Contact>) -> Self {
        let mut index = Self {
            contacts,
            employees,
            unreadable,
            ..Self::default()
        };
        index.read_entries();
        index.group_entries_by_word();
        index.hash_addresses_and_names();
        index
    }

    /// Makes the entries, their words and the vocabulary.
    fn read_entries(&mut self) {
        let mut vocabulary = VocabularyBuilder::default();
        let mut entries: Vec<Entry> = Vec::new();
        let mut words: Vec<WordId> = Vec::new();
        for row in self.rows() {
            let texts = ContactTexts::of(row.contact.name.as_deref(), &row.contact.email);
            let start = words.len();
            for text in texts.parts().into_iter().flatten() {
                words.push(vocabulary.id(text));
            }
            let entry = Entry {
                person: row.person,
                origin: row.origin,
                row: row.at,
                start: u32::try_from(start).unwrap_or(u32::MAX),
                counts: texts.parts().map(|part| u8::try_from(part.len()).unwrap_or(u8::MAX)),
            };
            let others = entries.iter().rev();
            let mut known = others.take_while(|known| (known.person, known.origin) == (entry.person, entry.origin));
            let is_same =
                |known: &Entry| known.counts == entry.counts && words.get(known.words()) == words.get(start..);
            if known.clone().count() >= MAX_NAMES_OF_AN_ADDRESS || known.any(is_same) {
                words.truncate(start);
            } else {
                entries.push(entry);
            }
        }
        self.vocabulary = vocabulary.finish(entries.len());
        self.entries = entries.into_boxed_slice();
        self.words = words.into_boxed_slice();
    }

    /// All rows, those of each person one after another with the best first. Each row that could not be read is a
    /// person of its own.
    fn rows(&self) -> Vec<Row<'_>> {
        let mut persons: HashMap<String, u32> = HashMap::with_capacity(self.contacts.len());
        let mut rows: Vec<Row<'_>> = Vec::with_capacity(self.contacts.len());
        for (origin, contacts) in [(Origin::Employees, &self.employees), (Origin::Contacts, &self.contacts)] {
            for (at, contact) in (0..)
                .zip(contacts.iter())
                .filter(|(_, contact)| !contact.email.is_empty())
            {
                let next = u32::try_from(persons.len()).unwrap_or(u32::MAX);
                let person = PersonId(*persons.entry(contact.email.to_lowercase()).or_insert(next));
                rows.push(Row {
                    person,
                    origin,
                    at,
                    contact,
                });
            }
        }
        let others = u32::try_from(persons.len()).unwrap_or(u32::MAX)..;
        let unreadable = others.zip((0..).zip(&self.unreadable));
        rows.extend(unreadable.map(|(person, (at, contact))| Row {
            person: PersonId(person),
            origin: Origin::Unreadable,
            at,
            contact,
        }));
        rows.sort_unstable_by_key(|row| (row.person, row.origin, Reverse(row.contact.id), row.at));
        rows
    }

    fn group_entries_by_word(&mut self) {
        let words = self.numbered_entries().flat_map(|(id, entry)| {
            let words = self.words_of(entry);
            let is_first = move |(at, word): &(usize, &WordId)| !words.iter().take(*at).any(|before| before == *word);
            let each_once = words.iter().enumerate().filter(is_first);
            each_once.map(move |(_, word)| (word.0, id))
        });
        self.entries_by_word = Groups::new(self.vocabulary.len(), words);
    }

    fn hash_addresses_and_names(&mut self) {
        let mut addresses: Vec<(u32, EntryId)> = Vec::new();
        let mut names: Vec<(u32, EntryId)> = Vec::with_capacity(self.entries.len());
        let mut sounds: Vec<(u32, EntryId)> = Vec::with_capacity(self.entries.len());
        let mut before = None;
        for (id, entry) in self.numbered_entries() {
            let Some(contact) = self.row(entry) else {
                continue;
            };
            if before != Some(entry.person) {
                addresses.push((text_hash(&contact.email.to_lowercase()), id));
            }
            before = Some(entry.person);
            if entry.origin != Origin::Unreadable
                && let Some(key) = key_of_name(contact.name.as_deref(), &contact.email)
            {
                names.push((text_hash(&key), id));
                sounds.extend(self.sound_of(entry, contact).map(|hash| (hash, id)));
            }
        }
        self.by_address = KeyTable::new(&addresses);
        self.by_name = KeyTable::new(&names);
        self.by_sound = KeyTable::new(&sounds);
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

    fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(id.0 as usize)
    }

    fn numbered_entries(&self) -> impl Iterator<Item = (EntryId, &Entry)> + Clone {
        (0..).map(EntryId).zip(&self.entries)
    }

    fn words_of(&self, entry: &Entry) -> &[WordId] {
        self.words.get(entry.words()).unwrap_or_default()
    }

    fn contact_words(&self, entry: &Entry) -> ContactWords<'_> {
        ContactWords::new(self.words_of(entry), entry.counts)
    }

    /// The entries that have a word.
    fn entries_with(&self, word: WordId) -> &[EntryId] {
        self.entries_by_word.get(word.0)
    }

    /// The first entry of each person or unreadable row with an address, given in lower case.
    fn first_entries_of_address(&self, address: &str) -> impl Iterator<Item = (EntryId, &Entry)> {
        let ids = self.by_address.get(text_hash(address)).iter();
        let entries = ids.filter_map(|id| Some((*id, self.entry(*id)?)));
        entries.filter(move |(_, entry)| {
            let row = self.row(entry);
            row.is_some_and(|row| row.email.to_lowercase() == address)
        })
    }

    /// The entries of a person, from the first on.
    fn entries_of_person(&self, first: EntryId, person: PersonId) -> impl Iterator<Item = (EntryId, &Entry)> {
        let entries = self.entries.get(first.0 as usize..).unwrap_or_default();
        (first.0..)
            .map(EntryId)
            .zip(entries)
            .take_while(move |(_, entry)| entry.person == person)
    }

    /// How many contacts and employees the book has.
    pub(super) fn len(&self) -> usize {
        self.contacts.len() + self.employees.len()
    }

    /// True if the book has the address that the question holds.
    pub(super) fn has_address_of(&self, question: &Question) -> bool {
        question
            .address
            .as_ref()
            .is_some_and(|address| self.has_address(address))
    }

    /// True if the book has an address, given in lower case.
    pub(super) fn has_address(&self, address: &str) -> bool {
        self.first_entries_of_address(address)
            .any(|(_, entry)| entry.origin != Origin::Unreadable)
    }

    /// The people of the entries that fit, each person once with the best fit.
    fn people(&self, mut fits: Vec<(EntryId, Fit)>, sources: &[Source]) -> FoundPeople<'_> {
        fits.sort_unstable_by_key(|(id, fit)| (*id, fit.rank()));
        fits.dedup_by_key(|(id, _)| *id);
        let mut found = FoundPeople::default();
        let mut last: Option<PersonId> = None;
        for (id, fit) in fits {
            let Some(entry) = self.entry(id) else { continue };
            if entry.origin == Origin::Unreadable {
                found.unreadable.extend(self.row(entry));
            }
            if entry.source_in(sources).is_none() {
                continue;
            }
            if last != Some(entry.person) {
                found.people.extend(self.person(id, fit, sources));
            } else if let Some(known) = found.people.last_mut().filter(|known| fit.rank() < known.fit.rank()) {
                known.fit = fit;
            }
            last = Some(entry.person);
        }
        found
    }

    /// The person of an entry, with the best row in `sources`.
    fn person(&self, id: EntryId, fit: Fit, sources: &[Source]) -> Option<FoundPerson<'_>> {
        let (entry, before) = self.entries.get(..=id.0 as usize)?.split_last()?;
        let others = before.iter().rev().take_while(|other| other.person == entry.person);
        let found = |entry: &Entry| {
            Some(FoundPerson {
                fit,
                contact: self.row(entry)?,
                source: entry.source_in(sources)?,
            })
        };
        [entry].into_iter().chain(others).filter_map(found).last()
    }
}
