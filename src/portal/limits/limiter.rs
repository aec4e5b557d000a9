//! The interface of a limiter to the queue in front of it.

use std::time::Duration;

use tokio::time::Instant;

use crate::portal::error::Limit;

/// A limit of the portal as a pure value: the caller passes the time, and nothing sleeps.
pub(super) trait Limiter {
    /// The limit of the portal that this limiter applies.
    const LIMIT: Limit;

    /// Takes a place, or returns the wait until a place is free.
    fn take(&mut self, now: Instant) -> Result<(), Duration>;

    /// How long a caller behind `ahead` others would wait.
    fn wait(&self, now: Instant, ahead: usize) -> Duration;
}
