//! Where a team's server keeps clients, sign-ins, grants, tokens and the sealed tokens of the portal.
//!
//! Every operation is one statement or one short transaction, so that two of them at the same time, in one process or
//! in several, have the result of one after the other. Times are those of the database's clock. Secret values are kept
//! as digests, the portal's tokens sealed by [`ServerKeys`](super::server_key::ServerKeys).

mod database;
mod engine;
mod measurements;
#[cfg(test)]
mod naive;
pub(super) mod open_error;
mod operations;
pub(super) mod postgres;
pub mod records;
mod schema;
mod shared_limits;
#[cfg(test)]
mod shared_limits_suite;
mod sql_store;
pub(super) mod sqlite;
mod statements;
#[cfg(test)]
pub(in crate::team) mod suite;

use std::fmt::Debug;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prometheus_client::registry::Registry;

use super::secret_value::Digest;
use super::settings::Lifetimes;
use crate::portal::EmployeeId;
use records::{
    Approval, Begun, Client, ClientRequest, Completed, CompletedSignIn, EndReason, GrantLine, Lease, NewTokens,
    Redeemed, Registered, Rotated, SealedPair, Session, SignIn, StoredRefreshToken,
};

/// The store did not answer. Its reason is for the operator's log; clients get `503`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the store does not answer: {0}")]
pub struct Unavailable(pub String);

/// The future of an operation.
pub type Operation<'a, T> = BoxFuture<'a, Result<T, Unavailable>>;

/// The store of a team's server.
pub trait Store: Debug + Send + Sync {
    /// Checks that the store answers.
    fn check(&self) -> Operation<'_, ()>;

    /// Keeps a registered client. At most `MAX_CLIENTS` are kept.
    fn add_client(&self, client: Client) -> Operation<'_, Registered>;

    /// The registered client with this id. A look-up is no use of the client: anybody can cause one.
    fn client<'a>(&'a self, id: &'a str) -> Operation<'a, Option<Client>>;

    /// Keeps a sign-in whose consent page is about to be shown, for `lives`. At most
    /// `MAX_PENDING_PER_ADDRESS` of one address are kept, and `MAX_PENDING` of all.
    fn begin_sign_in(&self, sign_in: SignIn, lives: Duration) -> Operation<'_, Begun>;

    /// Records the decision about the sign-in `handle`, once, by the browser that has `form_key`. Returns the sign-in;
    /// `None` if there is none, it has expired, was decided before, or belongs to another browser. Without an approval
    /// the sign-in is deleted.
    fn decide_sign_in(
        &self,
        handle: Digest,
        form_key: Digest,
        approval: Option<Approval>,
    ) -> Operation<'_, Option<SignIn>>;

    /// Takes the approved sign-in of `state`, once, for the browser that has `binding`. A wrong pair takes nothing. The
    /// sign-in is kept until it is [completed](Self::complete_sign_in) or [has failed](Self::end_arrival), so that every
    /// server sees that tokens are on the way. If its server dies, it counts as under way for `UNDER_WAY`, and is
    /// kept for `ARRIVAL`.
    fn take_sign_in(&self, state: Digest, binding: Digest) -> Operation<'_, Option<SignIn>>;

    /// True if the store was made with one of these keys, given by their ids with the sealing one first. A new store
    /// remembers the first.
    fn pin_key<'a>(&'a self, key_ids: &'a [String]) -> Operation<'a, bool>;

    /// The id of the key that the store was made with; `None` before the first start of a server.
    fn key_id(&self) -> Operation<'_, Option<String>>;

    /// Remembers this key in place of the one that the store was made with, after all pairs were sealed by it.
    fn replace_key<'a>(&'a self, key_id: &'a str) -> Operation<'a, ()>;

    /// The `member_id` of the portal that this store is for: the first that was ever given, `given` if there is none
    /// yet.
    fn pin_member_id<'a>(&'a self, given: &'a str) -> Operation<'a, String>;

    /// Ends a sign-in that was taken, and keeps its result, in one transaction: the employee with the new sealed pair
    /// (the version rises by one, so that a refresh of the older pair that is under way does not overwrite it), and, for
    /// a client, a grant and a code. Of two sign-ins of an employee the pair of the one that was taken later stays,
    /// whichever is completed first.
    fn complete_sign_in(&self, completed: CompletedSignIn) -> Operation<'_, Completed>;

    /// Ends a sign-in that was taken and cannot be completed, and keeps its pair alone, if the employee has one: the
    /// portal may have ended that. The pair of a sign-in that was taken later stays. False if the pair's version is not
    /// the next one any more: then the caller seals the pair again. True also if the sign-in has ended before.
    fn save_arrival<'a>(&'a self, handle: Digest, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool>;

    /// Ends a sign-in that was taken and has failed before it had tokens.
    fn end_arrival(&self, handle: Digest) -> Operation<'_, ()>;

    /// When the newest of the sign-ins under way was taken, of those taken until `until`, in milliseconds since 1970.
    /// `None` if none is under way. A sign-in is under way, at any server, from when it is taken until it ends, at most
    /// for `UNDER_WAY`: the server that took it may have died.
    fn newest_arrival(&self, until: Option<i64>) -> Operation<'_, Option<i64>>;

    /// The version that the next pair of this employee gets: 1, or that of the newest pair plus 1, even if that pair
    /// was deleted.
    fn next_version<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, i64>;

