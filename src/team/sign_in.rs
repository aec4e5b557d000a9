//! A sign-in: the request of a client, the consent, the way to the portal and back.
//!
//! | step | file | before the next step there must be |
//! |---|---|---|
//! | `GET /oauth/authorize` | `authorize.rs`, rules in `request.rs` | a proven client and redirect address |
//! | `POST /oauth/consent` | `consent.rs` | the decision, by our own page in the same browser, once |
//! | the portal | `departure.rs` | `state` in the address, and its counterpart in a cookie |
//! | `GET /oauth/callback` | `callback.rs`, `employee.rs` | both, once; then the employee's tokens |
//! | the client | `authorization_response.rs` | nothing: it has a code |
//!
//! `cookies.rs` keeps the cookies of several tabs apart; `stop.rs` has every way in which a sign-in ends early.

mod authorization_response;
mod authorize;
mod callback;
mod consent;
mod cookies;
mod departure;
mod employee;
mod request;
mod stop;
#[cfg(test)]
mod tests;

pub(super) use authorize::authorize;
pub(super) use callback::callback;
pub(super) use consent::consent;
pub(super) use cookies::PAGE_SESSION;
pub(super) use departure::Departure;
pub(super) use stop::{Step, Stop};
