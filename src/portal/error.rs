//! The errors of a call to a portal.
//!
//! A message says what happened, never what to do. The advice is a row of `fixit/table.rs`, found by [`Error::code`]. A
//! code of our own is a constant in `codes.rs`; a code of the portal is read by `reply.rs` and passes through. A test
//! demands a row of advice for each.
//!
//! No variant holds a URL, a secret or a body of the portal.

use std::time::Duration;

use super::certificate::CertificateProblem;
use super::codes::code;

/// Why a call to the portal gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No credentials are set, or their file cannot be read; the text names the problem.
    #[error("{0}")]
    NoCredentials(String),
    /// The webhook URL is wrong; no request was sent.
    #[error(transparent)]
    Address(#[from] super::credentials::webhook_address::InvalidWebhookUrl),
    /// There are no tokens yet; the text says why.
    #[error("{0}")]
    NotSignedIn(String),
    /// The token store at `path` cannot be used.
    #[error("the token store {path} cannot be used: {problem}")]
    TokenStore {
        /// The file.
        path: String,
        /// The problem, as a phrase.
        problem: &'static str,
    },
    /// New tokens could not be saved at this path, for this reason, so none were requested.
    #[error("the token store {0} has no room for new tokens: {1}")]
    NoRoomForTokens(String, &'static str),
    /// New tokens cannot be saved at this path, for this reason, and the old tokens no longer work.
    #[error("the new tokens cannot be saved in {0}: {1}")]
    TokensNotSaved(String, &'static str),
    /// The portal or the authorization server replied with an error of its own.
    #[error("{}", refusal_message(.0))]
    Refused(Refusal),
    /// The wait for a limit of the portal would pass the deadline; no request was sent.
    #[error("{limit}; the wait would be {}", humantime::format_duration(whole_seconds(*.needed)))]
    Throttled {
        /// The limit.
        limit: Limit,
        /// The wait that would have been needed.
        needed: Duration,
    },
    /// The portal has no REST 3.0, but its old API replies.
    #[error("the portal has no REST 3.0; only its old API answers")]
    NoRestV3,
    /// There was no connection to `host`, or it broke.
    #[error("{failure} ({host})")]
    Unreachable {
        /// What failed.
        failure: ConnectionFailure,
        /// Host and port, without the path.
        host: String,
    },
    /// No complete reply within `after`.
    #[error("no complete reply within {}", humantime::format_duration(*.after))]
    TimedOut {
        /// The time limit.
        after: Duration,
    },
    /// A reply that is neither a result nor an error.
    #[error("{} {reason}", unreadable_message(*.from))]
    Unreadable {
        /// The server that replied.
        from: Speaker,
        /// HTTP status of the reply.
        http_status: u16,
        /// The defect of the reply.
        reason: Unreadable,
    },
    /// The reply exceeds `limit` bytes; the rest was not read.
    #[error("the reply is larger than {} KiB", .limit / 1024)]
    TooLarge {
        /// HTTP status of the reply.
        http_status: u16,
        /// The cap in bytes.
        limit: usize,
    },
    /// A redirect. It is not followed, so no credentials reach another server.
    #[error("{from} redirects to {to}")]
    Redirected {
        /// The server that redirects.
        from: Speaker,
        /// HTTP status of the reply.
        http_status: u16,
        /// Where the `Location` header points.
        to: Destination,
    },
    /// The caller cancelled the call.
    #[error("the call was cancelled before the portal answered")]
    Cancelled,
}

/// The server that replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Speaker {
    /// The portal's REST 3.0.
    #[error("the portal")]
    Portal,
    /// The portal's old API, called by the self-check, and to find out why the portal refused a call.
    #[error("the portal's old API")]
    OldApi,
    /// The server that exchanges tokens.
    #[error("the authorization server")]
    AuthorizationServer,
}

/// A limit of the portal that this client applies before it sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// Requests a second; see <https://apidocs.bitrix24.com/limits.html>.
    #[error("more look-ups are waiting than the portal's limit of requests lets through in time")]
    Requests,
    /// Operating time of the method.
    #[error("the method's operating time on this portal is used up")]
    OperatingTime,
}

