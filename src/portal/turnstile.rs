//! Lets callers through to the portal one after another, first come first served, as fast as its limits allow.
//!
//! The limits are pure values in [`super::limits`]; here is the waiting. Who gives up, or is cancelled, leaves the
//! queue and costs nobody a place. Who could not be through in time is told at once, with the wait it would have needed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::{Error, Limit};
use super::limits::{Bucket, OperatingGate, RateLimit};
use super::reply::Operating;
use super::request::Method;

/// One for all callers of a portal.
#[derive(Debug)]
pub(super) struct Turnstile {
    /// `None`: the portal has no limit of requests.
    bucket: Option<Lane<Bucket>>,
    gates: [Lane<OperatingGate>; Method::ALL.len()],
}

/// A limiter with its queue. tokio's mutex is fair, so whoever holds `turn` is the first of the queue.
#[derive(Debug)]
struct Lane<L> {
    limiter: Mutex<L>,
    turn: tokio::sync::Mutex<()>,
    waiting: AtomicUsize,
}

/// What a lane asks of its limiter.
trait Limiter {
    const LIMIT: Limit;
    fn take(&mut self, now: Instant) -> Result<(), Duration>;
    fn wait(&self, now: Instant, ahead: usize) -> Duration;
    fn is_idle(&self, now: Instant) -> bool;
}

impl Limiter for Bucket {
    const LIMIT: Limit = Limit::Requests;
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.take(now)
    }
    fn wait(&self, now: Instant, ahead: usize) -> Duration {
        self.wait(now, ahead)
    }
    fn is_idle(&self, now: Instant) -> bool {
        self.is_idle(now)
    }
}

impl Limiter for OperatingGate {
    const LIMIT: Limit = Limit::OperatingTime;
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.take(now)
    }
    fn wait(&self, now: Instant, ahead: usize) -> Duration {
        self.wait(now, ahead)
    }
    fn is_idle(&self, now: Instant) -> bool {
        self.wait(now, 0).is_zero()
    }
}

impl<L: Limiter> Lane<L> {
    fn new(limiter: L) -> Self {
        Self {
            limiter: Mutex::new(limiter),
            turn: tokio::sync::Mutex::new(()),
            waiting: AtomicUsize::new(0),
        }
    }

    fn limiter(&self) -> MutexGuard<'_, L> {
        // Every change of a limiter is one assignment after another that cannot fail.
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_idle(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0 && self.limiter().is_idle(Instant::now())
    }

    async fn pass(&self, deadline: Instant) -> Result<(), Error> {
        let place = Waiting::join(&self.waiting);
        let wait = self.limiter().wait(Instant::now(), place.ahead);
        check::<L>(wait, deadline)?;
        let _turn = self.turn.lock().await;
        loop {
            let now = Instant::now();
            let taken = self.limiter().take(now);
            let Err(wait) = taken else { return Ok(()) };
            // Others may have made the wait longer since.
            check::<L>(wait, deadline)?;
            tracing::info!(
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                limit = ?L::LIMIT,
                "waiting: the portal's limit lets no more through yet"
            );
            tokio::time::sleep(wait).await;
        }
    }
}

fn check<L: Limiter>(wait: Duration, deadline: Instant) -> Result<(), Error> {
    // A place at the very deadline is of no use.
    if !wait.is_zero() && wait >= deadline.saturating_duration_since(Instant::now()) {
        return Err(Error::Throttled {
            limit: L::LIMIT,
            needed: wait,
        });
    }
    Ok(())
}

/// A place in a queue; dropping it leaves.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    ahead: usize,
}

impl<'a> Waiting<'a> {
    fn join(count: &'a AtomicUsize) -> Self {
        Self {
            count,
            ahead: count.fetch_add(1, Ordering::SeqCst),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Turnstile {
    pub(super) fn new(limit: Option<RateLimit>) -> Self {
        let now = Instant::now();
        Self {
            bucket: limit.map(|limit| Lane::new(Bucket::new(limit, now))),
            gates: std::array::from_fn(|_| Lane::new(OperatingGate::new(now))),
        }
    }

    /// Waits for a place for one call of `method`.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the deadline would pass first.
    pub(super) async fn pass(&self, method: Method, deadline: Instant) -> Result<(), Error> {
        if let Some(gate) = self.gate(method) {
            gate.pass(deadline).await?;
        }
        self.pass_bucket(deadline).await
    }

    /// Waits for a place for a request that has no operating time of its own.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the deadline would pass first.
    pub(super) async fn pass_bucket(&self, deadline: Instant) -> Result<(), Error> {
        match &self.bucket {
            Some(bucket) => bucket.pass(deadline).await,
            None => Ok(()),
        }
    }

    /// What a good answer told of the method's operating time.
    pub(super) fn told(&self, method: Method, operating: Option<Operating>) {
        if let (Some(gate), Some(operating)) = (self.gate(method), operating) {
            gate.limiter().told(operating, Instant::now());
        }
    }

    /// The portal refused because of its limit of requests.
    pub(super) fn overflowed(&self) {
        if let Some(bucket) = &self.bucket {
            bucket.limiter().overflowed(Instant::now());
        }
    }

    /// The portal refused because of the method's operating time. Returns how long to wait.
    pub(super) fn used_up(&self, method: Method, asked: Option<Duration>) -> Duration {
        self.gate(method)
            .map_or(Duration::ZERO, |gate| gate.limiter().used_up(asked, Instant::now()))
    }

    /// True if a call of `method` would wait for nobody and leave plenty to others.
    pub(super) fn is_idle(&self, method: Method) -> bool {
        self.gate(method).is_none_or(Lane::is_idle) && self.bucket.as_ref().is_none_or(Lane::is_idle)
    }

    /// Requests that may be sent at once; `None` if there is no limit.
    pub(super) fn room(&self) -> Option<f64> {
        Some(self.bucket.as_ref()?.limiter().room(Instant::now()))
    }

    /// Seconds of the method's operating time that are used, where the portal told it.
    pub(super) fn operating_used(&self, method: Method) -> Option<f64> {
        self.gate(method)?.limiter().used()
    }

    fn gate(&self, method: Method) -> Option<&Lane<OperatingGate>> {
        let index = Method::ALL.iter().position(|known| *known == method)?;
        self.gates.get(index)
    }
}
