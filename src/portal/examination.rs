//! The portal client examines itself, for `doctor`: one finding a check, in order, the first failure ends the way.
//!
//! | part | checks |
//! |---|---|
//! | [`connection`] | `dns`, `tcp`, `tls`, `clock`: asked without credentials, so no secret goes to the wrong server |
//! | here | `credential`, `identity`, `scope` by the old API; `method`, `round_trip`, `rate_limit` by the call itself |
//! | [`store`] | `token_store` |

mod connection;
mod store;

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::error::Error;
use super::exposure::exposures;
use super::failed::Failed;
use super::loose::{First, Loose};
use super::quote::Quoter;
use super::request::{Access, Method, OldMethod};
use super::{Origin, Portal, Progress, diagnosis};

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All well.
    Ok,
    /// It works, but somebody should look at it.
    Warning,
    /// It does not work.
    Failed,
    /// Not checked; what was seen tells why.
    Skipped,
}

/// What to do about a finding.
#[derive(Debug, Clone)]
pub enum Remedy {
    /// The advice for this failure.
    Failure(Failed),
    /// These steps.
    Steps(Vec<String>),
}

/// One check and its outcome.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The check.
    pub name: &'static str,
    /// How it ended.
    pub status: Status,
    /// What was seen, in one line, without any secret.
    pub saw: String,
    /// What to do, if not all is well.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// All well.
    pub fn ok(name: &'static str, saw: impl Into<String>) -> Self {
        Self::of(name, Status::Ok, saw.into(), None)
    }

    /// Not checked because of `reason`.
    pub fn skipped(name: &'static str, reason: impl Into<String>) -> Self {
        Self::of(name, Status::Skipped, reason.into(), None)
    }

    /// It works, but these steps would make it better.
    pub fn warning(name: &'static str, saw: impl Into<String>, steps: &[&str]) -> Self {
        let steps = steps.iter().map(|step| (*step).to_owned()).collect();
        Self::of(name, Status::Warning, saw.into(), Some(Remedy::Steps(steps)))
    }

    /// All well, unless others can read or replace a file with a secret.
    pub fn ok_if_private<'a>(
        name: &'static str,
        saw: impl Into<String>,
        secret_files: impl IntoIterator<Item = &'a Path>,
    ) -> Self {
        let exposures: Vec<_> = secret_files.into_iter().flat_map(exposures).collect();
        if exposures.is_empty() {
            return Self::ok(name, saw);
        }
        let (exposed, steps): (Vec<_>, Vec<_>) = exposures.into_iter().map(|found| (found.saw, found.step)).unzip();
        let saw = format!("{}; {}", saw.into(), exposed.join("; "));
        Self::of(name, Status::Warning, saw, Some(Remedy::Steps(steps)))
    }

    /// It does not work.
    pub fn failed(name: &'static str, failure: impl Into<Failed>) -> Self {
        let failure = failure.into();
        Self::of(
            name,
            Status::Failed,
            failure.to_string(),
            Some(Remedy::Failure(failure)),
        )
    }

    fn of(name: &'static str, status: Status, saw: String, remedy: Option<Remedy>) -> Self {
        Self {
            name,
            status,
            saw,
            remedy,
        }
    }
}

/// A look-up that takes longer is felt as slow.
const SLOW: Duration = Duration::from_secs(2);
/// Of a name or a list that the portal tells.
const MAX_SHOWN: usize = 80;

/// The checks that need the portal's answers, in order.
const BY_THE_PORTAL: &[&str] = &["credential", "identity", "scope", "method", "round_trip", "rate_limit"];

/// An answer that holds contacts; which they are is not looked at.
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
        let holds_any = result.list.is_some() || result.object.is_some();
        holds_any
            .then_some(Self)
            .ok_or("neither an object with `items` nor a list")
    }
}

/// The result of `profile`, as far as it is used.
#[derive(Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
struct Profile {
    id: Loose,
    name: Loose,
    last_name: Loose,
}

impl Portal {
    /// Scheme, host and port of the portal.
    ///
    /// # Errors
    /// Those of missing or wrong settings.
    pub fn origin(&self) -> Result<Origin, Error> {
        self.authority.origin()
    }

