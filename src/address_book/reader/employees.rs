//! Which pages of employees are requested. Pure.
//!
//! Employees come in no order, so pages are not made to overlap, and a gap cannot be noticed. If a pass over the list
//! has as many rows as different ids, the pass has all employees. Otherwise the list is read once more.

use super::page_request::PageRequest;
use super::received::Received;
use crate::address_book::contact::Source;
use crate::address_book::listing::Rows;
use crate::address_book::query::Query;

/// The most passes over the list, if rows repeat.
const MAX_PASSES: u32 = 2;
/// The fewest pages that are wanted after a first full page.
const NEXT: u64 = 4;

/// How far the employees were read.
#[derive(Debug)]
pub(super) struct EmployeePages {
    pub(super) received: Received,
    /// The number of the current pass over the list, from 1.
    pass: u32,
    /// The offset of the next page.
    next: u64,
    /// Readable rows of the current pass.
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

    /// The next pages, `most` at most.
    pub(super) fn next_pages(&self, most: usize) -> Vec<PageRequest> {
        if self.is_over || self.received.has_ended() {
            return Vec::new();
        }
        let limit = u64::from(self.received.query.limit());
        let read = self.next.saturating_sub(self.received.query.offset()) / limit;
        let wanted = match self.pass {
            1 if read > 0 => NEXT.max(read),
            // As many pages as there were in the first pass, and one that shows the end.
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

    /// Adds the rows of a page.
    pub(super) fn add_page(&mut self, request: &PageRequest, rows: Rows) {
        // Pages of the same batch behind a short page are past the end and do not count.
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
