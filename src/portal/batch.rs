//! Several calls in one request, by REST 3.0's `batch`.
//!
//! The portal runs a batch all or nothing: one unknown method, or the first item that fails, is the answer to all. So a
//! batch that fails in a way that may be one item's fault is asked again call by call, under the same deadline; what
//! succeeds is kept, and what could not be asked tells why.
//!
//! | the batch failed with | then |
//! |---|---|
//! | a refusal with 400 to 499 but 401, 408 and 429, or with 500 | call by call |
//! | a reply of another shape, or one too large | call by call |
//! | anything else: credentials, limits, network, deadline | that is the outcome of every call |
//!
//! Call by call, a method that is refused lastingly, or that failed three times without a success, is given up, and what
//! fails for all (credentials, limits, network, deadline) ends everything. After PHP's own messages the first call goes
//! alone, and ends everything if it meets them too: they mostly come from the portal's settings, not from an item. See
//! <https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch-v3.html>.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::error::{Error, Refusal, Speaker, Unreadable};
use super::failed::Failed;
use super::loose::First;
use super::{Arrival, Method, Portal, Terms, retry};

/// The most calls of one batch, as the SDKs have it.
pub const MAX_CALLS: usize = 50;

/// Single calls under way at the same time.
const SIDE_BY_SIDE: usize = 4;
/// Failures of a method, without a success, after which it is asked no more.
const ENOUGH_FAILURES: usize = 3;

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
    /// Makes all `calls`, in one request for each [`MAX_CALLS`] of them, and gives their outcomes in the same order. A
    /// batch that fails because of one item is made call by call.
    pub async fn batch<T: DeserializeOwned>(&self, calls: &[Call]) -> Vec<Result<T, Failed>> {
        let deadline = Instant::now() + self.timeout;
        let mut outcomes = Vec::with_capacity(calls.len());
        for calls in calls.chunks(MAX_CALLS) {
            outcomes.extend(self.batch_by(deadline, calls).await);
        }
        outcomes
    }

    /// Makes all `calls`, at most [`MAX_CALLS`], in one request, and returns all their results or none. A single call is
    /// made without a batch. What fails because of the portal's limits is tried again, under the same deadline; what
    /// fails in a bad moment only if it is a single call, since a batch may be too large.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn all_or_none<T: DeserializeOwned>(&self, arrival: Arrival, calls: &[Call]) -> Result<Vec<T>, Failed> {
        let terms = Terms {
            deadline: Instant::now() + self.timeout,
            arrival: Some(arrival),
            outlasts_failures: calls.len() == 1,
        };
        if let [call] = calls {
            return Ok(vec![self.call_on(terms, call.method, &call.parameters).await?]);
        }
        let items: Value = calls.iter().map(Call::item).collect();
        let results: First<T, MAX_CALLS> = self.call_on(terms, Method::Batch, &items).await?;
        if results.count != calls.len() {
            return Err(of_another_length().into());
        }
        Ok(results.items)
    }

    async fn batch_by<T: DeserializeOwned>(&self, deadline: Instant, calls: &[Call]) -> Vec<Result<T, Failed>> {
        // A single call has retries of its own, and a batch of one would only hide them.
        if calls.len() == 1 {
            return self.one_by_one(deadline, calls, 0).await;
        }
        let items: Value = calls.iter().map(Call::item).collect();
        let failed = match self
            .call_on::<First<T, MAX_CALLS>>(Terms::by(deadline), Method::Batch, &items)
            .await
        {
            Ok(results) if results.count == calls.len() => return results.items.into_iter().map(Ok).collect(),
            Ok(_) => of_another_length().into(),
            Err(failed) => failed,
        };
        if !may_be_one_item(&failed.error) {
            return calls.iter().map(|_| Err(failed.clone())).collect();
        }
        tracing::info!(
            error.code = failed.error.code(),
            http.status = failed.error.http_status(),
            calls = calls.len(),
            "the batch failed; making its calls one by one"
        );
        let alone = usize::from(is_php_messages(&failed.error));
        self.one_by_one(deadline, calls, alone).await
    }

    /// The first `alone` calls one after the other; PHP's own messages in the reply to one of them end everything.
    async fn one_by_one<T: DeserializeOwned>(
        &self,
        deadline: Instant,
        calls: &[Call],
        alone: usize,
    ) -> Vec<Result<T, Failed>> {
        let course = &Mutex::new(Course::default());
        let mut outcomes = Vec::with_capacity(calls.len());
        for call in calls.iter().take(alone) {
            let outcome = self.one(deadline, call, course).await;
            let failed = outcome.as_ref().err().filter(|failed| is_php_messages(&failed.error));
            if let Some(failed) = failed {
                lock(course).end = Some(failed.clone());
            }
            outcomes.push(outcome);
        }
        let others: Vec<_> = calls
            .iter()
            .skip(alone)
            .map(|call| self.one(deadline, call, course))
            .collect();
        outcomes.extend(stream::iter(others).buffered(SIDE_BY_SIDE).collect::<Vec<_>>().await);
        outcomes
    }

    async fn one<T: DeserializeOwned>(
        &self,
        deadline: Instant,
        call: &Call,
        course: &Mutex<Course>,
    ) -> Result<T, Failed> {
        let known = lock(course).known_failure(call.method);
        if let Some(failed) = known {
            return Err(failed);
        }
        // They come from a batch that has just failed.
        let calling = self.call_on(Terms::by(deadline), call.method, &call.parameters);
        let outcome = calling.await;
        lock(course).went(call.method, outcome.as_ref().err());
        outcome
    }
}

