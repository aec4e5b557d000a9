//! A fault: its name, which requests it affects and how, and how a look-up of a patient client ends. Pure.

use super::failure::{Body, Breakage, Failure, INTERNAL, Place, RATE_LIMIT, THROTTLE};
use crate::demo::people::Barred;

/// A named way to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The name for `--demo-fault`.
    pub name: &'static str,
    /// What the fault simulates, in one line.
    pub about: &'static str,
    /// How a look-up of a patient client ends.
    pub outcome: Outcome,
    /// True if the fault needs an application: the demo then hands out OAuth credentials, whatever its settings say.
    pub needs_oauth: bool,
    pub(in crate::demo) behaviour: Behaviour,
}

/// How a look-up ends if the client retries, waits and refreshes as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The look-up fails.
    Fails,
    /// The look-up succeeds in the end.
    Survived,
    /// Either.
    Random,
}

/// What a fault does, and to which requests.
#[derive(Debug, Clone, Copy)]
pub(in crate::demo) enum Behaviour {
    /// The portal works; the user's settings are wrong.
    Settings(WrongSettings),
    /// Every request within the failure's reach fails, see [`Failure::reaches`].
    Always(Failure),
    /// Only requests of REST 3.0 fail, whatever the failure's reach.
    Rest3(Failure),
    /// The first requests of REST 3.0 fail, this many.
    Times(usize, Failure),
    /// Every request for tokens fails at the authorization server; the access token has expired.
    OAuthServer(Failure),
    /// The portal works; the user starts with these tokens.
    Tokens(StartingTokens),
    /// REST 3.0 answers 401 ACCESSDENIED, and the old API names the reason.
    Folded(u16, &'static str),
    /// REST 3.0 answers 403 ACCESSDENIED; the list of scopes of the old API lacks the permission.
    FoldedScope,
    /// REST 3.0 answers ACCESSDENIED with this status, and the old API the page of an overloaded gateway.
    Unexplained(u16),
    /// The operating time is used up from the start.
    OperatingUsedUp,
    /// Every employee is barred from the application once signed in.
    Barred(Barred),
    /// The answers with tokens are wrong in this way; the access token has expired.
    TokenAnswer(WrongTokenAnswer),
    /// Answers with tokens come only after the client has given up; the access token has expired.
    SlowTokens,
    /// About one in five requests of either API fails.
    Random,
}

/// Which of the user's settings is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum WrongSettings {
    NoCredentials,
    BadWebhookUrl,
    PlainHttp,
    UnknownHost,
    ClosedPort,
    FullQueue,
    TlsToPlainPort,
    WrongSecret,
    NoMailScope,
}

/// The tokens that the user has at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum StartingTokens {
    /// An access token that has expired.
    Expired,
    /// An access token that has expired, which REST 3.0 reports in the flat shape.
    ExpiredFlat,
    /// A pair that was replaced already.
    Spent,
}

/// What is wrong in an answer with tokens that is otherwise complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum WrongTokenAnswer {
    /// The `member_id` of another portal.
    OtherMember,
    /// The `client_endpoint` of another portal.
    OtherPortal,
    /// No `user_id`, and the method `profile` is refused.
    NoUser,
}

impl Fault {
    pub(super) const fn survived(self) -> Self {
        Self {
            outcome: Outcome::Survived,
            ..self
        }
    }

    pub(super) const fn oauth(self) -> Self {
        Self {
            needs_oauth: true,
            ..self
        }
    }
}

impl Behaviour {
    /// The failure of a request at `place` after `earlier` such requests; `None` if it succeeds. [`Behaviour::Random`]
    /// draws a random number for every request of either API.
    pub(in crate::demo) fn failure_of(self, place: Place, earlier: usize, dice: &mut fastrand::Rng) -> Option<Failure> {
        let access_denied = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
        match (self, place) {
            (Self::Always(failure), _) => failure.reaches(place).then_some(failure),
            (Self::Times(times, failure), Place::Rest3) => (earlier < times).then_some(failure),
            (Self::Rest3(failure), Place::Rest3) | (Self::OAuthServer(failure), Place::OAuthServer) => Some(failure),
            (Self::Unexplained(status), Place::Rest3) => Some(Failure::Envelope(status, access_denied)),
            (Self::Unexplained(_), Place::OldApi) => Some(Failure::Body(503, Body::Html)),
            (Self::Random, Place::Rest3 | Place::OldApi) => temporary_failure(dice),
            _ => None,
        }
    }
}

/// A failure in about 20 % of the cases; in 2 % the request hangs.
fn temporary_failure(dice: &mut fastrand::Rng) -> Option<Failure> {
    let drawn = dice.u16(0..1000);
    (drawn < 200).then(|| temporary(drawn))
}

/// A failure in this many per cent of the cases.
pub(in crate::demo) fn random_failure(percent: f64, dice: &mut fastrand::Rng) -> Option<Failure> {
    is_drawn(percent, dice).then(|| temporary(dice.u16(0..200)))
}

/// True in this many per cent of the cases.
pub(in crate::demo) fn is_drawn(percent: f64, dice: &mut fastrand::Rng) -> bool {
    percent > 0.0 && dice.f64() * 100.0 < percent
}

/// The failure with this number below 200. A 429 is rare, since it stops the method for everybody.
fn temporary(number: u16) -> Failure {
    match number {
        0..20 => Failure::Connection(Breakage::Hang),
        20..80 => THROTTLE,
        80..81 => Failure::RetryAfter(1, &RATE_LIMIT),
        81..110 => INTERNAL,
        110..140 => Failure::Body(502, Body::Html),
        140..160 => Failure::Body(504, Body::Html),
        160..180 => Failure::Connection(Breakage::Reset),
        _ => Failure::Connection(Breakage::CutOff),
    }
}
