//! Checks the rights of the credentials: `credential`, `identity` and `scope` by the old API; `method`, `round_trip`
//! and `rate_limit` by one call.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::finding::{Finding, Status, because};
use crate::portal::attempt::Progress;
use crate::portal::caller::{Caller, Terms};
use crate::portal::error::Error;
use crate::portal::loose::{First, Loose};
use crate::portal::old_api::OldApi;
use crate::portal::profile::ProfileReply;
use crate::portal::quote::Quoter;
use crate::portal::refusal_reason;
use crate::portal::request::{Access, Method, OldMethod};

/// The checks of this file, in order.
pub(super) const CHECKS: &[&str] = &["credential", "identity", "scope", "method", "round_trip", "rate_limit"];

/// A call that takes longer is reported as slow.
const SLOW: Duration = Duration::from_secs(2);
/// The most characters of a name or a list from the portal that are shown.
const MAX_SHOWN: usize = 80;

/// A result that holds contacts, which are not read.
#[derive(Deserialize)]
#[serde(try_from = "Loose<Items, IgnoredAny>")]
struct Contacts;

#[derive(Deserialize)]
struct Items {
    #[expect(dead_code, reason = "its presence is the check")]
    items: First<IgnoredAny, 0>,
}

impl TryFrom<Loose<Items, IgnoredAny>> for Contacts {
    type Error = &'static str;

    fn try_from(result: Loose<Items, IgnoredAny>) -> Result<Self, Self::Error> {
        let has_contacts = result.list.is_some() || result.object.is_some();
        has_contacts
            .then_some(Self)
            .ok_or("neither an object with `items` nor a list")
    }
}

/// Makes the checks of this file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rights<'a> {
    pub(super) caller: &'a Caller,
    pub(super) deadline: Instant,
}

impl Rights<'_> {
    pub(super) async fn check(self) -> Vec<Finding> {
        let (access, profile) = match self.in_time(self.profile()).await {
            Ok(profile) => profile,
            Err(error) => return credential_failed(error),
        };
        let mut findings = vec![
            Finding::ok("credential", "the portal takes it"),
            identity(profile, access.secret()),
        ];
        let granted = self.in_time(self.old_api(&access).call(OldMethod::Scope)).await;
        let scope = scope(granted, access.secret());
        let lacks_permission = scope.status == Status::Failed;
        findings.push(scope);
        if lacks_permission {
            findings.extend(skipped_from("method", "scope"));
            return findings;
        }
        findings.extend(self.call().await);
        findings.push(self.headroom());
        findings
    }

    /// The checks `method` and `round_trip`: one call for one contact.
    async fn call(self) -> [Finding; 2] {
        let started = Instant::now();
        let parameters = json!({"query": "", "pagination": {"limit": 1, "offset": 0}});
        let terms = Terms {
            deadline: self.deadline,
            ..self.caller.terms()
        };
        let mut progress = Progress::default();
        let called = self
            .caller
            .call::<Contacts>(terms, Method::ListContacts, &parameters, &mut progress)
            .await;
        match called {
            Ok(_) => [
                Finding::ok("method", format!("{} answered", Method::ListContacts.as_str())),
                round_trip(started.elapsed()),
            ],
            Err(failed) => [
                Finding::failed("method", failed),
                Finding::skipped("round_trip", because("method")),
            ],
        }
    }

    async fn in_time<T>(self, asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let after = self.caller.timeout;
        timeout_at(self.deadline, asking)
            .await
            .unwrap_or(Err(Error::TimedOut { after }))
    }

    /// The user of the credentials, and the access that the portal accepted. An expired token is refreshed once, as in a
    /// call.
    async fn profile(self) -> Result<(Access, Loose<ProfileReply>), Error> {
        let (credentials, wire) = (&self.caller.credentials, &self.caller.shared.wire);
        let mut access = credentials.access(wire).await?;
        let mut profile = self.old_api(&access).call(OldMethod::Profile).await;
        if let Err(error) = &profile
            && refusal_reason::may_be_an_expired_token(error)
            && credentials.refresh(&access, wire).await?
        {
            access = credentials.access(wire).await?;
            profile = self.old_api(&access).call(OldMethod::Profile).await;
        }
        Ok((access, profile?))
    }

    fn old_api<'b>(&'b self, access: &'b Access) -> OldApi<'b> {
        let person = self.caller.credentials.person_in_turn();
        self.caller.shared.old_api(person, access, self.deadline)
    }

    fn headroom(self) -> Finding {
        let limits = &self.caller.shared.limits;
        let mut saw = match (self.caller.rate_limit, limits.free_requests()) {
            (Some(limit), Some(free)) => format!(
                "{:.0} of {} requests free, {} a second",
                free.floor(),
                limit.burst,
                limit.per_second
            ),
            _ => "off".to_owned(),
        };
        if let Some(used) = limits.operating_time_used(Method::ListContacts) {
            saw.push_str(&format!("; {used:.1} s of operating time used in ten minutes"));
        }
        Finding::ok("rate_limit", saw)
    }
}

