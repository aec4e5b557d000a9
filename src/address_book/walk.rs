//! Walks a whole list and returns its contacts step by step, as they are read.
//!
//! The [`Reader`] decides which pages are requested. Contacts come newest first, except those that a page missed
//! because rows before them were deleted meanwhile: these come when the gap is read. See
//! <https://apidocs.bitrix24.com/api-reference/mail/recipient/mail-recipient-listcontacts.html>.

use tokio_util::sync::CancellationToken;

use super::books::Books;
use super::contact::{Contact, Source};
use super::error::Error;
use super::page::add_cautions;
use super::query::Query;
use super::reader::Reader;
use crate::portal::{Failed, Portal};

/// A walk that has begun: the reading of one list, returned in steps.
#[derive(Debug)]
pub struct Walk<'a> {
    portal: &'a Portal,
    books: &'a Books,
    source: Source,
    reader: Reader,
    has_begun: bool,
}

/// The new contacts of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Contacts that no earlier step returned.
    pub contacts: Vec<Contact>,
    /// How many different contacts all steps have returned so far.
    pub total: usize,
}

impl<'a> Walk<'a> {
    /// Begins the walk that [`AddressBook::walk`](super::AddressBook::walk) returns.
    pub(super) fn new(portal: &'a Portal, books: &'a Books, query: &Query) -> Self {
        Self {
            portal,
            books,
            source: query.source(),
            reader: Reader::of_all(query),
            has_begun: false,
        }
    }

    /// How many different contacts were read so far.
    pub fn total(&self) -> usize {
        self.reader.total(self.source)
    }

    /// How many rows so far could not be read.
    pub fn unreadable(&self) -> u32 {
        self.reader.unreadable_count(self.source)
    }

    /// True if the whole list was read. Employees come in no order, so their pages may repeat some and skip others.
    pub fn is_whole(&self) -> bool {
        self.reader.is_whole(self.source)
    }

    /// The offset at which the walk was given up although more rows may follow; `None` if it was not given up.
    pub fn stopped_at(&self) -> Option<u64> {
        self.reader.stopped_at(self.source)
    }

    /// Returns the next contacts; `None` at the end of the list. The first step of an empty list returns no contacts.
    /// After a failure the next call tries the same step again.
    ///
    /// # Errors
    /// Those of [`AddressBook::list`](super::AddressBook::list), and an error when the caller cancels.
    pub async fn step(&mut self, cancellation: &CancellationToken) -> Result<Option<Step>, Error> {
        let mut contacts = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(Error::cancelled()),
            contacts = self.read() => contacts?,
        };
        if std::mem::replace(&mut self.has_begun, true) && contacts.is_empty() {
            return Ok(None);
        }
        let person = self.portal.person().map_err(Failed::from)?;
        let book = self.books.index_in_memory(&person);
        add_cautions(&mut contacts, book.as_deref());
        Ok(Some(Step {
            contacts,
            total: self.total(),
        }))
    }

    /// Reads until a page has new contacts; returns none at the end of the list.
    async fn read(&mut self) -> Result<Vec<Contact>, Error> {
        // Each batch queues at the rate limiter again, so that other callers get their turn during a long walk.
        loop {
            let Some(batch) = self.reader.next_batch(self.portal) else {
                return Ok(Vec::new());
            };
            let reply = batch.read(self.portal, self.portal.arrive()).await;
            self.reader.take_reply(reply);
            let contacts = self.reader.drain_contacts(self.source);
            if !contacts.is_empty() {
                return Ok(contacts);
            }
            if let Some(failed) = self.reader.failure(self.source).cloned() {
                self.reader.retry();
                return Err(failed.into());
            }
        }
    }
}
