//! The records of the store, and the outcomes of its operations.

use std::net::IpAddr;
use std::time::Duration;

use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;

/// A client that has registered (RFC 7591).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The id that the registration issued.
    pub id: String,
    /// The name that the client claims; cleaned, at most 64 characters.
    pub name: String,
    /// The addresses that a code may be sent to; checked.
    pub redirect_uris: Vec<String>,
}

/// Whether a client was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The client can sign people in.
    Kept,
    /// There are too many clients.
    Full,
}

/// A sign-in from the request of a client to the return from the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Digest of the handle in the consent form.
    pub handle: Digest,
    /// Digest of the form's key in the cookie.
    pub form_key: Digest,
    /// The address of the browser.
    pub address: IpAddr,
    /// What the sign-in is for.
    pub purpose: Purpose,
}

/// What a sign-in is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A client gets a code.
    Client(ClientRequest),
    /// The browser sees the start page of the employee.
    StartPage,
}

/// The request of a client, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRequest {
    /// The client's id.
    pub client_id: String,
    /// The name that the client claims.
    pub client_name: String,
    /// The address that the code is sent to.
    pub redirect_uri: String,
    /// The client's `state`, returned untouched.
    pub state: Option<String>,
    /// The PKCE challenge by S256.
    pub challenge: String,
    /// The resource that the tokens are for.
    pub resource: String,
    /// The granted scope.
    pub scope: String,
}

/// Whether a sign-in was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// The consent page can be shown.
    Kept,
    /// There are too many sign-ins of this address, or of all.
    TooMany,
}

/// The values of an approved sign-in that is sent to the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// Digest of the `state` of the redirect to the portal.
    pub state: Digest,
    /// Digest of the value that binds the sign-in to the browser.
    pub binding: Digest,
}

/// A pair of the portal's tokens, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPair {
    /// Rises by one with every new pair of the employee.
    pub version: i64,
    /// The key that sealed the pair.
    pub key_id: String,
    /// The sealed tokens.
    pub sealed: Vec<u8>,
}

/// A sign-in after the portal has issued tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedSignIn {
    /// Digest of the handle of the sign-in, which was taken.
    pub handle: Digest,
    /// The employee that has signed in.
    pub employee: EmployeeId,
    /// The employee's name on the portal; cleaned.
    pub name: String,
    /// The pair; `None` keeps the present one, as a sign-in to the start page does.
    pub pair: Option<SealedPair>,
    /// What the sign-in leads to.
    pub result: SignInResult,
}

/// The outcome of completing a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completed {
    /// The sign-in has its result.
    Kept,
    /// Another pair of the employee was kept meanwhile, so the version of this one is not the next any more; nothing was
    /// changed.
    AnotherVersion,
    /// The sign-in has ended before: the operator has ended all, or it was completed and the answer got lost.
    Ended,
}

/// What a completed sign-in leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInResult {
    /// A grant for a client, and a code that lives for the given time.
    Grant {
        /// The request of the client.
        request: ClientRequest,
        /// Digest of the code.
        code: Digest,
        /// How long the code lives.
        lives: Duration,
    },
    /// A session on the start page that lives for the given time.
    PageSession {
        /// Digest of the value in the cookie.
        session: Digest,
        /// How long the session lives.
        lives: Duration,
    },
}

/// Digests of the tokens to issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTokens {
    /// The access token.
    pub access: Digest,
    /// The refresh token.
    pub refresh: Digest,
}

/// The outcome of exchanging a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    /// The tokens are valid now.
    Issued,
    /// The code was used before; its grant has ended now.
    Replayed,
    /// The code has expired, or its grant has ended.
    Gone,
}

/// A refresh token, with everything that its owner has to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRefreshToken {
    /// The client that it was issued to.
    pub client_id: String,
    /// The resource that its access tokens are for.
    pub resource: String,
    /// The granted scope.
    pub scope: String,
}

/// The outcome of exchanging a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// The tokens are valid now.
    Issued {
        /// True if the refresh token was used before, within its grace.
        is_repeated: bool,
    },
    /// The token was used before its grace ended too often; nothing was changed.
    TooOften,
    /// The token was used before, and its grace is over; its grant has ended now.
    Replayed,
    /// The grant has ended or was idle too long.
    Gone,
}

/// What a valid access token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The employee.
    pub employee: EmployeeId,
    /// The resource that the token is for.
    pub resource: String,
    /// The employee's sealed pair; `None` if it was deleted.
    pub pair: Option<SealedPair>,
}

/// The outcome of asking for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// This caller refreshes the pair, which was read again.
    Won(Leased),
    /// Another caller is refreshing the pair.
    Taken,
    /// The pair is newer already.
    Newer(SealedPair),
    /// There is no pair.
    Gone,
}

/// A lease, and the pair that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leased {
    /// The pair.
    pub pair: SealedPair,
    /// When the lease ends, in milliseconds since 1970. A later lease ends later, so this identifies it.
    pub until: i64,
}

/// A live grant, for lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantLine {
    /// The grant's number.
    pub grant: i64,
    /// The employee.
    pub employee: EmployeeId,
    /// The employee's name on the portal.
    pub name: String,
    /// The name that the client claims.
    pub client_name: String,
    /// When it began, in seconds since 1970.
    pub created_at: i64,
    /// When its tokens were last issued, in seconds since 1970.
    pub used_at: i64,
}

/// Why a grant has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The client revoked it, or the employee ended it on the start page.
    Revoked,
    /// The operator ended it.
    Operator,
    /// A used code or refresh token was presented again.
    Replayed,
    /// The portal says that the employee may not call any more.
    Refused,
    /// The employee's pair was changed in the store and does not open.
    Unreadable,
}

impl EndReason {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Operator => "operator",
            Self::Replayed => "replayed",
            Self::Refused => "refused",
            Self::Unreadable => "unreadable",
        }
    }
}
