//! Parses durations in settings, such as `25s`.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Reads a duration within `range`.
///
/// # Errors
/// What is wrong, as a phrase that follows the setting's name.
pub(super) fn duration_in(range: &RangeInclusive<Duration>, text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if range.contains(&duration) => Ok(duration),
        Ok(_) => Err(format!(
            "must be from {} to {}",
            humantime::format_duration(*range.start()),
            humantime::format_duration(*range.end())
        )),
        Err(_) => Err("is not a duration".to_owned()),
    }
}
