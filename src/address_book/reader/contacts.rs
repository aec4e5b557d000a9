//! Which pages of contacts are requested, and which ids they cover. Pure.
//!
//! The list is ordered by id, newest first, and has no cursor. A new contact moves all others down by one row; a
//! deleted contact moves the rows behind it up. So each page begins with the last row of the page before. A page covers
//! every id from its first row down to its last, as the list was at that moment. Between two pages that touch, no row
//! was missed.
//!
//! | a page | then |
//! |---|---|
//! | touches the page before | the next page begins with its last row |
//! | does not touch the page before, since rows were deleted | pages below the gap are read upwards until it is closed |
//! | has only rows that were read already, since rows were inserted | the next page begins with its last row |
//! | is short | the list ends there |
//! | is empty, at the offset of the last row | that row was deleted: the next page begins 199 rows before |
//! | begins with an unreadable row, and the page before ended with one | the two pages touch |
//! | has ids that do not descend | the next page is found by counting rows, and the list is never whole |

use super::page_request::PageRequest;
use super::received::Received;
use crate::address_book::contact::Source;
use crate::address_book::listing::Rows;
use crate::address_book::query::Query;

/// The most pages that are read to close gaps. A list that gets new gaps all the time is never whole.
const MAX_REPAIRS: u32 = 1_000;

/// A range of ids that was read without a gap.
#[derive(Debug, Clone, Copy)]
struct Span {
    high: u64,
    /// The lowest id; 0 if the range reaches the end of the list.
    low: u64,
    /// The last known offset of the row with the highest id.
    top: u64,
}

/// How far the contacts were read.
#[derive(Debug)]
pub(super) struct ContactPages {
    pub(super) received: Received,
    /// The id down to which the contacts are wanted.
    until: u64,
    /// How many contacts are wanted: the newest.
    most: usize,
    /// The ranges that were read, highest first. No two of them touch.
    spans: Vec<Span>,
    /// The offset of the last row that was read: the next page begins with that row.
    next: u64,
    /// True if the row at `next` could not be read.
    is_next_unreadable: bool,
    /// False once a page had ids that do not descend.
    is_ordered: bool,
    /// How many pages were read to close gaps.
    repairs: u32,
}

impl ContactPages {
    pub(super) fn new(query: Query, until: u64, most: usize) -> Self {
        Self {
            next: query.offset(),
            received: Received::new(query),
            until,
            most,
            spans: Vec::new(),
            is_next_unreadable: false,
            is_ordered: true,
            repairs: 0,
        }
    }

    fn is_over(&self) -> bool {
        self.received.has_ended() || self.is_whole() || (self.is_front_over() && self.gap_pages(1).is_empty())
    }

    /// True if every wanted contact was read that was in the list during the whole reading.
    pub(super) fn is_whole(&self) -> bool {
        self.covered_to().is_some_and(|low| low <= self.until)
    }

    /// The id down to which every contact was read, from the newest on.
    pub(super) fn covered_to(&self) -> Option<u64> {
        let first = self.spans.first().filter(|span| span.high == u64::MAX);
        first.filter(|_| self.is_ordered).map(|span| span.low)
    }

    fn is_front_over(&self) -> bool {
        self.received.seen.len() >= self.most || self.spans.last().is_some_and(|span| span.low <= self.until)
    }

    /// Rows from the beginning of one page to the beginning of the next.
    fn step(&self) -> u64 {
        u64::from(self.received.query.limit()).saturating_sub(1).max(1)
    }

    /// The next pages, `most` at most: first those that close gaps, then those at the front of the reading.
    pub(super) fn next_pages(&self, most: usize) -> Vec<PageRequest> {
        if self.is_over() {
            return Vec::new();
        }
        let mut requests = self.gap_pages(most);
        if !self.is_front_over() {
            let step = self.step();
            let missing = (self.most.saturating_sub(self.received.seen.len()) as u64 / step).saturating_add(1);
            let pages = (0..missing).take(most.saturating_sub(requests.len()));
            requests.extend(pages.map(|page| self.request_at(self.next.saturating_add(page * step), None)));
        }
        requests
    }

    fn request_at(&self, offset: u64, below: Option<u64>) -> PageRequest {
        PageRequest {
            source: Source::Contacts,
            offset,
            limit: self.received.query.limit(),
            below,
        }
    }

