//! Identifies the caller: a webhook by its path, the application by its token (portal contract, sections 2 and 9).
//!
//! REST 3.0 answers every refusal with the same 401; the old API names the reason.

use super::answer::{Answer, Language, message_for};
use super::faults::{Behaviour, WrongSettings};
use super::people::Barred;
use super::request::RecordedRequest;
use super::state::State;
use super::tokens::Verdict;

/// The secret of the demo's webhooks. It opens only this demo, and is treated like a real secret all the same.
pub const SECRET: &str = "demo7s3cretq1x9z";

/// The id of the demo's application.
pub const CLIENT_ID: &str = "local.demo1app.24680246";

/// The application's secret. Like [`SECRET`] it opens only this demo.
pub const CLIENT_SECRET: &str = "demo4ppk3yz8w2v6u0t5";

/// Employees with a webhook, and its scopes.
const WEBHOOKS: &[(u64, Scopes)] = &[(1, GRANTED), (7, &["mail.recipient"]), (9, &["crm"])];
const GRANTED: Scopes = &["mail", "user"];

/// Permissions by name.
pub(super) type Scopes = &'static [&'static str];

/// User id and secret in a path.
pub(super) type PathCredential<'a> = Option<(&'a str, &'a str)>;

/// A caller whose credentials were accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) user: u64,
    pub(super) scopes: Scopes,
    pub(super) is_application: bool,
}

impl Caller {
    /// The key under which operating time is counted.
    pub(super) fn key(&self) -> String {
        if self.is_application {
            "application".to_owned()
        } else {
            format!("webhook {}", self.user)
        }
    }

    /// True if the caller has one of these scopes; a granted scope may end in a list of fields in brackets.
    pub(super) fn has_one_of(&self, enough: &[&str]) -> bool {
        self.scopes
            .iter()
            .any(|scope| enough.contains(&scope.split('[').next().unwrap_or_default()))
    }
}

/// Why credentials were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoCredentials,
    WrongWebhook,
    ExpiredToken,
    UnknownToken,
    Barred(Barred),
    /// Status and code of the fault.
    Other(u16, &'static str),
}

impl Refusal {
    /// The old API's answer.
    pub(super) fn flat(self, language: Language) -> Answer {
        match self {
            Self::NoCredentials => Answer::flat(401, "NO_AUTH_FOUND", "Wrong authorization data"),
            Self::WrongWebhook => Answer::flat(401, "INVALID_CREDENTIALS", "Invalid request credentials"),
            Self::ExpiredToken => Answer::flat(401, "expired_token", "The access token provided has expired."),
            Self::UnknownToken => Answer::flat(401, "invalid_token", "Unable to get application by token"),
            Self::Barred(Barred::Dismissed) => Answer::flat(401, "authorization_error", "Unable to authorize user"),
            Self::Barred(Barred::Excluded) => Answer::flat(
                403,
                "user_access_error",
                "The user does not have access to the application.",
            ),
            Self::Barred(Barred::ApplicationRemoved) => {
                Answer::flat(401, "APPLICATION_NOT_FOUND", "Application not found")
            }
            Self::Other(status, code) => Answer::flat(status, code, message_for(language, code)),
        }
    }
}

/// The caller of a request.
pub(super) fn identify(state: &State, request: &RecordedRequest, path: PathCredential<'_>) -> Result<Caller, Refusal> {
    if let Some(Behaviour::Folded(status, code)) = state.behaviour() {
        return Err(Refusal::Other(status, code));
    }
    if let Some((user, secret)) = path {
        return webhook(state, user, secret).ok_or(Refusal::WrongWebhook);
    }
    let token = request.token().ok_or(Refusal::NoCredentials)?;
    if state.is_application_removed() {
        return Err(Refusal::Barred(Barred::ApplicationRemoved));
    }
    let now = state.clock.now();
    if state.draws_expired_token() {
        state.tokens().expire_token(&token, now);
    }
    let verdict = state.tokens().judge(&token, now);
    let user = match verdict {
        Verdict::Valid(user) => user,
        Verdict::Expired => return Err(Refusal::ExpiredToken),
        Verdict::Unknown => return Err(Refusal::UnknownToken),
    };
    match state.barred(user) {
        Some(barred) => Err(Refusal::Barred(barred)),
        None => Ok(Caller {
            user,
            scopes: scopes_of_application(state),
            is_application: true,
        }),
    }
}

/// The application's scopes: those of user 1's webhook.
pub(super) fn scopes_of_application(state: &State) -> Scopes {
    match state.behaviour() {
        Some(Behaviour::Settings(WrongSettings::NoMailScope)) => &["crm"],
        _ => scopes_of_user_1(state),
    }
}

fn scopes_of_user_1(state: &State) -> Scopes {
    match state.behaviour() {
        Some(Behaviour::FoldedScope) => &["crm"],
        _ => state.settings.scopes.unwrap_or(GRANTED),
    }
}

fn webhook(state: &State, user: &str, secret: &str) -> Option<Caller> {
    let user: u64 = user.parse().ok()?;
    let (_, scopes) = WEBHOOKS.iter().find(|(id, _)| *id == user && secret == SECRET)?;
    Some(Caller {
        user,
        scopes: if user == 1 { scopes_of_user_1(state) } else { scopes },
        is_application: false,
    })
}