/// An error that the portal or the authorization server reported, in either of the two shapes of `reply.rs`.
///
/// See <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The server that reported it.
    pub by: Speaker,
    /// The server's code as it was sent, if it is known, or looks like a code and holds no secret; else
    /// [`code::ERROR_WITHOUT_CODE`].
    pub code: String,
    /// HTTP status of the reply (200 is possible).
    pub http_status: u16,
    /// The server's message in the server's language, cleaned, cut and without secrets; may be empty.
    pub message: String,
    /// Details of a validation error; empty otherwise.
    pub validation: Vec<Violation>,
}

/// One entry of `error.validation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Name of the field, as the portal spells it.
    pub field: String,
    /// The portal's description.
    pub message: String,
}

/// How the connection to a server failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionFailure {
    /// The host name has no address.
    #[error("the host name of the portal or of its proxy has no address")]
    NameNotResolved,
    /// Nothing listens at the address.
    #[error("the portal or its proxy refuses connections")]
    Refused,
    /// Nothing answers the attempt to connect.
    #[error("nothing answered the attempt to connect")]
    NotAccepted,
    /// The TLS handshake failed.
    #[error("the TLS handshake failed")]
    Tls,
    /// The TLS handshake failed at the server's certificate.
    #[error("{0}")]
    Certificate(CertificateProblem),
    /// This system has no root certificates, so no TLS connection can be checked.
    #[error("this system has no root certificates to check TLS with")]
    NoRootCertificates,
    /// The connection broke, or could not be made for another reason.
    #[error("the connection broke, or could not be made, before the reply was complete")]
    Lost,
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Destination {
    /// A host, another one or the portal's own.
    #[error("{0}")]
    Host(String),
    /// `/bitrix/coupon_activation.php` on the same host: the licence has expired.
    #[error("the page where a licence is activated")]
    LicencePage,
    /// Another path on the same host.
    #[error("another place on the same host")]
    SameHost,
    /// There is no `Location` header.
    #[error("an address it does not name")]
    Unnamed,
}

/// The defect of a reply that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// No body.
    #[error("the body is empty")]
    Empty,
    /// An HTML page.
    #[error("it is an HTML page")]
    Html,
    /// JSON that ends too early.
    #[error("the JSON is cut off")]
    CutOff,
    /// Anything else that is not JSON in UTF-8.
    #[error("it is not JSON")]
    NotJson,
    /// PHP messages in place of JSON, or around it in such a way that no object is certainly the reply.
    #[error("PHP's own messages come before the JSON or in its place")]
    PhpMessages,
    /// JSON without the documented result.
    #[error("the JSON has neither the documented result nor an error")]
    Shape,
}

fn refusal_message(refusal: &Refusal) -> String {
    let by = match refusal.by {
        Speaker::OldApi => "the portal refuses the credentials; its old API",
        Speaker::AuthorizationServer => "the authorization server",
        Speaker::Portal => "the portal",
    };
    if refusal.message.is_empty() {
        format!("{by} answered {}", refusal.code)
    } else {
        format!("{by} says: {}", refusal.message)
    }
}

fn unreadable_message(from: Speaker) -> &'static str {
    match from {
        Speaker::AuthorizationServer => "the authorization server's reply holds no tokens:",
        Speaker::Portal | Speaker::OldApi => "the reply is not a REST 3.0 answer:",
    }
}

/// The time in whole seconds, rounded up, for waits in messages.
pub(super) fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
}

