//! Reads whole lists: contacts, employees or both, by batches of pages.
//!
//! [`Reading`] decides without clock and network what is asked next; here is the request. A reading may be left at any
//! time and be continued: whole pages that have come stay.
//!
//! | file | decides |
//! |---|---|
//! | `reading` | what a request holds, and what its failure means |
//! | `contacts` | which pages of contacts are missing, by `spans` of ids |
//! | `employees` | which pages of employees are missing |
//! | `pace` | how many pages a request has |

mod contacts;
mod employees;
mod pace;
mod reading;
mod spans;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use super::page::{Listing, Rows};
use super::{Contact, Query, Source};
use crate::portal::{Arrival, Call, Failed, Method, Portal};
use contacts::ContactPages;
use employees::EmployeePages;
pub(super) use reading::Progress;
use reading::Reading;

/// Full pages in a row with the same known rows: the portal ignores the offset.
const MAX_REPEATED: u32 = 3;
/// Pages in a row without a row that can be read: 100,000 rows, some minutes at the portal's rate of requests.
const MAX_DAMAGED: u32 = 500;
/// Rows that could not be read, of which what can be made out is kept.
const MAX_UNREADABLE: usize = 1_000;
/// With fewer rows no page could overlap the next.
const MIN_ROWS: u32 = 2;

/// A page to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ask {
    source: Source,
    offset: u64,
    limit: u32,
    why: Why,
}

/// Why a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It follows those that have been read.
    Next,
    /// Rows are missing between these ids.
    Gap { above: u64, below: u64 },
}

/// What came of a source.
#[derive(Debug, Default)]
struct Kept {
    /// Every id that came.
    seen: HashSet<u64>,
    contacts: Vec<Contact>,
    /// The first [`MAX_UNREADABLE`].
    unreadable: Vec<Contact>,
    unreadable_count: u32,
}

impl Kept {
    /// Adds those that have not come yet; true if there are any.
    fn add(&mut self, contacts: Vec<Contact>) -> bool {
        let before = self.seen.len();
        let new = contacts.into_iter().filter(|contact| self.seen.insert(contact.id));
        self.contacts.extend(new);
        self.seen.len() > before
    }

    fn damaged(&mut self, rows: impl IntoIterator<Item = Contact>) {
        for row in rows {
            self.unreadable_count = self.unreadable_count.saturating_add(1);
            if self.unreadable.len() < MAX_UNREADABLE {
                self.unreadable.push(row);
            }
        }
    }
}

/// A reading under way.
#[derive(Debug)]
pub(super) struct Reader {
    reading: Reading,
    /// True if pages of a portal without batch are asked for one after the other, however long that takes.
    is_patient: bool,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stepped {
    /// There may be more.
    On,
    /// There is more, but the portal has no batch, and single pages would take what the limit has for others.
    Paused,
    /// There is no more to ask for: all was read, or the reading failed, or it was given up.
    Over,
}

impl Reader {
    /// Reads the contacts, the newest `most` of them, and the employees if they are wanted.
    pub(super) fn of_book(most: usize, with_employees: bool) -> Self {
        let employees = with_employees.then(|| EmployeePages::new(Query::everybody(Source::Employees)));
        Self::new(Some(newest(None, most)), employees, false)
    }

    /// Reads the contacts from the newest on, until the contact with the id `known` or an older one has come.
    pub(super) fn until(known: u64, most: usize) -> Self {
        Self::new(Some(newest(Some(known), most)), None, false)
    }

    /// Reads all that match a question, from its offset on, and waits for the portal's limits.
    pub(super) fn of_all(query: &Query) -> Self {
        let query = query.clone().in_pages_of(query.limit().max(MIN_ROWS));
        match query.source() {
            Source::Contacts => Self::new(Some(ContactPages::new(query, None, usize::MAX)), None, true),
            Source::Employees => Self::new(None, Some(EmployeePages::new(query)), true),
        }
    }

    fn new(contacts: Option<ContactPages>, employees: Option<EmployeePages>, is_patient: bool) -> Self {
        Self {
            reading: Reading::new(contacts, employees),
            is_patient,
        }
    }

