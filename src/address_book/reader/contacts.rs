//! Which pages of contacts are asked for, and what their rows say. Pure.
//!
//! The list is ordered by id, newest first, and has no cursor: a contact that comes moves all others down, one that goes
//! moves those behind it up. So each page begins with the last row of the one before, and what the pages cover is kept
//! as [`Spans`] of ids.
//!
//! | what came | then |
//! |---|---|
//! | a page that touches the one before | the next begins with its last row |
//! | a page that does not, since rows were deleted | the gap is read: back from below it, or on from above it, whichever was seen later |
//! | a page of known rows, since others were inserted | the next begins with its last row |
//! | a short page | the list ends there |
//! | an empty page at the last row | it was deleted: 199 rows back |
//! | a page without a row that can be read | the next follows it; nothing shows whether they touch |
//! | ids that do not descend | rows are counted, and the list is not whole |

use super::spans::{Edge, Span, Spans};
use super::{Ask, Kept, MAX_DAMAGED, MAX_REPEATED, Why};
use crate::address_book::page::Rows;
use crate::address_book::{Query, Source};

/// Pages that are read because of gaps; a portal that makes new ones all the time has no whole list.
const MAX_REPAIRS: u32 = 1_000;

/// How far contacts are read.
#[derive(Debug)]
pub(super) struct ContactPages {
    pub(super) query: Query,
    pub(super) kept: Kept,
    /// A known id: contacts down to it are wanted, not older ones.
    until: Option<u64>,
    /// So many contacts are wanted, the newest.
    pub(super) most: usize,
    spans: Spans,
    /// With an offset, rows of higher ids are not asked for.
    ceiling: Option<u64>,
    pages: u64,
    repairs: u32,
    /// The highest and the lowest id of the front's last page.
    front: Option<(u64, u64)>,
    /// True after a page without a row that could be read.
    is_blind: bool,
    is_ordered: bool,
    repeated: u32,
    damaged: u32,
    stopped_at: Option<u64>,
}

