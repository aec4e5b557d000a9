//! Reads whole lists, of contacts, employees or both, in batches of pages.
//!
//! [`Reader`] decides, without clock and network, which pages come next; [`Batch`] is one request for several pages. A
//! reading can be interrupted at any time and continued later, since the reader keeps every page that was read.
//!
//! | file | decides |
//! |---|---|
//! | `contacts` | which pages of contacts are missing, by the ids that were read |
//! | `employees` | which pages of employees are missing |
//! | `pace` | how many pages a batch has |
//! | `received` | whether the pages still have new rows |
//!
//! | a batch failed | then |
//! |---|---|
//! | because of the credentials or a limit | the reading of every source ends |
//! | with pages of both sources, one of which may be to blame | each source gets batches of its own from then on |
//! | with several pages: transient, timeout, or reply too large | batches have half as many pages, down to one |
//! | with several pages: refused, after a batch had succeeded | the same |
//! | with several pages: refused, before that | a single page is tried; if it succeeds, the portal has no batch |
//! | with a single page: no reply | the reading of every source ends |
//! | with a single page: transient or reply too large, before any success | the same |
//! | with a single page: any other failure | the reading of that source ends |

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

/// The fewest rows of a page: pages of one row could not overlap.
const MIN_ROWS: u32 = 2;

/// The state of a reading: the rows read so far, and the pages that come next.
#[derive(Debug)]
pub(super) struct Reader {
    contacts: Option<ContactPages>,
    employees: Option<EmployeePages>,
    pace: Pace,
    /// True if each batch has pages of one source only.
    is_apart: bool,
    /// True if a portal without batch is read page by page, even while the portal client is busy.
    is_patient: bool,
    /// How long the portal has worked for the reading so far.
    cost: Duration,
}

/// One request of a reading, for several pages.
#[derive(Debug)]
pub(super) struct Batch {
    requests: Vec<PageRequest>,
    calls: Vec<Call>,
}

/// The portal's reply to a [`Batch`].
#[derive(Debug)]
pub(super) struct BatchReply {
    requests: Vec<PageRequest>,
    /// A listing for each page, and the time that the portal worked.
    listings: Result<(Vec<Listing>, Duration), Failed>,
}

impl BatchReply {
    /// Why the batch failed; `None` if it succeeded.
    pub(super) fn failure(&self) -> Option<&Failed> {
        self.listings.as_ref().err()
    }
}

impl Batch {
    /// Sends the batch. `arrival` is its place in the queue of the rate limiter.
    pub(super) async fn read(self, portal: &Portal, arrival: Arrival) -> BatchReply {
        BatchReply {
            requests: self.requests,
            listings: portal.call_all(arrival, &self.calls).await,
        }
    }
}

impl Reader {
    /// A reading of the newest `most` contacts and of all employees.
    pub(super) fn of_book(most: usize) -> Self {
        Self {
            employees: Some(EmployeePages::new(Query::everybody(Source::Employees))),
            ..Self::until(0, most)
        }
    }

    /// A reading of the newest `most` contacts, down to the id `known`; no employees.
    pub(super) fn until(known: u64, most: usize) -> Self {
        let contacts = ContactPages::new(Query::everybody(Source::Contacts), known, most);
        Self::new(Some(contacts), None, false)
    }

    /// A reading of all rows that match `query`, from its offset on. The reading continues however long it has to wait
    /// for the rate limit.
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

    /// The next pages of a source, `most` at most.
    fn next_pages_of(&self, source: Source, most: usize) -> Vec<PageRequest> {
        let requests = match source {
            Source::Contacts => self.contacts.as_ref().map(|contacts| contacts.next_pages(most)),
            Source::Employees => self.employees.as_ref().map(|employees| employees.next_pages(most)),
        };
        requests.unwrap_or_default()
    }

    /// The pages of the next batch; none at the end.
    fn next_pages(&self) -> Vec<PageRequest> {
        let (pages, is_new) = (self.pace.pages(), self.pace.is_new());
        let mut requests = self.next_pages_of(Source::Contacts, pages);
        let mut employees = self.next_pages_of(Source::Employees, pages);
        if requests.is_empty() || employees.is_empty() {
            requests.append(&mut employees);
        } else if self.is_apart || pages == 1 {
            // Contacts first, to see whether the portal answers at all; then employees.
            return if is_new { requests } else { employees };
        } else {
            // The first batch has one page of employees beside its five pages of contacts.
            let room = pages + usize::from(is_new);
            employees.truncate((room / 2).max(1));
            requests.truncate(room - employees.len());
            requests.append(&mut employees);
        }
        requests
    }

