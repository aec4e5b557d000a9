//! The operating time of a method, kept on our side. Pure: time comes in.
//!
//! Near the limit calls are spaced, until nothing was told of it for ten minutes. After a 429 the gate is closed until the
//! reset, or as long as the portal asks, which may be far too long. So one call a minute passes as a probe: an answer to it
//! opens the gate, another 429 closes it anew.

use std::time::Duration;

use tokio::time::Instant;

use super::limiter::Limiter;
use crate::portal::error::Limit;

/// The cloud's limit is not published but for a sample of 480 s; self-hosted portals have 420 s if they have one.
const OPERATING_LIMIT: f64 = 420.0;
/// From this part of the limit on, calls are spaced.
const SLOW_FROM: f64 = 0.8;
/// The space between calls at the limit itself.
const LARGEST_SPACE: Duration = Duration::from_secs(7);
/// After a 429 nobody calls for at least this long.
const SHORTEST_WAIT: Duration = Duration::from_secs(10);
/// The reset frees the oldest minute by the portal's clock; a second keeps us on the right side of it.
const RESET_MARGIN: Duration = Duration::from_secs(1);

/// The portal counts operating time over ten minutes, so what is older counts no more.
pub(in crate::portal) const OPERATING_WINDOW: Duration = Duration::from_secs(600);
/// Time from a 429 to the first probe, and from one probe to the next: each minute the portal frees one.
const PROBE_EVERY: Duration = Duration::from_secs(60);

/// What a portal reports of a method's operating time for these credentials. Absent where the limit is off, as on most
/// self-hosted portals. See <https://apidocs.bitrix24.com/limits.html>.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::portal) struct OperatingTime {
    /// Seconds used in the last ten minutes.
    pub(in crate::portal) used: f64,
    /// Time until the oldest minute is freed, by the portal's own clock.
    pub(in crate::portal) reset_in: Duration,
}

/// Limits the calls of one method by its operating time.
#[derive(Debug)]
pub(super) struct OperatingTimeLimiter {
    /// Nobody passes before this.
    closed_until: Instant,
    told: Option<Told>,
    refused: Option<Refused>,
}

/// What the last good answer told.
#[derive(Debug, Clone, Copy)]
struct Told {
    at: Instant,
    reset_at: Instant,
    /// Seconds used.
    used: f64,
}

/// The portal refused because of the operating time.
#[derive(Debug, Clone, Copy)]
struct Refused {
    since: Instant,
    /// From then on one call passes though the gate is closed, to see whether it still must be.
    probe_at: Instant,
}

impl Limiter for OperatingTimeLimiter {
    const LIMIT: Limit = Limit::OperatingTime;

    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        match (self.wait(now, 0), &mut self.refused) {
            (Duration::ZERO, Some(refused)) if now < self.closed_until => {
                refused.probe_at = now + PROBE_EVERY;
                Ok(())
            }
            (Duration::ZERO, _) => {
                self.closed_until = now + self.space(now);
                self.refused = None;
                Ok(())
            }
            (wait, _) => Err(wait),
        }
    }

    /// The next probe is for the first alone.
    fn wait(&self, now: Instant, ahead: usize) -> Duration {
        let opens_at = match (self.refused, ahead) {
            (Some(refused), 0) => self.closed_until.min(refused.probe_at),
            _ => self.closed_until,
        };
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        opens_at.saturating_duration_since(now) + self.space(now).saturating_mul(ahead)
    }
}

