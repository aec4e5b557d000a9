//! Which pages of employees are asked for. Pure.
//!
//! They come in no order, so pages do not overlap, and nothing shows a gap. If there are as many rows as different ids,
//! they are everybody; else all are read once more.

use super::{Ask, Part};
use crate::address_book::page::Rows;
use crate::address_book::{Query, Source};

/// Times that employees are read because rows repeated.
const MAX_PASSES: u32 = 2;
/// Pages that are asked for after a first full one.
const NEXT: u64 = 4;

/// How far employees are read.
#[derive(Debug)]
pub(super) struct EmployeePages {
    pub(super) part: Part,
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
            part: Part::new(query),
            pass: 1,
            rows: 0,
            is_over: false,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_over && self.rows == self.part.seen.len()
    }

    /// The next pages, `most` of them at most.
    pub(super) fn ask(&self, most: usize) -> Vec<Ask> {
        if self.is_over || self.part.has_ended() {
            return Vec::new();
        }
        let limit = u64::from(self.part.query.limit());
        let read = self.next.saturating_sub(self.part.query.offset()) / limit;
        let wanted = match self.pass {
            1 if read > 0 => NEXT.max(read),
            // As many as there were, and one that shows the end.
            _ => self.part.seen.len() as u64 / limit + 1,
        };
        (0..wanted)
            .take(most)
            .map(|page| Ask {
                source: Source::Employees,
                offset: self.next.saturating_add(page * limit),
                limit: self.part.query.limit(),
                below: None,
            })
            .collect()
    }

    /// Takes a page.
    pub(super) fn take(&mut self, ask: &Ask, rows: Rows) {
        // Behind a short page in one request there is nothing that counts.
        let is_next = !self.is_over && ask.offset == self.next;
        let (count, are_full) = (rows.ids().count(), rows.are_full);
        self.part.add(ask, rows, is_next && are_full);
        if !is_next {
            return;
        }
        self.rows += count;
        self.next = ask.offset.saturating_add(u64::from(ask.limit));
        if !are_full {
            self.is_over = self.rows == self.part.seen.len() || self.pass >= MAX_PASSES;
            if !self.is_over {
                self.pass += 1;
                (self.next, self.rows) = (self.part.query.offset(), 0);
            }
        }
    }
}
