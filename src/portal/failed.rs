//! A call without a result, and whether a smaller request may succeed.

use std::fmt;
use std::time::Duration;

use super::error::{Error, Refusal, Speaker, Unreadable};
use super::retry::{self, RetryCause};

/// A call without a result: its error, the number of its requests and the time it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Why the last attempt failed.
    pub error: Error,
    /// How many requests of this call were sent to the portal, not counting requests to the old API.
    pub attempts: u32,
    /// Time from the start of the call to its failure.
    pub elapsed: Duration,
    /// How long to wait before calling again; `None` if no wait is known.
    pub retry_after: Option<Duration>,
}

/// The cause that made a request with several calls fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The request was too large or too slow, or the failure is transient: a smaller request may succeed.
    Size,
    /// The portal refused one of the calls, or the method `batch` itself.
    Calls,
    /// The credentials, or a limit that lets no request through in time: every other request would fail too.
    Everything,
}

impl Failed {
    /// The cause that made the request fail.
    pub fn blame(&self) -> Blame {
        match &self.error {
            Error::TimedOut { .. } | Error::TooLarge { .. } => Blame::Size,
            error if retry::cause(error) == Some(RetryCause::Transient) => Blame::Size,
            error if may_be_one_item(error) => Blame::Calls,
            _ => Blame::Everything,
        }
    }

    /// True if the portal replied, though not with a result.
    pub fn was_answered(&self) -> bool {
        self.error.http_status().is_some()
    }
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

/// True if a batch may have failed with `error` because of one of its calls, or because the portal has no `batch`.
fn may_be_one_item(error: &Error) -> bool {
    match error {
        Error::Refused(Refusal {
            by: Speaker::Portal,
            http_status,
            ..
        }) => match http_status {
            401 | 408 | 429 => false,
            400..=499 => true,
            // Limits and OVERLOAD_LIMIT have status 503.
            500 => retry::cause(error) == Some(RetryCause::Transient),
            _ => false,
        },
        Error::Unreadable {
            from: Speaker::Portal,
            reason: Unreadable::Shape | Unreadable::PhpMessages,
            http_status,
        } => (200..300).contains(http_status),
        Error::TooLarge { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::error::refused;

    #[test]
    fn only_a_failure_that_one_call_may_have_caused_is_blamed_on_calls() {
        for (http_status, code, expected) in [
            (404, "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION", true),
            (400, "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION", true),
            (403, "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION", true),
            (405, "ERROR_BATCH_METHOD_NOT_ALLOWED", true),
            (500, "BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION", true),
            (401, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", false),
            (429, "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION", false),
            (503, "QUERY_LIMIT_EXCEEDED", false),
            (503, "OVERLOAD_LIMIT", false),
            (500, "PORTAL_DELETED", false),
        ] {
            assert_eq!(
                may_be_one_item(&refused(http_status, code)),
                expected,
                "{http_status} {code}"
            );
        }
        assert!(!may_be_one_item(&Error::Cancelled));
        assert!(!may_be_one_item(&Error::NoRestV3));
    }

    #[test]
    fn a_smaller_request_follows_only_where_it_may_help() {
        for (http_status, code, expected) in [
            (404, "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION", Blame::Calls),
            (403, "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION", Blame::Calls),
            (500, "BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION", Blame::Size),
            (504, "X", Blame::Size),
            (408, "X", Blame::Size),
            (401, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", Blame::Everything),
            (429, "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION", Blame::Everything),
            (503, "QUERY_LIMIT_EXCEEDED", Blame::Everything),
            (503, "OVERLOAD_LIMIT", Blame::Everything),
        ] {
            let failed = Failed::from(refused(http_status, code));
            assert_eq!(failed.blame(), expected, "{http_status} {code}");
            assert!(failed.was_answered());
        }
        let silent = Failed::from(Error::TimedOut {
            after: std::time::Duration::ZERO,
        });
        assert_eq!((silent.blame(), silent.was_answered()), (Blame::Size, false));
        let too_large = Error::TooLarge {
            http_status: 200,
            limit: 1,
        };
        assert_eq!(Failed::from(too_large).blame(), Blame::Size);
        assert_eq!(Failed::from(crate::portal::batch::wrong_length()).blame(), Blame::Calls);
    }
}
