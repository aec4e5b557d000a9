//! Why the address book could not answer.

use std::time::Duration;

use super::contact::Source;
use super::query::InvalidQuery;
use crate::portal;

/// Why a look-up failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument was refused before any request was sent.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The portal client failed.
    #[error(transparent)]
    Portal(#[from] portal::Failed),
}

/// A source from which nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAsked {
    /// The source.
    pub source: Source,
    /// Why it could not be read.
    pub error: Error,
}

/// The code for wrong pagination. This is the portal's own code, so that the advice is the same whether the portal or
/// this server refused the value.
const INVALID_PAGINATION: &str = "BITRIX_REST_V3_EXCEPTION_INVALIDPAGINATIONEXCEPTION";
/// The code for any other argument that was refused before a request.
pub const INVALID_ARGUMENTS: &str = "INVALID_ARGUMENTS";

impl Error {
    /// The error that is returned when the caller has cancelled.
    pub fn cancelled() -> Self {
        Self::Portal(portal::Error::Cancelled.into())
    }

    /// Stable text that names the failure: the key to the fix-it table.
    pub fn code(&self) -> &str {
        match self {
            Self::Invalid(error) if error.is_about_pagination() => INVALID_PAGINATION,
            Self::Invalid(_) => INVALID_ARGUMENTS,
            Self::Portal(failed) => failed.error.code(),
        }
    }

    /// HTTP status of the portal's reply; `None` if there was no reply.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Invalid(_) => None,
            Self::Portal(failed) => failed.error.http_status(),
        }
    }

    /// Field and problem of each argument at fault; empty if no argument is to blame.
    pub fn validation(&self) -> Vec<(String, String)> {
        match self {
            Self::Invalid(error) => vec![(error.field.to_owned(), error.problem.clone())],
            Self::Portal(failed) => failed
                .error
                .validation()
                .iter()
                .map(|violation| (violation.field.clone(), violation.message.clone()))
                .collect(),
        }
    }

    /// How many requests were sent for the look-up.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Invalid(_) => 0,
            Self::Portal(failed) => failed.attempts,
        }
    }

    /// How long to wait before the next try; `None` if that is unknown.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Invalid(_) => None,
            Self::Portal(failed) => failed.retry_after,
        }
    }

    /// True if the portal's rate limit left no time for the call.
    pub(super) fn is_throttled(&self) -> bool {
        matches!(self, Self::Portal(failed) if matches!(failed.error, portal::Error::Throttled { .. }))
    }

    /// True if the portal does not have the method.
    pub(super) fn is_unknown_method(&self) -> bool {
        let code = self.code();
        code.ends_with("METHODNOTFOUNDEXCEPTION") || code == "ERROR_METHOD_NOT_FOUND"
    }
}
