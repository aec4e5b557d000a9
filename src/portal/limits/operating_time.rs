//! The limit of a method's operating time, as far as the portal's replies show it. Pure: the caller passes the time.
//!
//! Near the limit, calls are spaced until the portal reports less use, or has reported no operating time for ten
//! minutes. A 429 closes the method for as long as the portal asks, or else until the last reported reset. The time that
//! the portal asks for may be far too long, so one call a minute passes as a probe: a result opens the method, and
//! another 429 closes it again.

use std::time::Duration;

use tokio::time::Instant;

use super::limiter::Limiter;
use crate::portal::error::Limit;

/// The limit in seconds. For the cloud only a sample of 480 s is published; self-hosted portals have 420 s if they have
/// a limit.
const OPERATING_LIMIT: f64 = 420.0;
/// The share of the limit from which calls are spaced.
const SPACED_FROM: f64 = 0.8;
/// The time between two calls at the limit itself.
const LARGEST_SPACE: Duration = Duration::from_secs(7);
/// The shortest time without calls after a 429 that does not say how long to wait.
const SHORTEST_WAIT: Duration = Duration::from_secs(10);
/// Added to the time until the reset: the portal's clock decides when the oldest minute is freed.
const RESET_MARGIN: Duration = Duration::from_secs(1);

/// The portal adds up operating time over ten minutes, so older time no longer counts.
pub(in crate::portal) const OPERATING_WINDOW: Duration = Duration::from_secs(600);
/// Time from a 429 to the first probe, and from one probe to the next: the portal frees one minute's time each minute.
const PROBE_EVERY: Duration = Duration::from_secs(60);

/// A method's operating time for these credentials, as the portal reports it. Absent where the limit is off, as on most
/// self-hosted portals. See <https://apidocs.bitrix24.com/limits.html>.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::portal) struct OperatingTime {
    /// Seconds used in the last ten minutes.
    pub(in crate::portal) used: f64,
    /// Time until the oldest minute is freed, by the portal's own clock.
    pub(in crate::portal) reset_in: Duration,
}

/// What a store that processes share keeps of the gate of a method. The times are milliseconds by the clock of the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeptGate {
    /// The gate is active before this time. Afterwards the other fields mean nothing.
    pub active_until: i64,
    /// No call passes before this time, except a probe.
    pub closed_until: i64,
    /// The portal's last refusal; `None` if the method is not closed by one.
    pub refused_at: Option<i64>,
    /// From this time on one call passes as a probe; `None` without a refusal.
    pub probe_at: Option<i64>,
    /// When the portal last reported the operating time; `None` if it has not.
    pub reported_at: Option<i64>,
    /// The operating time of that report, in milliseconds; `None` if there is none.
    pub used_ms: Option<i64>,
}

/// Limits the calls of one method by its operating time.
#[derive(Debug)]
pub(super) struct OperatingTimeLimiter {
    /// No call passes before this time, except a probe.
    closed_until: Instant,
    last_report: Option<Report>,
    /// Set while the method is closed after a 429.
    refusal: Option<Refusal>,
}

/// The operating time that came with a result.
#[derive(Debug, Clone, Copy)]
struct Report {
    at: Instant,
    reset_at: Instant,
    /// Seconds used.
    used: f64,
}

/// The portal's last refusal because of the operating time.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    at: Instant,
    /// From this time on one call passes although the method is closed, to see whether the portal still refuses.
    probe_at: Instant,
}

impl Limiter for OperatingTimeLimiter {
    const LIMIT: Limit = Limit::OperatingTime;

