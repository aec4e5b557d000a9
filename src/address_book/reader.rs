//! Reads whole lists: contacts, employees or both, by batches of pages.
//!
//! [`Reader`] decides without clock and network what is asked next; [`Batch`] is the request. A reading may be left at any
//! time and be continued: whole pages that have come stay.
//!
//! | file | decides |
//! |---|---|
//! | `contacts` | which pages of contacts are missing, by the ids that they cover |
//! | `employees` | which pages of employees are missing |
//! | `pace` | how many pages a request has |
//! | `received` | whether a page had anything new |
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
mod page_request;
mod received;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::contact::{Contact, Source};
use super::listing::Listing;
use super::query::Query;
use crate::portal::{Arrival, Blame, Call, Failed, Method, Portal};
use contacts::ContactPages;
use employees::EmployeePages;
use pace::Pace;
use page_request::PageRequest;
use received::Received;

/// With fewer rows no page could overlap the next.
const MIN_ROWS: u32 = 2;

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
pub(super) struct Batch {
    requests: Vec<PageRequest>,
    calls: Vec<Call>,
}

/// What came of such a request.
#[derive(Debug)]
pub(super) struct BatchReply {
    requests: Vec<PageRequest>,
    /// With the time that the portal took.
    listings: Result<(Vec<Listing>, Duration), Failed>,
}

impl BatchReply {
    /// Why the request failed, if it did.
    pub(super) fn failure(&self) -> Option<&Failed> {
        self.listings.as_ref().err()
    }
}

