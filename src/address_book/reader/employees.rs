//! Which pages of employees are asked for. Pure.
//!
//! They come in no order, so pages do not overlap, and nothing shows a gap. If there are as many rows as different ids,
//! they are everybody; else all are read once more.

use super::page_request::PageRequest;
use super::received::Received;
use crate::address_book::contact::Source;
use crate::address_book::listing::Rows;
use crate::address_book::query::Query;

/// Times that employees are read because rows repeated.
const MAX_PASSES: u32 = 2;
/// Pages that are asked for after a first full one.
const NEXT: u64 = 4;

/// How far employees are read.
#[derive(Debug)]
pub(super) struct EmployeePages {
    pub(super) received: Received,
    /// The number of this reading of all of them.
    pass: u32,
    /// Rows before the next page.
    next: u64,
    /// Rows of this pass that could be read.
    rows: usize,
    is_over: bool,
}

impl EmployeePages {
    pub(super) fn new(query: Query) -> Self {
        Self {
            next: query.offset(),
            received: Received::new(query),
            pass: 1,
            rows: 0,
            is_over: false,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_over && self.rows == self.received.seen.len()
    }

    /// The next pages, `most` of them at most.
    pub(super) fn next_pages(&self, most: usize) -> Vec<PageRequest> {
        if self.is_over || self.received.has_ended() {
            return Vec::new();
        }
        let limit = u64::from(self.received.query.limit());
        let read = self.next.saturating_sub(self.received.query.offset()) / limit;
        let wanted = match self.pass {
            1 if read > 0 => NEXT.max(read),
            // As many as there were, and one that shows the end.
            _ => self.received.seen.len() as u64 / limit + 1,
        };
        (0..wanted)
            .take(most)
            .map(|page| PageRequest {
                source: Source::Employees,
                offset: self.next.saturating_add(page * limit),
                limit: self.received.query.limit(),
                below: None,
            })
            .collect()
    }

    /// Takes a page.
    pub(super) fn take(&mut self, request: &PageRequest, rows: Rows) {
        // Behind a short page in one request there is nothing that counts.
        let is_next = !self.is_over && request.offset == self.next;
        let (count, are_full) = (rows.ids().count(), rows.are_full);
        self.received.add(request, rows, is_next && are_full);
        if !is_next {
            return;
        }
        self.rows += count;
        self.next = request.offset.saturating_add(u64::from(request.limit));
        if !are_full {
            self.is_over = self.rows == self.received.seen.len() || self.pass >= MAX_PASSES;
            if !self.is_over {
                self.pass += 1;
                (self.next, self.rows) = (self.received.query.offset(), 0);
            }
        }
    }
}
