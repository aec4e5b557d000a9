//! Several calls in one request, by REST 3.0's `batch`.
//!
//! The portal runs a batch all or nothing: one unknown method, or the first item that fails, is the answer to all.
//! [`Failed::blame`] says what a smaller request may bring. See
//! <https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch-v3.html>.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::{Error, Refusal, Speaker, Unreadable};
use super::failed::Failed;
use super::loose::First;
use super::{Arrival, Method, Portal, Progress, Terms, retry};

/// The most calls of one batch, as the SDKs have it.
pub const MAX_CALLS: usize = 50;

/// One call of a batch: any method but `batch` itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is called.
    pub method: Method,
    /// Its parameters, a JSON object.
    pub parameters: Value,
}

impl Call {
    pub(super) fn item(&self) -> Value {
        json!({"method": self.method.as_str(), "query": self.parameters})
    }
}

impl Portal {
    /// Makes all `calls`, at most [`MAX_CALLS`], in one request: returns all their results, and the time of the request.
    ///
    /// A single call is made without a batch. A request that the portal's limits refuse is tried again, under the same
    /// deadline. One that fails in a bad moment, or takes three fifths of the time, is tried again only if it is a single
    /// call: a batch may be too large.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn all_or_none<T: DeserializeOwned>(
        &self,
        arrival: Arrival,
        calls: &[Call],
    ) -> Result<(Vec<T>, Duration), Failed> {
        let terms = Terms {
            deadline: Instant::now() + self.timeout,
            arrival,
            outlasts_failures: calls.len() == 1,
        };
        let mut progress = Progress::default();
        if let [call] = calls {
            let result = self
                .call_on(terms, call.method, &call.parameters, &mut progress)
                .await?;
            return Ok((vec![result], progress.took));
        }
        let items: Value = calls.iter().map(Call::item).collect();
        let results: First<T, MAX_CALLS> = self.call_on(terms, Method::Batch, &items, &mut progress).await?;
        if results.count != calls.len() {
            return Err(of_another_length().into());
        }
        Ok((results.items, progress.took))
    }
}

/// A list of another length than was asked for: nobody can tell whose result is whose.
pub(super) fn of_another_length() -> Error {
    Error::Unreadable {
        from: Speaker::Portal,
        http_status: 200,
        reason: Unreadable::Shape,
    }
}

/// True if a batch may have failed with this because of one item, or because the portal has no batch.
pub(super) fn may_be_one_item(error: &Error) -> bool {
    match error {
        Error::Refused(Refusal {
            by: Speaker::Portal,
            http_status,
            ..
        }) => match http_status {
            401 | 408 | 429 => false,
            400..=499 => true,
            // A limit comes as 503, and OVERLOAD_LIMIT too.
            500 => retry::trouble(error) == Some(retry::Trouble::Passing),
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

/// What a failure says of a request that holds several calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// It was too large or too slow, or came in a bad moment: a smaller one may succeed.
    Size,
    /// One of its calls was refused, or the method `batch` itself.
    Calls,
    /// Credentials, or a limit that lets nothing through in time: every other request would fail too.
    Everything,
}

impl Failed {
    /// Says what is to blame for the failure of a request.
    pub fn blame(&self) -> Blame {
        match &self.error {
            Error::TimedOut { .. } | Error::TooLarge { .. } => Blame::Size,
            error if retry::trouble(error) == Some(retry::Trouble::Passing) => Blame::Size,
            error if may_be_one_item(error) => Blame::Calls,
            _ => Blame::Everything,
        }
    }

    /// True if the portal answered, though not with a result.
    pub fn was_answered(&self) -> bool {
        self.error.http_status().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::error::refused;

    #[test]
    fn only_what_may_be_one_items_fault_is_asked_again() {
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
    fn a_smaller_request_is_tried_only_where_it_may_help() {
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
        assert_eq!(Failed::from(of_another_length()).blame(), Blame::Calls);
    }
}
