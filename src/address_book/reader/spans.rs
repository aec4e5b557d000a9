//! Which ids have been read: stretches of a list that is ordered by id, highest first. Pure.
//!
//! A page covers every id from its first row's down to its last row's, as the list was at that moment. Two pages that
//! touch have lost nothing between them. Between two that do not, rows moved while others were deleted, and the gap must
//! be read again.

/// Where the row at an end of a span was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    /// Rows before it.
    pub(super) offset: u64,
    /// The number of the page that showed it: the later one knows better.
    pub(super) seen: u64,
}

/// Ids that are read without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// The highest id.
    pub(super) high: u64,
    /// The lowest id; 0 at the end of the list.
    pub(super) low: u64,
    /// Where the row with the highest id is.
    pub(super) top: Edge,
    /// Where the row with the lowest id is.
    pub(super) bottom: Edge,
    /// True if the list ends here.
    pub(super) is_end: bool,
}

impl Span {
    fn touches(&self, other: &Self) -> bool {
        self.low.saturating_sub(1) <= other.high && other.low.saturating_sub(1) <= self.high
    }

    pub(super) fn holds(&self, id: u64) -> bool {
        (self.low..=self.high).contains(&id)
    }

    /// Both together. Of two that end alike, this one's edges are kept.
    fn and(self, other: &Self) -> Self {
        let (high, top) = match other.high > self.high {
            true => (other.high, other.top),
            false => (self.high, self.top),
        };
        let (low, bottom) = match other.low < self.low {
            true => (other.low, other.bottom),
            false => (self.low, self.bottom),
        };
        Self {
            high,
            low,
            top,
            bottom,
            is_end: self.is_end || other.is_end,
        }
    }
}

/// Spans that do not touch, highest first.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// Adds what a page covers.
    pub(super) fn add(&mut self, page: Span) {
        let mut merged = page;
        // One that touches may make the whole touch another only if that touched already: spans do not touch each other.
        self.0.retain(|span| {
            let touches = page.touches(span);
            if touches {
                merged = merged.and(span);
            }
            !touches
        });
        let place = self.0.partition_point(|span| span.high > merged.high);
        self.0.insert(place, merged);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ids from the top of the list on.
    pub(super) fn first(&self) -> Option<&Span> {
        self.0.first().filter(|span| span.high == u64::MAX)
    }

    pub(super) fn last(&self) -> Option<&Span> {
        self.0.last()
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut Span> {
        self.0.last_mut()
    }

    /// The spans above and below each gap.
    pub(super) fn gaps(&self) -> impl Iterator<Item = (&Span, &Span)> {
        self.0.iter().zip(self.0.iter().skip(1))
    }

    /// The span that holds an id.
    pub(super) fn holding(&self, id: u64) -> Option<&Span> {
        self.0.iter().find(|span| span.holds(id))
    }

    pub(super) fn holding_mut(&mut self, id: u64) -> Option<&mut Span> {
        self.0.iter_mut().find(|span| span.holds(id))
    }

    /// Closes the gap between two ids without knowing what is in it.
    pub(super) fn close(&mut self, above: u64, below: u64) {
        if let (Some(upper), Some(lower)) = (self.holding(above).copied(), self.holding(below).copied()) {
            self.add(lower.and(&upper));
        }
    }
}
