//! The limit of requests as the settings give it.

use std::str::FromStr;

/// How many requests the portal takes: `BITRIX24_RATE_LIMIT`. The limit of each HTTP caller is written the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// Requests that leak out of the bucket each second.
    pub per_second: f64,
    /// Requests that the bucket holds.
    pub burst: u32,
}

impl Default for RateLimit {
    /// The limit of every plan except Enterprise.
    fn default() -> Self {
        Self {
            per_second: 2.0,
            burst: 50,
        }
    }
}

/// A text that is not a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a rate: requests a second (0.1 to 1000), a slash, and how many at once (1 to 10000); or off")]
pub struct InvalidRateLimit;

/// `2/50`: two a second, fifty at once.
impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (per_second, burst) = text.trim().split_once('/').ok_or(InvalidRateLimit)?;
        let per_second: f64 = per_second.trim().parse().map_err(|_| InvalidRateLimit)?;
        let burst: u32 = burst.trim().parse().map_err(|_| InvalidRateLimit)?;
        if (0.1..=1000.0).contains(&per_second) && (1..=10_000).contains(&burst) {
            Ok(Self { per_second, burst })
        } else {
            Err(InvalidRateLimit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_two_numbers_in_reason() {
        assert_eq!(
            " 5 / 250 ".parse(),
            Ok(RateLimit {
                per_second: 5.0,
                burst: 250
            })
        );
        assert_eq!(
            "0.5/1".parse(),
            Ok(RateLimit {
                per_second: 0.5,
                burst: 1
            })
        );
        for text in [
            "", "2", "2/", "/50", "0/50", "2/0", "-1/50", "NaN/50", "inf/5", "2/1e9", "2/50/1", "1001/1",
        ] {
            assert_eq!(text.parse::<RateLimit>(), Err(InvalidRateLimit), "{text}");
        }
    }
}
