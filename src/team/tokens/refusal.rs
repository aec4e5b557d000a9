//! Why a client gets no tokens (RFC 6749, section 5.2). Pure.
//!
//! Clients act on the code. After `invalid_grant` they have their user sign in again, and after `invalid_client` some
//! register anew as well. So the first is only for a code or token that is truly no good, the second only for a client
//! that does not exist; a store that does not answer is `503`.

use crate::team::answer::Answer;

/// The description of `invalid_client`. `doctor --team` knows this program by it.
pub(in crate::team) const UNKNOWN_CLIENT: &str = "this client is not registered here";

/// Why a client gets no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request is not well-formed; the text says why.
    InvalidRequest(&'static str),
    /// The grant type is none of ours.
    UnsupportedGrantType,
    /// The client does not exist.
    InvalidClient,
    /// The code or the refresh token is no good, or not this client's; the text says why.
    InvalidGrant(&'static str),
    /// The resource is not this server's.
    InvalidTarget,
    /// The scope exceeds the granted one.
    InvalidScope,
}

impl Refusal {
    /// The answer to the client.
    ///
    /// All have status 400. RFC 6749 demands 401 only for a client that used the header `Authorization`, which ours
    /// never have to, and with 401 a browser may ask for a password.
    pub(super) fn answer(self) -> Answer {
        let (code, description) = match self {
            Self::InvalidRequest(description) => ("invalid_request", description),
            Self::UnsupportedGrantType => (
                "unsupported_grant_type",
                "the grant types are authorization_code and refresh_token",
            ),
            Self::InvalidClient => ("invalid_client", UNKNOWN_CLIENT),
            Self::InvalidGrant(description) => ("invalid_grant", description),
            Self::InvalidTarget => ("invalid_target", "the resource is not the one of this server"),
            Self::InvalidScope => ("invalid_scope", "the scope exceeds the granted one"),
        };
        Answer::error(400, code, description)
    }
}
