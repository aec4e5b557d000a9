//! Failures of an employee's tokens, as errors of a call to the portal.

use std::fmt::Display;

use crate::portal::Error;

/// The employee has to sign in again.
pub(super) fn signed_out() -> Error {
    Error::NotSignedIn("the sign-in at this server has ended".to_owned())
}

/// Tokens cannot be read or saved now. The reason is for the operator's log.
pub(super) fn store_does_not_answer(reason: impl Display) -> Error {
    tracing::error!(%reason, "the tokens of an employee cannot be read or saved now");
    Error::TokenStore {
        path: "of this server".to_owned(),
        problem: "it does not answer",
    }
}
