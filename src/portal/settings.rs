//! What a portal client is told when it is made.

use std::time::Duration;

use super::credentials::Credentials;
use super::limits::RateLimit;

/// What the portal client is told.
#[derive(Debug)]
pub struct Settings {
    /// Whom to act as.
    pub credentials: Credentials,
    /// Time for one look-up with all its attempts, from start to result: `BITRIX24_TIMEOUT`.
    pub timeout: Duration,
    /// What the portal takes; `None` for a portal without a limit: `BITRIX24_RATE_LIMIT`.
    pub rate_limit: Option<RateLimit>,
    /// Attempts of one call; 1: never again.
    pub max_attempts: u32,
    /// Numbers from 0 to 1 that keep many callers from trying again all at the same moment.
    pub jitter: fn() -> f64,
}

impl Settings {
    /// Under the limit of every client that was measured, the shortest of which is 60 seconds a call.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(25);

    /// The deadline often comes first.
    pub const DEFAULT_MAX_ATTEMPTS: u32 = 4;

    /// The defaults of everything but the credentials.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            timeout: Self::DEFAULT_TIMEOUT,
            rate_limit: Some(RateLimit::default()),
            max_attempts: Self::DEFAULT_MAX_ATTEMPTS,
            jitter: fastrand::f64,
        }
    }
}
