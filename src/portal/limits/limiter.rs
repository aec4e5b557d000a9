//! The interfaces of a limiter and of its store to the queue in front of the limiter.

use std::time::Duration;

use tokio::time::Instant;

use crate::portal::error::Limit;

/// A limit of the portal as a value: the caller passes the time, and nothing sleeps.
pub(super) trait Limiter {
    /// The limit of the portal that this limiter applies.
    const LIMIT: Limit;

    /// What a caller gets that is let through.
    type Pass;

    /// Takes a place, or returns the wait until a place is free.
    fn take(&mut self, now: Instant) -> Result<Self::Pass, Duration>;

    /// How long a caller behind `ahead` others would wait.
    fn wait(&self, now: Instant, ahead: usize) -> Duration;

    /// The shortest wait that a caller behind `ahead` others can hope for. A caller that has no time for it is refused
    /// immediately.
    fn hope(&self, now: Instant, ahead: usize) -> Duration {
        self.wait(now, ahead)
    }

    /// True if the store has to be asked before [`take`](Self::take).
    fn must_ask(&self, _now: Instant) -> bool {
        false
    }

    /// How long the first caller sleeps before it looks again, of its wait of `wait`.
    fn nap(&self, wait: Duration, _now: Instant) -> Duration {
        wait
    }

    /// Gives up a place that was reserved for a caller that has left.
    fn give_up_reserved(&mut self, _now: Instant) {}
}

/// Asks the store of a limiter for the first caller.
pub(super) trait Asker: Sync {
    /// Asks, and records the answer in the limiter. `patience` is the time until the caller's deadline.
    fn ask(&self, patience: Duration) -> impl Future<Output = Asked> + Send;
}

/// What the first caller does after the store was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Asks the limiter for its place.
    Recorded,
    /// Waits, since there is no place before that time.
    After(Duration),
    /// Leaves the queue to pass the gate of its method first.
    Gated,
}
