//! Lets callers through to the portal one after another, first come first served, as fast as its limits allow.
//!
//! The limits are pure values in [`super::limits`]; here is the waiting. Everybody waits under an [`Arrival`], and
//! the oldest is next. A caller that gives up leaves the queue and costs nobody a place. A caller whose wait would exceed its
//! deadline fails at once, with the wait that it would have needed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::error::Error;
use super::limits::{Bucket, Limiter, OperatingGate, RateLimit};
use super::reply::Operating;
use super::request::Method;

/// One for all callers of a portal.
#[derive(Debug)]
pub(super) struct Turnstile {
    /// `None`: the portal has no limit of requests.
    bucket: Option<Lane<Bucket>>,
    contacts: Lane<OperatingGate>,
    employees: Lane<OperatingGate>,
    batches: Lane<OperatingGate>,
    arrivals: AtomicU64,
}

/// When a caller came to the portal client. Its requests wait for the limit before those of everybody who came later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival(u64);

/// A limiter with its queue.
#[derive(Debug)]
struct Lane<L> {
    limiter: Mutex<L>,
    queue: Mutex<Queue>,
    /// Tells the first that the wait is over before its time.
    opened: Notify,
}

/// Who waits, the oldest first, and how each is woken when it has become the first. The number tells apart who waits
/// under the same arrival.
#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeMap<(Arrival, u64), Arc<Notify>>,
    joined: u64,
}

impl<L: Limiter> Lane<L> {
    fn new(limiter: L) -> Self {
        Self {
            limiter: Mutex::new(limiter),
            queue: Mutex::default(),
            opened: Notify::new(),
        }
    }

    /// True if a caller that comes now would wait, behind those in the queue and `ahead` others. A caller stands in the
    /// queue for a moment even if there is a place for it.
    fn would_wait(&self, ahead: usize) -> bool {
        let ahead = ahead + self.queue.lock().waiting.len();
        !self.limiter.lock().wait(Instant::now(), ahead).is_zero()
    }

    /// How long the one at `place` would wait from now on.
    fn wait(&self, place: (Arrival, u64)) -> Duration {
        let ahead = self.queue.lock().waiting.range(..place).count();
        self.limiter.lock().wait(Instant::now(), ahead)
    }

    /// Waits for a place, as long as it can come before `deadline`.
    async fn pass(&self, arrival: Arrival, deadline: Instant) -> Result<(), Error> {
        let bears = |wait| match is_too_long(wait, deadline) {
            true => Err(Error::Throttled {
                limit: L::LIMIT,
                needed: wait,
            }),
            false => Ok(()),
        };
        let place = Waiting::join(&self.queue, arrival);
        bears(self.wait(place.key))?;
        while !place.is_first() {
            place.woken.notified().await;
        }
        loop {
            let opened = self.opened.notified();
            let taken = self.limiter.lock().take(Instant::now());
            let Err(wait) = taken else { return Ok(()) };
            // Others may have made the wait longer since.
            bears(wait)?;
            tracing::info!(
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                limit = ?L::LIMIT,
                "waiting: the portal's limit lets no more through yet"
            );
            // Whichever comes first; then it is asked again.
            let _ = tokio::time::timeout(wait, opened).await;
        }
    }
}

/// True if who waits so long comes too late. A place at the very deadline is of no use.
fn is_too_long(wait: Duration, deadline: Instant) -> bool {
    !wait.is_zero() && wait >= deadline.saturating_duration_since(Instant::now())
}

/// A place in a queue; dropping it leaves.
struct Waiting<'a> {
    queue: &'a Mutex<Queue>,
    key: (Arrival, u64),
    woken: Arc<Notify>,
}

impl<'a> Waiting<'a> {
    fn join(queue: &'a Mutex<Queue>, arrival: Arrival) -> Self {
        let mut entered = queue.lock();
        entered.joined += 1;
        let (key, woken) = ((arrival, entered.joined), Arc::new(Notify::new()));
        entered.waiting.insert(key, Arc::clone(&woken));
        Self { queue, key, woken }
    }

    fn is_first(&self) -> bool {
        let queue = self.queue.lock();
        queue.waiting.keys().next() == Some(&self.key)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut queue = self.queue.lock();
        queue.waiting.remove(&self.key);
        // Also if it was not the first: one wake too many costs nothing.
        if let Some(first) = queue.waiting.values().next() {
            first.notify_one();
        }
    }
}

