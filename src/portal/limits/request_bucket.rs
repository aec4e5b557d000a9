//! The limit of requests of one process: a bucket of its own, or one that processes share in a store.
//!
//! **Shared.** The store holds the level. The first caller reserves the next place there, and sleeps until the place is
//! due. This process remembers the level of the last answer, to estimate waits.
//!
//! **Why the shared burst is smaller.** A granted request reaches the portal later than its place is due: process and
//! network need time, and each request another time. In any span of *t* seconds the places are at most
//! `burst + rate × t`. If the delays differ by at most *d* seconds, the requests that reach the portal in that span have
//! places in a span of `t + d`, so they are at most `burst + rate × (t + d)`. The portal's bucket does not run over if the
//! shared burst is smaller than the portal's by `rate × d`. [`SPREAD`] is *d*.
//!
//! **A late answer of the store** is waited for, and delays one request: a process asks for one place at a time, and asks
//! for the next when the request has gone. So at any moment at most one request of each process has a place that is due
//! and no answer, and the shared burst leaves room for one request of each process, however late the answers are.
//!
//! **Alone.** While the store does not answer, each of *n* processes has a bucket with `1/n` of the rate and of the
//! burst. Nobody knows how full the portal's bucket is then: another process may have filled it after the last answer.
//! So an outage begins with room for one request, for which the shared burst leaves room too, for each process. Together
//! the processes send at most `n + rate × t` requests in the first *t* seconds, on top of a level of at most the shared
//! burst. A process that loses the store while others have it may add its share to their full rate.
//!
//! **After an outage** the next question raises the level in the store to what this process assumes: the others have
//! sent as much as this one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::bucket::LeakyBucket;
use super::limiter::{Asked, Limiter};
use super::link::Link;
use super::rate_limit::RateLimit;
use super::shared_limits::{Gate, Place, PlaceRequest};
use crate::portal::error::Limit;

/// The largest difference between the delays of two requests.
const SPREAD: Duration = Duration::from_secs(1);
/// No caller waits that long for its place: a look-up has 50 seconds at most.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60);

/// The bucket of one portal.
#[derive(Debug)]
pub(super) struct RequestBucket {
    /// The own bucket, or the shared one as far as this process knows.
    known: LeakyBucket,
    shared: Option<Shared>,
}

/// What a shared bucket needs in addition.
#[derive(Debug)]
struct Shared {
    link: Arc<Link>,
    /// The portal's limit.
    limit: RateLimit,
    /// When the reserved place of the first caller is due.
    reserved: Option<Instant>,
    /// The share of this process while the store does not answer.
    alone: LeakyBucket,
    /// The last outage in which `alone` was used.
    outage: u64,
    /// The store does not know of some requests, or of a bucket that ran over.
    is_unreported: bool,
}

impl Limiter for RequestBucket {
    const LIMIT: Limit = Limit::Requests;

    type Pass = ();

    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(shared) = &mut self.shared else {
            return self.known.take(now);
        };
        if let Some(due) = shared.reserved {
            let wait = due.saturating_duration_since(now);
            if !wait.is_zero() {
                return Err(wait);
            }
            shared.reserved = None;
            return Ok(());
        }
        shared.begin_alone(now);
        shared.alone.take(now)?;
        shared.is_unreported = true;
        shared.link.count_taken_alone();
        let level = self.known.level_at(now) + f64::from(shared.link.replicas());
        self.known.set_level(level.min(f64::from(shared.limit.burst)), now);
        Ok(())
    }

    fn wait(&self, now: Instant, ahead: usize) -> Duration {
        let Some(shared) = &self.shared else {
            return self.known.wait(now, ahead);
        };
        match (shared.reserved, ahead.checked_sub(1)) {
            (Some(due), None) => due.saturating_duration_since(now),
            // The level includes the reserved place.
            (Some(_), Some(behind)) => self.known.wait(now, behind),
            (None, _) => self.bucket(now).wait(now, ahead),
        }
    }

    /// The store may answer again.
    fn hope(&self, now: Instant, ahead: usize) -> Duration {
        match self.must_ask(now) {
            true => self.known.wait(now, ahead),
            false => self.wait(now, ahead),
        }
    }

    fn must_ask(&self, now: Instant) -> bool {
        let must_ask = |shared: &Shared| shared.reserved.is_none() && shared.link.may_ask(now);
        self.shared.as_ref().is_some_and(must_ask)
    }

    /// While the store does not answer, the first caller looks whether it does again.
    fn nap(&self, wait: Duration, now: Instant) -> Duration {
        // A caller that has its place does not ask again.
        let asking = self.shared.as_ref().filter(|shared| shared.reserved.is_none());
        let asks_again_in = asking.and_then(|shared| shared.link.asks_again_in(now));
        asks_again_in.map_or(wait, |again| wait.min(again))
    }

    /// A place that is still to come stays, so that a caller that leaves wastes none.
    fn give_up_reserved(&mut self, now: Instant) {
        if let Some(shared) = &mut self.shared {
            shared.reserved = shared.reserved.filter(|due| *due > now);
        }
    }
}

impl RequestBucket {
    pub(super) fn new(limit: RateLimit, link: Option<Arc<Link>>, now: Instant) -> Self {
        let burst = link
            .as_ref()
            .map_or(limit.burst, |link| shared_burst(limit, link.replicas()));
        Self {
            known: LeakyBucket::new(RateLimit { burst, ..limit }, now),
            shared: link.map(|link| Shared::new(limit, link, now)),
        }
    }

