//! Which pages of employees are asked for. Pure.
//!
//! They come in no order, so pages do not overlap, and nothing shows a gap. If all rows have different ids, they are
//! everybody; else all are read once more.

use std::collections::HashSet;

use super::{Ask, Kept, MAX_DAMAGED, MAX_REPEATED, Why};
use crate::address_book::page::Rows;
use crate::address_book::{Query, Source};

/// Times that employees are read because rows repeated.
const MAX_PASSES: u32 = 2;
/// Pages that are asked for after a first full one.
const NEXT: u64 = 4;

/// How far employees are read.
#[derive(Debug)]
pub(super) struct EmployeePages {
    pub(super) query: Query,
    pub(super) kept: Kept,
    /// The number of this reading of all of them.
    pass: u32,
    /// Rows before the next page.
    next: u64,
    /// Ids and rows of this pass.
    ids: HashSet<u64>,
    rows: usize,
    repeated: u32,
    damaged: u32,
    is_over: bool,
    is_whole: bool,
    stopped_at: Option<u64>,
}

impl EmployeePages {
    pub(super) fn new(query: Query) -> Self {
        Self {
            next: query.offset(),
            query,
            kept: Kept::default(),
            pass: 1,
            ids: HashSet::new(),
            rows: 0,
            repeated: 0,
            damaged: 0,
            is_over: false,
            is_whole: false,
            stopped_at: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    pub(super) fn stopped_at(&self) -> Option<u64> {
        self.stopped_at
    }

    /// The next pages, `most` of them at most.
    pub(super) fn ask(&self, most: usize) -> Vec<Ask> {
        if self.is_over {
            return Vec::new();
        }
        let limit = u64::from(self.query.limit());
        let read = self.next.saturating_sub(self.query.offset()) / limit;
        let wanted = match (self.pass, read) {
            (1, 0) => 1,
            // As many as there were, and one that shows the end.
            (2.., 0) => self.kept.seen.len() as u64 / limit + 1,
            _ => NEXT.max(read),
        };
        (0..wanted)
            .take(most)
            .map(|page| Ask {
                source: Source::Employees,
                offset: self.next.saturating_add(page * limit),
                limit: self.query.limit(),
                why: Why::Next,
            })
            .collect()
    }

    /// Takes a page.
    pub(super) fn take(&mut self, ask: &Ask, rows: Rows) {
        let Rows {
            contacts,
            unreadable,
            are_full,
            ..
        } = rows;
        // Behind a short page in one request there is nothing that counts.
        if self.is_over || ask.offset != self.next {
            self.kept.add(contacts);
            return;
        }
        let has_readable = !contacts.is_empty();
        let known = self.ids.len();
        self.rows += contacts.len();
        self.ids.extend(contacts.iter().map(|contact| contact.id));
        let has_new = self.ids.len() > known;
        if self.pass == 1 {
            self.kept.damaged(unreadable);
        }
        self.kept.add(contacts);
        self.next = ask.offset.saturating_add(u64::from(ask.limit));
        if !are_full {
            self.end_pass();
            return;
        }
        match (has_new, has_readable) {
            (true, _) => (self.repeated, self.damaged) = (0, 0),
            (false, true) => self.repeated += 1,
            (false, false) => self.damaged += 1,
        }
        if self.repeated >= MAX_REPEATED || self.damaged >= MAX_DAMAGED {
            self.stopped_at = Some(self.next);
            self.is_over = true;
        }
    }

    fn end_pass(&mut self) {
        self.is_whole = self.ids.len() == self.rows;
        if self.is_whole || self.pass >= MAX_PASSES {
            self.is_over = true;
            return;
        }
        self.pass += 1;
        self.next = self.query.offset();
        self.ids.clear();
        (self.rows, self.repeated, self.damaged) = (0, 0, 0);
    }
}