/// The findings of this file if `credential` fails with `error`.
pub(super) fn credential_failed(error: Error) -> Vec<Finding> {
    let failed = std::iter::once(Finding::failed("credential", error));
    failed.chain(skipped_from("identity", "credential")).collect()
}

/// The checks of this file from `first` on, skipped because the check `failed` has failed.
pub(super) fn skipped_from(first: &'static str, failed: &'static str) -> impl Iterator<Item = Finding> {
    CHECKS
        .iter()
        .skip_while(move |name| **name != first)
        .map(move |name| Finding::skipped(name, because(failed)))
}

fn identity(profile: Loose<ProfileReply>, secret: &str) -> Finding {
    let ProfileReply { id, name, last_name } = profile.object.unwrap_or_default();
    let quoter = Quoter::without(std::slice::from_ref(&secret));
    let name = quoter.quote(&format!("{} {}", name.text, last_name.text), MAX_SHOWN);
    let name = if name.is_empty() {
        "a person without a name"
    } else {
        &name
    };
    let id = quoter.quote(&id.text, 20);
    let user = if id.is_empty() {
        String::new()
    } else {
        format!(" (user {id})")
    };
    Finding::ok(
        "identity",
        format!("acts as {name}{user}, sees only this person's address book"),
    )
}

fn scope(result: Result<refusal_reason::Scope, Error>, secret: &str) -> Finding {
    const NAME: &str = "scope";
    let unknown = |saw: String| {
        Finding::warning(
            NAME,
            saw,
            &["If the next check fails, look at the permissions on the webhook's or application's page."],
        )
    };
    let scope = match result {
        Ok(scope) => scope,
        Err(error) => return unknown(format!("the permissions cannot be read: {error}")),
    };
    let quoter = Quoter::without(std::slice::from_ref(&secret));
    if let Some(missing) = refusal_reason::in_scope(&scope, Method::ListContacts, 403, quoter) {
        return Finding::failed(NAME, missing);
    }
    match refusal_reason::granted(&scope) {
        Some(granted) => {
            let granted = quoter.quote(&granted.join(", "), MAX_SHOWN);
            Finding::ok(NAME, format!("granted are {granted}"))
        }
        None => unknown("the portal's list of permissions cannot be read".to_owned()),
    }
}

fn round_trip(elapsed: Duration) -> Finding {
    let saw = format!("{} ms", elapsed.as_millis());
    if elapsed > SLOW {
        let steps = [
            "Check the network between this machine and the portal, and the portal's load.",
            "If look-ups end in TIMED_OUT, raise BITRIX24_TIMEOUT.",
        ];
        return Finding::warning("round_trip", saw, &steps);
    }
    Finding::ok("round_trip", saw)
}
