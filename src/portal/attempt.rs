//! One attempt of a call: wait for the limits, authorise, send, read, and ask why the portal refused.
//!
//! The loop of attempts is in [`caller`](super::caller).

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::credentials::ActiveCredentials;
use super::error::{Error, Speaker};
use super::limits::{Arrival, Limits, SharedNames, Waiter};
use super::measurements::Measurements;
use super::old_api::OldApi;
use super::person::Person;
use super::refusal_reason::{self, may_be_an_expired_token};
use super::reply::{RawReply, Success, read};
use super::request::{Access, Method};
use super::retry;
use super::wire::Wire;

/// The parts that all calls to one portal share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: Limits,
    pub(super) wire: Arc<dyn Wire>,
    pub(super) measurements: Measurements,
}

impl Shared {
    /// The names of portal and account in the store of the limits; `None` if processes share no limits.
    ///
    /// # Errors
    /// The errors of missing or wrong settings.
    pub(super) fn names(&self, credentials: &ActiveCredentials) -> Result<Option<SharedNames>, Error> {
        let names = || {
            let portal = credentials.origin()?.as_str().to_owned();
            let account = Some(credentials.account()?);
            Ok(SharedNames { portal, account })
        };
        self.limits.are_shared().then(names).transpose()
    }

    /// The old API of the portal, called with `access`, which belongs to `person`.
    pub(super) fn old_api<'a>(&'a self, person: &'a Person, access: &'a Access, deadline: Instant) -> OldApi<'a> {
        OldApi {
            wire: &self.wire,
            limits: &self.limits,
            person,
            access,
            deadline,
        }
    }
}

/// One attempt of a call.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    pub(super) shared: &'a Shared,
    pub(super) credentials: &'a ActiveCredentials,
    pub(super) method: Method,
    pub(super) parameters: &'a Value,
    pub(super) arrival: Arrival,
    pub(super) deadline: Instant,
    /// The most time for one request; `None`: until the deadline.
    pub(super) request_timeout: Option<Duration>,
}

/// Counts and times of a call so far. Kept outside the attempts, which the deadline may drop.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Requests sent, not counting requests to the old API.
    pub(super) requests: u32,
    /// Time that the last request took.
    pub(super) last_request: Duration,
    /// The wait that the last failed reply asks for (`Retry-After`).
    pub(super) server_wait: Option<Duration>,
}

impl Attempt<'_> {
    /// Makes the attempt. If the portal rejects the access token, refreshes the token and sends the request once more.
    pub(super) async fn run<T: DeserializeOwned>(&self, progress: &mut Progress) -> Result<T, Error> {
        let mut has_refreshed = false;
        loop {
            let names = self.shared.names(self.credentials)?;
            let access = self.authorise(names.as_ref()).await?;
            let sent = Instant::now();
            let reply = self.send(&access, sent, progress).await?;
            let result = self.result(&reply, &access, names.as_ref(), sent, progress.last_request);
            let error = match result.await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            if !has_refreshed && may_be_an_expired_token(&error) && self.refresh(&access, &error).await? {
                has_refreshed = true;
                continue;
            }
            progress.server_wait = reply.server_wait();
            let error = self.explained(error, &access).await;
            self.report_refusal(&error).await;
            return Err(error);
        }
    }

    /// Refreshes the rejected access token; `false` if no other token can be requested.
    ///
    /// # Errors
    /// The failure of the refresh. If it is about an employee, the portal may know the reason better.
    async fn refresh(&self, rejected: &Access, rejection: &Error) -> Result<bool, Error> {
        let refreshed = self.credentials.refresh(rejected, &self.shared.wire).await;
        match refreshed {
            Err(error) if self.credentials.employee().is_some() && error.is_about_the_employee() => {
                let reason = self.explained(rejection.clone(), rejected).await;
                let reason = if reason.is_about_the_employee() { reason } else { error };
                self.report_refusal(&reason).await;
                Err(reason)
            }
            refreshed => refreshed,
        }
    }

    /// Reports a refusal that no retry follows to the employee's tokens, so that the team can end the sign-in.
    async fn report_refusal(&self, error: &Error) {
        if let (Some(employee), Error::Refused(_), None) = (self.credentials.employee(), error, retry::cause(error)) {
            employee.tokens.refused(error).await;
        }
    }

    /// Waits for the limits, then reads the current credentials.
    async fn authorise(&self, names: Option<&SharedNames>) -> Result<Access, Error> {
        let waiting = Instant::now();
        let waiter = Waiter {
            person: self.credentials.person_in_turn(),
            deadline: self.deadline,
            names,
        };
        let limits = &self.shared.limits;
        let passed = limits.wait_for_call(self.method, self.arrival, waiter).await;
        self.shared.measurements.record_wait("limit", waiting.elapsed());
        passed?;
        self.credentials.access(&self.shared.wire).await
    }

    async fn send(&self, access: &Access, sent: Instant, progress: &mut Progress) -> Result<RawReply, Error> {
        progress.requests += 1;
        let sending = self.shared.wire.send(access.call(self.method, self.parameters));
        let reply = match self.request_timeout {
            Some(after) => tokio::time::timeout(after, sending)
                .await
                .unwrap_or(Err(Error::TimedOut { after })),
            None => sending.await,
        };
        progress.last_request = sent.elapsed();
        reply.inspect_err(|_| self.measure(false, progress.last_request))
    }

    async fn result<T: DeserializeOwned>(
        &self,
        reply: &RawReply,
        access: &Access,
        names: Option<&SharedNames>,
        sent: Instant,
        elapsed: Duration,
    ) -> Result<T, Error> {
        let read = read(reply, Speaker::Portal, access.secret());
        self.measure(read.is_ok(), elapsed);
        let Success { result, operating } = read?;
        let limits = &self.shared.limits;
        limits.record_result(self.method, names, sent, operating).await;
        Ok(result)
    }

    fn measure(&self, is_answered: bool, elapsed: Duration) {
        self.shared
            .measurements
            .record_request(self.method, is_answered, elapsed);
    }

    /// The reason of the refusal `error` if the old API returns one; else `error` itself.
    async fn explained(&self, error: Error, access: &Access) -> Error {
        let Some(question) = refusal_reason::question(&error) else {
            return error;
        };
        let old_api = self
            .shared
            .old_api(self.credentials.person_in_turn(), access, self.deadline);
        old_api.reason(question, self.method, &error).await.unwrap_or(error)
    }
}