    type Pass = ();

    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        match (self.wait(now, 0), &mut self.refusal) {
            (Duration::ZERO, Some(refusal)) if now < self.closed_until => {
                refusal.probe_at = now + PROBE_EVERY;
                Ok(())
            }
            (Duration::ZERO, _) => {
                self.closed_until = now + self.space(now);
                self.refusal = None;
                Ok(())
            }
            (wait, _) => Err(wait),
        }
    }

    /// Only the first caller waits for the next probe; the others wait until the method opens.
    fn wait(&self, now: Instant, ahead: usize) -> Duration {
        let opens_at = match (self.refusal, ahead) {
            (Some(refusal), 0) => self.closed_until.min(refusal.probe_at),
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
            last_report: None,
            refusal: None,
        }
    }

    /// True if a call would have to wait now, or would make the next one wait.
    pub(super) fn is_active(&self, now: Instant) -> bool {
        now < self.closed_until || !self.space(now).is_zero()
    }

    /// Time until the method opens; `None` if no refusal of the portal has closed it.
    pub(super) fn closed_for(&self, now: Instant) -> Option<Duration> {
        let closed_for = self.closed_until.saturating_duration_since(now);
        (self.refusal.is_some() && !closed_for.is_zero()).then_some(closed_for)
    }

    /// The time between two calls.
    pub(super) fn space(&self, now: Instant) -> Duration {
        let share = self.used(now).unwrap_or_default() / OPERATING_LIMIT;
        let closeness = ((share - SPACED_FROM) / (1.0 - SPACED_FROM)).clamp(0.0, 1.0);
        LARGEST_SPACE.mul_f64(closeness)
    }

    /// Records a result of a call that was sent at `sent`. Returns true if the method was closed and is open now.
    pub(super) fn record_result(&mut self, sent: Instant, reported: Option<OperatingTime>, now: Instant) -> bool {
        if let Some(OperatingTime { used, reset_in }) = reported {
            self.last_report = Some(Report {
                at: now,
                reset_at: now + reset_in,
                used,
            });
        }
        // The result of a call that was sent before the 429 does not open the method.
        let opens = self.refusal.take_if(|refusal| refusal.at < sent).is_some();
        if opens {
            self.closed_until = now + self.space(now);
        }
        opens
    }

    /// Seconds of operating time used in the last ten minutes; `None` if the portal has not reported it in that time.
    pub(super) fn used(&self, now: Instant) -> Option<f64> {
        let report = self.last_report.filter(|report| now < report.at + OPERATING_WINDOW)?;
        Some(report.used)
    }

    /// Records a 429 with its `Retry-After`. Closes the method for that time, or else until the reset that was reported
    /// last. Returns the time until a call may pass: the next probe, or the end of the closure if that is sooner.
    pub(super) fn record_refusal(&mut self, server_wait: Option<Duration>, now: Instant) -> Duration {
        let until_reset = self
            .last_report
            .map(|report| report.reset_at.saturating_duration_since(now) + RESET_MARGIN);
        let server_wait = server_wait.filter(|server_wait| !server_wait.is_zero());
        let wait = server_wait.unwrap_or_else(|| until_reset.unwrap_or_default().max(SHORTEST_WAIT));
        // A later 429 with a shorter wait does not open the method earlier.
        self.closed_until = self.closed_until.max(now + wait);
        self.refusal = Some(Refusal {
            at: now,
            probe_at: now + PROBE_EVERY,
        });
        self.wait(now, 0)
    }

    /// Takes over what processes share, at `store_now` by the clock of their store; `None`: nothing limits the method.
    /// The own report of less use stays, since it says when the portal frees time.
    pub(super) fn adopt(&mut self, kept: Option<KeptGate>, store_now: i64, now: Instant) {
        let kept = kept.unwrap_or_default();
        let at = |time: i64| {
            let distance = Duration::from_millis(time.abs_diff(store_now));
            let moved = match time < store_now {
                true => now.checked_sub(distance),
                false => now.checked_add(distance),
            };
            moved.unwrap_or(now)
        };
        self.refusal = kept
            .refused_at
            .zip(kept.probe_at)
            .map(|(refused_at, probe_at)| Refusal {
                at: at(refused_at),
                // Not later, even if the clock of the store was set back.
                probe_at: at(probe_at).min(now + PROBE_EVERY),
            });
        self.closed_until = at(kept.closed_until).max(now);
        if self.refusal.is_none() {
            self.closed_until = self.closed_until.min(now + LARGEST_SPACE);
        }
        if let Some((reported_at, used)) = kept.reported_at.zip(kept.used_ms) {
            self.last_report = Some(Report {
                at: at(reported_at),
                reset_at: self.last_report.map_or(now, |report| report.reset_at),
                used: used as f64 / 1000.0,
            });
        } else if !self.space(now).is_zero() {
            self.last_report = None;
        }
    }

    /// What processes share, at `store_now` by the clock of their store; `None` if nothing limits the method.
    pub(super) fn kept(&self, store_now: i64, now: Instant) -> Option<KeptGate> {
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4);
        let at = |time: Instant| match time.checked_duration_since(now) {
            Some(ahead) => store_now + ms(ahead),
            None => store_now - ms(now.duration_since(time)),
        };
        let spaced = self.last_report.filter(|_| !self.space(now).is_zero());
        let spaced_until = spaced.map_or(now, |report| report.at + OPERATING_WINDOW);
        let active_until = at(self.closed_until.max(spaced_until));
        (active_until > store_now).then(|| KeptGate {
            active_until,
            closed_until: at(self.closed_until),
            refused_at: self.refusal.map(|refusal| at(refusal.at)),
            probe_at: self.refusal.map(|refusal| at(refusal.probe_at)),
            reported_at: self.last_report.map(|report| at(report.at)),
            used_ms: self.last_report.map(|report| (report.used * 1000.0) as i64),
        })
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
            let mut limiter = OperatingTimeLimiter::new(now);
            limiter.record_result(now, Some(OperatingTime { used, reset_in: SECOND }), now);
            assert_eq!(limiter.take(now), Ok(()));
            assert_eq!(limiter.wait(now, 0).as_millis(), space, "{used}");
            assert_eq!(limiter.wait(now, 2).as_millis(), space * 3, "{used}");
        }
    }

    #[test]
    fn after_429_the_method_opens_at_the_reset_but_not_before_ten_seconds() {
        let now = Instant::now();
        let mut limiter = OperatingTimeLimiter::new(now);
        assert_eq!(limiter.record_refusal(None, now), 10 * SECOND, "no reset was reported");
        let operating = OperatingTime {
            used: 1.0,
            reset_in: 40 * SECOND,
        };
        limiter.record_result(now, Some(operating), now);
        assert_eq!(limiter.record_refusal(None, now + 10 * SECOND), 31 * SECOND);
        assert_eq!(limiter.take(now + 40 * SECOND), Err(SECOND));
        assert_eq!(limiter.take(now + 41 * SECOND), Ok(()));
        assert_eq!(
            limiter.record_refusal(Some(3 * SECOND), now),
            41 * SECOND,
            "still closed"
        );

        let used_up_first = |server_wait| OperatingTimeLimiter::new(now).record_refusal(Some(server_wait), now);
        assert_eq!(
            used_up_first(3 * SECOND),
            3 * SECOND,
            "the wait that the portal asks for counts"
        );
        assert_eq!(
            used_up_first(Duration::ZERO),
            10 * SECOND,
            "but a wait of zero does not"
        );
    }

    #[test]
    fn calls_are_no_longer_spaced_after_ten_minutes_without_a_report() {
        let now = Instant::now();
        let mut limiter = OperatingTimeLimiter::new(now);
        let operating = OperatingTime {
            used: 420.0,
            reset_in: 30 * SECOND,
        };
        limiter.record_result(now, Some(operating), now);
        limiter.record_result(now + 599 * SECOND, None, now + 599 * SECOND);
        assert_eq!(limiter.wait(now + 599 * SECOND, 1), 7 * SECOND);
        assert_eq!(limiter.used(now + 599 * SECOND), Some(420.0));
        assert_eq!(limiter.wait(now + 600 * SECOND, 1), Duration::ZERO);
        assert_eq!(limiter.used(now + 600 * SECOND), None);
    }

    #[test]
    fn while_the_method_is_closed_one_call_a_minute_passes_as_a_probe() {
        let now = Instant::now();
        let at = |seconds| now + seconds * SECOND;
        let mut limiter = OperatingTimeLimiter::new(now);
        assert_eq!(
            limiter.record_refusal(Some(600 * SECOND), now),
            60 * SECOND,
            "the first probe"
        );
        assert_eq!(limiter.take(now), Err(60 * SECOND));
        assert_eq!(limiter.take(at(59)), Err(SECOND));
        assert_eq!(limiter.wait(at(59), 1), 541 * SECOND, "only one call may probe");
        assert_eq!(limiter.take(at(60)), Ok(()));
        assert_ne!(limiter.wait(at(60), 1), Duration::ZERO, "still closed");
        assert_eq!(limiter.take(at(60)), Err(60 * SECOND));
        assert_eq!(limiter.take(at(119)), Err(SECOND), "the probe has no result yet");
        assert_eq!(limiter.take(at(120)), Ok(()));

        assert_eq!(
            limiter.record_refusal(Some(600 * SECOND), at(121)),
            60 * SECOND,
            "refused again"
        );
        assert_eq!(limiter.take(at(180)), Err(SECOND));
        assert_eq!(limiter.take(at(181)), Ok(()));
        assert!(!limiter.record_result(now, None, at(182)), "that call was sent before");
        assert!(!limiter.record_result(at(121), None, at(182)), "that one too");
        assert_eq!(limiter.take(at(182)), Err(59 * SECOND));
        assert!(limiter.record_result(at(181), None, at(182)), "the probe itself");
        assert_eq!(limiter.wait(at(182), 1), Duration::ZERO);
    }
}