impl Error {
    /// The stable name of the error: the portal's own code, or a constant of [`code`]. The key to the table of advice,
    /// `fixit/table.rs`.
    pub fn code(&self) -> &str {
        match self {
            Self::NoCredentials(_) => code::NO_CREDENTIALS,
            Self::NotSignedIn(_) => code::NOT_SIGNED_IN,
            Self::TokenStore { .. } => code::TOKEN_STORE_UNUSABLE,
            Self::NoRoomForTokens(..) => code::TOKEN_STORE_FULL,
            Self::TokensNotSaved(..) => code::TOKENS_NOT_SAVED,
            Self::Throttled {
                limit: Limit::Requests, ..
            } => code::TOO_MANY_LOOKUPS,
            Self::Throttled {
                limit: Limit::OperatingTime,
                ..
            } => "OPERATION_TIME_LIMIT",
            Self::NoRestV3 => code::NO_REST_V3,
            Self::Address(error) if error.is_plain_http() => code::PLAIN_HTTP,
            Self::Address(_) => code::BAD_WEBHOOK_URL,
            Self::Refused(refusal) => &refusal.code,
            Self::Unreachable { failure, .. } => match failure {
                ConnectionFailure::NameNotResolved => code::NAME_NOT_RESOLVED,
                ConnectionFailure::Refused => code::CONNECTION_REFUSED,
                ConnectionFailure::NotAccepted => code::CONNECTION_TIMED_OUT,
                ConnectionFailure::Tls | ConnectionFailure::Certificate(_) | ConnectionFailure::NoRootCertificates => {
                    code::TLS_FAILURE
                }
                ConnectionFailure::Lost => code::CONNECTION_LOST,
            },
            Self::TimedOut { .. } => code::TIMED_OUT,
            Self::Unreadable {
                from: Speaker::AuthorizationServer,
                ..
            } => code::UNREADABLE_TOKEN_REPLY,
            Self::Unreadable { .. } => code::UNREADABLE_REPLY,
            Self::TooLarge { .. } => code::REPLY_TOO_LARGE,
            Self::Redirected {
                to: Destination::LicencePage,
                ..
            } => code::LICENCE_EXPIRED,
            Self::Redirected { .. } => code::REDIRECTED,
            Self::Cancelled => code::CANCELLED,
        }
    }

    /// HTTP status of the reply; `None` if there was no reply.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Refused(Refusal { http_status, .. })
            | Self::Unreadable { http_status, .. }
            | Self::TooLarge { http_status, .. }
            | Self::Redirected { http_status, .. } => Some(*http_status),
            Self::NoRestV3 => Some(404),
            _ => None,
        }
    }

    /// Details of a validation error; empty for every other error.
    pub fn validation(&self) -> &[Violation] {
        match self {
            Self::Refused(refusal) => &refusal.validation,
            _ => &[],
        }
    }

    /// True if the employee may not call any more, and only a new sign-in can help: the portal or the authorization
    /// server names the employee, or the employee's tokens, as the reason. False for every failure of the application,
    /// the portal or the network, which would fail for every other employee as well.
    ///
    /// | reason | by |
    /// |---|---|
    /// | `authorization_error` | the portal: the employee was dismissed or blocked |
    /// | `user_access_error` | the portal: the employee is not on the application's list |
    /// | `invalid_grant` | the authorization server: the refresh token was withdrawn or is too old |
    pub fn is_about_the_employee(&self) -> bool {
        let Self::Refused(refusal) = self else { return false };
        let is = |code: &str| refusal.code.eq_ignore_ascii_case(code);
        match refusal.by {
            Speaker::Portal | Speaker::OldApi => is("authorization_error") || is("user_access_error"),
            Speaker::AuthorizationServer => is("invalid_grant"),
        }
    }

    /// True if the settings are wrong; no request was sent.
    pub fn is_about_settings(&self) -> bool {
        matches!(
            self,
            Self::NoCredentials(_) | Self::Address(_) | Self::NotSignedIn(_) | Self::TokenStore { .. }
        )
    }
}

#[cfg(test)]
mod tests;

/// A refusal by the portal with only a status and a code.
#[cfg(test)]
pub(super) fn refused(http_status: u16, code: &str) -> Error {
    Error::Refused(Refusal {
        by: Speaker::Portal,
        code: code.to_owned(),
        http_status,
        message: String::new(),
        validation: Vec::new(),
    })
}