fn lock(course: &Mutex<Course>) -> MutexGuard<'_, Course> {
    // Each change is one statement that cannot fail half way.
    course.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// Credentials, limits, a deadline for the caller: every other request would fail too.
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

fn is_php_messages(error: &Error) -> bool {
    matches!(
        error,
        Error::Unreadable {
            reason: Unreadable::PhpMessages,
            ..
        }
    )
}

/// How single calls went so far.
#[derive(Debug, Default)]
struct Course {
    /// What ends everything.
    end: Option<Failed>,
    methods: HashMap<Method, MethodCourse>,
}

#[derive(Debug, Default)]
struct MethodCourse {
    successes: usize,
    failures: usize,
    last: Option<Failed>,
    is_refused: bool,
}

impl Course {
    /// The failure that another call of `method` would meet again.
    fn known_failure(&self, method: Method) -> Option<Failed> {
        if let Some(end) = &self.end {
            return Some(end.clone());
        }
        let course = self.methods.get(&method)?;
        let is_given_up = course.is_refused || (course.successes == 0 && course.failures >= ENOUGH_FAILURES);
        course.last.clone().filter(|_| is_given_up)
    }

    fn went(&mut self, method: Method, failed: Option<&Failed>) {
        let course = self.methods.entry(method).or_default();
        let Some(failed) = failed else {
            course.successes += 1;
            return;
        };
        course.failures += 1;
        course.last = Some(failed.clone());
        course.is_refused |= matches!(failed.error.http_status(), Some(403 | 404));
        if !may_be_one_item(&failed.error) {
            self.end = Some(failed.clone());
        }
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

    #[test]
    fn a_method_is_given_up_when_it_is_refused_or_never_succeeds() {
        let failed = |http_status| Failed::from(refused(http_status, "X"));
        let mut course = Course::default();
        course.went(Method::ListEmployees, Some(&failed(404)));
        assert!(course.known_failure(Method::ListEmployees).is_some());
        assert!(course.known_failure(Method::ListContacts).is_none());
        for _ in 0..ENOUGH_FAILURES {
            assert!(course.known_failure(Method::ListContacts).is_none());
            course.went(Method::ListContacts, Some(&failed(500)));
        }
        assert!(course.known_failure(Method::ListContacts).is_some());

        let mut course = Course::default();
        course.went(Method::ListContacts, None);
        for _ in 0..9 {
            course.went(Method::ListContacts, Some(&failed(500)));
        }
        assert!(
            course.known_failure(Method::ListContacts).is_none(),
            "one has succeeded"
        );
        course.went(Method::ListContacts, Some(&failed(401)));
        assert!(
            course.known_failure(Method::ListEmployees).is_some(),
            "it ends everything"
        );
    }
}
