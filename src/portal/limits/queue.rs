//! The queue in front of one limiter: first come, first served.
//!
//! Callers wait in the order of their [`Arrival`]. A caller that gives up or is cancelled leaves the queue. A caller
//! whose wait would pass its deadline fails immediately, with the wait that it would have needed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::limiter::Limiter;
use crate::portal::error::Error;

/// The place of a caller in the order of arrival. Its requests pass the limit before the requests of later callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival(u64);

impl Arrival {
    pub(super) fn numbered(number: u64) -> Self {
        Self(number)
    }
}

/// A limiter and the callers that wait for it.
#[derive(Debug)]
pub(super) struct Queue<L> {
    limiter: Mutex<L>,
    waiting: Mutex<Waiting>,
    /// Wakes the first caller before its wait is over, because the limiter opened early.
    opened: Notify,
}

/// Orders callers: by arrival, then in the order in which requests of the same arrival joined.
type Key = (Arrival, u64);

/// The waiting callers, the oldest first, and the `Notify` that wakes each when it is the first.
#[derive(Debug, Default)]
struct Waiting {
    callers: BTreeMap<Key, Arc<Notify>>,
    /// How many callers have joined so far.
    joined: u64,
}

impl<L: Limiter> Queue<L> {
    pub(super) fn new(limiter: L) -> Self {
        Self {
            limiter: Mutex::new(limiter),
            waiting: Mutex::default(),
            opened: Notify::new(),
        }
    }

    /// Runs `f` on the limiter. `f` must not use the queue, which locks the limiter itself.
    pub(super) fn with_limiter<T>(&self, f: impl FnOnce(&mut L) -> T) -> T {
        f(&mut self.limiter.lock())
    }

    /// Lets the first caller ask the limiter again.
    pub(super) fn wake_first_early(&self) {
        self.opened.notify_waiters();
    }

    /// True if a caller that comes now would wait behind the queue and `ahead` further callers. Even a caller that need
    /// not wait is in the queue for a moment.
    pub(super) fn would_wait(&self, ahead: usize) -> bool {
        let ahead = ahead + self.waiting.lock().callers.len();
        !self.limiter.lock().wait(Instant::now(), ahead).is_zero()
    }

    /// Waits for a place.
    ///
    /// # Errors
    /// [`Error::Throttled`], immediately, if the place would come after `deadline`.
    pub(super) async fn wait_for_place(&self, arrival: Arrival, deadline: Instant) -> Result<(), Error> {
        let check_wait = |wait| match is_too_long(wait, deadline) {
            true => Err(Error::Throttled {
                limit: L::LIMIT,
                needed: wait,
            }),
            false => Ok(()),
        };
        let place = Place::join(&self.waiting, arrival);
        check_wait(self.wait_at(place.key))?;
        while !place.is_first() {
            place.woken.notified().await;
        }
        loop {
            let opened = self.opened.notified();
            let taken = self.limiter.lock().take(Instant::now());
            let Err(wait) = taken else { return Ok(()) };
            // The wait may have grown since the first check: other callers have used up the limit.
            check_wait(wait)?;
            tracing::info!(
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                limit = ?L::LIMIT,
                "waiting for the portal's limit"
            );
            let _ = tokio::time::timeout(wait, opened).await;
        }
    }

    /// How long the caller at `key` would wait from now on.
    fn wait_at(&self, key: Key) -> Duration {
        let ahead = self.waiting.lock().callers.range(..key).count();
        self.limiter.lock().wait(Instant::now(), ahead)
    }
}

/// True if a place after `wait` comes too late. A place exactly at the deadline is too late.
fn is_too_long(wait: Duration, deadline: Instant) -> bool {
    !wait.is_zero() && wait >= deadline.saturating_duration_since(Instant::now())
}

/// A caller's place in the queue; dropping it leaves the queue.
struct Place<'a> {
    waiting: &'a Mutex<Waiting>,
    key: Key,
    woken: Arc<Notify>,
}

impl<'a> Place<'a> {
    fn join(waiting: &'a Mutex<Waiting>, arrival: Arrival) -> Self {
        let mut joining = waiting.lock();
        joining.joined += 1;
        let (key, woken) = ((arrival, joining.joined), Arc::new(Notify::new()));
        joining.callers.insert(key, Arc::clone(&woken));
        Self { waiting, key, woken }
    }

    fn is_first(&self) -> bool {
        let waiting = self.waiting.lock();
        waiting.callers.keys().next() == Some(&self.key)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock();
        waiting.callers.remove(&self.key);
        // Even if this place was not the first: one wake too many costs nothing.
        if let Some(first) = waiting.callers.values().next() {
            first.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::limits::bucket::LeakyBucket;
    use crate::portal::limits::operating_time::OperatingTimeLimiter;
    use crate::portal::limits::rate_limit::RateLimit;

    #[test]
    fn callers_that_find_room_make_nobody_wait() {
        let operating_time = Queue::new(OperatingTimeLimiter::new(Instant::now()));
        let limit = RateLimit {
            burst: 2,
            per_second: 1.0,
        };
        let requests = Queue::new(LeakyBucket::new(limit, Instant::now()));
        let passing = [Arrival(1), Arrival(2)].map(|arrival| {
            let open = (operating_time.would_wait(0), requests.would_wait(0));
            assert_eq!(open, (false, false), "{arrival:?}");
            [&operating_time.waiting, &requests.waiting].map(|waiting| Place::join(waiting, arrival))
        });
        assert_eq!((operating_time.would_wait(0), requests.would_wait(0)), (false, true));
        drop(passing);
        assert!(!requests.would_wait(0) && requests.would_wait(2));
    }
}
