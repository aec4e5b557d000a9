//! The settings of a portal client.

use std::time::Duration;

use super::credentials::Credentials;
use super::limits::{RateLimit, SharedLimitsSettings};

/// The settings of a portal client.
#[derive(Debug)]
pub struct Settings {
    /// The credentials, and with them the account to act as.
    pub credentials: Credentials,
    /// Time for one look-up with all its waits and attempts, from start to result: `BITRIX24_TIMEOUT`. `caller.rs`
    /// turns it into the deadline; the limits on connecting and on idle connections are in `wire.rs`.
    pub timeout: Duration,
    /// The portal's limit of requests; `None` for a portal without one: `BITRIX24_RATE_LIMIT`.
    pub rate_limit: Option<RateLimit>,
    /// The store in which processes share the portal's limits; `None` if this process has them by itself.
    pub shared_limits: Option<SharedLimitsSettings>,
    /// The most attempts of one call; 1: no retries.
    pub max_attempts: u32,
    /// Returns a number from 0 to 1 that varies the delays, so that many callers do not retry at the same moment.
    pub jitter: fn() -> f64,
}

impl Settings {
    /// Shorter than the time limit of every MCP client that was measured: the shortest is 60 seconds a call.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(25);

    /// The deadline often ends a call before this number of attempts.
    pub const DEFAULT_MAX_ATTEMPTS: u32 = 4;

    /// `credentials`, and defaults for everything else.
    pub fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            timeout: Self::DEFAULT_TIMEOUT,
            rate_limit: Some(RateLimit::default()),
            shared_limits: None,
            max_attempts: Self::DEFAULT_MAX_ATTEMPTS,
            jitter: fastrand::f64,
        }
    }
}
