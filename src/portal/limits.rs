//! The portal's limits, applied by this client before a request is sent, so that the portal seldom refuses one.
//!
//! | limit | the portal's rule | this client |
//! |---|---|---|
//! | requests | a leaky bucket: 50 drops, 2 leak a second (250 and 5 on Enterprise); over it 503 | [`bucket`]: the same bucket; a caller waits for room |
//! | operating time | a method may run for a number of seconds in ten minutes; over it 429 | [`operating_time`]: near the limit, calls are spaced; after a 429 calls wait for the reset, except one probe a minute |
//!
//! A limiter is a pure value: it grants a place or returns the wait, and never sleeps. The [`queue`] in front of it
//! sleeps: people take turns, and the requests of one person pass in the order of their arrival, see [`turns`]. See
//! <https://apidocs.bitrix24.com/limits.html>.

mod bucket;
mod limiter;
mod operating_time;
mod queue;
mod rate_limit;
mod turns;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::error::Error;
use super::person::Person;
use super::request::Method;
use bucket::LeakyBucket;
use operating_time::OperatingTimeLimiter;
pub(super) use operating_time::{OPERATING_WINDOW, OperatingTime};
use queue::Queue;
pub use rate_limit::RateLimit;
pub use turns::Arrival;

/// The limits of one portal, shared by all its callers.
#[derive(Debug)]
pub(super) struct Limits {
    /// `None`: the portal has no limit of requests.
    requests: Option<Queue<LeakyBucket>>,
    contacts: Queue<OperatingTimeLimiter>,
    employees: Queue<OperatingTimeLimiter>,
    batches: Queue<OperatingTimeLimiter>,
    arrivals: AtomicU64,
}

impl Limits {
    pub(super) fn new(rate_limit: Option<RateLimit>) -> Self {
        let now = Instant::now();
        let operating_time = || Queue::new(OperatingTimeLimiter::new(now));
        Self {
            requests: rate_limit.map(|limit| Queue::new(LeakyBucket::new(limit, now))),
            contacts: operating_time(),
            employees: operating_time(),
            batches: operating_time(),
            arrivals: AtomicU64::new(0),
        }
    }

    /// Registers a caller now: its requests wait behind those of all earlier callers of the same person.
    pub(super) fn arrive(&self) -> Arrival {
        Arrival::numbered(self.arrivals.fetch_add(1, Ordering::SeqCst))
    }

    /// Waits until both limits let one call of `method` through, in the turn of `person`.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the wait would pass the deadline.
    pub(super) async fn wait_for_call(
        &self,
        method: Method,
        arrival: Arrival,
        person: &Person,
        deadline: Instant,
    ) -> Result<(), Error> {
        self.operating_time(method)
            .wait_for_place(self.arrive(), person, deadline)
            .await?;
        self.wait_for_request(arrival, person, deadline).await
    }

    /// Waits until the limit of requests lets one through, in the turn of `person`.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the wait would pass the deadline.
    pub(super) async fn wait_for_request(
        &self,
        arrival: Arrival,
        person: &Person,
        deadline: Instant,
    ) -> Result<(), Error> {
        match &self.requests {
            Some(requests) => requests.wait_for_place(arrival, person, deadline).await,
            None => Ok(()),
        }
    }

    /// True if a call of `method` that is made now would wait.
    pub(super) fn would_wait(&self, method: Method) -> bool {
        self.operating_time(method).would_wait(0) || self.requests.as_ref().is_some_and(|queue| queue.would_wait(0))
    }

    /// True if a call of `method` could be sent now and at least half of the burst would remain.
    pub(super) fn is_idle(&self, method: Method) -> bool {
        let would_leave_less_than_half = |queue: &Queue<LeakyBucket>| {
            let half = queue.with_limiter(|limiter| limiter.half());
            queue.would_wait(half)
        };
        !self.operating_time(method).would_wait(1) && !self.requests.as_ref().is_some_and(would_leave_less_than_half)
    }

    /// Records a result of a request that was sent at `sent`, and the operating time that the portal reported.
    pub(super) fn record_result(&self, method: Method, sent: Instant, reported: Option<OperatingTime>) {
        let queue = self.operating_time(method);
        let has_opened = queue.with_limiter(|limiter| limiter.record_result(sent, reported, Instant::now()));
        if has_opened {
            queue.wake_first_early();
        }
    }

    /// Records that the portal refused a request because of its limit of requests.
    pub(super) fn record_too_many_requests(&self) {
        if let Some(queue) = &self.requests {
            queue.with_limiter(|limiter| limiter.record_overflow(Instant::now()));
        }
    }

    /// Records that the portal refused because of the method's operating time; `server_wait` is its `Retry-After`.
    /// Returns how long to wait.
    pub(super) fn record_operating_time_used_up(&self, method: Method, server_wait: Option<Duration>) -> Duration {
        self.operating_time(method)
            .with_limiter(|limiter| limiter.record_refusal(server_wait, Instant::now()))
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

    fn operating_time(&self, method: Method) -> &Queue<OperatingTimeLimiter> {
        match method {
            Method::ListContacts => &self.contacts,
            Method::ListEmployees => &self.employees,
            Method::Batch => &self.batches,
        }
    }
}