impl OperatingTimeLimiter {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            closed_until: now,
            told: None,
            refused: None,
        }
    }

    /// The time between two calls.
    fn space(&self, now: Instant) -> Duration {
        let part = self.used(now).unwrap_or_default() / OPERATING_LIMIT;
        let closeness = ((part - SLOW_FROM) / (1.0 - SLOW_FROM)).clamp(0.0, 1.0);
        LARGEST_SPACE.mul_f64(closeness)
    }

    /// A good answer to a call that was sent at `sent`, and what it told. Returns true if it has opened the gate.
    pub(super) fn record_result(&mut self, sent: Instant, operating: Option<OperatingTime>, now: Instant) -> bool {
        if let Some(OperatingTime { used, reset_in }) = operating {
            self.told = Some(Told {
                at: now,
                reset_at: now + reset_in,
                used,
            });
        }
        // An answer that was under way when the gate was closed does not open it.
        let opens = self.refused.take_if(|refused| refused.since < sent).is_some();
        if opens {
            self.closed_until = now + self.space(now);
        }
        opens
    }

    /// Seconds of operating time used in the last ten minutes, where the portal told it.
    pub(super) fn used(&self, now: Instant) -> Option<f64> {
        let told = self.told.filter(|told| now < told.at + OPERATING_WINDOW)?;
        Some(told.used)
    }

    /// A 429: closed until the reset that the last good answer told, or as long as the portal asked. Returns the time until
    /// a call may pass: the next probe, unless the gate opens sooner.
    pub(super) fn record_refusal(&mut self, asked: Option<Duration>, now: Instant) -> Duration {
        let until_reset = self
            .told
            .map(|told| told.reset_at.saturating_duration_since(now) + RESET_MARGIN);
        let asked = asked.filter(|asked| !asked.is_zero());
        let wait = asked.unwrap_or_else(|| until_reset.unwrap_or_default().max(SHORTEST_WAIT));
        // An answer that was under way when another closed the gate does not open it earlier.
        self.closed_until = self.closed_until.max(now + wait);
        self.refused = Some(Refused {
            since: now,
            probe_at: now + PROBE_EVERY,
        });
        self.wait(now, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn near_the_operating_limit_calls_are_spaced() {
        let now = Instant::now();
        for (used, space) in [(0.0, 0), (336.0, 0), (378.0, 3500), (420.0, 7000), (9999.0, 7000)] {
            let mut gate = OperatingTimeLimiter::new(now);
            gate.record_result(now, Some(OperatingTime { used, reset_in: SECOND }), now);
            assert_eq!(gate.take(now), Ok(()));
            assert_eq!(gate.wait(now, 0).as_millis(), space, "{used}");
            assert_eq!(gate.wait(now, 2).as_millis(), space * 3, "{used}");
        }
    }

    #[test]
    fn after_429_the_gate_opens_at_the_reset_but_not_before_ten_seconds() {
        let now = Instant::now();
        let mut gate = OperatingTimeLimiter::new(now);
        assert_eq!(
            gate.record_refusal(None, now),
            10 * SECOND,
            "nothing is known of a reset"
        );
        let operating = OperatingTime {
            used: 1.0,
            reset_in: 40 * SECOND,
        };
        gate.record_result(now, Some(operating), now);
        assert_eq!(gate.record_refusal(None, now + 10 * SECOND), 31 * SECOND);
        assert_eq!(gate.take(now + 40 * SECOND), Err(SECOND));
        assert_eq!(gate.take(now + 41 * SECOND), Ok(()));
        assert_eq!(gate.record_refusal(Some(3 * SECOND), now), 41 * SECOND, "still closed");

        let used_up_first = |asked| OperatingTimeLimiter::new(now).record_refusal(Some(asked), now);
        assert_eq!(used_up_first(3 * SECOND), 3 * SECOND, "what the portal asks counts");
        assert_eq!(used_up_first(Duration::ZERO), 10 * SECOND, "but nothing is no time");
    }

    #[test]
    fn near_the_limit_is_forgotten_after_ten_minutes_without_news() {
        let now = Instant::now();
        let mut gate = OperatingTimeLimiter::new(now);
        let operating = OperatingTime {
            used: 420.0,
            reset_in: 30 * SECOND,
        };
        gate.record_result(now, Some(operating), now);
        gate.record_result(now + 599 * SECOND, None, now + 599 * SECOND);
        assert_eq!(gate.wait(now + 599 * SECOND, 1), 7 * SECOND);
        assert_eq!(gate.used(now + 599 * SECOND), Some(420.0));
        assert_eq!(gate.wait(now + 600 * SECOND, 1), Duration::ZERO);
        assert_eq!(gate.used(now + 600 * SECOND), None);
    }

    #[test]
    fn while_the_gate_is_closed_one_call_a_minute_is_a_probe() {
        let now = Instant::now();
        let at = |seconds| now + seconds * SECOND;
        let mut gate = OperatingTimeLimiter::new(now);
        assert_eq!(
            gate.record_refusal(Some(600 * SECOND), now),
            60 * SECOND,
            "the first probe"
        );
        assert_eq!(gate.take(now), Err(60 * SECOND));
        assert_eq!(gate.take(at(59)), Err(SECOND));
        assert_eq!(gate.wait(at(59), 1), 541 * SECOND, "the probe is for one alone");
        assert_eq!(gate.take(at(60)), Ok(()));
        assert_ne!(gate.wait(at(60), 1), Duration::ZERO, "it is not open");
        assert_eq!(gate.take(at(60)), Err(60 * SECOND));
        assert_eq!(gate.take(at(119)), Err(SECOND), "no news of the probe");
        assert_eq!(gate.take(at(120)), Ok(()));

        assert_eq!(
            gate.record_refusal(Some(600 * SECOND), at(121)),
            60 * SECOND,
            "refused again"
        );
        assert_eq!(gate.take(at(180)), Err(SECOND));
        assert_eq!(gate.take(at(181)), Ok(()));
        assert!(!gate.record_result(now, None, at(182)), "that call was sent before");
        assert!(!gate.record_result(at(121), None, at(182)), "that one too");
        assert_eq!(gate.take(at(182)), Err(59 * SECOND));
        assert!(gate.record_result(at(181), None, at(182)), "the probe itself");
        assert_eq!(gate.wait(at(182), 1), Duration::ZERO);
    }
}
