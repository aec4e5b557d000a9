//! Turns the error of a failed look-up into advice: the error says what happened, the fix-it table says what to do.
//!
//! This is the only place where `address_book` and `fixit` meet. For a 401 of the portal, `portal/reply.rs` reads code
//! and status, `portal::Error` keeps them, `address_book::Error` wraps the portal's error, and [`KnownFailure`] carries
//! code and status to `fixit::lookup`, which finds the row. The steps to add a code are in
//! `docs/contributing.md`.

use crate::address_book::Error;
use crate::fixit::{Audience, Failure, KnownFailure};

/// The failure, with the advice that helps this audience.
pub(crate) fn failure(audience: Audience, error: &Error) -> Failure {
    let known = KnownFailure {
        code: error.code().to_owned(),
        http_status: error.http_status(),
        message: error.to_string(),
        validation: error.validation(),
        attempts: error.attempts(),
        retry_after: error.retry_after(),
    };
    Failure::new(audience, known)
}

/// The failure with the advice for one-person modes, as the command line prints it.
impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        failure(Audience::OnePerson, error)
    }
}