    /// The question for a place in the bucket of `portal` that is due within `patience`; `None` if the bucket is not
    /// shared.
    pub(super) fn question(
        &self,
        portal: &str,
        gate: Option<&Gate>,
        patience: Duration,
        now: Instant,
    ) -> Option<PlaceRequest> {
        let shared = self.shared.as_ref()?;
        let floor = match shared.is_unreported {
            true => shared.time_of(self.known.level_at(now)),
            false => Duration::ZERO,
        };
        let full = shared.time_of(f64::from(self.known.burst()));
        // A place exactly at the deadline is too late.
        let longest_wait = patience.saturating_sub(Duration::from_micros(1));
        Some(PlaceRequest {
            portal: portal.to_owned(),
            gate: gate.cloned(),
            cost: shared.time_of(1.0),
            floor,
            highest: full + longest_wait,
            impossible_above: full + shared.time_of(1.0) + LONGEST_PATIENCE,
            full,
        })
    }

    /// Records the answer to a question that was asked at `asked`; `None` if there was none.
    pub(super) fn record_answer(&mut self, answer: Option<Place>, asked: Instant, now: Instant) -> Asked {
        let Some(shared) = &mut self.shared else {
            return Asked::Recorded;
        };
        let full = shared.time_of(f64::from(self.known.burst()));
        match answer {
            Some(Place::Taken(level)) => {
                shared.is_unreported = false;
                shared.reserved = Some(now + level.saturating_sub(full));
                self.known.set_level(shared.requests_in(level), asked);
                Asked::Recorded
            }
            Some(Place::TooLate(level)) => {
                self.known.set_level(shared.requests_in(level), asked);
                Asked::After((level + shared.time_of(1.0)).saturating_sub(full))
            }
            Some(Place::Gated) => Asked::Gated,
            None => Asked::Recorded,
        }
    }

    /// Fills the bucket, because the portal's has run over. Returns the question that fills it for the other processes
    /// too, if they share it.
    pub(super) fn record_overflow(&mut self, portal: &str, now: Instant) -> Option<PlaceRequest> {
        let Some(shared) = &mut self.shared else {
            self.known.record_overflow(now);
            return None;
        };
        // The portal's bucket is full, which is more than the shared burst.
        self.known.set_level(f64::from(shared.limit.burst), now);
        shared.begin_alone(now);
        shared.alone.record_overflow(now);
        shared.is_unreported = true;
        let question = self.question(portal, None, LONGEST_PATIENCE, now)?;
        Some(PlaceRequest {
            cost: Duration::ZERO,
            ..question
        })
    }

    /// Records the answer to the question of [`record_overflow`](Self::record_overflow).
    pub(super) fn record_filled(&mut self, answer: Option<Place>, asked: Instant) {
        if let (Some(shared), Some(Place::Taken(level))) = (&mut self.shared, answer) {
            shared.is_unreported = false;
            self.known.set_level(shared.requests_in(level), asked);
        }
    }

    /// How many requests could be sent now without waiting.
    pub(super) fn room(&self, now: Instant) -> f64 {
        self.bucket(now).room(now)
    }

    /// Half of the requests that the bucket holds, rounded down.
    pub(super) fn half(&self, now: Instant) -> usize {
        self.bucket(now).half()
    }

    /// The bucket that decides now.
    fn bucket(&self, now: Instant) -> LeakyBucket {
        match &self.shared {
            Some(shared) if shared.link.outage().is_some() => shared.alone_at(now),
            _ => self.known.clone(),
        }
    }
}

impl Shared {
    fn new(limit: RateLimit, link: Arc<Link>, now: Instant) -> Self {
        let replicas = link.replicas();
        let own = RateLimit {
            per_second: limit.per_second / f64::from(replicas),
            burst: (without_spread(limit) / replicas).max(1),
        };
        Self {
            link,
            limit,
            reserved: None,
            alone: LeakyBucket::new(own, now),
            outage: 0,
            is_unreported: false,
        }
    }

    /// The own share at `now`. It begins an outage with room for one request.
    fn alone_at(&self, now: Instant) -> LeakyBucket {
        let mut alone = self.alone.clone();
        if let Some(outage) = self.link.outage().filter(|outage| outage.number != self.outage) {
            let room_for_one = f64::from(self.alone.burst().saturating_sub(1));
            let since = outage.since.min(now);
            alone.set_level(alone.level_at(since).max(room_for_one), since);
        }
        alone
    }

    fn begin_alone(&mut self, now: Instant) {
        self.alone = self.alone_at(now);
        self.outage = self.link.outage().map_or(self.outage, |outage| outage.number);
    }

    /// The time in which so many requests leak out of the bucket.
    fn time_of(&self, requests: f64) -> Duration {
        Duration::try_from_secs_f64(requests / self.limit.per_second).unwrap_or(LONGEST_PATIENCE)
    }

    fn requests_in(&self, time: Duration) -> f64 {
        time.as_secs_f64() * self.limit.per_second
    }
}

/// The burst of the portal without what the spread may add.
fn without_spread(limit: RateLimit) -> u32 {
    let for_spread = (limit.per_second * SPREAD.as_secs_f64()).ceil() as u32;
    limit.burst.saturating_sub(for_spread)
}

/// The burst that processes share. It leaves room for two requests of each: a late answer, and the begin of an outage.
fn shared_burst(limit: RateLimit, replicas: u32) -> u32 {
    without_spread(limit).saturating_sub(replicas.saturating_mul(2)).max(1)
}

#[cfg(test)]
mod tests;
