//! The limit of requests: a leaky bucket like the portal's. Pure.

use std::time::Duration;

use tokio::time::Instant;

use super::limiter::Limiter;
use super::rate_limit::RateLimit;
use crate::portal::error::Limit;

/// The leaky bucket of one portal.
#[derive(Debug, Clone)]
pub(super) struct LeakyBucket {
    limit: RateLimit,
    /// Drops in the bucket at `at`.
    level: f64,
    at: Instant,
}

impl Limiter for LeakyBucket {
    const LIMIT: Limit = Limit::Requests;

    type Pass = ();

    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        match self.wait(now, 0) {
            Duration::ZERO => {
                self.level = self.level_at(now) + 1.0;
                self.at = now;
                Ok(())
            }
            wait => Err(wait),
        }
    }

    fn wait(&self, now: Instant, ahead: usize) -> Duration {
        let after = self.level_at(now) + ahead as f64 + 1.0;
        let too_much = after - f64::from(self.limit.burst);
        if too_much <= 0.0 {
            Duration::ZERO
        } else {
            Duration::try_from_secs_f64(too_much / self.limit.per_second).unwrap_or(Duration::MAX)
        }
    }
}

impl LeakyBucket {
    pub(super) fn new(limit: RateLimit, now: Instant) -> Self {
        Self {
            limit,
            level: 0.0,
            at: now,
        }
    }

    /// Fills our bucket, because the portal's has run over. Ours did not, since other programs use the portal's too.
    pub(super) fn record_overflow(&mut self, now: Instant) {
        self.level = f64::from(self.limit.burst);
        self.at = now;
    }

    /// Requests that the bucket holds.
    pub(super) fn burst(&self) -> u32 {
        self.limit.burst
    }

    /// How many requests could be sent now without waiting.
    pub(super) fn room(&self, now: Instant) -> f64 {
        (f64::from(self.limit.burst) - self.level_at(now)).max(0.0)
    }

    /// Half of the requests that the bucket holds, rounded down.
    pub(super) fn half(&self) -> usize {
        usize::try_from(self.limit.burst / 2).unwrap_or(usize::MAX)
    }

    /// Sets the level that the bucket had at `at`. It may be above the burst, if places are reserved.
    pub(super) fn set_level(&mut self, level: f64, at: Instant) {
        self.level = level;
        self.at = at;
    }

    /// Drops in the bucket at `now`.
    pub(super) fn level_at(&self, now: Instant) -> f64 {
        let leaked = now.saturating_duration_since(self.at).as_secs_f64() * self.limit.per_second;
        (self.level - leaked).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn fifty_requests_pass_immediately_then_two_a_second() {
        let start = Instant::now();
        let mut bucket = LeakyBucket::new(RateLimit::default(), start);
        assert!((0..50).all(|_| bucket.take(start).is_ok()));
        assert_eq!(bucket.take(start), Err(SECOND / 2));
        assert_eq!(bucket.wait(start, 149), SECOND * 75, "the last of 150 more");
        assert_eq!(bucket.take(start + SECOND / 2), Ok(()));
        assert!(bucket.take(start + SECOND / 2).is_err());
        assert!(
            (0..50).all(|_| bucket.take(start + 60 * SECOND).is_ok()),
            "the bucket is empty again"
        );
    }

    #[test]
    fn an_overflow_of_the_portals_bucket_fills_ours() {
        let start = Instant::now();
        let mut bucket = LeakyBucket::new(RateLimit::default(), start);
        bucket.record_overflow(start);
        assert_eq!(bucket.take(start), Err(SECOND / 2));
        assert!(bucket.room(start) < 1.0 && bucket.room(start + 25 * SECOND) >= 50.0);
    }

    #[test]
    fn a_bucket_is_idle_while_half_of_it_stays_for_others() {
        let start = Instant::now();
        for (burst, at_once) in [(50, 25), (3, 2), (2, 1), (1, 1)] {
            let limit = RateLimit { per_second: 2.0, burst };
            let mut bucket = LeakyBucket::new(limit, start);
            let is_idle = |bucket: &LeakyBucket, at| bucket.wait(at, bucket.half()).is_zero();
            let taken = std::iter::from_fn(|| is_idle(&bucket, start).then(|| bucket.take(start)));
            assert_eq!(taken.count(), at_once, "{burst}");
            assert!(is_idle(&bucket, start + 60 * SECOND));
        }
    }

    proptest! {
        /// The portal's own rule, written a second time: never more than `burst` drops in the bucket.
        #[test]
        fn the_portals_bucket_never_runs_over(
            steps in proptest::collection::vec((0_u64..2_000, 1_usize..40), 1..60),
            per_second in 1_u32..10, burst in 1_u32..80,
        ) {
            let mut now = Instant::now();
            let mut bucket = LeakyBucket::new(RateLimit { per_second: f64::from(per_second), burst }, now);
            let (mut level, mut at) = (0.0_f64, now);
            for (milliseconds, callers) in steps {
                now += Duration::from_millis(milliseconds);
                for _ in 0..callers {
                    if bucket.take(now).is_ok() {
                        level = (level - (now - at).as_secs_f64() * f64::from(per_second)).max(0.0) + 1.0;
                        at = now;
                        prop_assert!(level <= f64::from(burst) + 1e-6);
                    }
                }
            }
        }

        #[test]
        fn a_caller_gets_its_place_after_the_wait_that_was_returned(ahead in 0_usize..200, per_second in 1_u32..10, burst in 1_u32..80) {
            let now = Instant::now();
            let mut bucket = LeakyBucket::new(RateLimit { per_second: f64::from(per_second), burst }, now);
            let expected = bucket.wait(now, ahead);
            let mut at = now;
            for _ in 0..=ahead {
                while let Err(wait) = bucket.take(at) {
                    at += wait.max(Duration::from_nanos(1));
                }
            }
            let waited = (at - now).as_secs_f64();
            prop_assert!((waited - expected.as_secs_f64()).abs() < 0.001, "{waited} {expected:?}");
        }
    }
}
