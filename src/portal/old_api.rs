//! Asks the old API of the portal why REST 3.0 refused; what its answers mean is in [`diagnosis`].

use std::time::Duration;

use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::Instant;

use super::diagnosis::{self, AppInfo, Question};
use super::error::{Error, Speaker};
use super::quote::Quoter;
use super::reply::read;
use super::request::{Access, OldMethod};
use super::{Method, Portal};

/// Asking for the reason of a refusal may take this long, if the deadline is not nearer.
const DIAGNOSIS_TIME: Duration = Duration::from_secs(8);

impl Portal {
    /// Asks the old API why REST 3.0 refused; `None` if nothing more is learnt.
    pub(super) async fn reason(
        &self,
        question: Question,
        method: Method,
        access: &Access,
        error: &Error,
        deadline: Instant,
    ) -> Option<Error> {
        let deadline = deadline.min(Instant::now() + DIAGNOSIS_TIME);
        let asking = async {
            let secret = [access.secret()];
            let quoter = Quoter::without(&secret);
            let profile = self.ask::<IgnoredAny>(OldMethod::Profile, access, deadline).await;
            match (question, profile) {
                (Question::Portal, Ok(_) | Err(Error::Refused(_))) => Some(Error::NoRestV3),
                (Question::Portal, Err(_)) => None,
                (Question::Credentials, Err(said)) => diagnosis::reason(said),
                (Question::Credentials, Ok(_)) => {
                    let http_status = error.http_status().unwrap_or_default();
                    let info = self.ask::<AppInfo>(OldMethod::AppInfo, access, deadline).await;
                    if let Some(reason) = info
                        .ok()
                        .and_then(|info| diagnosis::reason_in_app_info(&info, method, http_status, quoter))
                    {
                        return Some(reason);
                    }
                    let scope = self.ask(OldMethod::Scope, access, deadline).await.ok()?;
                    diagnosis::reason_in_scope(&scope, method, http_status, quoter)
                }
            }
        };
        tokio::time::timeout_at(deadline, asking).await.ok().flatten()
    }

    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: OldMethod,
        access: &Access,
        deadline: Instant,
    ) -> Result<T, Error> {
        self.turnstile.pass_bucket(self.arrive(), deadline).await?;
        let reply = self.wire.send(access.old_call(method)).await?;
        Ok(read(&reply, Speaker::OldApi, access.secret())?.result)
    }
}
