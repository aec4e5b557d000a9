//! The address book of one person as it was read. A book never changes; a newer reading makes a new one. Pure.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::contact::{Contact, Source};
use super::error::{Error, NotAsked};
use super::index::Index;
use super::page::{ContactPage, Page, add_cautions};
use super::query::Query;
use super::search::folded;

/// The most contacts of a book; the newest are kept.
pub(super) const MAX_OF_ONE: usize = 50_000;

/// A person's contacts and employees.
#[derive(Debug)]
pub(super) struct Book {
    /// Highest id first, so the newest contact comes first.
    pub(super) contacts: Arc<[Contact]>,
    /// The readable parts of damaged rows of contacts.
    damaged: Vec<Contact>,
    employees: Employees,
    pub(super) index: Arc<Index>,
    pub(super) report: ReadingReport,
}

/// The employees of a book.
#[derive(Debug, Clone)]
pub(super) struct Employees {
    pub(super) rows: Arc<[Contact]>,
    /// The readable parts of damaged rows.
    pub(super) damaged: Arc<[Contact]>,
}

/// How a reading went: how much was read, when, and what failed.
#[derive(Debug, Clone)]
pub(super) struct ReadingReport {
    pub(super) states: States,
    pub(super) times: Times,
    /// True if a request failed, so that the whole book is to be read again.
    pub(super) has_failed: bool,
    /// False if the portal has no `batch` and answers single calls only.
    pub(super) has_batch: bool,
}

/// How much of each source was read.
#[derive(Debug, Clone)]
pub(super) struct States {
    pub(super) contacts: State,
    pub(super) employees: State,
}

/// How much of a source was read.
#[derive(Debug, Clone)]
pub(super) enum State {
    /// All of it.
    Whole,
    /// A part of it.
    Partial,
    /// Nothing, because of this error.
    Failed(Error),
}

/// When a book was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// When the last reading of the whole book began.
    pub(super) whole_at: Instant,
    /// When the newest pages were last requested.
    pub(super) newest_at: Instant,
    /// How long the portal worked for the reading of the whole book.
    pub(super) cost: Duration,
}

impl States {
    pub(super) fn of(&self, source: Source) -> &State {
        match source {
            Source::Contacts => &self.contacts,
            Source::Employees => &self.employees,
        }
    }

    /// True if all rows of `sources` were read.
    pub(super) fn are_whole(&self, sources: &[Source]) -> bool {
        let is_whole = |source: &Source| match self.of(*source) {
            State::Whole => true,
            State::Partial => false,
            // A portal without the method has no such list.
            State::Failed(error) => error.is_unknown_method(),
        };
        sources.iter().all(is_whole)
    }

    /// The sources among `sources` that could not be read at all, each with the reason.
    pub(super) fn not_asked(&self, sources: &[Source]) -> Vec<NotAsked> {
        let failed = |source: &Source| match self.of(*source) {
            State::Failed(error) => Some(NotAsked {
                source: *source,
                error: error.clone(),
            }),
            State::Whole | State::Partial => None,
        };
        sources.iter().filter_map(failed).collect()
    }
}

impl Book {
    /// Makes a book of the newest [`MAX_OF_ONE`] contacts and of the employees, and indexes it.
    pub(super) fn new(
        mut contacts: Vec<Contact>,
        damaged: Vec<Contact>,
        employees: Employees,
        mut report: ReadingReport,
    ) -> Self {
        if contacts.len() > MAX_OF_ONE {
            contacts.truncate(MAX_OF_ONE);
            report.states.contacts = State::Partial;
        }
        let contacts: Arc<[Contact]> = contacts.into();
        let all_damaged = damaged.iter().chain(&*employees.damaged).cloned().collect();
        let index = Index::new(Arc::clone(&contacts), Arc::clone(&employees.rows), all_damaged);
        Self {
            index: Arc::new(index),
            contacts,
            damaged,
            employees,
            report,
        }
    }

