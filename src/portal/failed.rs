//! How a call came to nothing.

use std::fmt;
use std::time::Duration;

use super::error::Error;

/// A call that gave no result: why, after how many requests and how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Why the last attempt failed.
    pub error: Error,
    /// Requests of this call that were sent to the portal, without those that asked for a reason.
    pub attempts: u32,
    /// Time from the start of the call to its failure.
    pub elapsed: Duration,
    /// How long to wait before calling again, where that is known.
    pub retry_after: Option<Duration>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            attempts: 0,
            elapsed: Duration::ZERO,
            retry_after: None,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        if self.attempts > 1 {
            let elapsed = self.elapsed.as_millis().div_ceil(100);
            write!(
                f,
                " ({} requests in {}.{} s)",
                self.attempts,
                elapsed / 10,
                elapsed % 10
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Failed {}
