//! The setting of the portal's limit of requests.

/// How many requests the portal accepts: `BITRIX24_RATE_LIMIT`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateLimit {
    /// Requests that leak out of the bucket each second.
    pub per_second: f64,
    /// Requests that the full bucket holds: the largest burst.
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
