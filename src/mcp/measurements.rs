//! The server's metrics for Prometheus: calls by tool and outcome, and their durations. Both labels have values from
//! our own tables only, so their number is bounded, and they hold nothing of a request or a response.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::fixit::{self, Audience};

/// Bounds of the histogram, in seconds: from a response out of the cache to the longest look-up.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 25.0];

/// Labels of a metric, each with name and value.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// The metrics of one server; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Measurements {
    calls: Family<Labels<2>, Counter>,
    durations: Family<Labels<1>, Histogram, fn() -> Histogram>,
}

impl Default for Measurements {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(SECONDS)),
        }
    }
}

impl Measurements {
    /// Counts an answered call of `tool`; `failed_with` is the code of the failure, `None` if the call succeeded.
    pub(super) fn count(&self, tool: &'static str, failed_with: Option<&str>, took: Duration) {
        let outcome = outcome(failed_with);
        self.calls.get_or_create(&[("tool", tool), ("outcome", outcome)]).inc();
        self.durations
            .get_or_create(&[("tool", tool)])
            .observe(took.as_secs_f64());
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "mcp_tool_calls",
            "Answered calls by tool and outcome: ok, or the code of the failure",
            self.calls.clone(),
        );
        registry.register_with_unit(
            "mcp_tool_call_duration",
            "Time from a call's arrival to its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
    }
}

/// `ok`, the code of a row of the fix-it table, or `other`.
fn outcome(failed_with: Option<&str>) -> &'static str {
    let Some(code) = failed_with else { return "ok" };
    // The table has the same codes for every audience.
    fixit::lookup(Audience::OnePerson, code, None).map_or("other", |fix| fix.code.trim_end_matches('*'))
}
