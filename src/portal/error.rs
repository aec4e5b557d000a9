//! What can go wrong between this process and a portal.
//!
//! Messages say what happened, never what to do: advice lives in the fix-it table, whose key is [`Error::code`].
//! No variant carries a URL, a secret or a body of the portal.

use std::time::Duration;

use super::certificate::CertificateProblem;
use super::codes::code;

/// Why a call to the portal gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No credentials were given, or their file could not be read; the text says which.
    #[error("{0}")]
    NoCredentials(String),
    /// The webhook URL was refused before any request.
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
        /// What is wrong, as a phrase.
        problem: &'static str,
    },
    /// New tokens could not be saved at this path, for this reason, so none were asked for.
    #[error("the token store {0} has no room for new tokens: {1}")]
    NoRoomForTokens(String, &'static str),
    /// New tokens cannot be saved at this path, for this reason, and the old ones work no more.
    #[error("the new tokens cannot be saved in {0}: {1}")]
    TokensNotSaved(String, &'static str),
    /// The portal, or the authorization server, answered with an error of its own.
    #[error("{}", refusal_message(.0))]
    Refused(Refusal),
    /// This client waits for a limit of the portal, and `needed` is longer than the time that was left.
    #[error("{limit}; the wait would be {}", humantime::format_duration(whole_seconds(*.needed)))]
    Throttled {
        /// The limit.
        limit: Limit,
        /// The wait that was needed.
        needed: Duration,
    },
    /// The portal has no REST 3.0, but its old API answers.
    #[error("the portal has no REST 3.0; only its old API answers")]
    NoRestV3,
    /// No connection to `host`, or it broke.
    #[error("{failure} ({host})")]
    Unreachable {
        /// What failed.
        failure: ConnectionFailure,
        /// Host and port that were asked; never the path.
        host: String,
    },
    /// No complete reply within `after`.
    #[error("no complete reply within {}", humantime::format_duration(*.after))]
    TimedOut {
        /// The limit that passed.
        after: Duration,
    },
    /// A reply that is neither a result nor an error.
    #[error("{} {reason}", unreadable_message(*.from))]
    Unreadable {
        /// Whose reply.
        from: Speaker,
        /// HTTP status of the reply.
        http_status: u16,
        /// What is wrong with it.
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
    /// A 3xx answer. Credentials are never carried along.
    #[error("{from} redirects to {to}")]
    Redirected {
        /// Who redirects.
        from: Speaker,
        /// HTTP status of the reply.
        http_status: u16,
        /// Where the `Location` header points.
        to: Destination,
    },
    /// The caller withdrew the call.
    #[error("the call was cancelled before the portal answered")]
    Cancelled,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Speaker {
    /// The portal's REST 3.0.
    #[error("the portal")]
    Portal,
    /// The portal's old API, asked for the reason of a refusal.
    #[error("the portal's old API")]
    OldApi,
    /// The server that exchanges tokens.
    #[error("the authorization server")]
    AuthorizationServer,
}

/// A limit that this client keeps for the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// Requests a second; see <https://apidocs.bitrix24.com/limits.html>.
    #[error("more look-ups are waiting than the portal's limit of requests lets through in time")]
    Requests,
    /// The method's operating time.
    #[error("the method's operating time on this portal is used up")]
    OperatingTime,
}

/// An error that the portal or the authorization server itself reported, in either of the two shapes.
///
/// See <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whose error.
    pub by: Speaker,
    /// The portal's code as it came, if it is a known one or has the form of one and holds no secret; else
    /// [`code::ERROR_WITHOUT_CODE`].
    pub code: String,
    /// HTTP status of the reply (200 is possible).
    pub http_status: u16,
    /// The portal's message in the portal's language, cleaned, bounded and without secrets; may be empty.
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

/// What failed between us and the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionFailure {
    /// The host name has no address.
    #[error("the host name of the portal or of its proxy has no address")]
    NameNotResolved,
    /// Nothing listens there.
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
    /// Another host, or the same one by name.
    #[error("{0}")]
    Host(String),
    /// `/bitrix/coupon_activation.php` on the same host, which tells of an expired licence.
    #[error("the page where a licence is activated")]
    LicencePage,
    /// Another path on the same host.
    #[error("another place on the same host")]
    SameHost,
    /// There is no `Location` header.
    #[error("an address it does not name")]
    Unnamed,
}

/// What is wrong with a reply that cannot be read.
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
    /// Messages of PHP itself, in place of JSON or so that it cannot be told which of it is the reply.
    #[error("PHP's own messages stand before the JSON or in its place")]
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

/// Waits are told in whole seconds, rounded up: nobody can use more.
pub(super) fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
}

impl Error {
    /// Stable text that names the failure: the portal's own code, or one of [`code`]. The key to the fix-it table.
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

    /// HTTP status of the reply; `None` when there was no reply.
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

    /// Details of a validation error; empty for every other failure.
    pub fn validation(&self) -> &[Violation] {
        match self {
            Self::Refused(refusal) => &refusal.validation,
            _ => &[],
        }
    }

    /// True if the settings are at fault and no request was sent.
    pub fn is_about_settings(&self) -> bool {
        matches!(
            self,
            Self::NoCredentials(_) | Self::Address(_) | Self::NotSignedIn(_) | Self::TokenStore { .. }
        )
    }
}

/// A refusal of the portal with nothing but a status and a code.
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
