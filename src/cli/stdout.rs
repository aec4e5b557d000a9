//! Writes data to stdout. Everything else goes to stderr, by `report.rs`.

use std::io::{self, Write};

use serde::Serialize;

use super::exit::{ExitStatus, Stop};

/// Writes `text` as it is.
pub(super) fn print(text: &str) -> Result<ExitStatus, Stop> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Stop::Output)?;
    Ok(ExitStatus::Done)
}

/// Writes `value` as JSON on one line.
pub(super) fn print_json(value: &impl Serialize) -> Result<ExitStatus, Stop> {
    print(&format!("{}\n", json(value)?))
}

/// Formats `value` as JSON on one line, without a line break.
pub(super) fn json(value: &impl Serialize) -> Result<String, Stop> {
    serde_json::to_string(value).map_err(|error| Stop::Output(error.into()))
}
