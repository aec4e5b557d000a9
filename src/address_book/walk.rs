//! Walks the whole list of contacts, page after page.
//!
//! The portal has no cursor: pages are counted from the newest contact, so one that arrives during the walk moves all
//! others on, and one that is deleted hides its neighbour. Repeats are dropped by id; a page that brings nothing new
//! ends the walk, unless rows of it could not be read. See <https://apidocs.bitrix24.com/api-reference/mail/recipient/mail-recipient-listcontacts.html>.

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
    /// Pages in a row that brought nothing new but rows that could not be read.
    in_vain: u32,
}

/// Of so many pages in a row no portal has a single row that can be read; one that ignores the offset sends more.
const MAX_IN_VAIN: u32 = 3;

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
            in_vain: 0,
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
            found = self.book.asked(self.book.identity()?, query) => found?,
        };
        let contacts: Vec<Contact> = found
            .contacts
            .into_iter()
            .filter(|contact| self.seen.insert(contact.id))
            .collect();
        self.unreadable = self.unreadable.saturating_add(found.page.unreadable);
        self.in_vain = if contacts.is_empty() { self.in_vain + 1 } else { 0 };
        let may_go_on = self.in_vain == 0 || (found.page.unreadable > 0 && self.in_vain < MAX_IN_VAIN);
        let goes_on = found.page.next_offset.filter(|_| may_go_on);
        self.next = goes_on.map(|offset| query.at_offset(offset));
        Ok(Some(Step {
            contacts,
            total: self.seen.len(),
        }))
    }
}