    fn gap_pages(&self, most: usize) -> Vec<PageRequest> {
        if !self.is_ordered || self.repairs >= MAX_REPAIRS {
            return Vec::new();
        }
        let repair = |lower: &Span| self.request_at(lower.top.saturating_sub(self.step()), Some(lower.high));
        self.spans.iter().skip(1).take(most).map(repair).collect()
    }

    /// Adds the rows of a page.
    pub(super) fn add_page(&mut self, request: &PageRequest, rows: Rows) {
        if self.received.stopped_at.is_some() {
            return;
        }
        self.repairs += u32::from(request.below.is_some());
        let page = self.span_of(request, &rows);
        let end = request.offset.saturating_add(rows.rows.len().saturating_sub(1) as u64);
        match page {
            Some(page) => {
                let is_lowest = self.spans.last().is_none_or(|last| page.low <= last.low);
                if is_lowest || end > self.next {
                    (self.next, self.is_next_unreadable) = (end, rows.rows.last().is_some_and(Result::is_err));
                }
                self.merge(page);
            }
            None if request.below.is_none() => self.next = self.next.min(request.offset.saturating_sub(self.step())),
            None => {}
        }
        if let Some(below) = request.below {
            self.close_in(below, request.offset, page, end, &rows);
        }
        let is_front = request.below.is_none() && !self.is_front_over();
        self.received.add(request, rows, is_front);
    }

    /// The range of ids that a page covers; `None` if no readable row shows where the page belongs.
    fn span_of(&mut self, request: &PageRequest, rows: &Rows) -> Option<Span> {
        self.is_ordered &= rows.ids().is_sorted_by(|one, next| one >= next);
        let first = rows.ids().next();
        let begins_unreadable = rows.rows.first().is_some_and(Result::is_err);
        let follows =
            self.is_next_unreadable && begins_unreadable && request.below.is_none() && request.offset <= self.next;
        let high = match self.spans.last() {
            Some(_) if request.offset == 0 || !self.is_ordered => u64::MAX,
            None => u64::MAX,
            Some(above) if follows => above.low.max(first.unwrap_or_default()),
            Some(_) => first?,
        };
        let low = match (rows.are_full, self.is_ordered) {
            (false, _) => 0,
            (true, true) => rows.ids().next_back().unwrap_or(high),
            (true, false) => rows.ids().min().unwrap_or(high).max(1),
        };
        let leading = rows.rows.iter().take_while(|row| row.is_err()).count();
        Some(Span {
            high,
            low,
            top: request.offset.saturating_add(leading as u64),
        })
    }

    /// Merges the range of a page with those that it touches.
    fn merge(&mut self, page: Span) {
        let mut merged = page;
        // One pass is enough: no two of the other ranges touch, so each touches the page itself or stays apart.
        self.spans.retain(|span| {
            let touches = page.low.saturating_sub(1) <= span.high && span.low.saturating_sub(1) <= page.high;
            if touches {
                merged.low = merged.low.min(span.low);
                if span.high > merged.high {
                    (merged.high, merged.top) = (span.high, span.top);
                }
            }
            !touches
        });
        let place = self.spans.partition_point(|span| span.high > merged.high);
        self.spans.insert(place, merged);
    }

    /// After a page for the gap above the id `below`, if the gap is still open: sets the offset for the next try, or
    /// closes the gap if only unreadable rows are in it.
    fn close_in(&mut self, below: u64, offset: u64, page: Option<Span>, end: u64, rows: &Rows) {
        let step = self.step();
        let Some(place) = self.spans.iter().position(|span| span.high == below) else {
            return;
        };
        let Some([upper, lower]) = place.checked_sub(1).and_then(|above| self.spans.get_mut(above..=place)) else {
            return;
        };
        let begins_unreadable = rows.rows.first().is_some_and(Result::is_err);
        if page.is_some_and(|page| page.high > below) {
            // Rows were inserted.
            lower.top = lower.top.max(end.saturating_add(step));
        } else if begins_unreadable && page.is_none_or(|page| page.high == below) {
            upper.low = lower.low;
            self.spans.remove(place);
        } else {
            // Rows were deleted.
            lower.top = lower.top.min(offset);
        }
    }
}