    /// The next batch; `None` at the end. Also `None` if the portal has no batch and is busy: single pages would take
    /// the places of other calls in the rate limit.
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

    /// Adds the pages of a reply, or decides by its failure how to continue.
    pub(super) fn take_reply(&mut self, reply: BatchReply) {
        let BatchReply { requests, listings } = reply;
        match listings {
            Ok((listings, took)) => {
                self.pace.succeeded(requests.len(), took);
                self.cost += took;
                for (request, listing) in requests.iter().zip(listings) {
                    self.add_page(request, listing);
                }
            }
            Err(failed) => {
                tracing::info!(
                    pages = requests.len(),
                    error.code = failed.error.code(),
                    http.status = failed.error.http_status(),
                    "a batch of the reading failed"
                );
                self.fail(&requests, &failed);
            }
        }
    }

    /// Adds a page. Rows of another shape are a failure only on the first page of a list, since damaged rows may fill a
    /// later page.
    fn add_page(&mut self, request: &PageRequest, listing: Listing) {
        let listing = match request.offset {
            0 => listing.checked(),
            _ => Ok(listing),
        };
        let rows = match listing {
            Ok(listing) => listing.into_rows(request.limit as usize),
            Err(error) => return self.set_failure(request.source, Some(error.into())),
        };
        match (request.source, &mut self.contacts, &mut self.employees) {
            (Source::Contacts, Some(contacts), _) => contacts.add_page(request, rows),
            (Source::Employees, _, Some(employees)) => employees.add_page(request, rows),
            _ => {}
        }
    }

    /// Decides how to continue after a batch of these pages has failed; see the table at the top.
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

    /// True if there are no more pages to request.
    pub(super) fn is_over(&self) -> bool {
        self.next_pages().is_empty()
    }

    /// Clears the failures, so that the next batch requests the same pages again.
    pub(super) fn retry(&mut self) {
        for &source in Source::ALL {
            self.set_failure(source, None);
        }
    }

    /// True if the portal answers single pages but no batch.
    pub(super) fn has_no_batch(&self) -> bool {
        self.pace.has_no_batch()
    }

    /// Why the reading of a source ended before the end of its list; `None` if it did not.
    pub(super) fn failure(&self, source: Source) -> Option<&Failed> {
        self.received(source)?.failure.as_ref()
    }

    /// True if every wanted row of a source was read that was in the list during the whole reading.
    pub(super) fn is_whole(&self, source: Source) -> bool {
        match source {
            Source::Contacts => self.contacts.as_ref().is_some_and(ContactPages::is_whole),
            Source::Employees => self.employees.as_ref().is_some_and(EmployeePages::is_whole),
        }
    }

    /// The id down to which every contact was read, from the newest on; `None` before the first page. A contact of an
    /// older book above this id that was not read was deleted.
    pub(super) fn covered_to(&self) -> Option<u64> {
        self.contacts.as_ref()?.covered_to()
    }

    /// The offset at which the reading of a list was given up, since its pages had no new rows; `None` if it was not.
    pub(super) fn stopped_at(&self, source: Source) -> Option<u64> {
        self.received(source)?.stopped_at
    }

    /// Takes out the contacts that were read since the last call. They are not sorted: pages that close a gap come
    /// late.
    pub(super) fn drain_contacts(&mut self, source: Source) -> Vec<Contact> {
        self.received_mut(source)
            .map(|received| std::mem::take(&mut received.contacts))
            .unwrap_or_default()
    }

    /// A copy of the contacts that were read and not taken out, highest id first.
    pub(super) fn sorted(&self, source: Source) -> Vec<Contact> {
        let mut contacts = self
            .received(source)
            .map(|received| received.contacts.clone())
            .unwrap_or_default();
        contacts.sort_unstable_by_key(|contact| std::cmp::Reverse(contact.id));
        contacts
    }

    /// How many different contacts or employees were read so far.
    pub(super) fn total(&self, source: Source) -> usize {
        self.received(source).map_or(0, |received| received.seen.len())
    }

    /// The readable parts of the first rows that could not be read.
    pub(super) fn unreadable(&self, source: Source) -> &[Contact] {
        self.received(source).map_or(&[], |received| &received.unreadable)
    }

    /// How many rows could not be read; a row may count twice if the list changed meanwhile.
    pub(super) fn unreadable_count(&self, source: Source) -> u32 {
        self.received(source)
            .map_or(0, |received| u32::try_from(received.damaged.len()).unwrap_or(u32::MAX))
    }

    /// How long the portal has worked for the reading so far.
    pub(super) fn cost(&self) -> Duration {
        self.cost
    }
}
