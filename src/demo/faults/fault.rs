//! A fault: its name, what it does to which requests, and how a patient client ends. Pure.

use super::failure::{Body, Breakage, Failure, INTERNAL, Place, RATE_LIMIT, THROTTLE};

/// A named way to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What `--demo-fault` takes.
    pub name: &'static str,
    /// What it shows, in one line.
    pub about: &'static str,
    /// How a look-up by a patient client ends.
    pub outcome: Outcome,
    /// True if it concerns an application: the demo then hands out OAuth credentials, whatever its settings say.
    pub needs_oauth: bool,
    pub(in crate::demo) behaviour: Behaviour,
}

/// How a look-up ends if the client repeats, waits and refreshes as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It fails.
    Fails,
    /// It succeeds in the end.
    Survived,
    /// Either.
    Random,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::demo) enum Behaviour {
    /// The settings a person would have made wrong.
    Settings(WrongSettings),
    /// Every request that the failure reaches, see [`Failure::reach`].
    Always(Failure),
    /// Every request of REST 3.0, however far the failure would reach.
    Rest3(Failure),
    /// So many first requests of REST 3.0.
    Times(usize, Failure),
    /// Every request of the authorization server for tokens; the access token has expired.
    OAuthServer(Failure),
    /// The tokens a person would have, where the portal itself is well.
    Tokens(StartingTokens),
    /// REST 3.0 says 401 ACCESSDENIED, and the old API the reason.
    Folded(u16, &'static str),
    /// REST 3.0 says 403 ACCESSDENIED, and the old API that the permission is missing.
    FoldedScope,
    /// REST 3.0 says ACCESSDENIED with this status, and the old API gives the overload page.
    Unexplained(u16),
    /// The limit on operating time is reached from the start.
    OperatingUsedUp,
    /// Every fifth request of either API.
    Random,
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum StartingTokens {
    /// An access token that has expired.
    Expired,
    /// The same, and REST 3.0 says so in the flat shape.
    ExpiredFlat,
    /// A pair that was replaced already.
    Spent,
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
    /// What goes wrong with a request that arrives at `place`; `earlier` such requests came before it. The dice are
    /// thrown for every request of either API.
    pub(in crate::demo) fn strikes(self, place: Place, earlier: usize, dice: &mut fastrand::Rng) -> Option<Failure> {
        let access_denied = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
        match (self, place) {
            (Self::Always(failure), _) => failure.reaches(place).then_some(failure),
            (Self::Times(times, failure), Place::Rest3) => (earlier < times).then_some(failure),
            (Self::Rest3(failure), Place::Rest3) | (Self::OAuthServer(failure), Place::OAuthServer) => Some(failure),
            (Self::Unexplained(status), Place::Rest3) => Some(Failure::Envelope(status, access_denied)),
            (Self::Unexplained(_), Place::OldApi) => Some(Failure::Body(503, Body::Html)),
            (Self::Random, Place::Rest3 | Place::OldApi) => something_that_passes(dice),
            _ => None,
        }
    }
}

/// In about twenty of a hundred cases a failure, in two of them a hang. A 429 is rare: it stops the method for everybody.
fn something_that_passes(dice: &mut fastrand::Rng) -> Option<Failure> {
    Some(match dice.u16(0..1000) {
        0..20 => Failure::Connection(Breakage::Hang),
        20..80 => THROTTLE,
        80..81 => Failure::RetryAfter(1, &RATE_LIMIT),
        81..110 => INTERNAL,
        110..140 => Failure::Body(502, Body::Html),
        140..160 => Failure::Body(504, Body::Html),
        160..180 => Failure::Connection(Breakage::Reset),
        180..200 => Failure::Connection(Breakage::CutOff),
        _ => return None,
    })
}
