//! Reports an error of the address book, for `lookup` and `resolve`.

use serde::Serialize;

use super::exit::{ExitStatus, Stop};
use super::wiring::Wiring;
use super::{report, stdout};
use crate::address_book::Error;
use crate::fixit::Failure;
use crate::portal;

/// Reports `error` with its advice on stderr; with `is_json` also prints it to stdout, as the tool's output.
pub(super) fn fail<T: From<Failure> + Serialize>(
    is_json: bool,
    error: &Error,
    wiring: &Wiring,
) -> Result<ExitStatus, Stop> {
    let failure = Failure::from(error);
    report::failure(&failure);
    if is_json {
        stdout::print_json(&T::from(failure))?;
    }
    Ok(status_of(error, wiring))
}

fn status_of(error: &Error, wiring: &Wiring) -> ExitStatus {
    match error {
        _ if is_cancelled(error) => ExitStatus::Interrupted,
        Error::Invalid(_) => ExitStatus::Usage,
        Error::Portal(failed) if failed.error.is_about_settings() && wiring.is_live() => ExitStatus::Usage,
        Error::Portal(_) => ExitStatus::Failed,
    }
}

/// True if a signal ended the call.
pub(super) fn is_cancelled(error: &Error) -> bool {
    matches!(error, Error::Portal(failed) if failed.error == portal::Error::Cancelled)
}
