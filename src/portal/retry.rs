//! Whether a failed attempt is retried, and after which delay. Pure: no clock, no randomness of its own.
//!
//! Every method that this program calls only reads, so a retry is always safe. A failure is retried where that can
//! help:
//!
//! | failure | retry? | after |
//! |---|---|---|
//! | 503 `QUERY_LIMIT_EXCEEDED` | yes | (1 s + 1 / rate) × 1.5ⁿ, in which the portal's bucket leaks |
//! | 429, or a code of the operating-time limit | yes | the reset, see [`super::limits`] |
//! | 408, 5xx, the connection, a reply cut off | yes | 0.5 s × 2ⁿ, at most 4 s |
//! | 400, 401, 403, 404, redirects, `OVERLOAD_LIMIT`, TLS | no | |
//!
//! The delays that are computed here have jitter, and `Retry-After` of the server can make them longer. A 401 that may
//! be an expired token is not retried here: [`super::attempt`] refreshes the token and sends the request again.

use std::time::Duration;

use super::error::{ConnectionFailure, Error, Refusal, Speaker, Unreadable};

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(4);

/// Why a retry can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RetryCause {
    /// Too many requests a second.
    TooManyRequests,
    /// The method's operating time is used up.
    OperatingTime,
    /// A failure of a server or of the network that may be gone soon.
    Transient,
}

/// Why a retry after `error` can help; `None` if it cannot.
pub(super) fn cause(error: &Error) -> Option<RetryCause> {
    let cause = cause_in(error)?;
    // The portal's limits do not apply to the authorization server.
    Some(match error {
        Error::Refused(Refusal {
            by: Speaker::AuthorizationServer,
            ..
        })
        | Error::Unreadable {
            from: Speaker::AuthorizationServer,
            ..
        } => RetryCause::Transient,
        _ => cause,
    })
}

fn cause_in(error: &Error) -> Option<RetryCause> {
    match error {
        Error::Refused(refusal) => cause_of_refusal(refusal),
        Error::Unreadable { http_status: 429, .. } => Some(RetryCause::OperatingTime),
        Error::Unreadable {
            http_status, reason, ..
        } => {
            let is_cut_off = *reason == Unreadable::CutOff && *http_status == 200;
            (is_transient(*http_status) || is_cut_off).then_some(RetryCause::Transient)
        }
        Error::Unreachable { failure, .. } => match failure {
            ConnectionFailure::Tls | ConnectionFailure::Certificate(_) | ConnectionFailure::NoRootCertificates => None,
            ConnectionFailure::NameNotResolved
            | ConnectionFailure::Refused
            | ConnectionFailure::NotAccepted
            | ConnectionFailure::Lost => Some(RetryCause::Transient),
        },
        _ => None,
    }
}

/// Why a retry after a refusal can help. The code decides before the status: some portals send these codes with a wrong
/// status.
fn cause_of_refusal(refusal: &Refusal) -> Option<RetryCause> {
    let is = |codes: &[&str]| codes.iter().any(|code| refusal.code.eq_ignore_ascii_case(code));
    if is(&["QUERY_LIMIT_EXCEEDED"]) {
        Some(RetryCause::TooManyRequests)
    } else if is(&["BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION", "OPERATION_TIME_LIMIT"]) {
        Some(RetryCause::OperatingTime)
    } else if is(&["OVERLOAD_LIMIT", "PORTAL_DELETED", "WRONG_ENCODING"]) {
        // These failures last, although their status is 5xx.
        None
    } else if refusal.http_status == 429 {
        Some(RetryCause::OperatingTime)
    } else {
        is_transient(refusal.http_status).then_some(RetryCause::Transient)
    }
}

/// True for statuses that are not about the request itself.
fn is_transient(http_status: u16) -> bool {
    matches!(http_status, 408 | 500..)
}