impl Turnstile {
    pub(super) fn new(limit: Option<RateLimit>) -> Self {
        let now = Instant::now();
        let gate = || Lane::new(OperatingGate::new(now));
        Self {
            bucket: limit.map(|limit| Lane::new(Bucket::new(limit, now))),
            contacts: gate(),
            employees: gate(),
            batches: gate(),
            arrivals: AtomicU64::new(0),
        }
    }

    /// Somebody comes now.
    pub(super) fn arrive(&self) -> Arrival {
        Arrival(self.arrivals.fetch_add(1, Ordering::SeqCst))
    }

    /// Waits until the method's operating time lets one call of it through.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the deadline would pass first.
    pub(super) async fn pass_gate(&self, method: Method, deadline: Instant) -> Result<(), Error> {
        self.gate(method).pass(self.arrive(), deadline).await
    }

    /// Waits for a place for a request.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the deadline would pass first.
    pub(super) async fn pass_bucket(&self, arrival: Arrival, deadline: Instant) -> Result<(), Error> {
        match &self.bucket {
            Some(bucket) => bucket.pass(arrival, deadline).await,
            None => Ok(()),
        }
    }

    /// True if a call of `method` that comes now would wait.
    pub(super) fn would_wait(&self, method: Method) -> bool {
        self.gate(method).would_wait(0) || self.bucket.as_ref().is_some_and(|bucket| bucket.would_wait(0))
    }

    /// A good answer to a call that was sent at `sent`, and what it told of the method's operating time.
    pub(super) fn answered(&self, method: Method, sent: Instant, operating: Option<Operating>) {
        let gate = self.gate(method);
        let has_opened = gate.limiter.lock().answered(sent, operating, Instant::now());
        if has_opened {
            gate.opened.notify_waiters();
        }
    }

    /// The portal refused because of its limit of requests.
    pub(super) fn overflowed(&self) {
        if let Some(bucket) = &self.bucket {
            bucket.limiter.lock().overflowed(Instant::now());
        }
    }

    /// The portal refused because of the method's operating time. Returns how long to wait.
    pub(super) fn used_up(&self, method: Method, asked: Option<Duration>) -> Duration {
        self.gate(method).limiter.lock().used_up(asked, Instant::now())
    }

    /// True if a call of `method` would wait for nobody and leave plenty to others.
    pub(super) fn is_idle(&self, method: Method) -> bool {
        let wants_half = |bucket: &Lane<Bucket>| {
            let half = bucket.limiter.lock().half();
            bucket.would_wait(half)
        };
        !self.gate(method).would_wait(1) && !self.bucket.as_ref().is_some_and(wants_half)
    }

    /// Requests that may be sent at once; `None` if there is no limit.
    pub(super) fn room(&self) -> Option<f64> {
        Some(self.bucket.as_ref()?.limiter.lock().room(Instant::now()))
    }

    /// Seconds of the method's operating time that are used, where the portal told it.
    pub(super) fn operating_used(&self, method: Method) -> Option<f64> {
        self.gate(method).limiter.lock().used(Instant::now())
    }

    fn gate(&self, method: Method) -> &Lane<OperatingGate> {
        match method {
            Method::ListContacts => &self.contacts,
            Method::ListEmployees => &self.employees,
            Method::Batch => &self.batches,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_that_passes_makes_nobody_wait_where_there_is_room() {
        let gate = Lane::new(OperatingGate::new(Instant::now()));
        let limit = RateLimit {
            burst: 2,
            per_second: 1.0,
        };
        let bucket = Lane::new(Bucket::new(limit, Instant::now()));
        let passing = [Arrival(1), Arrival(2)].map(|arrival| {
            let open = (gate.would_wait(0), bucket.would_wait(0));
            assert_eq!(open, (false, false), "{arrival:?}");
            [&gate.queue, &bucket.queue].map(|queue| Waiting::join(queue, arrival))
        });
        assert_eq!((gate.would_wait(0), bucket.would_wait(0)), (false, true));
        drop(passing);
        assert!(!bucket.would_wait(0) && bucket.would_wait(2));
    }
}
