//! The tokens of clients: the token endpoint, revocation, and the check of each call's token; and the portal's tokens of
//! employees, which the calls use.
//!
//! | file | what it does |
//! |---|---|
//! | `endpoint.rs` | a client exchanges a code or a refresh token for tokens |
//! | `token_request.rs`, `pkce.rs`, `refusal.rs` | what the client sends and has to prove, and why it gets no tokens; pure |
//! | `fresh_tokens.rs`, `client_family.rs` | new tokens and the answer with them; the label of a client in metrics |
//! | `revocation.rs` | a client gives up its tokens |
//! | `access.rs`, `recent_sessions.rs` | the employee of a call's access token, also while the store does not answer |
//! | `employee_pair.rs` | the portal's tokens for the calls of one request |
//! | `refresh.rs`, `running_refreshes.rs` | a refresh of the portal's tokens; one for each pair in this process |
//! | `ending.rs`, `failures.rs` | a sign-in that the portal has ended; failures as errors of a call |
//! | `sweeper.rs`, `rekey.rs` | deletes what has expired; seals all pairs by another server key |

pub(in crate::team) mod access;
mod client_family;
mod employee_pair;
mod ending;
pub(in crate::team) mod endpoint;
mod failures;
mod fresh_tokens;
mod pkce;
pub(in crate::team) mod recent_sessions;
mod refresh;
pub(in crate::team) mod refusal;
pub(in crate::team) mod rekey;
pub(in crate::team) mod revocation;
pub(in crate::team) mod running_refreshes;
pub(in crate::team) mod sweeper;
mod token_request;
pub(in crate::team) mod unchecked_calls;

#[cfg(test)]
mod tests;