/// The delay after failed attempt number `failed`, from 1. `jitter` is from 0 to 1; `server_wait` is the server's
/// `Retry-After`.
///
/// [`RetryCause::OperatingTime`] has no delay of its own: its limiter returns the wait.
pub(super) fn delay(
    cause: RetryCause,
    failed: u32,
    per_second: f64,
    jitter: f64,
    server_wait: Option<Duration>,
) -> Duration {
    let exponent = i32::try_from(failed.saturating_sub(1).min(10)).unwrap_or_default();
    let own = match cause {
        // Never shorter than the time that the bucket needs.
        RetryCause::TooManyRequests => (1.0 + 1.0 / per_second) * 1.5_f64.powi(exponent) * (1.0 + jitter / 4.0),
        RetryCause::Transient => {
            let longest = (FIRST_DELAY.as_secs_f64() * 2.0_f64.powi(exponent)).min(LONGEST_DELAY.as_secs_f64());
            longest * (0.5 + jitter / 2.0)
        }
        RetryCause::OperatingTime => 0.0,
    };
    let own = Duration::try_from_secs_f64(own).unwrap_or(LONGEST_DELAY);
    server_wait.map_or(own, |server_wait| own.max(server_wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::certificate::CertificateProblem;
    use crate::portal::error::refused;

    #[test]
    fn only_transient_failures_are_retried() {
        use RetryCause::{OperatingTime, TooManyRequests, Transient};
        let envelope = |name: &str| format!("BITRIX_REST_V3_EXCEPTION_{name}EXCEPTION");
        for (status, code, expected) in [
            (503, "QUERY_LIMIT_EXCEEDED".to_owned(), Some(TooManyRequests)),
            (200, "query_limit_exceeded".to_owned(), Some(TooManyRequests)),
            (429, envelope("RATELIMIT"), Some(OperatingTime)),
            (429, "OPERATION_TIME_LIMIT".to_owned(), Some(OperatingTime)),
            (429, "ERROR_WITHOUT_CODE".to_owned(), Some(OperatingTime)),
            (500, envelope("INTERNAL_INTERNAL"), Some(Transient)),
            (500, "ERROR_UNEXPECTED_ANSWER".to_owned(), Some(Transient)),
            (408, "X".to_owned(), Some(Transient)),
            (503, "OVERLOAD_LIMIT".to_owned(), None),
            (500, "PORTAL_DELETED".to_owned(), None),
            (500, "WRONG_ENCODING".to_owned(), None),
            (400, envelope("INVALIDPAGINATION"), None),
            (401, envelope("ACCESSDENIED"), None),
            (403, envelope("INSUFFICIENTSCOPE"), None),
            (404, envelope("METHODNOTFOUND"), None),
            (422, "X".to_owned(), None),
            (200, "WRONG_CLIENT".to_owned(), None),
        ] {
            assert_eq!(cause(&refused(status, &code)), expected, "{status} {code}");
        }
        let unreadable = |http_status, reason| Error::Unreadable {
            from: Speaker::Portal,
            http_status,
            reason,
        };
        assert_eq!(cause(&unreadable(502, Unreadable::Html)), Some(Transient));
        let elsewhere = Error::Unreadable {
            from: Speaker::AuthorizationServer,
            http_status: 429,
            reason: Unreadable::Html,
        };
        assert_eq!(cause(&elsewhere), Some(Transient), "that is not the portal's limit");
        assert_eq!(cause(&unreadable(429, Unreadable::Html)), Some(OperatingTime));
        assert_eq!(cause(&unreadable(200, Unreadable::CutOff)), Some(Transient));
        for status in [200, 400, 401, 403, 404] {
            assert_eq!(cause(&unreadable(status, Unreadable::Html)), None, "{status}");
        }
        let unreachable = |failure| Error::Unreachable {
            failure,
            host: "p.example".to_owned(),
        };
        assert_eq!(cause(&unreachable(ConnectionFailure::Lost)), Some(Transient));
        let expired = ConnectionFailure::Certificate(CertificateProblem::Expired);
        for lasting in [ConnectionFailure::Tls, ConnectionFailure::NoRootCertificates, expired] {
            assert_eq!(cause(&unreachable(lasting)), None, "{lasting:?}");
        }
        assert_eq!(cause(&Error::TimedOut { after: Duration::ZERO }), None);
        assert_eq!(cause(&Error::Cancelled), None);
    }

    #[test]
    fn delays_grow_are_capped_and_jittered() {
        let ms = |cause, failed, jitter| delay(cause, failed, 2.0, jitter, None).as_millis();
        assert_eq!(
            [1, 2, 3, 9, 99].map(|n| ms(RetryCause::Transient, n, 1.0)),
            [500, 1000, 2000, 4000, 4000]
        );
        assert_eq!([1, 2, 3].map(|n| ms(RetryCause::Transient, n, 0.0)), [250, 500, 1000]);
        assert_eq!([1, 2].map(|n| ms(RetryCause::TooManyRequests, n, 0.0)), [1500, 2250]);
        assert_eq!(ms(RetryCause::TooManyRequests, 1, 1.0), 1875);
    }

    #[test]
    fn retry_after_of_the_server_is_honoured() {
        let server_wait = Some(Duration::from_secs(9));
        for cause in [
            RetryCause::Transient,
            RetryCause::TooManyRequests,
            RetryCause::OperatingTime,
        ] {
            assert_eq!(delay(cause, 1, 2.0, 0.5, server_wait), Duration::from_secs(9));
        }
        assert!(delay(RetryCause::TooManyRequests, 1, 2.0, 0.0, Some(Duration::ZERO)) >= Duration::from_millis(1500));
    }
}
