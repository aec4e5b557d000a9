//! The address book of one person as it was read. Made once, then only read. Pure.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::contact::{Contact, Source};
use super::error::{Error, NotAsked};
use super::index::Index;
use super::page::{ContactPage, Page, add_cautions};
use super::query::Query;
use super::search::folded;

/// Contacts that a book keeps: the newest.
pub(super) const MAX_OF_ONE: usize = 50_000;

/// A person's contacts and employees.
#[derive(Debug)]
pub(super) struct Book {
    /// By id, the newest first.
    pub(super) contacts: Arc<[Contact]>,
    /// What can be made out of rows of contacts that could not be read.
    damaged: Vec<Contact>,
    employees: Employees,
    pub(super) index: Arc<Index>,
    pub(super) report: ReadingReport,
}

/// The employees of a book.
#[derive(Debug, Clone)]
pub(super) struct Employees {
    pub(super) rows: Arc<[Contact]>,
    /// What can be made out of rows that could not be read.
    pub(super) damaged: Arc<[Contact]>,
}

/// What is known of a reading.
#[derive(Debug, Clone)]
pub(super) struct ReadingReport {
    pub(super) states: States,
    pub(super) times: Times,
    /// True if a request failed: all is to be read again.
    pub(super) has_failed: bool,
    /// False if the portal answers single calls only.
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
    Partly,
    /// Nothing, because of this.
    Failed(Error),
}

/// When a book was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// When the reading of all of it began.
    pub(super) whole_at: Instant,
    /// When its newest pages were last asked for.
    pub(super) newest_at: Instant,
    /// How long the portal took for the whole reading.
    pub(super) cost: Duration,
}

impl States {
    pub(super) fn of(&self, source: Source) -> &State {
        match source {
            Source::Contacts => &self.contacts,
            Source::Employees => &self.employees,
        }
    }

    /// True if nobody of these sources was missed.
    pub(super) fn are_whole(&self, sources: &[Source]) -> bool {
        let is_whole = |source: &Source| match self.of(*source) {
            State::Whole => true,
            State::Partly => false,
            // A portal without the method has nobody there.
            State::Failed(error) => error.is_unknown_method(),
        };
        sources.iter().all(is_whole)
    }

    /// Those of `sources` of which nothing could be read.
    pub(super) fn not_asked(&self, sources: &[Source]) -> Vec<NotAsked> {
        let failed = |source: &Source| match self.of(*source) {
            State::Failed(error) => Some(NotAsked {
                source: *source,
                error: error.clone(),
            }),
            State::Whole | State::Partly => None,
        };
        sources.iter().filter_map(failed).collect()
    }
}

impl Book {
    /// Indexes what was read, the newest [`MAX_OF_ONE`] contacts of it.
    pub(super) fn new(
        mut contacts: Vec<Contact>,
        damaged: Vec<Contact>,
        employees: Employees,
        mut report: ReadingReport,
    ) -> Self {
        if contacts.len() > MAX_OF_ONE {
            contacts.truncate(MAX_OF_ONE);
            report.states.contacts = State::Partly;
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

    /// The same book after its newest contacts were read again, down to the id `covered_to`: known ones that did not come
    /// are gone. Nothing is copied if nothing has changed.
    pub(super) fn brought_up_to_date(
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
        // Behind a gap nothing is known.
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

    /// Contacts and employees.
    pub(super) fn len(&self) -> usize {
        self.contacts.len() + self.employees.rows.len()
    }

    /// True if it can answer this list: no row of it is unread, and the text is one that is compared.
    pub(super) fn can_list(&self, query: &Query) -> bool {
        let wanted = folded(query.text());
        let is_read = matches!(self.report.states.of(query.source()), State::Whole);
        is_read
            && match query.source() {
                Source::Contacts => self.damaged.is_empty() && wanted.is_empty() == query.text().is_empty(),
                Source::Employees => self.employees.damaged.is_empty() && beginnings(&wanted).next().is_some(),
            }
    }

    /// The page of a list that the book [can answer](Self::can_list). Accents do not count, and employees come by id.
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
        let is_met = |contact: &&Contact| {
            let name = contact.name.as_deref().unwrap_or_default();
            match query.source() {
                Source::Contacts => has_piece(name, &wanted) || has_piece(&contact.email, &wanted),
                Source::Employees => has_beginning(name, &contact.email, &wanted),
            }
        };
        let mut found = rows.iter().filter(is_met).skip(skipped);
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
                // Employees come in another order from the portal.
                complete: is_last && is_contact,
                age_seconds: None,
            },
            contacts,
        }
    }
}

/// Whether the text has `wanted` as a piece, whatever case and accents it has.
fn has_piece(text: &str, wanted: &str) -> bool {
    wanted.is_empty() || folded(text).contains(wanted)
}

/// Whether a word of the name or of the address's local part begins with a word of `wanted`, as the portal's search of
/// employees has it.
fn has_beginning(name: &str, email: &str, wanted: &str) -> bool {
    let text = folded(name) + " " + &folded(email.split('@').next().unwrap_or_default());
    let begins = |wanted: &str| text.split(is_border).any(|word| word.starts_with(wanted));
    beginnings(wanted).any(begins)
}

/// The words of a question for employees that are long enough for the portal to look for.
fn beginnings(wanted: &str) -> impl Iterator<Item = &str> {
    const SHORTEST: usize = 2;
    wanted.split(is_border).filter(|word| word.chars().count() >= SHORTEST)
}

fn is_border(c: char) -> bool {
    !c.is_alphanumeric()
}