impl ContactPages {
    pub(super) fn new(query: Query, until: Option<u64>, most: usize) -> Self {
        Self {
            query,
            kept: Kept::default(),
            until,
            most,
            spans: Spans::default(),
            ceiling: None,
            pages: 0,
            repairs: 0,
            front: None,
            is_blind: false,
            is_ordered: true,
            repeated: 0,
            damaged: 0,
            stopped_at: None,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.stopped_at.is_some() || self.is_met() || (self.is_front_over() && self.repairs_due(1).is_empty())
    }

    /// True if every contact that is wanted and was there all the time has come.
    pub(super) fn is_whole(&self) -> bool {
        let reaches = |span: &Span| span.is_end || self.until.is_some_and(|until| span.low <= until);
        self.is_ordered && self.spans.first().is_some_and(reaches)
    }

    /// The id down to which every contact has come, from the newest on.
    pub(super) fn covered_to(&self) -> Option<u64> {
        self.spans.first().filter(|_| self.is_ordered).map(|span| span.low)
    }

    pub(super) fn stopped_at(&self) -> Option<u64> {
        self.stopped_at
    }

    fn is_met(&self) -> bool {
        self.until.is_some() && self.is_whole()
    }

    fn is_front_over(&self) -> bool {
        let is_deep_enough = |span: &Span| span.is_end || self.until.is_some_and(|until| span.low <= until);
        self.kept.seen.len() >= self.most || self.spans.last().is_some_and(is_deep_enough)
    }

    /// Rows from one page's beginning to the next one's.
    fn step(&self) -> u64 {
        u64::from(self.query.limit()).saturating_sub(1).max(1)
    }

    /// The next pages, `most` of them at most: gaps first, then on at the front.
    pub(super) fn ask(&self, most: usize) -> Vec<Ask> {
        if self.is_over() {
            return Vec::new();
        }
        let mut asks = self.repairs_due(most);
        if !self.is_front_over() {
            let step = self.step();
            let missing = (self.most.saturating_sub(self.kept.seen.len()) as u64 / step).saturating_add(1);
            let pages = (0..missing).take(most.saturating_sub(asks.len()));
            asks.extend(pages.map(|page| self.asked(self.front_offset().saturating_add(page * step), Why::Next)));
        }
        asks
    }

    fn asked(&self, offset: u64, why: Why) -> Ask {
        Ask {
            source: Source::Contacts,
            offset,
            limit: self.query.limit(),
            why,
        }
    }

    fn front_offset(&self) -> u64 {
        match self.spans.last() {
            None => self.query.offset(),
            Some(last) => last.bottom.offset.saturating_add(u64::from(self.is_blind)),
        }
    }

    fn repairs_due(&self, most: usize) -> Vec<Ask> {
        if !self.is_ordered || self.repairs >= MAX_REPAIRS {
            return Vec::new();
        }
        let repair = |(upper, lower): (&Span, &Span)| {
            let offset = match lower.top.seen >= upper.bottom.seen {
                true => lower.top.offset.saturating_sub(self.step()),
                false => upper.bottom.offset,
            };
            let why = Why::Gap {
                above: upper.low,
                below: lower.high,
            };
            self.asked(offset, why)
        };
        self.spans.gaps().take(most).map(repair).collect()
    }

    /// Takes a page.
    pub(super) fn take(&mut self, ask: &Ask, rows: Rows) {
        if self.stopped_at.is_some() {
            return;
        }
        self.pages += 1;
        if ask.why != Why::Next {
            self.repairs += 1;
        }
        match (rows.contacts.is_empty(), rows.unreadable.is_empty()) {
            (true, true) => self.take_nothing(ask),
            (true, false) => self.take_damaged(ask, rows),
            (false, _) => self.take_rows(ask, rows),
        }
    }

    fn edge(&self, offset: u64) -> Edge {
        Edge {
            offset,
            seen: self.pages,
        }
    }

    /// Nothing is known but that the list begins, or ends, here.
    fn reach(&mut self, low: u64, offset: u64, is_end: bool) {
        self.spans.add(Span {
            high: u64::MAX,
            low,
            top: self.edge(0),
            bottom: self.edge(offset),
            is_end,
        });
    }

    fn take_nothing(&mut self, ask: &Ask) {
        let back = ask.offset.saturating_sub(self.step());
        let (edge, here) = (self.edge(back), self.edge(ask.offset));
        if ask.offset == 0 || self.spans.is_empty() {
            return self.reach(0, 0, true);
        }
        if let Why::Gap { below, .. } = ask.why {
            if let Some(lower) = self.spans.holding_mut(below) {
                lower.top = here;
            }
            return;
        }
        let is_blind = self.is_blind;
        let Some(last) = self.spans.last_mut() else { return };
        if is_blind {
            (last.low, last.is_end) = (0, true);
        } else if ask.offset <= last.bottom.offset {
            last.bottom = edge;
        }
    }

    fn take_damaged(&mut self, ask: &Ask, rows: Rows) {
        let end = ask.offset.saturating_add(rows.unreadable.len() as u64);
        if let Why::Gap { above, below } = ask.why {
            return self.spans.close(above, below);
        }
        if self.spans.last().is_some_and(|last| last.is_end) {
            return;
        }
        let known = self.known_damaged(ask);
        self.kept.damaged(rows.unreadable.into_iter().skip(known));
        let bottom = self.edge(end.saturating_sub(1));
        match self.spans.last_mut() {
            None if rows.are_full => self.reach(u64::MAX, bottom.offset, false),
            None => self.reach(0, bottom.offset, true),
            Some(last) if rows.are_full => last.bottom = bottom,
            Some(last) => (last.low, last.is_end) = (0, true),
        }
        self.is_blind = true;
        self.damaged += 1;
        if rows.are_full && self.damaged >= MAX_DAMAGED {
            self.stopped_at = Some(end);
        }
    }

    /// Rows at the top of a page that were counted at the bottom of the one before, since none of them could be read.
    fn known_damaged(&self, ask: &Ask) -> usize {
        let end = self.spans.last().map_or(0, |last| last.bottom.offset.saturating_add(1));
        match self.is_blind {
            true => usize::try_from(end.saturating_sub(ask.offset)).unwrap_or(usize::MAX),
            false => 0,
        }
    }

    fn take_rows(&mut self, ask: &Ask, rows: Rows) {
        let was_over = self.is_front_over();
        let page = self.covered(ask, &rows);
        self.keep_damaged(ask, &page, &rows);
        self.spans.add(page);
        match ask.why {
            Why::Next => self.learn_bottom(&page, ask, &rows),
            Why::Gap { above, below } => self.learn_edges(&page, above, below),
        }
        let is_full = rows.are_full;
        let mut contacts = rows.contacts;
        let ends = contacts
            .first()
            .zip(contacts.last())
            .map(|(first, last)| (first.id, last.id));
        if let Some(ceiling) = self.ceiling {
            contacts.retain(|contact| contact.id <= ceiling);
        }
        if self.kept.add(contacts) {
            (self.repeated, self.damaged) = (0, 0);
        } else if ask.why == Why::Next && is_full && !was_over {
            self.count_known(ends, ask);
        }
        if ask.why == Why::Next {
            self.front = ends;
        }
    }

    /// What a page with contacts covers.
    fn covered(&mut self, ask: &Ask, rows: &Rows) -> Span {
        let ids = || rows.contacts.iter().map(|contact| contact.id);
        let (first, last) = (ids().next().unwrap_or_default(), ids().next_back().unwrap_or_default());
        self.is_ordered &= ids().is_sorted_by(|one, next| one >= next);
        if self.query.offset() > 0 {
            self.ceiling.get_or_insert(first);
        }
        let begins = ask.offset == 0 || self.spans.is_empty() || !self.is_ordered;
        let follows = ask.why == Why::Next && self.is_blind;
        let high = match self.spans.last() {
            _ if begins => u64::MAX,
            Some(above) if follows => above.low.max(first),
            _ => first,
        };
        let low = match (rows.are_full, self.is_ordered) {
            (false, _) => 0,
            (true, true) => last,
            (true, false) => ids().min().unwrap_or_default(),
        };
        let bottom = rows.count().saturating_sub(rows.trailing() + 1);
        Span {
            high,
            low,
            top: self.edge(ask.offset.saturating_add(rows.leading() as u64)),
            bottom: self.edge(ask.offset.saturating_add(bottom as u64)),
            is_end: !rows.are_full,
        }
    }

    /// Rows without an id are new if no page has shown them between the same neighbours. Those at the edge of a page come
    /// again with the next.
    fn keep_damaged(&mut self, ask: &Ask, page: &Span, rows: &Rows) {
        let known = self.known_damaged(ask);
        let follows = page.high == u64::MAX || (ask.why == Why::Next && self.is_blind);
        let goes_blind = self.goes_blind(page, rows);
        let mut new = Vec::new();
        for (index, (row, place)) in rows.unreadable.iter().zip(&rows.places).enumerate() {
            let above = place.checked_sub(1).and_then(|above| rows.contacts.get(above));
            let is_new = match (above, rows.contacts.get(*place)) {
                (None, _) => follows && index >= known,
                (Some(_), None) => !rows.are_full || goes_blind,
                (Some(above), Some(below)) => {
                    let span = self.spans.holding(above.id);
                    span.is_none_or(|span| !span.holds(below.id))
                }
            };
            if is_new {
                new.push(row.clone());
            }
        }
        self.kept.damaged(new);
    }

    /// True if so many rows at the bottom of the lowest page cannot be read that beginning with the last that can would
    /// lead nowhere.
    fn goes_blind(&self, page: &Span, rows: &Rows) -> bool {
        let is_lowest = self.spans.last().is_none_or(|last| last.low >= page.low);
        is_lowest && rows.are_full && rows.trailing() * 2 >= rows.count()
    }

    /// A page of the front says where the lowest row is.
    fn learn_bottom(&mut self, page: &Span, ask: &Ask, rows: &Rows) {
        self.is_blind = self.goes_blind(page, rows);
        let is_blind = self.is_blind;
        let Some(last) = self.spans.last_mut() else { return };
        if last.low < page.low {
            // Rows above were inserted.
            last.bottom.offset = last.bottom.offset.max(page.bottom.offset);
            last.bottom.seen = page.bottom.seen;
        } else if is_blind {
            last.bottom.offset = ask.offset.saturating_add(rows.count().saturating_sub(1) as u64);
        }
    }

    /// A page for a gap says where its edges are, if it did not close it.
    fn learn_edges(&mut self, page: &Span, above: u64, below: u64) {
        match self.spans.holding_mut(above) {
            Some(upper) if upper.holds(below) => {}
            Some(upper) if page.low > upper.low => upper.bottom = page.bottom,
            _ => {
                if let Some(lower) = self.spans.holding_mut(below).filter(|lower| page.high < lower.high) {
                    lower.top = page.top;
                }
            }
        }
    }

    /// A full page of the front without anything new: rows were inserted, or the portal ignores the offset.
    fn count_known(&mut self, ends: Option<(u64, u64)>, ask: &Ask) {
        match self.front == ends {
            true => self.repeated += 1,
            false => self.damaged += 1,
        }
        if self.repeated >= MAX_REPEATED || self.damaged >= MAX_DAMAGED {
            self.stopped_at = Some(ask.offset.saturating_add(u64::from(ask.limit)));
        }
    }
}
