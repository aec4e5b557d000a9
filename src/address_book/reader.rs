//! Reads whole lists: contacts, employees or both, by batches of pages.
//!
//! [`Reader`] decides without clock and network what is asked next; [`Pages`] is the request. A reading may be left at any
//! time and be continued: whole pages that have come stay.
//!
//! | file | decides |
//! |---|---|
//! | `contacts` | which pages of contacts are missing, by the ids that they cover |
//! | `employees` | which pages of employees are missing |
//! | `pace` | how many pages a request has |
//! | `part` | whether a page brought anything new |
//!
//! | a request failed with | then |
//! |---|---|
//! | anything that one source may be to blame for, and both are in it | each source is asked alone from then on |
//! | a passing failure, a timeout, a reply too large | half as many pages, down to one |
//! | a refusal, and a batch succeeded before | the same |
//! | a refusal, and none did | one page; if that succeeds, the portal has no batch |
//! | a single page, answered | the source ends there |
//! | no answer at all to a single page, credentials, limits | every source ends there |

mod contacts;
mod employees;
mod pace;
mod part;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::page::Listing;
use super::{Contact, Query, Source};
use crate::portal::{Arrival, Blame, Call, Failed, Method, Portal};
use contacts::ContactPages;
use employees::EmployeePages;
use pace::Pace;
use part::Part;

/// With fewer rows no page could overlap the next.
const MIN_ROWS: u32 = 2;

/// A page to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ask {
    source: Source,
    offset: u64,
    limit: u32,
    /// Rows are missing above this id; `None` if the page follows those that have been read.
    below: Option<u64>,
}

/// A reading under way.
#[derive(Debug)]
pub(super) struct Reader {
    contacts: Option<ContactPages>,
    employees: Option<EmployeePages>,
    pace: Pace,
    /// True if a request holds pages of one source only.
    is_apart: bool,
    /// True if pages of a portal without batch are asked for one after the other, however long that takes.
    is_patient: bool,
    cost: Duration,
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

impl Answer {
    /// Why the request failed, if it did.
    pub(super) fn failure(&self) -> Option<&Failed> {
        self.listings.as_ref().err()
    }
}

impl Pages {
    /// Asks the portal for them.
    pub(super) async fn read(self, portal: &Portal, arrival: Arrival) -> Answer {
        Answer {
            asks: self.asks,
            listings: portal.call_all(arrival, &self.calls).await,
        }
    }
}

impl Reader {
    /// Reads the contacts, the newest `most` of them, and the employees.
    pub(super) fn of_book(most: usize) -> Self {
        Self {
            employees: Some(EmployeePages::new(Query::everybody(Source::Employees))),
            ..Self::until(0, most)
        }
    }

    /// Reads the contacts from the newest on, until the contact with the id `known` or an older one has come.
    pub(super) fn until(known: u64, most: usize) -> Self {
        let contacts = ContactPages::new(Query::everybody(Source::Contacts), known, most);
        Self::new(Some(contacts), None, false)
    }

    /// Reads all that match a question, from its offset on, and waits for the portal's limits.
    pub(super) fn of_all(query: &Query) -> Self {
        let query = query.clone().in_pages_of(query.limit().max(MIN_ROWS));
        match query.source() {
            Source::Contacts => Self::new(Some(ContactPages::new(query, 0, usize::MAX)), None, true),
            Source::Employees => Self::new(None, Some(EmployeePages::new(query)), true),
        }
    }

    fn new(contacts: Option<ContactPages>, employees: Option<EmployeePages>, is_patient: bool) -> Self {
        Self {
            contacts,
            employees,
            pace: Pace::default(),
            is_apart: false,
            is_patient,
            cost: Duration::ZERO,
        }
    }

    fn part(&self, source: Source) -> Option<&Part> {
        match source {
            Source::Contacts => self.contacts.as_ref().map(|contacts| &contacts.part),
            Source::Employees => self.employees.as_ref().map(|employees| &employees.part),
        }
    }

