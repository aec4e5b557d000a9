//! How many pages a batch has: as many as the time per page allows, and fewer after failures. Pure.

use std::time::Duration;

use crate::portal::MAX_CALLS;

/// Pages of the first batch.
const FIRST: usize = 5;
/// How many times the pages read so far the next batch may have. Most books are small, and pages past the end of a list
/// cost the portal time.
const GROWTH: usize = 3;
/// How long the portal may work for one batch.
const AIM: Duration = Duration::from_secs(5);

/// Whether the portal is known to have the method `batch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchSupport {
    Untried,
    Works,
    /// A batch was refused; a single page shows whether `batch` or the list method is at fault.
    Doubted,
    Missing,
}

/// The size of the next batch.
#[derive(Debug)]
pub(super) struct Pace {
    batch: BatchSupport,
    /// The most pages of the next batch. Each success adds one page, so that the size recovers slowly after a failure.
    max_pages: usize,
    /// How long the portal works for a page, as a moving average; `None` before the first success.
    per_page: Option<Duration>,
    /// Pages that were read.
    pages_read: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            batch: BatchSupport::Untried,
            max_pages: MAX_CALLS,
            per_page: None,
            pages_read: 0,
        }
    }
}

impl Pace {
    /// The number of pages of the next batch.
    pub(super) fn pages(&self) -> usize {
        let wanted = match (self.batch, self.per_page) {
            (BatchSupport::Doubted | BatchSupport::Missing, _) => 1,
            (_, Some(per_page)) => {
                let fit = AIM.as_micros() / per_page.as_micros().max(1);
                usize::try_from(fit).unwrap_or(usize::MAX).min(GROWTH * self.pages_read)
            }
            (_, None) => FIRST,
        };
        wanted.clamp(1, self.max_pages)
    }

    /// Records that a batch of `pages` pages succeeded, for which the portal worked `took`.
    pub(super) fn succeeded(&mut self, pages: usize, took: Duration) {
        let pages = pages.max(1);
        self.batch = match (self.batch, pages) {
            (BatchSupport::Doubted | BatchSupport::Missing, 1) => BatchSupport::Missing,
            (known, 1) => known,
            _ => BatchSupport::Works,
        };
        self.max_pages = (self.max_pages + 1).min(MAX_CALLS);
        self.pages_read = self.pages_read.saturating_add(pages);
        let now = took / u32::try_from(pages).unwrap_or(u32::MAX);
        self.per_page = Some(self.per_page.map_or(now, |before| (now + before) / 2));
    }

    /// Records that a batch of `pages` pages was too large, or failed for a passing reason.
    pub(super) fn halve(&mut self, pages: usize) {
        self.max_pages = (pages / 2).max(1);
    }

    /// Records that a batch of `pages` pages of one source was refused.
    pub(super) fn refused(&mut self, pages: usize) {
        match self.batch {
            BatchSupport::Works => self.halve(pages),
            _ => self.batch = BatchSupport::Doubted,
        }
    }

    /// Records that a single page was refused too, so that `batch` is not at fault.
    pub(super) fn refused_alone(&mut self) {
        if self.batch == BatchSupport::Doubted {
            self.batch = BatchSupport::Untried;
        }
    }

    /// True if the portal answers single pages but no batch.
    pub(super) fn has_no_batch(&self) -> bool {
        self.batch == BatchSupport::Missing
    }

    /// True before the first success.
    pub(super) fn is_new(&self) -> bool {
        self.per_page.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn the_time_per_page_decides_how_many_pages_are_requested() {
        let mut pace = Pace::default();
        assert_eq!(pace.pages(), 5);
        pace.succeeded(5, 100 * MS);
        assert_eq!(pace.pages(), 15, "three times the pages read");
        pace.succeeded(15, 300 * MS);
        assert_eq!(pace.pages(), 50, "20 ms a page");
        pace.succeeded(50, 10_000 * MS);
        assert_eq!(pace.pages(), 45, "the average of 20 and 200 ms");
        pace.succeeded(1, 60_000 * MS);
        assert_eq!(pace.pages(), 1);
    }

    #[test]
    fn a_failure_halves_the_batch_and_each_success_adds_one_page() {
        let mut pace = Pace::default();
        pace.succeeded(5, 5 * MS);
        pace.succeeded(45, 45 * MS);
        for expected in [25, 12, 6, 3, 1, 1] {
            pace.halve(pace.pages());
            assert_eq!(pace.pages(), expected);
        }
        pace.succeeded(1, MS);
        assert_eq!(pace.pages(), 2);
    }

    #[test]
    fn a_refused_batch_is_doubted_and_a_single_page_that_succeeds_proves_it_missing() {
        let mut pace = Pace::default();
        pace.refused(5);
        assert_eq!((pace.pages(), pace.has_no_batch()), (1, false));
        pace.succeeded(1, MS);
        assert_eq!((pace.pages(), pace.has_no_batch()), (1, true));

        let mut pace = Pace::default();
        pace.refused(5);
        pace.refused_alone();
        assert_eq!(pace.pages(), 5, "the method was at fault");

        let mut pace = Pace::default();
        pace.succeeded(5, MS);
        pace.refused(50);
        assert_eq!(
            (pace.pages(), pace.has_no_batch()),
            (15, false),
            "a batch that worked is not missing"
        );
    }
}
