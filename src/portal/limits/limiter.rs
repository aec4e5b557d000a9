//! What a queue needs of a limiter.

use std::time::Duration;

use tokio::time::Instant;

use crate::portal::error::Limit;

/// A limit kept as a pure value: time comes in, nothing sleeps.
pub(super) trait Limiter {
    /// The portal's limit that it keeps.
    const LIMIT: Limit;

    /// Takes a place, or returns how long until there is one.
    fn take(&mut self, now: Instant) -> Result<(), Duration>;

    /// How long a caller behind `ahead` others would wait.
    fn wait(&self, now: Instant, ahead: usize) -> Duration;
}