    fn part_mut(&mut self, source: Source) -> Option<&mut Part> {
        match source {
            Source::Contacts => self.contacts.as_mut().map(|contacts| &mut contacts.part),
            Source::Employees => self.employees.as_mut().map(|employees| &mut employees.part),
        }
    }

    /// The next `most` pages of a source at most.
    fn ask_of(&self, source: Source, most: usize) -> Vec<Ask> {
        let asks = match source {
            Source::Contacts => self.contacts.as_ref().map(|contacts| contacts.ask(most)),
            Source::Employees => self.employees.as_ref().map(|employees| employees.ask(most)),
        };
        asks.unwrap_or_default()
    }

    /// The pages of the next request; none at the end.
    fn ask(&self) -> Vec<Ask> {
        let (pages, is_new) = (self.pace.pages(), self.pace.is_new());
        let mut asks = self.ask_of(Source::Contacts, pages);
        let mut employees = self.ask_of(Source::Employees, pages);
        if asks.is_empty() || employees.is_empty() {
            asks.append(&mut employees);
        } else if self.is_apart || pages == 1 {
            // Employees as soon as it is known that the portal answers at all.
            return if is_new { asks } else { employees };
        } else {
            // Beside the five pages of contacts in the first request.
            let room = pages + usize::from(is_new);
            employees.truncate((room / 2).max(1));
            asks.truncate(room - employees.len());
            asks.append(&mut employees);
        }
        asks
    }

    /// The pages to ask for next; `None` at the end, and where the portal has no batch and single pages would take what
    /// its limit has for others.
    pub(super) fn next(&self, portal: &Portal) -> Option<Pages> {
        let asks = self.ask();
        let call = |ask: &Ask| {
            Some(Call {
                method: ask.source.method(),
                parameters: self.part(ask.source)?.query.parameters_at(ask.offset),
            })
        };
        let calls: Vec<Call> = asks.iter().filter_map(call).collect();
        let may_go_on = !self.pace.has_no_batch() || self.is_patient || portal.is_idle(Method::ListContacts);
        (may_go_on && !calls.is_empty()).then_some(Pages { asks, calls })
    }

    /// Takes what a request has brought.
    pub(super) fn learn(&mut self, answer: Answer) {
        let Answer { asks, listings } = answer;
        match listings {
            Ok((listings, took)) => {
                self.pace.succeeded(asks.len(), took);
                self.cost += took;
                for (ask, listing) in asks.iter().zip(listings) {
                    self.take(ask, listing);
                }
            }
            Err(failed) => {
                tracing::info!(
                    pages = asks.len(),
                    error.code = failed.error.code(),
                    http.status = failed.error.http_status(),
                    "a request of the reading failed"
                );
                self.fail(&asks, &failed);
            }
        }
    }

    /// Takes a page. Only at the beginning of a list rows of another shape are a failure: damaged ones may fill a later
    /// page.
    fn take(&mut self, ask: &Ask, listing: Listing) {
        let listing = match ask.offset {
            0 => listing.checked(),
            _ => Ok(listing),
        };
        let rows = match listing {
            Ok(listing) => listing.into_rows(ask.limit as usize),
            Err(error) => return self.set_failure(ask.source, Some(error.into())),
        };
        match (ask.source, &mut self.contacts, &mut self.employees) {
            (Source::Contacts, Some(contacts), _) => contacts.take(ask, rows),
            (Source::Employees, _, Some(employees)) => employees.take(ask, rows),
            _ => {}
        }
    }

