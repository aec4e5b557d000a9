//! Medians and spreads of measured values.

use std::time::Duration;

/// The value that `percent` of the values do not exceed. Sorts the values; NaN if there are none.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get((values.len().saturating_sub(1)) * percent / 100)
        .copied()
        .unwrap_or(f64::NAN)
}

/// The median. Sorts the values; NaN if there are none.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values {
        [] => f64::NAN,
        _ if values.len() % 2 == 1 => values[values.len() / 2],
        _ => f64::midpoint(values[values.len() / 2 - 1], values[values.len() / 2]),
    }
}

/// Microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The values of one figure, one for each round.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Rounds(pub Vec<f64>);

impl Rounds {
    /// Adds the value of a round.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The median; `None` without rounds.
    pub fn median(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| median(&mut self.0.clone()))
    }

    /// The smallest and the largest value.
    pub fn spread(&self) -> (f64, f64) {
        let bound = |start: f64, pick: fn(f64, f64) -> f64| self.0.iter().copied().fold(start, pick);
        (bound(f64::INFINITY, f64::min), bound(f64::NEG_INFINITY, f64::max))
    }
}
