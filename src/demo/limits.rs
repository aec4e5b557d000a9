//! A portal's limits: requests a second and operating time (portal contract, section 10).
//!
//! Pure: time is a parameter, and a limiter never sleeps.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The limit on requests a second, a leaky bucket: every request adds one, and the bucket drains steadily.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Requests that the bucket holds.
    pub threshold: u32,
    /// Requests that drain in a second.
    pub drain_per_second: f64,
}

impl Default for Bucket {
    /// The limit of every plan but Enterprise.
    fn default() -> Self {
        Self {
            threshold: 50,
            drain_per_second: 2.0,
        }
    }
}

/// The limit on operating time; each credential and method has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operating {
    /// Operating time allowed in ten minutes.
    pub limit: Duration,
    /// Operating time of one call; less than 0.1 s is not counted.
    pub cost_per_call: Duration,
    /// True for the flat `OPERATION_TIME_LIMIT` instead of the envelope of REST 3.0.
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

/// The level of the bucket.
#[derive(Debug, Default)]
pub(super) struct LeakyBucket {
    level: f64,
    measured: Duration,
}

impl LeakyBucket {
    /// Counts a request at `now`, the time since the portal's start; false if the bucket is full, and then the request
    /// is not counted.
    pub(super) fn admits(&mut self, bucket: Bucket, now: Duration) -> bool {
        /// Tolerance for rounding errors of the level.
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

/// Operating time used in the last ten minutes, and when some of it no longer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) used: Duration,
    /// When the oldest minute no longer counts, since the portal's start.
    pub(super) resets_at: Duration,
}

/// Operating time by credential and method, in minutes since the portal's start.
#[derive(Debug, Default)]
pub(super) struct OperatingTime {
    minutes: HashMap<(String, &'static str), BTreeMap<i64, Duration>>,
    prefilled: Option<Duration>,
}

/// How many minutes count.
const WINDOW: i64 = 10;
/// The shortest call that counts.
const COUNTED: Duration = Duration::from_millis(100);

impl OperatingTime {
    /// Every caller has used `used` nine minutes before the start, so that it counts for one more minute.
    pub(super) fn prefilled(used: Duration) -> Self {
        Self {
            minutes: HashMap::new(),
            prefilled: Some(used),
        }
    }

    /// Operating time used in the last ten minutes.
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

    /// Counts the operating time of a call.
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