    /// The request of the client that got this code, without its `state`: what the owner of the code has to prove. `None`
    /// if the code never was or was swept.
    fn code(&self, code: Digest) -> Operation<'_, Option<ClientRequest>>;

    /// Exchanges a code for tokens after its owner was proven, and marks the client as used. A second use ends the
    /// grant.
    fn redeem_code(&self, code: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Redeemed>;

    /// The refresh token; `None` if it never was or was swept.
    fn refresh_token(&self, token: Digest) -> Operation<'_, Option<StoredRefreshToken>>;

    /// Exchanges a refresh token for new tokens of the same grant after its owner was proven. The first use marks it;
    /// further uses within the grace are answered up to `MAX_CHILDREN` times; a use after the grace ends the grant, as
    /// long as the used token is kept: seven days. Marks the client as used if the tokens are issued.
    fn rotate(&self, token: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Rotated>;

    /// The session of a valid access token: employee and sealed pair in one look-up. `None` if the token is
    /// unknown or expired, or its grant has ended.
    fn session(&self, access_token: Digest) -> Operation<'_, Option<Session>>;

    /// Revokes a token of `client_id` (RFC 7009): a refresh token ends its grant, an access token only itself. Returns
    /// true if something was revoked; a token of another client stays.
    fn revoke<'a>(&'a self, token: Digest, client_id: &'a str) -> Operation<'a, bool>;

    /// The sealed pair of an employee.
    fn pair<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, Option<SealedPair>>;

    /// Takes the lease of the employee's pair for `lives`, to refresh the pair of `version`.
    fn lease<'a>(&'a self, employee: &'a EmployeeId, version: i64, lives: Duration) -> Operation<'a, Lease>;

    /// Replaces the pair of version `pair.version - 1` and frees its lease. False if another pair was kept meanwhile.
    fn save_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool>;

    /// Frees the lease that ends at `until`, after a refresh that failed. A later lease stays.
    fn free_lease<'a>(&'a self, employee: &'a EmployeeId, until: i64) -> Operation<'a, ()>;

    /// Pairs that are sealed by another key than `key_id`, at most `limit`.
    fn pairs_sealed_otherwise<'a>(
        &'a self,
        key_id: &'a str,
        limit: usize,
    ) -> Operation<'a, Vec<(EmployeeId, SealedPair)>>;

    /// Replaces the pair of version `pair.version - 1` by the same tokens sealed by another key. False if the pair was
    /// replaced meanwhile, or its lease is taken: then the caller tries again.
    fn reseal_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool>;

    /// The live grants, of one employee or of all, the newest first.
    fn grants<'a>(&'a self, of: Option<&'a EmployeeId>) -> Operation<'a, Vec<GrantLine>>;

    /// Ends one grant of this employee. The pair of an employee without another grant is deleted. False if the grant has
    /// ended before or is another's.
    fn end_grant<'a>(&'a self, employee: &'a EmployeeId, grant: i64, reason: EndReason) -> Operation<'a, bool>;

    /// Ends all grants and page sessions of an employee and deletes the pair. Returns the number of grants.
    fn end_employee<'a>(&'a self, employee: &'a EmployeeId, reason: EndReason) -> Operation<'a, usize>;

    /// As [`end_employee`](Self::end_employee), because of the pair of `version`: `None`, and nothing is ended, if there
    /// is a newer pair, since then the employee has signed in again meanwhile.
    fn end_employee_at<'a>(
        &'a self,
        employee: &'a EmployeeId,
        version: i64,
        reason: EndReason,
    ) -> Operation<'a, Option<usize>>;

    /// Ends all grants, codes, pending sign-ins and page sessions, and deletes all pairs. Returns the number of grants.
    fn end_all(&self, reason: EndReason) -> Operation<'_, usize>;

    /// The employee that a browser has signed in as on the start page, with the name that the portal shows.
    fn page_session(&self, session: Digest) -> Operation<'_, Option<(EmployeeId, String)>>;

    /// Ends a browser's sign-in to the start page.
    fn end_page_session(&self, session: Digest) -> Operation<'_, ()>;

    /// Deletes what has expired, in small batches: pending sign-ins, codes, tokens, ended and idle grants, pairs
    /// without a grant, page sessions, clients that were never used for an hour or not for 90 days, unless they
    /// have a grant or a pending sign-in.
    fn sweep(&self, lifetimes: Lifetimes) -> Operation<'_, ()>;

    /// Adds the metrics of the store to `registry`, if it has some.
    fn register_metrics(&self, _registry: &mut Registry) {}
}

/// How long a sign-in is kept after it was taken: longer than its exchange with the portal and the ten minutes in which
/// its tokens are tried to be saved.
pub(super) const ARRIVAL: Duration = Duration::from_secs(15 * 60);
/// How long a sign-in that was taken counts as under way: longer than its exchange and the question whose tokens it
/// brings. One whose server died delays no refresh afterwards.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(60);
/// The most registered clients.
pub(super) const MAX_CLIENTS: usize = 10_000;
/// The most pending sign-ins of one address.
pub(super) const MAX_PENDING_PER_ADDRESS: usize = 1_000;
/// The most pending sign-ins of all addresses.
pub(super) const MAX_PENDING: usize = 50_000;
/// The most pairs of tokens that one refresh token is exchanged for within its grace.
pub(super) const MAX_CHILDREN: usize = 8;
