//! What a portal counts: requests a second and operating time (portal contract, section 10).
//!
//! Pure: time is a parameter, and a limiter never sleeps.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// A leaky bucket: every request adds one, and it drains all the time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Requests that it holds.
    pub threshold: u32,
    /// Requests that leave it in a second.
    pub drain_per_second: f64,
}

impl Default for Bucket {
    /// Every plan but Enterprise.
    fn default() -> Self {
        Self {
            threshold: 50,
            drain_per_second: 2.0,
        }
    }
}

/// The limit on operating time, for each credential and method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operating {
    /// What ten minutes may use.
    pub limit: Duration,
    /// What one call uses; less than 0.1 s is not counted.
    pub cost_per_call: Duration,
    /// Flat `OPERATION_TIME_LIMIT` instead of the envelope.
    pub answer_flat: bool,
}

impl Default for Operating {
    /// A cloud portal with short calls.
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(480),
            cost_per_call: Duration::from_micros(12_500),
            answer_flat: false,
        }
    }
}

/// What is in the bucket.
#[derive(Debug, Default)]
pub(super) struct LeakyBucket {
    level: f64,
    measured: Duration,
}

impl LeakyBucket {
    /// Counts a request at `now`, the time since the portal's start; false if it is one too many, and then it is not
    /// counted.
    pub(super) fn admits(&mut self, bucket: Bucket, now: Duration) -> bool {
        /// Sums of fractions do not come out even.
        const ROUNDING: f64 = 1e-6;
        let drained = now.saturating_sub(self.measured).as_secs_f64() * bucket.drain_per_second;
        self.level = (self.level - drained).max(0.0);
        self.measured = now;
        let is_admitted = self.level + 1.0 <= f64::from(bucket.threshold) + ROUNDING;
        if is_admitted {
            self.level += 1.0;
        }
        is_admitted
    }
}

/// Operating time used, and when some of it is free again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) used: Duration,
    /// Since the portal's start: when the oldest minute counts no more.
    pub(super) resets_at: Duration,
}

/// Operating time by credential and method, in minutes since the portal's start.
#[derive(Debug, Default)]
pub(super) struct OperatingTime {
    minutes: HashMap<(String, &'static str), BTreeMap<i64, Duration>>,
    prefilled: Option<Duration>,
}

/// Minutes that count.
const WINDOW: i64 = 10;
/// Shorter calls are not counted.
const COUNTED: Duration = Duration::from_millis(100);

impl OperatingTime {
    /// Everybody has used `used` nine minutes before the start, so that it counts for one minute more.
    pub(super) fn prefilled(used: Duration) -> Self {
        Self {
            minutes: HashMap::new(),
            prefilled: Some(used),
        }
    }

    /// What was used in the last ten minutes.
    pub(super) fn usage(&mut self, credential: &str, method: &'static str, now: Duration) -> Usage {
        let minute = minute_of(now);
        let prefilled = self.prefilled;
        let minutes = self
            .minutes
            .entry((credential.to_owned(), method))
            .or_insert_with(|| prefilled.map(|used| (1 - WINDOW, used)).into_iter().collect());
        minutes.retain(|used_in, _| used_in.saturating_add(WINDOW) > minute);
        let resets_at = match minutes.keys().next() {
            Some(oldest) => Duration::from_secs(u64::try_from((oldest + WINDOW) * 60).unwrap_or_default()),
            None => now + Duration::from_secs(600),
        };
        Usage {
            used: minutes.values().sum(),
            resets_at,
        }
    }

    /// Counts a call that took `cost`.
    pub(super) fn charge(&mut self, credential: &str, method: &'static str, now: Duration, cost: Duration) -> Usage {
        self.usage(credential, method, now);
        if let Some(minutes) = self.minutes.get_mut(&(credential.to_owned(), method))
            && cost >= COUNTED
        {
            *minutes.entry(minute_of(now)).or_default() += cost;
        }
        self.usage(credential, method, now)
    }
}

fn minute_of(now: Duration) -> i64 {
    i64::try_from(now.as_secs() / 60).unwrap_or(i64::MAX)
}
