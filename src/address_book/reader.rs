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

use super::page::{Listing, Rows};
use super::{Contact, Query, Source};
use crate::portal::{Arrival, Call, Failed, Method, Portal};
use contacts::ContactPages;
use employees::EmployeePages;
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

/// A request of a reading: some of its pages.
#[derive(Debug)]
pub(super) struct Pages {
    asks: Vec<Ask>,
    calls: Vec<Call>,
}

/// What came of such a request.
#[derive(Debug)]
pub(super) struct Answer {
    asks: Vec<Ask>,
    /// With the time that the portal took.
    listings: Result<(Vec<Listing>, Duration), Failed>,
}

impl Pages {
    /// Asks the portal for them.
    pub(super) async fn read(self, portal: &Portal, arrival: Arrival) -> Answer {
        Answer {
            asks: self.asks,
            listings: portal.all_or_none(arrival, &self.calls).await,
        }
    }
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

    /// The pages to ask for next; `None` at the end, and where the portal has no batch and single pages would take what
    /// its limit has for others.
    pub(super) fn next(&self, portal: &Portal) -> Option<Pages> {
        let asks = self.reading.ask();
        let calls: Vec<Call> = asks.iter().filter_map(|ask| self.call(*ask)).collect();
        let has_begun = Source::ALL.iter().any(|source| self.total(*source) > 0);
        let is_to_spare = || self.is_patient || !has_begun || portal.is_idle(Method::ListContacts);
        let goes_on = !calls.is_empty() && (!self.reading.has_no_batch() || is_to_spare());
        goes_on.then_some(Pages { asks, calls })
    }

    fn call(&self, ask: Ask) -> Option<Call> {
        let query = self.reading.query(ask.source)?;
        Some(Call {
            method: ask.source.method(),
            parameters: query.parameters_at(ask.offset),
        })
    }

    /// Takes what a request has brought.
    pub(super) fn learn(&mut self, answer: Answer) {
        let Answer { asks, listings } = answer;
        match listings {
            Ok((listings, took)) => {
                let pages = asks
                    .into_iter()
                    .zip(listings)
                    .map(|(ask, listing)| (ask, rows(ask, listing)));
                self.reading.take(pages.collect(), took);
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

    /// Time of the portal for what came so far.
    pub(super) fn cost(&self) -> Duration {
        self.reading.cost
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
