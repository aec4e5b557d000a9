//! What a portal client has learnt of a portal's batches: whether it takes them, and how many calls one may carry. Pure:
//! time comes in.
//!
//! A portal runs the items of a batch one after another, so whoever shares a request also waits for the others' items.
//! No more are merged than keep that wait under the time between two places of the bucket: then at most the first of
//! them could have been quicker alone, and by no more than that time.

use std::time::Duration;

use tokio::time::Instant;

use crate::portal::MAX_CALLS;

/// Until it is measured: a batch of [`MAX_CALLS`] takes half a second longer than a single call.
const ASSUMED_ITEM: f64 = 0.01;
/// Who does not take batches gets them, but there are updates, and permissions change.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_secs(600);
/// Trouble passes sooner.
const PAUSE_AFTER_FAILURES: Duration = Duration::from_secs(60);
/// So many batches that fail, with none between that does not, are not the fault of a single item.
const ENOUGH_FAILURES: u32 = 3;

/// What was learnt of the batches of one method's calls.
#[derive(Debug)]
pub(super) struct Learnt {
    /// The most calls that the portal has not refused.
    largest: usize,
    /// Seconds that a single call takes.
    single: Option<f64>,
    /// Seconds that a batch takes for each call beyond the first.
    item: f64,
    failures: u32,
    paused_until: Option<Instant>,
}

impl Default for Learnt {
    fn default() -> Self {
        Self {
            largest: MAX_CALLS,
            single: None,
            item: ASSUMED_ITEM,
            failures: 0,
            paused_until: None,
        }
    }
}

impl Learnt {
    /// How many calls one request may carry; 1: none is merged. `gap` is the time between two places.
    pub(super) fn most(&self, now: Instant, gap: Duration) -> usize {
        if self.paused_until.is_some_and(|until| now < until) {
            return 1;
        }
        let in_time = (gap.as_secs_f64() / self.item).floor();
        // Two are always tried, or a slow moment would be remembered for good.
        (2..=self.largest)
            .rev()
            .find(|calls| *calls == 2 || *calls as f64 <= in_time + 1.0)
            .unwrap_or(1)
    }

    /// A single call was answered.
    pub(super) fn single_took(&mut self, took: Duration) {
        let took = took.as_secs_f64();
        self.single = Some(self.single.map_or(took, |known| (known + took) / 2.0));
    }

    /// A batch was answered. A `gap` is all that one item can tell, so that a stall is soon forgotten.
    pub(super) fn batch_took(&mut self, calls: usize, took: Duration, gap: Duration) {
        self.failures = 0;
        self.paused_until = None;
        if let (Some(single), 2..) = (self.single, calls) {
            let longer = (took.as_secs_f64() - single).max(0.0);
            let item = (longer / (calls - 1) as f64).min(gap.as_secs_f64());
            self.item = ((self.item + item) / 2.0).max(f64::EPSILON);
        }
    }

    /// A batch failed, maybe because of one of its calls.
    pub(super) fn failed(&mut self, now: Instant) {
        self.failures += 1;
        if self.failures >= ENOUGH_FAILURES {
            self.pause(now + PAUSE_AFTER_FAILURES);
        }
    }

    /// The portal does not take batches, or not as we know them.
    pub(super) fn refused(&mut self, now: Instant) {
        self.pause(now + PAUSE_AFTER_REFUSAL);
    }

    /// The portal takes batches, but not of so many calls.
    pub(super) fn was_too_long(&mut self, calls: usize) {
        self.largest = self.largest.min(calls / 2);
    }

    fn pause(&mut self, until: Instant) {
        self.failures = 0;
        self.paused_until = self.paused_until.max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_millis(500);
    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn fifty_are_merged_until_anything_is_known() {
        assert_eq!(Learnt::default().most(Instant::now(), GAP), MAX_CALLS);
    }

    #[test]
    fn no_more_are_merged_than_the_portal_runs_between_two_places() {
        let now = Instant::now();
        let mut learnt = Learnt::default();
        learnt.single_took(100 * MS);
        for _ in 0..20 {
            let calls = learnt.most(now, GAP);
            // Each item beyond the first takes a tenth of a second.
            learnt.batch_took(calls, 100 * MS * u32::try_from(calls).unwrap(), GAP);
        }
        assert!((5..=6).contains(&learnt.most(now, GAP)), "{learnt:?}");
        for _ in 0..20 {
            let calls = learnt.most(now, GAP);
            learnt.batch_took(calls, 110 * MS, GAP);
        }
        assert_eq!(learnt.most(now, GAP), MAX_CALLS, "it has become quick");
    }

    #[test]
    fn a_stall_is_soon_forgotten() {
        let now = Instant::now();
        let mut learnt = Learnt::default();
        learnt.single_took(100 * MS);
        learnt.batch_took(2, Duration::from_secs(20), GAP);
        assert!(learnt.most(now, GAP) >= 2);
        for _ in 0..6 {
            learnt.batch_took(2, 100 * MS, GAP);
        }
        assert_eq!(learnt.most(now, GAP), MAX_CALLS);
    }

    #[test]
    fn a_portal_that_refuses_batches_is_asked_again_after_ten_minutes() {
        let now = Instant::now();
        let mut learnt = Learnt::default();
        learnt.refused(now);
        assert_eq!(learnt.most(now + PAUSE_AFTER_REFUSAL - MS, GAP), 1);
        assert_eq!(learnt.most(now + PAUSE_AFTER_REFUSAL, GAP), MAX_CALLS);
    }

    #[test]
    fn three_failures_in_a_row_are_a_pause_and_a_success_between_is_none() {
        let now = Instant::now();
        let mut learnt = Learnt::default();
        for _ in 0..5 {
            learnt.failed(now);
            learnt.failed(now);
            assert_eq!(learnt.most(now, GAP), MAX_CALLS);
            learnt.batch_took(9, 10 * MS, GAP);
        }
        (0..3).for_each(|_| learnt.failed(now));
        assert_eq!(learnt.most(now, GAP), 1);
        assert_eq!(learnt.most(now + PAUSE_AFTER_FAILURES, GAP), MAX_CALLS);
        learnt.refused(now);
        learnt.failed(now);
        assert_eq!(
            learnt.most(now + PAUSE_AFTER_FAILURES, GAP),
            1,
            "the longer pause holds"
        );
    }

    #[test]
    fn a_batch_that_is_too_long_is_halved_until_none_is_left() {
        let now = Instant::now();
        let mut learnt = Learnt::default();
        let sizes: Vec<usize> = std::iter::from_fn(|| {
            let most = learnt.most(now, GAP);
            learnt.was_too_long(most);
            (most > 1).then_some(most)
        })
        .collect();
        assert_eq!(sizes, [50, 25, 12, 6, 3]);
        assert_eq!(learnt.most(now, GAP), 1);
    }
}
