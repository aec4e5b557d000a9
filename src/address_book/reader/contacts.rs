//! Which pages of contacts are asked for, and what their rows say. Pure.
//!
//! The list is ordered by id, newest first, and has no cursor: a contact that comes moves all others down, one that goes
//! moves those behind it up. So each page begins with the last row of the one before. A page covers every id from its
//! first row's down to its last row's, as the list was at that moment, and two pages that touch have lost nothing between
//! them.
//!
//! | what came | then |
//! |---|---|
//! | a page that touches the one before | the next begins with its last row |
//! | a page that does not, since rows were deleted | the gap is read back from below it, until it is closed |
//! | a page of known rows, since others were inserted | the next begins with its last row |
//! | a short page | the list ends there |
//! | an empty page at the last row | it was deleted: 199 rows back |
//! | a page that begins with a row that cannot be read, after one that ended with such a row | they touch |
//! | ids that do not descend | rows are counted, and the list is not whole |

use super::page_request::PageRequest;
use super::received::Received;
use crate::address_book::contact::Source;
use crate::address_book::listing::Rows;
use crate::address_book::query::Query;

/// Pages that are read because of gaps; a portal that makes new ones all the time has no whole list.
const MAX_REPAIRS: u32 = 1_000;

/// Ids that are read without a gap.
#[derive(Debug, Clone, Copy)]
struct Span {
    high: u64,
    /// 0 at the end of the list.
    low: u64,
    /// Rows before the one with the highest id, as far as is known.
    top: u64,
}

/// How far contacts are read.
#[derive(Debug)]
pub(super) struct ContactPages {
    pub(super) received: Received,
    /// Contacts down to this id are wanted.
    until: u64,
    /// So many contacts are wanted, the newest.
    most: usize,
    /// They do not touch; highest first.
    spans: Vec<Span>,
    /// Rows before the last one that came: the next page begins with it.
    next: u64,
    /// True if that row could not be read.
    is_blind: bool,
    is_ordered: bool,
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
            is_blind: false,
            is_ordered: true,
            repairs: 0,
        }
    }

    fn is_over(&self) -> bool {
        self.received.has_ended() || self.is_whole() || (self.is_front_over() && self.repairs_due(1).is_empty())
    }

    /// True if every contact that is wanted and was there all the time has come.
    pub(super) fn is_whole(&self) -> bool {
        self.covered_to().is_some_and(|low| low <= self.until)
    }

    /// The id down to which every contact has come, from the newest on.
    pub(super) fn covered_to(&self) -> Option<u64> {
        let first = self.spans.first().filter(|span| span.high == u64::MAX);
        first.filter(|_| self.is_ordered).map(|span| span.low)
    }

    fn is_front_over(&self) -> bool {
        self.received.seen.len() >= self.most || self.spans.last().is_some_and(|span| span.low <= self.until)
    }

    /// Rows from one page's beginning to the next one's.
    fn step(&self) -> u64 {
        u64::from(self.received.query.limit()).saturating_sub(1).max(1)
    }

    /// The next pages, `most` of them at most: gaps first, then on at the front.
    pub(super) fn next_pages(&self, most: usize) -> Vec<PageRequest> {
        if self.is_over() {
            return Vec::new();
        }
        let mut requests = self.repairs_due(most);
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

    fn repairs_due(&self, most: usize) -> Vec<PageRequest> {
        if !self.is_ordered || self.repairs >= MAX_REPAIRS {
            return Vec::new();
        }
        let repair = |lower: &Span| self.request_at(lower.top.saturating_sub(self.step()), Some(lower.high));
        self.spans.iter().skip(1).take(most).map(repair).collect()
    }

    /// Takes a page.
    pub(super) fn take(&mut self, request: &PageRequest, rows: Rows) {
        if self.received.stopped_at.is_some() {
            return;
        }
        self.repairs += u32::from(request.below.is_some());
        let page = self.covered(request, &rows);
        let end = request.offset.saturating_add(rows.rows.len().saturating_sub(1) as u64);
        match page {
            Some(page) => {
                let is_lowest = self.spans.last().is_none_or(|last| page.low <= last.low);
                if is_lowest || end > self.next {
                    (self.next, self.is_blind) = (end, rows.rows.last().is_some_and(Result::is_err));
                }
                self.add(page);
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

    /// What a page covers; `None` if nothing shows where it belongs.
    fn covered(&mut self, request: &PageRequest, rows: &Rows) -> Option<Span> {
        self.is_ordered &= rows.ids().is_sorted_by(|one, next| one >= next);
        let first = rows.ids().next();
        let is_dark = rows.rows.first().is_some_and(Result::is_err);
        let follows = self.is_blind && is_dark && request.below.is_none() && request.offset <= self.next;
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

    /// Adds what a page covers to what is covered.
    fn add(&mut self, page: Span) {
        let mut merged = page;
        // One that touches may make the whole touch another only if that touched already: spans do not touch each other.
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

    /// After a page for the gap above the id `below` that did not reach up from it: says where to look next, or closes
    /// the gap if there are only rows that cannot be read.
    fn close_in(&mut self, below: u64, offset: u64, page: Option<Span>, end: u64, rows: &Rows) {
        let step = self.step();
        let Some(place) = self.spans.iter().position(|span| span.high == below) else {
            return;
        };
        let Some([upper, lower]) = place.checked_sub(1).and_then(|above| self.spans.get_mut(above..=place)) else {
            return;
        };
        let is_dark = rows.rows.first().is_some_and(Result::is_err);
        if page.is_some_and(|page| page.high > below) {
            // Rows were inserted.
            lower.top = lower.top.max(end.saturating_add(step));
        } else if is_dark && page.is_none_or(|page| page.high == below) {
            upper.low = lower.low;
            self.spans.remove(place);
        } else {
            // Rows were deleted.
            lower.top = lower.top.min(offset);
        }
    }
}
