//! Walks the whole list of contacts, page after page.
//!
//! The portal has no cursor: pages are counted from the newest contact, so one that arrives during the walk moves all
//! others on, and one that is deleted hides its neighbour. Repeats are dropped by id. A full page of nothing but known
//! contacts ends the walk, for the portal ignores the offset; one without any contact that can be read does not. See <https://apidocs.bitrix24.com/api-reference/mail/recipient/mail-recipient-listcontacts.html>.

use std::collections::HashSet;

use tokio_util::sync::CancellationToken;

use super::{AddressBook, Contact, Error, Query};

/// A walk under way.
#[derive(Debug)]
pub struct Walk<'a> {
    book: &'a AddressBook,
    /// The next page; `None` at the end.
    next: Option<Query>,
    seen: HashSet<u64>,
    unreadable: u32,
    /// Pages in a row with known contacts alone, beside rows that could not be read.
    repeated: u32,
    /// Pages in a row without a contact that could be read.
    damaged: u32,
    stopped_at: Option<u64>,
}

/// So many pages with known contacts alone say that the portal ignores the offset, though other rows of them cannot be
/// read.
const MAX_REPEATED: u32 = 3;
/// 100,000 damaged rows in a row, at 200 a page: some minutes at the portal's rate of requests.
const MAX_DAMAGED: u32 = 500;

/// One step of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Contacts that no earlier step brought.
    pub contacts: Vec<Contact>,
    /// Different contacts so far.
    pub total: usize,
}

impl AddressBook {
    /// Starts to walk all contacts that match `query`, from its offset on.
    pub fn walk(&self, query: &Query) -> Walk<'_> {
        Walk {
            book: self,
            next: Some(query.clone()),
            seen: HashSet::new(),
            unreadable: 0,
            repeated: 0,
            damaged: 0,
            stopped_at: None,
        }
    }
}

impl Walk<'_> {
    /// Different contacts so far.
    pub fn total(&self) -> usize {
        self.seen.len()
    }

    /// Rows so far that could not be read.
    pub fn unreadable(&self) -> u32 {
        self.unreadable
    }

    /// Where the walk was given up though more may follow; `None` if it was not.
    pub fn stopped_at(&self) -> Option<u64> {
        self.stopped_at
    }

    /// The next contacts; `None` when all have been brought. After a failure the same step can be taken again.
    ///
    /// # Errors
    /// Those of [`AddressBook::list`]; cancelling gives one too.
    pub async fn step(&mut self, cancellation: &CancellationToken) -> Result<Option<Step>, Error> {
        let Some(query) = &self.next else { return Ok(None) };
        // Not by way of the cache: pages of different moments do not fit together.
        let found = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(Error::cancelled()),
            found = self.book.asked(self.book.person()?, query) => found?,
        };
        let has_readable = !found.contacts.is_empty();
        let contacts: Vec<Contact> = found
            .contacts
            .into_iter()
            .filter(|contact| self.seen.insert(contact.id))
            .collect();
        self.unreadable = self.unreadable.saturating_add(found.page.unreadable);
        let may_go_on = match (contacts.is_empty(), has_readable) {
            (false, _) => {
                (self.repeated, self.damaged) = (0, 0);
                true
            }
            (true, true) => {
                self.repeated += 1;
                found.page.unreadable > 0 && self.repeated < MAX_REPEATED
            }
            (true, false) => {
                self.damaged += 1;
                self.damaged < MAX_DAMAGED
            }
        };
        self.stopped_at = found.page.next_offset.filter(|_| !may_go_on);
        let goes_on = found.page.next_offset.filter(|_| may_go_on);
        self.next = goes_on.map(|offset| query.at_offset(offset));
        Ok(Some(Step {
            contacts,
            total: self.seen.len(),
        }))
    }
}
