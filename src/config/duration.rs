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
            shown(*range.start()),
            shown(*range.end())
        )),
        Err(_) => Err("is not a duration".to_owned()),
    }
}

/// The duration as a setting has it: whole days as days, which humantime would show as months.
fn shown(duration: Duration) -> String {
    const DAY: u64 = 24 * 3600;
    match duration.as_secs() {
        seconds if seconds > DAY && seconds.is_multiple_of(DAY) => format!("{}days", seconds / DAY),
        _ => humantime::format_duration(duration).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_shown_as_they_can_be_set() {
        let range = Duration::from_secs(24 * 3600)..=Duration::from_secs(180 * 24 * 3600);
        let problem = duration_in(&range, "1s").unwrap_err();
        assert_eq!(problem, "must be from 1day to 180days");
        for bound in ["1day", "180days"] {
            assert!(duration_in(&range, bound).is_ok(), "{bound}");
        }
        let range = Duration::from_millis(100)..=Duration::from_secs(50);
        assert_eq!(duration_in(&range, "1h").unwrap_err(), "must be from 100ms to 50s");
    }
}
