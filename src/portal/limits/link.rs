//! The connection to the store of the shared limits, and whether the store answers.

use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;

use super::shared_limits::{Answer, SharedLimits, SharedLimitsSettings};

/// How long a caller waits for an answer of the store, so that a late answer begins no outage. A place of a later answer
/// is used by nobody: the portal's bucket is emptier by one request than the store says.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(1);
/// How long a caller waits in an outage, in which callers behind it could use the share of this process.
const ANSWER_IN_OUTAGE_WITHIN: Duration = Duration::from_millis(250);
/// How long the store is not asked again after it did not answer.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A store that does not answer for some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outage {
    /// Differs for every outage.
    pub(super) number: u64,
    /// When this process noticed it.
    pub(super) since: Instant,
    ask_again_at: Instant,
}

/// The store of the shared limits.
#[derive(Debug)]
pub(super) struct Link {
    settings: SharedLimitsSettings,
    /// Counts the places that were taken without the store.
    taken_alone: Counter,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    outages: u64,
    outage: Option<Outage>,
}

impl Link {
    pub(super) fn new(settings: SharedLimitsSettings, taken_alone: Counter) -> Self {
        Self {
            settings,
            taken_alone,
            state: Mutex::default(),
        }
    }

    pub(super) fn store(&self) -> &dyn SharedLimits {
        self.settings.store.as_ref()
    }

    /// The number of processes that share the limits, at least 1.
    pub(super) fn replicas(&self) -> u32 {
        self.settings.replicas.max(1)
    }

    /// The outage of now; `None` while the store answers.
    pub(super) fn outage(&self) -> Option<Outage> {
        self.state.lock().outage
    }

    /// True if the store is to be asked now: it has answered, or it is time to try again.
    pub(super) fn may_ask(&self, now: Instant) -> bool {
        self.outage().is_none_or(|outage| now >= outage.ask_again_at)
    }

    /// Time until the store is asked again; `None` while it answers.
    pub(super) fn asks_again_in(&self, now: Instant) -> Option<Duration> {
        let outage = self.outage()?;
        Some(outage.ask_again_at.saturating_duration_since(now))
    }

    /// Counts a place that is taken without the store.
    pub(super) fn count_taken_alone(&self) {
        self.taken_alone.inc();
    }

    /// Waits for the answer of the store; `None` if there is none in time.
    pub(super) async fn ask<T>(&self, answer: Answer<'_, T>) -> Option<T> {
        let mut within = ANSWER_WITHIN;
        // Other callers go on without the store while this one tries.
        if let Some(outage) = &mut self.state.lock().outage {
            outage.ask_again_at = Instant::now() + ASK_AGAIN_AFTER;
            within = ANSWER_IN_OUTAGE_WITHIN;
        }
        let problem = match tokio::time::timeout(within, answer).await {
            Ok(Ok(answer)) => {
                self.answered();
                return Some(answer);
            }
            Ok(Err(problem)) => problem.to_string(),
            Err(_) => format!("no answer within {} ms", within.as_millis()),
        };
        self.failed(&problem);
        None
    }

    fn answered(&self) {
        if let Some(outage) = self.state.lock().outage.take() {
            tracing::info!(
                after_ms = u64::try_from(outage.since.elapsed().as_millis()).unwrap_or(u64::MAX),
                "the store of the portal's limits answers again"
            );
        }
    }

    fn failed(&self, problem: &str) {
        let now = Instant::now();
        let ask_again_at = now + ASK_AGAIN_AFTER;
        let mut state = self.state.lock();
        if let Some(outage) = &mut state.outage {
            outage.ask_again_at = ask_again_at;
            return;
        }
        state.outages += 1;
        state.outage = Some(Outage {
            number: state.outages,
            since: now,
            ask_again_at,
        });
        tracing::warn!(
            problem,
            replicas = self.replicas(),
            "the store of the portal's limits does not answer; until it does, this process uses its share of them"
        );
    }
}
