//! Calls the portal's old API to find out why REST 3.0 refused a call. [`refusal_reason`] interprets the replies.

use std::sync::Arc;
use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::Instant;

use super::error::{Error, Speaker};
use super::limits::{Limits, SharedNames, Waiter};
use super::person::Person;
use super::quote::Quoter;
use super::refusal_reason::{self, AppInfo, Question};
use super::reply::read;
use super::request::{Access, Method, OldMethod};
use super::wire::Wire;

/// The most time for finding a reason; less if the deadline is nearer.
const MAX_TIME: Duration = Duration::from_secs(8);

/// The old API of a portal, called with the credentials in `access`.
#[derive(Debug, Clone, Copy)]
pub(super) struct OldApi<'a> {
    pub(super) wire: &'a Arc<dyn Wire>,
    pub(super) limits: &'a Limits,
    /// The person whose turn it is at the limits.
    pub(super) person: &'a Person,
    pub(super) access: &'a Access,
    pub(super) deadline: Instant,
}

impl OldApi<'_> {
    /// Waits for the limit of requests, calls `method` without parameters and returns the result.
    pub(super) async fn call<T: DeserializeOwned>(self, method: OldMethod) -> Result<T, Error> {
        let names = self.limits.are_shared().then(|| SharedNames {
            portal: self.access.origin().as_str().to_owned(),
            account: None,
        });
        let waiter = Waiter {
            person: self.person,
            deadline: self.deadline,
            names: names.as_ref(),
        };
        self.limits.wait_for_request(self.limits.arrive(), waiter).await?;
        let reply = self.wire.send(self.access.old_call(method)).await?;
        Ok(read(&reply, Speaker::OldApi, self.access.secret())?.result)
    }

    /// Why REST 3.0 refused `method` with `error`, which raises `question`; `None` if the old API does not say.
    pub(super) async fn reason(self, question: Question, method: Method, error: &Error) -> Option<Error> {
        let deadline = self.deadline.min(Instant::now() + MAX_TIME);
        let asking = Self { deadline, ..self }.ask(question, method, error);
        tokio::time::timeout_at(deadline, asking).await.ok().flatten()
    }

    async fn ask(self, question: Question, method: Method, error: &Error) -> Option<Error> {
        let profile = self.call::<IgnoredAny>(OldMethod::Profile).await;
        match (question, profile) {
            (Question::Portal, Ok(_) | Err(Error::Refused(_))) => Some(Error::NoRestV3),
            (Question::Portal, Err(_)) => None,
            (Question::Credentials, Err(error)) => refusal_reason::in_old_refusal(error),
            (Question::Credentials, Ok(_)) => {
                let secret = [self.access.secret()];
                let quoter = Quoter::without(&secret);
                let http_status = error.http_status().unwrap_or_default();
                let info = self.call::<AppInfo>(OldMethod::AppInfo).await.ok();
                let reason = info.and_then(|info| refusal_reason::in_app_info(&info, method, http_status, quoter));
                if reason.is_some() {
                    return reason;
                }
                let scope = self.call(OldMethod::Scope).await.ok()?;
                refusal_reason::in_scope(&scope, method, http_status, quoter)
            }
        }
    }
}
