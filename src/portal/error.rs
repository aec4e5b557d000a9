//! What can go wrong between this process and a portal, and the vocabulary of error codes.
//!
//! Messages say what happened, never what to do: advice lives in the fix-it table, whose key is [`Error::code`].
//! No variant carries a URL, a secret or a body of the portal.

use std::time::Duration;

/// Declares the codes as documented constants and lists them all in [`code::ALL`].
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $value:literal;)+) => {
        /// Codes that this client gives itself; the portal's own codes pass through as they came.
        pub mod code {
            $($(#[$doc])+ pub const $name: &str = $value;)+
            /// Every constant of this module, so that a test can ask for its row of advice.
            pub const ALL: &[&str] = &[$($name),+];
        }
    };
}

codes! {
    /// No webhook URL is set, or the file that should hold it cannot be read.
    NO_CREDENTIALS = "NO_CREDENTIALS";
    /// The webhook URL does not have the form that Bitrix24's page shows.
    BAD_WEBHOOK_URL = "BAD_WEBHOOK_URL";
    /// The webhook URL is `http://` and its host is not a loopback address.
    PLAIN_HTTP = "PLAIN_HTTP";
    /// The portal's host name has no address.
    NAME_NOT_RESOLVED = "NAME_NOT_RESOLVED";
    /// Nothing accepts connections at the portal's address.
    CONNECTION_REFUSED = "CONNECTION_REFUSED";
    /// The attempt to connect met no answer at all.
    CONNECTION_TIMED_OUT = "CONNECTION_TIMED_OUT";
    /// The connection broke before the reply was complete.
    CONNECTION_LOST = "CONNECTION_LOST";
    /// The TLS handshake failed: certificate, protocol, or no root certificates on this system.
    TLS_FAILURE = "TLS_FAILURE";
    /// No complete reply within the time allowed for one look-up.
    TIMED_OUT = "TIMED_OUT";
    /// The reply is not what a REST 3.0 portal sends: HTML, empty, cut off, not JSON, or of another shape.
    UNREADABLE_REPLY = "UNREADABLE_REPLY";
    /// The reply is larger than any address book page can be.
    REPLY_TOO_LARGE = "REPLY_TOO_LARGE";
    /// The portal sends the caller to another address.
    REDIRECTED = "REDIRECTED";
    /// The portal reported an error and left its code empty.
    ERROR_WITHOUT_CODE = "ERROR_WITHOUT_CODE";
    /// The caller withdrew the call, or the server is stopping.
    CANCELLED = "CANCELLED";
}

/// Why a call to the portal gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No credentials were given, or their file could not be read; the text says which.
    #[error("{0}")]
    NoCredentials(String),
    /// The webhook URL was refused before any request.
    #[error(transparent)]
    Address(#[from] super::address::InvalidWebhookUrl),
    /// The portal answered with an error of its own.
    #[error("{}", refusal_message(.0))]
    Refused(Refusal),
    /// No connection to `host`, or it broke.
    #[error("{} ({host})", .failure.message())]
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
    /// A reply that is neither a result nor an error of the portal.
    #[error("the reply is not a REST 3.0 answer: {reason}")]
    Unreadable {
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
    #[error("the portal redirects to {to}")]
    Redirected {
        /// HTTP status of the reply.
        http_status: u16,
        /// Where the `Location` header points.
        to: Destination,
    },
    /// The caller withdrew the call.
    #[error("the call was cancelled before the portal answered")]
    Cancelled,
}

/// An error that the portal itself reported, in either of its two shapes.
///
/// See <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The portal's code as it came, cleaned and bounded; [`code::ERROR_WITHOUT_CODE`] if it was empty.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionFailure {
    /// The host name has no address.
    NameNotResolved,
    /// Nothing listens there.
    Refused,
    /// Nothing answers the attempt to connect.
    NotAccepted,
    /// The TLS handshake failed.
    Tls,
    /// This system has no root certificates, so no TLS connection can be checked.
    NoRootCertificates,
    /// The connection broke, or could not be made for another reason.
    Lost,
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Destination {
    /// Another host, or the same one by name.
    #[error("{0}")]
    Host(String),
    /// A path on the same host, as in `/bitrix/coupon_activation.php`, which tells of an expired licence.
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
    /// JSON without the documented result.
    #[error("the JSON has neither the documented result nor an error")]
    Shape,
}

impl ConnectionFailure {
    fn message(self) -> &'static str {
        match self {
            Self::NameNotResolved => "the host name of the portal or of its proxy has no address",
            Self::Refused => "the portal or its proxy refuses connections",
            Self::NotAccepted => "nothing answered the attempt to connect",
            Self::Tls => "the TLS handshake failed",
            Self::NoRootCertificates => "this system has no root certificates to check TLS with",
            Self::Lost => "the connection broke, or could not be made, before the reply was complete",
        }
    }
}

fn refusal_message(refusal: &Refusal) -> String {
    if refusal.message.is_empty() {
        format!("the portal answered {}", refusal.code)
    } else {
        format!("the portal says: {}", refusal.message)
    }
}

impl Error {
    /// Stable text that names the failure: the portal's own code, or one of [`code`]. The key to the fix-it table.
    pub fn code(&self) -> &str {
        match self {
            Self::NoCredentials(_) => code::NO_CREDENTIALS,
            Self::Address(error) if error.is_plain_http() => code::PLAIN_HTTP,
            Self::Address(_) => code::BAD_WEBHOOK_URL,
            Self::Refused(refusal) => &refusal.code,
            Self::Unreachable { failure, .. } => match failure {
                ConnectionFailure::NameNotResolved => code::NAME_NOT_RESOLVED,
                ConnectionFailure::Refused => code::CONNECTION_REFUSED,
                ConnectionFailure::NotAccepted => code::CONNECTION_TIMED_OUT,
                ConnectionFailure::Tls | ConnectionFailure::NoRootCertificates => code::TLS_FAILURE,
                ConnectionFailure::Lost => code::CONNECTION_LOST,
            },
            Self::TimedOut { .. } => code::TIMED_OUT,
            Self::Unreadable { .. } => code::UNREADABLE_REPLY,
            Self::TooLarge { .. } => code::REPLY_TOO_LARGE,
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
        matches!(self, Self::NoCredentials(_) | Self::Address(_))
    }
}