    /// Makes one request, or none at the end. If the future is dropped, all is as before.
    pub(super) async fn step(&mut self, portal: &Portal, arrival: Arrival) -> Stepped {
        let asks = self.reading.ask();
        let calls: Vec<Call> = asks.iter().filter_map(|ask| self.call(*ask)).collect();
        if calls.is_empty() {
            return Stepped::Over;
        }
        if self.reading.has_no_batch() && !self.is_patient && !portal.is_idle(Method::ListContacts) {
            return Stepped::Paused;
        }
        let waits = portal.would_wait(Method::Batch);
        let started = Instant::now();
        let answered = portal.all_or_none::<Listing>(arrival, &calls).await;
        self.learn(asks, answered, started.elapsed(), waits);
        match self.is_over() {
            true => Stepped::Over,
            false => Stepped::On,
        }
    }

    fn call(&self, ask: Ask) -> Option<Call> {
        let query = self.reading.query(ask.source)?;
        Some(Call {
            method: ask.source.method(),
            parameters: query.parameters_at(ask.offset),
        })
    }

    fn learn(&mut self, asks: Vec<Ask>, answered: Result<Vec<Listing>, Failed>, took: Duration, waits: bool) {
        let progress = &mut self.reading.progress;
        progress.took += took;
        progress.requests = progress.requests.saturating_add(1);
        match answered {
            Ok(listings) => {
                let pages = asks
                    .into_iter()
                    .zip(listings)
                    .map(|(ask, listing)| (ask, rows(ask, listing)));
                self.reading.take(pages.collect(), (!waits).then_some(took));
            }
            Err(failed) => {
                tracing::info!(
                    pages = asks.len(),
                    error.code = failed.error.code(),
                    http.status = failed.error.http_status(),
                    "a request of the reading failed"
                );
                self.reading.fail(&asks, failed);
            }
        }
    }

    /// True if there is nothing more to ask for.
    pub(super) fn is_over(&self) -> bool {
        self.reading.ask().is_empty()
    }

    /// Forgets failures: the next step asks for the same pages again.
    pub(super) fn retry(&mut self) {
        self.reading.retry();
    }

    /// Why a source ended before its list did; `None` if it did not.
    pub(super) fn failure(&self, source: Source) -> Option<&Failed> {
        self.reading.failure(source)
    }

    /// True if everybody of a source has come who is wanted and was there all the time.
    pub(super) fn is_whole(&self, source: Source) -> bool {
        self.reading.is_whole(source)
    }

    /// The id down to which every contact has come, from the newest on: a known one above it that did not come is
    /// deleted. `None` before the first page.
    pub(super) fn covered_to(&self) -> Option<u64> {
        self.reading.covered_to()
    }

    /// Where the list was given up though more may follow, since pages brought nothing new; `None` if it was not.
    pub(super) fn stopped_at(&self) -> Option<u64> {
        self.reading.stopped_at()
    }

    /// Takes out what came of a source since this was last called: repairs bring older rows late.
    pub(super) fn drain(&mut self, source: Source) -> Vec<Contact> {
        self.reading.drain(source)
    }

    /// What came of a source and was not taken out yet, highest id first; of contacts the newest that are wanted.
    pub(super) fn sorted(&self, source: Source) -> Vec<Contact> {
        let kept = self.reading.kept(source);
        let mut contacts = kept.map(|kept| kept.contacts.clone()).unwrap_or_default();
        contacts.sort_unstable_by_key(|contact| std::cmp::Reverse(contact.id));
        if source == Source::Contacts {
            contacts.truncate(self.reading.most());
        }
        contacts
    }

    /// Different contacts or employees so far.
    pub(super) fn total(&self, source: Source) -> usize {
        self.reading.kept(source).map_or(0, |kept| kept.seen.len())
    }

    /// What can be made out of the first rows that could not be read.
    pub(super) fn unreadable(&self, source: Source) -> &[Contact] {
        self.reading.kept(source).map_or(&[], |kept| &kept.unreadable)
    }

    /// Rows that could not be read.
    pub(super) fn unreadable_count(&self, source: Source) -> u32 {
        self.reading.kept(source).map_or(0, |kept| kept.unreadable_count)
    }

    /// What the reading has cost so far.
    pub(super) fn progress(&self) -> Progress {
        self.reading.progress
    }
}

fn newest(until: Option<u64>, most: usize) -> ContactPages {
    ContactPages::new(Query::everybody(Source::Contacts), until, most)
}

/// The rows of a page. Only at the beginning of a list rows of another shape are an error: damaged ones may fill a later
/// page.
fn rows(ask: Ask, listing: Listing) -> Result<Rows, Failed> {
    let listing = match ask.offset {
        0 => listing.checked()?,
        _ => listing,
    };
    Ok(listing.into_rows(ask.limit as usize))
}