    /// This book with the contacts of a newer reading, which covers every id from `covered_to` up. A contact in that
    /// range that the reading does not have was deleted. Nothing is copied if nothing has changed.
    pub(super) fn updated(
        &self,
        mut newest: Vec<Contact>,
        covered_to: u64,
        damaged: Vec<Contact>,
        newer: ReadingReport,
    ) -> Self {
        let States { contacts, employees } = self.report.states.clone();
        let report = ReadingReport {
            states: States {
                contacts: match newer.states.contacts {
                    State::Whole => contacts,
                    part => part,
                },
                employees,
            },
            times: Times {
                newest_at: newer.times.newest_at,
                ..self.report.times
            },
            has_failed: newer.has_failed || self.report.has_failed,
            has_batch: newer.has_batch,
        };
        // Rows below a gap are not used: contacts may be missing among them, and this book has that range already.
        newest.retain(|contact| contact.id >= covered_to);
        let is_known = |row: &Contact| self.damaged.contains(row);
        let covered = self.contacts.iter().take_while(|contact| contact.id >= covered_to);
        if newest.iter().eq(covered) && damaged.iter().all(is_known) {
            return Self {
                contacts: Arc::clone(&self.contacts),
                damaged: self.damaged.clone(),
                employees: self.employees.clone(),
                index: Arc::clone(&self.index),
                report,
            };
        }
        let stays = |contact: &&Contact| contact.id < covered_to;
        newest.extend(self.contacts.iter().filter(stays).cloned());
        let new = damaged.into_iter().filter(|row| !is_known(row));
        let damaged = self.damaged.iter().cloned().chain(new).collect();
        Self::new(newest, damaged, self.employees.clone(), report)
    }

    /// The number of contacts and employees.
    pub(super) fn len(&self) -> usize {
        self.contacts.len() + self.employees.rows.len()
    }

    /// True if the book can answer `query` as the portal would: the source was read whole, without unreadable rows, and
    /// the text is not empty after folding, unless it was empty before.
    pub(super) fn can_list(&self, query: &Query) -> bool {
        let wanted = folded(query.text());
        let is_read = matches!(self.report.states.of(query.source()), State::Whole);
        is_read
            && match query.source() {
                Source::Contacts => self.damaged.is_empty() && wanted.is_empty() == query.text().is_empty(),
                Source::Employees => self.employees.damaged.is_empty() && words_long_enough(&wanted).next().is_some(),
            }
    }

    /// The page for a query that the book [can answer](Self::can_list). Unlike on the portal, accents do not count, and
    /// employees are ordered by id.
    pub(super) fn page(&self, query: &Query) -> ContactPage {
        let limit = query.limit() as usize;
        let skipped = usize::try_from(query.offset()).unwrap_or(usize::MAX);
        let wanted = folded(query.text());
        let is_contact = query.source() == Source::Contacts;
        let rows = if is_contact {
            &self.contacts
        } else {
            &self.employees.rows
        };
        let is_found = |contact: &&Contact| {
            let name = contact.name.as_deref().unwrap_or_default();
            match query.source() {
                Source::Contacts => contains_folded(name, &wanted) || contains_folded(&contact.email, &wanted),
                Source::Employees => has_word_that_begins(name, &contact.email, &wanted),
            }
        };
        let mut found = rows.iter().filter(is_found).skip(skipped);
        let mut contacts: Vec<Contact> = found.by_ref().take(limit).cloned().collect();
        let is_last = found.next().is_none();
        add_cautions(&mut contacts, Some(&self.index));
        ContactPage {
            page: Page {
                offset: query.offset(),
                limit: query.limit(),
                returned: u32::try_from(contacts.len()).unwrap_or(u32::MAX),
                unreadable: 0,
                next_offset: (!is_last).then(|| query.offset().saturating_add(u64::from(query.limit()))),
                // The portal lists employees in another order, so a page from there may overlap this one.
                complete: is_last && is_contact,
                age_seconds: None,
            },
            contacts,
        }
    }
}

/// True if `text`, in lower case and without accents, contains `wanted`, which is folded already.
fn contains_folded(text: &str, wanted: &str) -> bool {
    wanted.is_empty() || folded(text).contains(wanted)
}

/// True if a word of the name, or of the address before its `@`, begins with a word of `wanted`. The portal searches
/// employees by the same rule.
fn has_word_that_begins(name: &str, email: &str, wanted: &str) -> bool {
    let text = folded(name) + " " + &folded(email.split('@').next().unwrap_or_default());
    let begins = |wanted: &str| text.split(is_border).any(|word| word.starts_with(wanted));
    words_long_enough(wanted).any(begins)
}

/// The words of a query for employees that are long enough for the portal to search for.
fn words_long_enough(wanted: &str) -> impl Iterator<Item = &str> {
    const SHORTEST: usize = 2;
    wanted.split(is_border).filter(|word| word.chars().count() >= SHORTEST)
}

fn is_border(c: char) -> bool {
    !c.is_alphanumeric()
}