impl Batch {
    /// Asks the portal for them.
    pub(super) async fn read(self, portal: &Portal, arrival: Arrival) -> BatchReply {
        BatchReply {
            requests: self.requests,
            listings: portal.all_or_none(arrival, &self.calls).await,
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

    fn received(&self, source: Source) -> Option<&Received> {
        match source {
            Source::Contacts => self.contacts.as_ref().map(|contacts| &contacts.received),
            Source::Employees => self.employees.as_ref().map(|employees| &employees.received),
        }
    }

    fn received_mut(&mut self, source: Source) -> Option<&mut Received> {
        match source {
            Source::Contacts => self.contacts.as_mut().map(|contacts| &mut contacts.received),
            Source::Employees => self.employees.as_mut().map(|employees| &mut employees.received),
        }
    }

    /// The next `most` pages of a source at most.
    fn next_pages_of(&self, source: Source, most: usize) -> Vec<PageRequest> {
        let requests = match source {
            Source::Contacts => self.contacts.as_ref().map(|contacts| contacts.next_pages(most)),
            Source::Employees => self.employees.as_ref().map(|employees| employees.next_pages(most)),
        };
        requests.unwrap_or_default()
    }

    /// The pages of the next request; none at the end.
    fn next_pages(&self) -> Vec<PageRequest> {
        let (pages, is_new) = (self.pace.pages(), self.pace.is_new());
        let mut requests = self.next_pages_of(Source::Contacts, pages);
        let mut employees = self.next_pages_of(Source::Employees, pages);
        if requests.is_empty() || employees.is_empty() {
            requests.append(&mut employees);
        } else if self.is_apart || pages == 1 {
            // Employees as soon as it is known that the portal answers at all.
            return if is_new { requests } else { employees };
        } else {
            // Beside the five pages of contacts in the first request.
            let room = pages + usize::from(is_new);
            employees.truncate((room / 2).max(1));
            requests.truncate(room - employees.len());
            requests.append(&mut employees);
        }
        requests
    }

    /// The pages to ask for next; `None` at the end, and where the portal has no batch and single pages would take what
    /// its limit has for others.
    pub(super) fn next_batch(&self, portal: &Portal) -> Option<Batch> {
        let requests = self.next_pages();
        let call = |request: &PageRequest| {
            Some(Call {
                method: request.source.method(),
                parameters: self.received(request.source)?.query.parameters_at(request.offset),
            })
        };
        let calls: Vec<Call> = requests.iter().filter_map(call).collect();
        let may_go_on = !self.pace.has_no_batch() || self.is_patient || portal.is_idle(Method::ListContacts);
        (may_go_on && !calls.is_empty()).then_some(Batch { requests, calls })
    }

    /// Takes what a request has brought.
    pub(super) fn take_reply(&mut self, reply: BatchReply) {
        let BatchReply { requests, listings } = reply;
        match listings {
            Ok((listings, took)) => {
                self.pace.succeeded(requests.len(), took);
                self.cost += took;
                for (request, listing) in requests.iter().zip(listings) {
                    self.take_page(request, listing);
                }
            }
            Err(failed) => {
                tracing::info!(
                    pages = requests.len(),
                    error.code = failed.error.code(),
                    http.status = failed.error.http_status(),
                    "a request of the reading failed"
                );
                self.fail(&requests, &failed);
            }
        }
    }

    /// Takes a page. Only at the beginning of a list rows of another shape are a failure: damaged ones may fill a later
    /// page.
    fn take_page(&mut self, request: &PageRequest, listing: Listing) {
        let listing = match request.offset {
            0 => listing.checked(),
            _ => Ok(listing),
        };
        let rows = match listing {
            Ok(listing) => listing.into_rows(request.limit as usize),
            Err(error) => return self.set_failure(request.source, Some(error.into())),
        };
        match (request.source, &mut self.contacts, &mut self.employees) {
            (Source::Contacts, Some(contacts), _) => contacts.take(request, rows),
            (Source::Employees, _, Some(employees)) => employees.take(request, rows),
            _ => {}
        }
    }

    /// Learns from the failure of a request for these pages.
    fn fail(&mut self, requests: &[PageRequest], failed: &Failed) {
        let Some(PageRequest { source, .. }) = requests.first() else {
            return;
        };
        let is_mixed = requests.iter().any(|request| request.source != *source);
        match failed.blame() {
            Blame::Everything => self.end_all(failed),
            blame if is_mixed => {
                self.is_apart = true;
                if blame == Blame::Size && !failed.was_answered() {
                    self.pace.halve(requests.len());
                }
            }
            Blame::Size if requests.len() > 1 => self.pace.halve(requests.len()),
            Blame::Calls if requests.len() > 1 => self.pace.refused(requests.len()),
            Blame::Size if !failed.was_answered() || self.pace.is_new() => self.end_all(failed),
            Blame::Size | Blame::Calls => {
                self.pace.refused_alone();
                self.set_failure(*source, Some(failed.clone()));
            }
        }
    }

    fn set_failure(&mut self, source: Source, failed: Option<Failed>) {
        if let Some(received) = self.received_mut(source) {
            received.failure = failed;
        }
    }

    fn end_all(&mut self, failed: &Failed) {
        for &source in Source::ALL {
            if !self.next_pages_of(source, 1).is_empty() {
                self.set_failure(source, Some(failed.clone()));
            }
        }
    }

    /// True if there is nothing more to ask for.
    pub(super) fn is_over(&self) -> bool {
        self.next_pages().is_empty()
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
        self.received(source)?.failure.as_ref()
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
        self.received(source)?.stopped_at
    }

    /// Takes out what came of a source since this was last called: repairs bring older rows late.
    pub(super) fn drain_contacts(&mut self, source: Source) -> Vec<Contact> {
        self.received_mut(source)
            .map(|received| std::mem::take(&mut received.contacts))
            .unwrap_or_default()
    }

    /// What came of a source and was not taken out yet, highest id first.
    pub(super) fn sorted(&self, source: Source) -> Vec<Contact> {
        let mut contacts = self
            .received(source)
            .map(|received| received.contacts.clone())
            .unwrap_or_default();
        contacts.sort_unstable_by_key(|contact| std::cmp::Reverse(contact.id));
        contacts
    }

    /// Different contacts or employees so far.
    pub(super) fn total(&self, source: Source) -> usize {
        self.received(source).map_or(0, |received| received.seen.len())
    }

    /// What can be made out of the first rows that could not be read.
    pub(super) fn unreadable(&self, source: Source) -> &[Contact] {
        self.received(source).map_or(&[], |received| &received.unreadable)
    }

    /// Rows that could not be read; a list that changes meanwhile may show one twice.
    pub(super) fn unreadable_count(&self, source: Source) -> u32 {
        self.received(source)
            .map_or(0, |received| u32::try_from(received.damaged.len()).unwrap_or(u32::MAX))
    }

    /// Time of the portal for what came so far.
    pub(super) fn cost(&self) -> Duration {
        self.cost
    }
}
