//! The portal's limits, applied by this client before a request is sent, so that the portal seldom refuses one.
//!
//! | limit | the portal's rule | this client |
//! |---|---|---|
//! | requests | a leaky bucket: 50 drops, 2 leak a second (250 and 5 on Enterprise); over it 503 | [`bucket`]: the same bucket; a caller waits for room |
//! | operating time | a method may run for a number of seconds in ten minutes; over it 429 | [`operating_time`]: near the limit, calls are spaced; after a 429 calls wait for the reset, except one probe a minute |
//!
//! A limiter is a value: it grants a place or returns the wait, and never sleeps. The [`queue`] in front of it sleeps:
//! people take turns, and the requests of one person pass in the order of their arrival, see [`turns`]. See
//! <https://apidocs.bitrix24.com/limits.html>.
//!
//! Processes can share the limits of a portal in a store, see [`shared_limits`]: [`request_bucket`] and [`method_gate`]
//! say how. Each process keeps its own queues.

mod bucket;
mod gate_state;
mod limiter;
mod link;
mod method_gate;
mod operating_time;
mod questions;
mod queue;
mod rate_limit;
mod request_bucket;
mod shared_limits;
#[cfg(test)]
mod test_store;
mod turns;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;

use super::error::Error;
use super::person::Person;
use super::request::Method;
pub use gate_state::{GateChange, GateState};
use link::Link;
use method_gate::{MethodGate, PassedBy};
pub use operating_time::KeptGate;
pub(super) use operating_time::{OPERATING_WINDOW, OperatingTime};
use questions::{PassQuestion, PlaceQuestion};
use queue::Queue;
pub use rate_limit::RateLimit;
use request_bucket::RequestBucket;
pub use shared_limits::{Answer, Gate, NoAnswer, Place, PlaceRequest, SharedLimits, SharedLimitsSettings};
pub use turns::Arrival;

/// The limits of one portal, shared by all its callers.
#[derive(Debug)]
pub(super) struct Limits {
    /// `None`: the portal has no limit of requests.
    requests: Option<Queue<RequestBucket>>,
    contacts: Queue<MethodGate>,
    employees: Queue<MethodGate>,
    batches: Queue<MethodGate>,
    arrivals: AtomicU64,
    /// `None`: this process shares the limits with no other.
    link: Option<Arc<Link>>,
}

/// The names of a portal and of an account in the store that processes share. No part is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SharedNames {
    /// Scheme, host and port.
    pub(super) portal: String,
    /// What the portal counts operating time by; `None` for calls that it does not count.
    pub(super) account: Option<String>,
}

/// A caller that waits for the limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiter<'a> {
    pub(super) person: &'a Person,
    pub(super) deadline: Instant,
    /// `None`: the store is not asked.
    pub(super) names: Option<&'a SharedNames>,
}

impl Limits {
    /// `taken_alone` counts the places that are taken without the store.
    pub(super) fn new(
        rate_limit: Option<RateLimit>,
        shared: Option<SharedLimitsSettings>,
        taken_alone: Counter,
    ) -> Self {
        let now = Instant::now();
        let link = shared.map(|settings| Arc::new(Link::new(settings, taken_alone)));
        let gate = || Queue::new(MethodGate::new(link.clone(), now));
        Self {
            requests: rate_limit.map(|limit| Queue::new(RequestBucket::new(limit, link.clone(), now))),
            contacts: gate(),
            employees: gate(),
            batches: gate(),
            arrivals: AtomicU64::new(0),
            link,
        }
    }

    /// True if processes share these limits in a store.
    pub(super) fn are_shared(&self) -> bool {
        self.link.is_some()
    }

    /// Registers a caller now: its requests wait behind those of all earlier callers of the same person.
    pub(super) fn arrive(&self) -> Arrival {
        Arrival::numbered(self.arrivals.fetch_add(1, Ordering::SeqCst))
    }

    /// Waits until both limits let one call of `method` through, in the turn of the person.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the wait would pass the deadline.
    pub(super) async fn wait_for_call(
        &self,
        method: Method,
        arrival: Arrival,
        waiter: Waiter<'_>,
    ) -> Result<(), Error> {
        let gate = waiter.names.and_then(|names| gate_of(names, method));
        let queue = self.operating_time(method);
        // The store may say with the place that the gate is active; then the gate is passed first.
        loop {
            let store = PassQuestion {
                queue,
                link: self.link.as_deref(),
                gate: gate.as_ref(),
            };
            let passed = queue
                .wait_for_place(self.arrive(), waiter.person, waiter.deadline, &store)
                .await?;
            let unchecked = gate.as_ref().filter(|_| passed != Some(PassedBy::Store));
            if self.wait_in_bucket(arrival, waiter, unchecked).await? {
                return Ok(());
            }
            queue.with_limiter(MethodGate::record_active);
        }
    }

    /// Waits until the limit of requests lets one through, in the turn of the person.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the wait would pass the deadline.
    pub(super) async fn wait_for_request(&self, arrival: Arrival, waiter: Waiter<'_>) -> Result<(), Error> {
        self.wait_in_bucket(arrival, waiter, None).await.map(|_| ())
    }

