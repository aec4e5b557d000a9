//! The portal's clock: tokio's clock, which tests may pause, and the date of the start.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::limits::{Operating, Usage};

/// When the portal started, by both clocks.
#[derive(Debug)]
pub(super) struct Clock {
    started: Instant,
    date: SystemTime,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "a portal stamps its answers with the real time"
    )]
    pub(super) fn start() -> Self {
        Self {
            started: Instant::now(),
            date: SystemTime::now(),
        }
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Seconds since 1970 when the portal has run for `at`.
    pub(super) fn unix(&self, at: Duration) -> u64 {
        (self.date + at)
            .duration_since(UNIX_EPOCH)
            .map(|since| since.as_secs())
            .unwrap_or_default()
    }

    /// A date as the portal writes it: ISO 8601 with a numeric offset.
    pub(super) fn date(&self) -> String {
        humantime::format_rfc3339_seconds(self.date + self.now())
            .to_string()
            .replace('Z', "+00:00")
    }

    /// The `time` object of a reply: `start` and `processing` are integers, `finish` and `duration` are not. Without a
    /// limit on operating time the object does not mention it.
    pub(super) fn time(&self, operating: Option<(Operating, Usage)>) -> Value {
        let start = self.unix(self.now());
        let date = self.date();
        let cost = operating
            .map_or_else(Operating::default, |(limit, _)| limit)
            .cost_per_call;
        let mut time = json!({
            "start": start,
            "finish": start as f64 + cost.as_secs_f64(),
            "duration": cost.as_secs_f64(),
            "processing": 0,
            "date_start": date,
            "date_finish": date,
        });
        if let (Some((_, usage)), Some(time)) = (operating, time.as_object_mut()) {
            time.insert("operating_reset_at".to_owned(), self.unix(usage.resets_at).into());
            // PHP's json_encode writes a float without a fraction as an integer.
            let used = match usage.used.subsec_nanos() {
                0 => usage.used.as_secs().into(),
                _ => usage.used.as_secs_f64().into(),
            };
            time.insert("operating".to_owned(), used);
        }
        time
    }
}
