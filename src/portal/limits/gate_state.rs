//! The state of a method's operating time in the store that several processes share. Pure.
//!
//! The rules are those of [`operating_time`](super::operating_time): a state becomes a limiter, the limiter decides, and
//! becomes a state again.

use std::time::Duration;

use tokio::time::Instant;

use super::limiter::Limiter;
use super::operating_time::{KeptGate, OperatingTime, OperatingTimeLimiter};

/// The state of a gate, as the store returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateState {
    /// The clock of the store.
    pub now: i64,
    /// The gate after the change; `None` if it is not active.
    pub kept: Option<KeptGate>,
    /// How long the call has to wait before it tries again; zero if it has passed. Only for [`GateChange::Pass`].
    pub wait: Duration,
}

/// A change of a gate. The times are those that have passed since, or that remain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GateChange {
    /// A call passes, if it may.
    Pass,
    /// The portal has refused a call.
    Refused {
        /// The time without calls that follows.
        closed_for: Duration,
    },
    /// The portal has returned a result.
    Result {
        /// How long ago its request was sent, at the most.
        sent_ago: Duration,
        /// Seconds of operating time used; `None` if the portal did not report it.
        used: Option<f64>,
    },
}

impl GateChange {
    /// Applies this change at `now` to the state that the store has kept. The store then keeps `kept` of the result.
    pub fn apply(self, kept: Option<KeptGate>, now: i64) -> GateState {
        let at = Instant::now();
        let kept = kept.filter(|kept| now < kept.active_until);
        let mut limiter = OperatingTimeLimiter::new(at);
        limiter.adopt(kept, now, at);
        let mut wait = Duration::ZERO;
        match self {
            Self::Pass => wait = limiter.take(at).err().unwrap_or_default(),
            Self::Refused { closed_for } => {
                limiter.record_refusal(Some(closed_for), at);
            }
            Self::Result { sent_ago, used } => {
                let sent = at.checked_sub(sent_ago).unwrap_or(at);
                let reported = used.map(|used| OperatingTime {
                    used,
                    reset_in: Duration::ZERO,
                });
                limiter.record_result(sent, reported, at);
            }
        }
        GateState {
            now,
            kept: limiter.kept(now, at),
            wait,
        }
    }
}