    /// Learns from the failure of a request for these pages.
    fn fail(&mut self, asks: &[Ask], failed: &Failed) {
        let Some(Ask { source, .. }) = asks.first() else { return };
        let is_mixed = asks.iter().any(|ask| ask.source != *source);
        match failed.blame() {
            Blame::Everything => self.end_all(failed),
            blame if is_mixed => {
                self.is_apart = true;
                if blame == Blame::Size && !failed.was_answered() {
                    self.pace.halve(asks.len());
                }
            }
            Blame::Size if asks.len() > 1 => self.pace.halve(asks.len()),
            Blame::Calls if asks.len() > 1 => self.pace.refused(asks.len()),
            Blame::Size if !failed.was_answered() || self.pace.is_new() => self.end_all(failed),
            Blame::Size | Blame::Calls => {
                self.pace.refused_alone();
                self.set_failure(*source, Some(failed.clone()));
            }
        }
    }

    fn set_failure(&mut self, source: Source, failed: Option<Failed>) {
        if let Some(part) = self.part_mut(source) {
            part.failure = failed;
        }
    }

    fn end_all(&mut self, failed: &Failed) {
        for &source in Source::ALL {
            if !self.ask_of(source, 1).is_empty() {
                self.set_failure(source, Some(failed.clone()));
            }
        }
    }

    /// True if there is nothing more to ask for.
    pub(super) fn is_over(&self) -> bool {
        self.ask().is_empty()
    }

    /// Forgets failures: the next step asks for the same pages again.
    pub(super) fn retry(&mut self) {
        for &source in Source::ALL {
            self.set_failure(source, None);
        }
    }

    /// True if the portal answers single pages but no batch.
    pub(super) fn has_no_batch(&self) -> bool {
        self.pace.has_no_batch()
    }

    /// Why a source ended before its list did; `None` if it did not.
    pub(super) fn failure(&self, source: Source) -> Option<&Failed> {
        self.part(source)?.failure.as_ref()
    }

    /// True if everybody of a source has come who is wanted and was there all the time.
    pub(super) fn is_whole(&self, source: Source) -> bool {
        match source {
            Source::Contacts => self.contacts.as_ref().is_some_and(ContactPages::is_whole),
            Source::Employees => self.employees.as_ref().is_some_and(EmployeePages::is_whole),
        }
    }

    /// The id down to which every contact has come, from the newest on: a known one above it that did not come is
    /// deleted. `None` before the first page.
    pub(super) fn covered_to(&self) -> Option<u64> {
        self.contacts.as_ref()?.covered_to()
    }

    /// Where a list was given up though more may follow, since pages brought nothing new; `None` if it was not.
    pub(super) fn stopped_at(&self, source: Source) -> Option<u64> {
        self.part(source)?.stopped_at
    }

    /// Takes out what came of a source since this was last called: repairs bring older rows late.
    pub(super) fn drain(&mut self, source: Source) -> Vec<Contact> {
        self.part_mut(source)
            .map(|part| std::mem::take(&mut part.contacts))
            .unwrap_or_default()
    }

    /// What came of a source and was not taken out yet, highest id first.
    pub(super) fn sorted(&self, source: Source) -> Vec<Contact> {
        let mut contacts = self.part(source).map(|part| part.contacts.clone()).unwrap_or_default();
        contacts.sort_unstable_by_key(|contact| std::cmp::Reverse(contact.id));
        contacts
    }

    /// Different contacts or employees so far.
    pub(super) fn total(&self, source: Source) -> usize {
        self.part(source).map_or(0, |part| part.seen.len())
    }

    /// What can be made out of the first rows that could not be read.
    pub(super) fn unreadable(&self, source: Source) -> &[Contact] {
        self.part(source).map_or(&[], |part| &part.unreadable)
    }

    /// Rows that could not be read; a list that changes meanwhile may show one twice.
    pub(super) fn unreadable_count(&self, source: Source) -> u32 {
        self.part(source)
            .map_or(0, |part| u32::try_from(part.damaged.len()).unwrap_or(u32::MAX))
    }

    /// Time of the portal for what came so far.
    pub(super) fn cost(&self) -> Duration {
        self.cost
    }
}
