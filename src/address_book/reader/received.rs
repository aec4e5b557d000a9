//! The rows of one source that were received so far. Pure.

use std::collections::HashSet;

use super::page_request::PageRequest;
use crate::address_book::contact::Contact;
use crate::address_book::listing::Rows;
use crate::address_book::query::Query;
use crate::portal::Failed;

/// How many pages in a row may have no new row: 100,000 rows, some minutes at the portal's rate limit.
const MAX_IDLE: u32 = 500;
/// The weight of a page without a new row that begins like the page before. After three of these pages the reading
/// ends, since the portal ignores the offset.
const REPEATED: u32 = MAX_IDLE / 3 + 1;
/// The most unreadable rows that are kept.
const MAX_UNREADABLE: usize = 1_000;

/// The rows of one source that were received so far, and why their reading ended.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) query: Query,
    /// Every id that was received.
    pub(super) seen: HashSet<u64>,
    pub(super) contacts: Vec<Contact>,
    /// Offsets of rows that could not be read.
    pub(super) damaged: HashSet<u64>,
    /// The readable parts of the first [`MAX_UNREADABLE`] of these rows.
    pub(super) unreadable: Vec<Contact>,
    /// The first id of the last page.
    pub(super) first: Option<u64>,
    /// Counts pages in a row without a new row, up to [`MAX_IDLE`].
    pub(super) idle: u32,
    /// The offset at which the list was given up although more rows may follow; `None` if it was not given up.
    pub(super) stopped_at: Option<u64>,
    /// Why the reading ended before the end of the list; `None` if no request failed.
    pub(super) failure: Option<Failed>,
}

impl Received {
    pub(super) fn new(query: Query) -> Self {
        Self {
            query,
            seen: HashSet::new(),
            contacts: Vec::new(),
            damaged: HashSet::new(),
            unreadable: Vec::new(),
            first: None,
            idle: 0,
            stopped_at: None,
            failure: None,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.failure.is_some() || self.stopped_at.is_some()
    }

    /// Adds the new rows of a page. If too many pages have none although the list continues, the list is given up.
    pub(super) fn add(&mut self, request: &PageRequest, rows: Rows, continues: bool) {
        let (before, first) = (self.seen.len(), rows.ids().next());
        for (row, offset) in rows.rows.into_iter().zip(request.offset..) {
            match row {
                Ok(contact) if self.seen.insert(contact.id) => self.contacts.push(contact),
                Err(row) if self.damaged.insert(offset) && self.unreadable.len() < MAX_UNREADABLE => {
                    self.unreadable.push(row);
                }
                _ => {}
            }
        }
        if self.seen.len() > before {
            self.idle = 0;
        } else if continues {
            let is_repeated = first.is_some() && first == self.first;
            self.idle += if is_repeated { REPEATED } else { 1 };
            let end = request.offset.saturating_add(u64::from(request.limit));
            self.stopped_at = (self.idle >= MAX_IDLE).then_some(end);
        }
        if request.below.is_none() {
            self.first = first;
        }
    }
}
