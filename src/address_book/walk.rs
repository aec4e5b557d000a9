//! Walks a whole list, and brings contacts as they come.
//!
//! The [`Reader`] decides what is asked. Contacts come newest first, but for those that others' deletion hid: they come
//! late. See <https://apidocs.bitrix24.com/api-reference/mail/recipient/mail-recipient-listcontacts.html>.

use tokio_util::sync::CancellationToken;

use super::books::Books;
use super::contact::{Contact, Source};
use super::error::Error;
use super::page::add_cautions;
use super::query::Query;
use super::reader::Reader;
use crate::portal::{Failed, Portal};

/// A walk under way.
#[derive(Debug)]
pub struct Walk<'a> {
    portal: &'a Portal,
    books: &'a Books,
    source: Source,
    reader: Reader,
    has_begun: bool,
}

/// One step of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Contacts that no earlier step brought.
    pub contacts: Vec<Contact>,
    /// Different contacts so far.
    pub total: usize,
}

impl<'a> Walk<'a> {
    /// As [`AddressBook::walk`](super::AddressBook::walk).
    pub(super) fn new(portal: &'a Portal, books: &'a Books, query: &Query) -> Self {
        Self {
            portal,
            books,
            source: query.source(),
            reader: Reader::of_all(query),
            has_begun: false,
        }
    }

    /// Different contacts so far.
    pub fn total(&self) -> usize {
        self.reader.total(self.source)
    }

    /// Rows so far that could not be read.
    pub fn unreadable(&self) -> u32 {
        self.reader.unreadable_count(self.source)
    }

    /// True if everybody has come. Employees come in no order, so pages of them may repeat some and skip others.
    pub fn is_whole(&self) -> bool {
        self.reader.is_whole(self.source)
    }

    /// Where the walk was given up though more may follow; `None` if it was not.
    pub fn stopped_at(&self) -> Option<u64> {
        self.reader.stopped_at(self.source)
    }

    /// The next contacts, none at first if there are none at all; `None` when all have been brought. After a failure the
    /// same step can be taken again.
    ///
    /// # Errors
    /// Those of [`AddressBook::list`]; cancelling gives one too.
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
        let book = self.books.kept(person);
        add_cautions(&mut contacts, book.as_deref());
        Ok(Some(Step {
            contacts,
            total: self.total(),
        }))
    }

    /// Reads until somebody new comes; nobody does at the end.
    async fn read(&mut self) -> Result<Vec<Contact>, Error> {
        // The place in the queue is that of each request: a long walk lets others by.
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
