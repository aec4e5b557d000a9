//! Parses rates in settings: `2/50` is two requests a second with bursts of up to fifty; `off` is no limit.

use std::ops::RangeInclusive;

/// The text is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be requests a second (0.1 to 1000), a slash and the largest burst (1 to 10000), or off")]
pub(super) struct InvalidRate;

const PER_SECOND: RangeInclusive<f64> = 0.1..=1000.0;
const BURST: RangeInclusive<u32> = 1..=10_000;

/// Reads a rate: requests a second, and the largest burst. `None` for `off`.
pub(super) fn parse(text: &str) -> Result<Option<(f64, u32)>, InvalidRate> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let (per_second, burst) = text.split_once('/').ok_or(InvalidRate)?;
    let per_second = per_second.trim().parse().map_err(|_| InvalidRate)?;
    let burst = burst.trim().parse().map_err(|_| InvalidRate)?;
    if PER_SECOND.contains(&per_second) && BURST.contains(&burst) {
        Ok(Some((per_second, burst)))
    } else {
        Err(InvalidRate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_two_numbers_within_bounds() {
        assert_eq!(parse(" 5 / 250 "), Ok(Some((5.0, 250))));
        assert_eq!(parse("0.5/1"), Ok(Some((0.5, 1))));
        for text in ["off", "Off", "OFF"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
        for text in [
            "", "2", "2/", "/50", "0/50", "2/0", "-1/50", "NaN/50", "inf/5", "2/1e9", "2/50/1", "1001/1",
        ] {
            assert_eq!(parse(text), Err(InvalidRate), "{text}");
        }
    }
}
