//! Why a sign-in does not go on: the page for the employee, the line for the operator, and the metric.

use crate::portal;
use crate::team::answer::Answer;
use crate::team::client_metadata::HostAway;
use crate::team::clients::FindError;
use crate::team::pages::{self, Language, Notice, Reference};
use crate::team::parts::Parts;
use crate::team::secret_value::NoRandomNumbers;
use crate::team::store::Unavailable;

/// A step of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::team) enum Step {
    /// The request of a client.
    Authorize,
    /// The decision on the consent page.
    Consent,
    /// The return from the portal.
    Callback,
    /// A form of the start page.
    StartPage,
}

/// Why a sign-in does not go on.
#[derive(Debug)]
pub(in crate::team) enum Stop {
    /// A parameter is missing, wrong or repeated, and the client is not proven.
    MalformedRequest,
    /// No client has this id.
    UnknownClient,
    /// The client has no such redirect address.
    WrongRedirectAddress,
    /// Too many sign-ins of this address are pending.
    TooManySignIns,
    /// The consent form was not sent by our page in the browser that got it.
    FormRefused,
    /// The sign-in has expired or was used, or the portal's code has.
    Expired,
    /// The browser is not the one that consented.
    OtherBrowser,
    /// The tokens are for another portal.
    AnotherPortal,
    /// The portal does not let this employee use the application.
    NotAllowed,
    /// The authorization server refuses this server's application.
    ApplicationRefused(portal::Error),
    /// The portal or its authorization server failed.
    Portal(portal::Error),
    /// The portal's answer does not name the employee or the portal of the tokens, or names two employees.
    NoEmployee,
    /// The host of the client's metadata document is away.
    HostAway(HostAway),
    /// The store does not answer.
    Store(Unavailable),
    /// The system has no random numbers.
    NoRandomNumbers(NoRandomNumbers),
    /// The server stops, or has a defect.
    Interrupted,
}

impl From<Unavailable> for Stop {
    fn from(error: Unavailable) -> Self {
        Self::Store(error)
    }
}

impl From<FindError> for Stop {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Store(error) => Self::Store(error),
            FindError::Document(away) => Self::HostAway(away),
        }
    }
}

impl From<NoRandomNumbers> for Stop {
    fn from(error: NoRandomNumbers) -> Self {
        Self::NoRandomNumbers(error)
    }
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Consent => "consent",
            Self::Callback => "callback",
            Self::StartPage => "start_page",
        }
    }

    /// Counts and logs how this step ended.
    pub(in crate::team) fn record(self, parts: &Parts, outcome: &'static str) {
        parts.measurements.record_sign_in(self.as_str(), outcome);
        tracing::info!(sign_in.step = self.as_str(), sign_in.outcome = outcome, "sign-in");
    }

    /// Counts and logs the end of a sign-in at this step, and returns the page that says why.
    pub(in crate::team) fn stopped(self, parts: &Parts, language: Language, stop: &Stop) -> Answer {
        self.record(parts, stop.outcome());
        pages::notice(language, stop.notice())
    }
}

impl Stop {
    /// The label of the metric and of the log.
    fn outcome(&self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformed_request",
            Self::UnknownClient => "unknown_client",
            Self::WrongRedirectAddress => "wrong_redirect_address",
            Self::TooManySignIns => "too_many",
            Self::FormRefused => "form_refused",
            Self::Expired => "expired",
            Self::OtherBrowser => "other_browser",
            Self::AnotherPortal => "another_portal",
            Self::NotAllowed => "not_allowed",
            Self::ApplicationRefused(_) => "application_refused",
            Self::Portal(_) | Self::NoEmployee => "portal_trouble",
            Self::HostAway(_) => "client_host_away",
            Self::Store(_) => "store_trouble",
            Self::NoRandomNumbers(_) | Self::Interrupted => "server_trouble",
        }
    }

    /// The page. What only the operator can repair is logged with the reference on the page.
    fn notice(&self) -> Notice {
        let reference = Reference::random();
        match self {
            Self::MalformedRequest => Notice::MalformedRequest,
            Self::UnknownClient => Notice::UnknownClient,
            Self::WrongRedirectAddress => Notice::WrongRedirectAddress,
            Self::TooManySignIns => Notice::TooManySignIns,
            Self::FormRefused => Notice::FormRefused,
            Self::Expired => Notice::Expired,
            Self::OtherBrowser => Notice::OtherBrowser,
            Self::AnotherPortal => {
                tracing::warn!(
                    "the tokens of a sign-in are for another portal; if the portal was renamed, the setting is old"
                );
                Notice::AnotherPortal
            }
            Self::NotAllowed => Notice::NotAllowed,
            Self::ApplicationRefused(error) | Self::Portal(error) => {
                tracing::warn!(
                    %reference,
                    error.code = error.code(),
                    http.status = error.http_status(),
                    "the portal failed during a sign-in"
                );
                match self {
                    Self::Portal(_) => Notice::PortalTrouble { reference },
                    _ => Notice::ApplicationRefused { reference },
                }
            }
            Self::NoEmployee => {
                tracing::warn!(%reference, "the tokens of a sign-in name no employee or no portal");
                Notice::PortalTrouble { reference }
            }
            Self::HostAway(error) => {
                tracing::warn!(%reference, %error, "a sign-in needs the document");
                Notice::StoreTrouble { reference }
            }
            Self::Store(error) => {
                tracing::error!(%reference, %error, "a sign-in needs the store");
                Notice::StoreTrouble { reference }
            }
            Self::NoRandomNumbers(error) => {
                tracing::error!(%reference, %error, "a sign-in needs random numbers");
                Notice::ServerTrouble { reference }
            }
            Self::Interrupted => {
                tracing::error!(%reference, "a sign-in was interrupted");
                Notice::ServerTrouble { reference }
            }
        }
    }
}
