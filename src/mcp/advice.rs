//! Makes advice of a failed look-up: the address book's error says what happened, the fix-it table what to do.
//!
//! This is the only place where the two rooms meet. For a 401 of the portal, `portal/reply.rs` reads code and status,
//! `portal::Error::code()` keeps the code, `address_book::Error` wraps it, and [`KnownFailure`] below carries code and
//! status to `fixit::lookup`, which finds the row. `fixit.rs` says what to touch for a new code.

use crate::address_book::Error;
use crate::fixit::{Failure, KnownFailure};

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self::from(KnownFailure {
            code: error.code().to_owned(),
            http_status: error.http_status(),
            message: error.to_string(),
            validation: error.validation(),
            attempts: error.attempts(),
            retry_after: error.retry_after(),
        })
    }
}