    /// Waits for a request; false if `gate` is active and has to be passed first.
    async fn wait_in_bucket(&self, arrival: Arrival, waiter: Waiter<'_>, gate: Option<&Gate>) -> Result<bool, Error> {
        let Some(queue) = &self.requests else {
            return Ok(match (&self.link, gate) {
                (Some(link), Some(gate)) if link.may_ask(Instant::now()) => {
                    !link.ask(link.store().is_gated(gate.clone())).await.unwrap_or_default()
                }
                _ => true,
            });
        };
        let store = PlaceQuestion {
            queue,
            link: self.link.as_deref(),
            portal: waiter.names.map_or("", |names| &names.portal),
            gate,
        };
        let passed = queue
            .wait_for_place(arrival, waiter.person, waiter.deadline, &store)
            .await?;
        Ok(passed.is_some())
    }

    /// True if a call of `method` that is made now would wait.
    pub(super) fn would_wait(&self, method: Method) -> bool {
        self.operating_time(method).would_wait(0) || self.requests.as_ref().is_some_and(|queue| queue.would_wait(0))
    }

    /// True if a call of `method` could be sent now and at least half of the burst would remain.
    pub(super) fn is_idle(&self, method: Method) -> bool {
        let would_leave_less_than_half = |queue: &Queue<RequestBucket>| {
            let half = queue.with_limiter(|limiter| limiter.half(Instant::now()));
            queue.would_wait(half)
        };
        !self.operating_time(method).would_wait(1) && !self.requests.as_ref().is_some_and(would_leave_less_than_half)
    }

    /// Records a result of a request that was sent at `sent`, and the operating time that the portal reported.
    pub(super) async fn record_result(
        &self,
        method: Method,
        names: Option<&SharedNames>,
        sent: Instant,
        reported: Option<OperatingTime>,
    ) {
        let queue = self.operating_time(method);
        let (has_opened, change) = queue.with_limiter(|limiter| limiter.record_result(sent, reported, Instant::now()));
        if has_opened {
            queue.wake_first_early();
        }
        self.change_gate(method, names, change).await;
    }

    /// Records that the portal refused a request because of its limit of requests.
    pub(super) async fn record_too_many_requests(&self, names: Option<&SharedNames>) {
        let Some(queue) = &self.requests else {
            return;
        };
        let now = Instant::now();
        let portal = names.map_or("", |names| &names.portal);
        let question = queue.with_limiter(|limiter| limiter.record_overflow(portal, now));
        if let (Some(question), Some(link), Some(_)) = (question, &self.link, names)
            && link.may_ask(now)
        {
            let answer = link.ask(link.store().take_place(question)).await;
            queue.with_limiter(|limiter| limiter.record_filled(answer, now));
        }
    }

    /// Records that the portal refused because of the method's operating time; `server_wait` is its `Retry-After`.
    /// Returns how long to wait.
    pub(super) async fn record_operating_time_used_up(
        &self,
        method: Method,
        names: Option<&SharedNames>,
        server_wait: Option<Duration>,
    ) -> Duration {
        let queue = self.operating_time(method);
        let (wait, change) = queue.with_limiter(|limiter| limiter.record_refusal(server_wait, Instant::now()));
        self.change_gate(method, names, change).await;
        wait
    }

    /// Lets the store of the shared limits know of a change, if it answers.
    async fn change_gate(&self, method: Method, names: Option<&SharedNames>, change: Option<GateChange>) {
        let gate = names.and_then(|names| gate_of(names, method));
        let (Some(link), Some(gate), Some(change)) = (&self.link, gate, change) else {
            return;
        };
        let now = Instant::now();
        if link.may_ask(now)
            && let Some(state) = link.ask(link.store().change_gate(gate, change)).await
        {
            self.operating_time(method)
                .with_limiter(|limiter| limiter.record_saved(state, Instant::now()));
        }
    }

    /// How many requests could be sent now without waiting; `None` if there is no limit of requests.
    pub(super) fn free_requests(&self) -> Option<f64> {
        let requests = self.requests.as_ref()?;
        Some(requests.with_limiter(|limiter| limiter.room(Instant::now())))
    }

    /// Seconds of the method's operating time used in the last ten minutes; `None` if the portal did not report it.
    pub(super) fn operating_time_used(&self, method: Method) -> Option<f64> {
        self.operating_time(method)
            .with_limiter(|limiter| limiter.used(Instant::now()))
    }

    fn operating_time(&self, method: Method) -> &Queue<MethodGate> {
        match method {
            Method::ListContacts => &self.contacts,
            Method::ListEmployees => &self.employees,
            Method::Batch => &self.batches,
        }
    }
}

fn gate_of(names: &SharedNames, method: Method) -> Option<Gate> {
    let account = names.account.clone()?;
    let method = method.as_str();
    Some(Gate { account, method })
}

#[cfg(test)]
mod tests;
