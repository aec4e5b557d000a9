//! The metrics of the store's operations. No label holds a name, an id or a token.

use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::Operation;

/// Bounds of the histogram, in seconds. A database nearby needs a few milliseconds; an operation ends after five seconds.
const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0];

/// How an operation is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It only reads.
    Read,
    /// It writes in a transaction.
    Write,
    /// It is one statement that writes one row.
    Statement,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Statement => "statement",
        }
    }
}

/// Pairs of name and value.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// The metrics of a store.
#[derive(Debug)]
pub(super) struct StoreMeasurements {
    operations: Family<Labels<2>, Counter>,
    durations: Family<Labels<1>, Histogram, fn() -> Histogram>,
}

impl Default for StoreMeasurements {
    fn default() -> Self {
        Self {
            operations: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(SECONDS)),
        }
    }
}

impl StoreMeasurements {
    /// Records an operation, and how long its caller has waited.
    pub(super) fn record(&self, way: Way, is_done: bool, elapsed: Duration) {
        let outcome = if is_done { "done" } else { "failed" };
        self.count(way, outcome);
        self.durations
            .get_or_create(&[("kind", way.name())])
            .observe(elapsed.as_secs_f64());
    }

    /// Runs the operation and records it.
    pub(super) fn measured<'a, T: Send + 'a>(&'a self, way: Way, operation: Operation<'a, T>) -> Operation<'a, T> {
        Box::pin(async move {
            let begun = Instant::now();
            let result = operation.await;
            self.record(way, result.is_ok(), begun.elapsed());
            result
        })
    }

    /// Records that an operation runs again, because of another transaction or a lost connection.
    pub(super) fn record_repetition(&self, way: Way) {
        self.count(way, "repeated");
    }

    fn count(&self, way: Way, outcome: &'static str) {
        self.operations
            .get_or_create(&[("kind", way.name()), ("outcome", outcome)])
            .inc();
    }

    /// Adds these metrics to `registry`.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "mcp_team_store_operations",
            "Operations of the store, by kind (read, write, statement) and outcome (done, failed; repeated counts beside \
             them)",
            self.operations.clone(),
        );
        registry.register_with_unit(
            "mcp_team_store_operation_duration",
            "Time for operations of the store, with their wait for a connection and their repetitions, by kind",
            Unit::Seconds,
            self.durations.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_of_the_store_is_written_under_its_name() {
        let measurements = StoreMeasurements::default();
        let mut registry = Registry::default();
        measurements.register(&mut registry);
        measurements.record(Way::Read, true, Duration::from_millis(2));
        measurements.record(Way::Write, false, Duration::from_secs(5));
        measurements.record_repetition(Way::Write);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            r#"mcp_team_store_operations_total{kind="read",outcome="done"} 1"#,
            r#"mcp_team_store_operations_total{kind="write",outcome="failed"} 1"#,
            r#"mcp_team_store_operations_total{kind="write",outcome="repeated"} 1"#,
            r#"mcp_team_store_operation_duration_seconds_bucket{le="0.0025",kind="read"} 1"#,
            r#"mcp_team_store_operation_duration_seconds_count{kind="write"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
