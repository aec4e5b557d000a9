//! Joins a failed look-up and the fix-it table: the address book knows what happened, the table what to do.

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
