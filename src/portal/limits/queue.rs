//! The queue in front of one limiter, in which people take turns.
//!
//! Callers wait in the order of [`Turns`]. A caller that gives up or is cancelled leaves the queue. A caller whose wait
//! would pass its deadline fails immediately, with the wait that it would have needed.
//!
//! If processes share the limiter, the first caller asks their store. A place that the store has reserved belongs to the
//! queue: if the caller that asked leaves, or is no longer the first, the first caller uses it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::limiter::{Asked, Asker, Limiter};
use super::turns::{Arrival, Key, Turns};
use crate::portal::error::Error;
use crate::portal::person::Person;

/// The first caller sleeps at least that long, so that it never asks the store without a pause.
const SHORTEST_NAP: Duration = Duration::from_millis(1);

/// A limiter and the callers that wait for it.
#[derive(Debug)]
pub(super) struct Queue<L> {
    limiter: Mutex<L>,
    waiting: Mutex<Waiting>,
    /// Wakes the first caller before its wait is over, because the limiter opened early.
    opened: Notify,
    /// Locked while a caller asks the store, so that no second place is reserved.
    asking: tokio::sync::Mutex<()>,
}

/// The waiting callers, and the `Notify` that wakes each when it is the first.
type Waiting = Turns<Person, Arc<Notify>>;

impl<L: Limiter> Queue<L> {
    pub(super) fn new(limiter: L) -> Self {
        Self {
            limiter: Mutex::new(limiter),
            waiting: Mutex::default(),
            opened: Notify::new(),
            asking: tokio::sync::Mutex::default(),
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
        let ahead = ahead + self.waiting.lock().count();
        !self.limiter.lock().wait(Instant::now(), ahead).is_zero()
    }

    /// Waits for a place; `None` if the caller has to pass the gate of its method first, and come back.
    ///
    /// # Errors
    /// [`Error::Throttled`], immediately, if the place would come after `deadline`.
    pub(super) async fn wait_for_place(
        &self,
        arrival: Arrival,
        person: &Person,
        deadline: Instant,
        store: &impl Asker,
    ) -> Result<Option<L::Pass>, Error> {
        let check_wait = |wait| match is_too_long(wait, deadline) {
            true => Err(Error::Throttled {
                limit: L::LIMIT,
                needed: wait,
            }),
            false => Ok(()),
        };
        let mut place = Place::join(&self.waiting, arrival, person);
        check_wait(self.hope_at(&place))?;
        loop {
            // While this caller slept, an earlier caller of the same person may have joined.
            while !place.is_first() {
                place.woken.notified().await;
            }
            let opened = self.opened.notified();
            let taken = self.with_limiter(|limiter| {
                let now = Instant::now();
                (!limiter.must_ask(now)).then(|| limiter.take(now))
            });
            let wait = match taken {
                Some(Ok(pass)) => {
                    place.was_let_through = true;
                    return Ok(Some(pass));
                }
                Some(Err(wait)) => wait,
                None => match self.ask(&place, deadline, store).await {
                    Asked::Recorded => continue,
                    Asked::After(wait) => wait,
                    Asked::Gated => return Ok(None),
                },
            };
            // The wait may have grown since the first check: other callers have used up the limit.
            check_wait(wait)?;
            tracing::info!(
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                limit = ?L::LIMIT,
                "waiting for the portal's limit"
            );
            let nap = self.limiter.lock().nap(wait, Instant::now());
            let _ = tokio::time::timeout(nap.max(SHORTEST_NAP), opened).await;
        }
    }

    /// Asks the store, unless the caller at `place` is no longer the first, or another caller has asked meanwhile.
    async fn ask(&self, place: &Place<'_>, deadline: Instant, store: &impl Asker) -> Asked {
        let _asking = self.asking.lock().await;
        let now = Instant::now();
        if place.is_first() && self.limiter.lock().must_ask(now) {
            store.ask(deadline.saturating_duration_since(now)).await
        } else {
            Asked::Recorded
        }
    }

    /// The shortest wait that the caller at `place`, who has just come, can hope for.
    fn hope_at(&self, place: &Place<'_>) -> Duration {
        let (ahead, is_alone) = {
            let waiting = self.waiting.lock();
            (waiting.ahead_of(place.person, place.key), waiting.count() == 1)
        };
        let now = Instant::now();
        let mut limiter = self.limiter.lock();
        if is_alone {
            limiter.give_up_reserved(now);
        }
        limiter.hope(now, ahead)
    }
}

/// True if a place after `wait` comes too late. A place exactly at the deadline is too late.
fn is_too_long(wait: Duration, deadline: Instant) -> bool {
    !wait.is_zero() && wait >= deadline.saturating_duration_since(Instant::now())
}

/// A caller's place in the queue; dropping it leaves the queue.
struct Place<'a> {
    waiting: &'a Mutex<Waiting>,
    person: &'a Person,
    key: Key,
    woken: Arc<Notify>,
    was_let_through: bool,
}

impl<'a> Place<'a> {
    fn join(waiting: &'a Mutex<Waiting>, arrival: Arrival, person: &'a Person) -> Self {
        let woken = Arc::new(Notify::new());
        let key = waiting.lock().join(person, arrival, Arc::clone(&woken));
        Self {
            waiting,
            person,
            key,
            woken,
            was_let_through: false,
        }
    }

    fn is_first(&self) -> bool {
        let waiting = self.waiting.lock();
        waiting.first().is_some_and(|(key, _)| key == self.key)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock();
        waiting.leave(self.person, self.key, self.was_let_through);
        // Even if this place was not the first: one wake too many costs nothing.
        if let Some((_, first)) = waiting.first() {
            first.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