    /// The names of all checks, in order.
    pub fn checks() -> impl Iterator<Item = &'static str> {
        let connection = connection::CHECKS.iter().copied();
        connection
            .chain(BY_THE_PORTAL.iter().copied())
            .chain(std::iter::once("token_store"))
    }

    /// Checks everything between this process and an answer of `origin`, within the time of one look-up.
    pub async fn examine(&self, origin: &Origin) -> Vec<Finding> {
        let deadline = Instant::now() + self.timeout;
        let (mut findings, failure) = connection::examine(origin, &self.wire, self.timeout, deadline).await;
        // Without a reply there is nothing to ask; over plain http, where no handshake can be to blame, the first
        // question takes the failure.
        let blocked = findings.iter().find(|finding| finding.status == Status::Failed);
        match (blocked.map(|finding| finding.name), failure) {
            (Some(name), _) => findings.extend(skip_from("credential", name)),
            (None, Some(error)) => {
                findings.push(Finding::failed("credential", error));
                findings.extend(skip_from("identity", "credential"));
            }
            (None, None) => self.examine_rights(&mut findings, deadline).await,
        }
        findings.push(store::examine(self.authority.oauth().map(|oauth| oauth.store())).await);
        findings
    }

    async fn examine_rights(&self, findings: &mut Vec<Finding>, deadline: Instant) {
        let (access, profile) = match self.in_time(deadline, self.profile(deadline)).await {
            Ok(known) => known,
            Err(error) => {
                findings.push(Finding::failed("credential", error));
                findings.extend(skip_from("identity", "credential"));
                return;
            }
        };
        findings.push(Finding::ok("credential", "the portal takes it"));
        findings.push(identity(profile, access.secret()));
        let granted = self
            .in_time(deadline, self.ask(OldMethod::Scope, &access, deadline))
            .await;
        let scope = scope(granted, access.secret());
        let lacks_permission = scope.status == Status::Failed;
        findings.push(scope);
        if lacks_permission {
            findings.extend(skip_from("method", "scope"));
            return;
        }
        let started = Instant::now();
        let parameters = json!({"query": "", "pagination": {"limit": 1, "offset": 0}});
        let terms = self.terms_until(deadline);
        let mut progress = Progress::default();
        let calling = self.call_on::<Contacts>(terms, Method::ListContacts, &parameters, &mut progress);
        let timed_out = Error::TimedOut { after: self.timeout };
        match timeout_at(deadline, calling)
            .await
            .unwrap_or_else(|_| Err(timed_out.into()))
        {
            Ok(_) => {
                let saw = format!("{} answered", Method::ListContacts.as_str());
                findings.push(Finding::ok("method", saw));
                findings.push(round_trip(started.elapsed()));
            }
            Err(failed) => {
                findings.push(Finding::failed("method", failed));
                findings.extend(skip_from("round_trip", "method").filter(|finding| finding.name == "round_trip"));
            }
        }
        findings.push(self.headroom());
    }

    async fn in_time<T>(&self, deadline: Instant, asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout_at(deadline, asking)
            .await
            .unwrap_or(Err(Error::TimedOut { after: self.timeout }))
    }

    /// Whom the credentials act as. A token that has expired is renewed once, as in a call.
    async fn profile(&self, deadline: Instant) -> Result<(Access, Loose<Profile>), Error> {
        let access = self.authority.access(&self.wire).await?;
        match (self.ask(OldMethod::Profile, &access, deadline).await, &access) {
            (Ok(profile), _) => Ok((access, profile)),
            (Err(error), Access::Token { token, .. }) if diagnosis::may_be_an_expired_token(&error) => {
                if !self.renew(token).await? {
                    return Err(error);
                }
                let access = self.authority.access(&self.wire).await?;
                let profile = self.ask(OldMethod::Profile, &access, deadline).await?;
                Ok((access, profile))
            }
            (Err(error), _) => Err(error),
        }
    }

    fn headroom(&self) -> Finding {
        let mut saw = match (self.rate_limit, self.turnstile.room()) {
            (Some(limit), Some(room)) => format!(
                "{:.0} of {} requests free, {} a second",
                room.floor(),
                limit.burst,
                limit.per_second
            ),
            _ => "off".to_owned(),
        };
        if let Some(used) = self.turnstile.operating_used(Method::ListContacts) {
            saw.push_str(&format!("; {used:.1} s of operating time used in ten minutes"));
        }
        Finding::ok("rate_limit", saw)
    }
}

/// The checks by the portal from `first` on, left out because `failed` has failed.
fn skip_from(first: &'static str, failed: &'static str) -> impl Iterator<Item = Finding> {
    BY_THE_PORTAL
        .iter()
        .skip_while(move |name| **name != first)
        .map(move |name| Finding::skipped(name, because(failed)))
}

fn because(failed: &str) -> String {
    format!("because {failed} failed")
}

fn identity(profile: Loose<Profile>, secret: &str) -> Finding {
    let Profile { id, name, last_name } = profile.object.unwrap_or_default();
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

fn scope(answer: Result<diagnosis::Scope, Error>, secret: &str) -> Finding {
    const NAME: &str = "scope";
    let unknown = |what: String| {
        Finding::warning(
            NAME,
            what,
            &["If the next check fails, look at the permissions on the webhook's or application's page."],
        )
    };
    let scope = match answer {
        Ok(scope) => scope,
        Err(error) => return unknown(format!("the permissions cannot be asked: {error}")),
    };
    let quoter = Quoter::without(std::slice::from_ref(&secret));
    if let Some(missing) = diagnosis::reason_in_scope(&scope, Method::ListContacts, 403, quoter) {
        return Finding::failed(NAME, missing);
    }
    match diagnosis::granted(&scope) {
        Some(granted) => {
            let granted = quoter.quote(&granted.join(", "), MAX_SHOWN);
            Finding::ok(NAME, format!("granted are {granted}"))
        }
        None => unknown("the portal's list of permissions cannot be read".to_owned()),
    }
}

fn round_trip(taken: Duration) -> Finding {
    let saw = format!("{} ms", taken.as_millis());
    if taken > SLOW {
        let steps = [
            "Check the network between this machine and the portal, and the portal's load.",
            "If look-ups end in TIMED_OUT, raise BITRIX24_TIMEOUT.",
        ];
        return Finding::warning("round_trip", saw, &steps);
    }
    Finding::ok("round_trip", saw)
}

/// The time by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "the clock itself is what is examined")]
fn now_by_the_clock() -> SystemTime {
    SystemTime::now()
}
