//! The portal client's metrics, for Prometheus. No label holds a part of a query, a result or a credential.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

use super::request::Method;

/// Bounds of the histogram, in seconds. A portal needs at least a tenth of a second; a look-up ends after at most fifty
/// seconds.
const SECONDS: [f64; 10] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0];

/// Pairs of name and value.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// The metrics of one portal client.
#[derive(Debug)]
pub(super) struct Measurements {
    requests: Family<Labels<2>, Histogram, fn() -> Histogram>,
    waited: Family<Labels<1>, Counter<f64, AtomicU64>>,
    /// Places that were taken without the store of the shared limits.
    pub(super) taken_alone: Counter,
    last_answer: Mutex<Option<Instant>>,
}

impl Default for Measurements {
    fn default() -> Self {
        Self {
            requests: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            waited: Family::default(),
            taken_alone: Counter::default(),
            last_answer: Mutex::default(),
        }
    }
}

impl Measurements {
    /// Records a request, how it ended and how long it took. `is_answered` is true for a result.
    pub(super) fn record_request(&self, method: Method, is_answered: bool, elapsed: Duration) {
        let outcome = if is_answered { "answered" } else { "failed" };
        if is_answered {
            *self.last_answer.lock() = Some(Instant::now());
        }
        self.requests
            .get_or_create(&[("method", method.as_str()), ("outcome", outcome)])
            .observe(elapsed.as_secs_f64());
    }

    /// True if the portal returned a result within the last `time`.
    pub(super) fn has_answered_within(&self, time: Duration) -> bool {
        let last = *self.last_answer.lock();
        last.is_some_and(|at| at.elapsed() < time)
    }

    /// Records time that a call waited before a request: for the portal's `limit`, or before a `retry`.
    pub(super) fn record_wait(&self, waited_for: &'static str, elapsed: Duration) {
        self.waited
            .get_or_create(&[("for", waited_for)])
            .inc_by(elapsed.as_secs_f64());
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "bitrix24_portal_request_duration",
            "Time of one request to the portal",
            Unit::Seconds,
            self.requests.clone(),
        );
        registry.register_with_unit(
            "bitrix24_portal_waited",
            "Time that calls waited for the portal's limit, or before another attempt",
            Unit::Seconds,
            self.waited.clone(),
        );
        registry.register(
            "bitrix24_portal_places_without_store",
            "Requests for which the store of the shared limits did not answer in time",
            self.taken_alone.clone(),
        );
    }
}
