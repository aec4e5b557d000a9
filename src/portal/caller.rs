//! The loop of attempts: retries a call with a backoff, under one deadline.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::attempt::{Attempt, Progress, Shared};
use super::credentials::ActiveCredentials;
use super::error::Error;
use super::failed::Failed;
use super::limits::{Arrival, RateLimit};
use super::request::Method;
use super::retry::{self, RetryCause};

/// Makes the calls of one portal client. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) shared: Arc<Shared>,
    pub(super) credentials: ActiveCredentials,
    /// Time for one call with all its attempts.
    pub(super) timeout: Duration,
    pub(super) rate_limit: Option<RateLimit>,
    pub(super) max_attempts: u32,
    pub(super) jitter: fn() -> f64,
}

/// How one call is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) deadline: Instant,
    pub(super) arrival: Arrival,
    /// Whether a smaller request can follow if this one fails. Then a transient failure is not retried, and the request
    /// may last three fifths of the time, so that the smaller request has time too.
    pub(super) can_be_split: bool,
}

impl Caller {
    /// Registers a caller now: its requests wait behind those of all earlier callers of the same person.
    pub(super) fn arrive(&self) -> Arrival {
        self.shared.limits.arrive()
    }

    /// The terms of a call that begins now and cannot be split.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            deadline: Instant::now() + self.timeout,
            arrival: self.arrive(),
            can_be_split: false,
        }
    }

    /// Calls `method` until there is a result, retrying cannot help, or the deadline passes.
    ///
    /// # Errors
    /// [`Failed`], with the error of the last attempt.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        terms: Terms,
        method: Method,
        parameters: &Value,
        progress: &mut Progress,
    ) -> Result<T, Failed> {
        let started = Instant::now();
        let attempts = self.attempts(terms, method, parameters, progress);
        let outcome = tokio::time::timeout_at(terms.deadline, attempts)
            .await
            .unwrap_or(Err((Error::TimedOut { after: self.timeout }, None)));
        let elapsed = started.elapsed();
        let error = outcome.as_ref().err().map(|(error, _)| error);
        log_outcome(error, method, progress.requests, elapsed);
        outcome.map_err(|(error, retry_after)| Failed {
            retry_after: match &error {
                Error::Throttled { needed, .. } => Some(*needed),
                _ => retry_after,
            },
            error,
            attempts: progress.requests,
            elapsed,
        })
    }

    /// Makes attempts until one returns a result or no retry follows.
    ///
    /// # Errors
    /// The error of the last attempt, with the wait that the portal named if that wait does not fit in the time.
    async fn attempts<T: DeserializeOwned>(
        &self,
        terms: Terms,
        method: Method,
        parameters: &Value,
        progress: &mut Progress,
    ) -> Result<T, (Error, Option<Duration>)> {
        let attempt = Attempt {
            shared: &self.shared,
            credentials: &self.credentials,
            method,
            parameters,
            arrival: terms.arrival,
            deadline: terms.deadline,
            request_timeout: terms.can_be_split.then_some(self.timeout * 3 / 5),
        };
        loop {
            let error = match attempt.run(progress).await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            let server_wait = progress.server_wait.take();
            let wait = self.wait_after(&error, method, server_wait, progress.requests, terms);
            let Some(wait) = wait.await else {
                return Err((error, None));
            };
            if progress.requests >= self.max_attempts || Instant::now() + wait >= terms.deadline {
                // Only a wait that the portal has named helps the caller; our own backoff does not.
                let is_from_portal = server_wait.is_some() || retry::cause(&error) == Some(RetryCause::OperatingTime);
                return Err((error, is_from_portal.then_some(wait)));
            }
            tracing::info!(
                portal.method = method.as_str(),
                error.code = error.code(),
                http.status = error.http_status(),
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                "the attempt failed; waiting before the next"
            );
            self.shared.measurements.record_wait("retry", wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// How long to wait before the next attempt; `None` if there is none. Records the failure in the limits.
    async fn wait_after(
        &self,
        error: &Error,
        method: Method,
        server_wait: Option<Duration>,
        requests: u32,
        terms: Terms,
    ) -> Option<Duration> {
        let cause = retry::cause(error)?;
        if cause == RetryCause::Transient && terms.can_be_split {
            return None;
        }
        let per_second = self.rate_limit.unwrap_or_default().per_second;
        let wait = retry::delay(cause, requests, per_second, (self.jitter)(), server_wait);
        let limits = &self.shared.limits;
        // With credentials that have become wrong, only this process records the failure.
        let names = self.shared.names(&self.credentials).ok().flatten();
        Some(match cause {
            RetryCause::TooManyRequests => {
                limits.record_too_many_requests(names.as_ref()).await;
                wait
            }
            RetryCause::OperatingTime => {
                limits
                    .record_operating_time_used_up(method, names.as_ref(), server_wait)
                    .await
            }
            RetryCause::Transient => wait,
        })
    }
}

fn log_outcome(error: Option<&Error>, method: Method, attempts: u32, elapsed: Duration) {
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    match error {
        None => tracing::info!(
            portal.method = method.as_str(),
            attempts,
            elapsed_ms,
            "the portal answered"
        ),
        Some(error) => tracing::debug!(
            portal.method = method.as_str(),
            attempts,
            elapsed_ms,
            error.code = error.code(),
            http.status = error.http_status(),
            "the call to the portal failed"
        ),
    }
}
