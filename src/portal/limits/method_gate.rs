//! The limit of a method's operating time for one process: its own limiter, or one that processes share in a store.
//!
//! The store is asked only while the gate of the method is active: after a refusal of the portal, or near the limit. The
//! own limiter knows of that by the replies to this process, or by the answer to a question for a place, which finds an
//! active gate too. While the store does not answer, the own limiter decides.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::gate_state::{GateChange, GateState};
use super::limiter::{Asked, Limiter};
use super::link::{ANSWER_WITHIN, Link};
use super::operating_time::{OperatingTime, OperatingTimeLimiter};
use crate::portal::error::Limit;

/// While other processes may open the gate, the first caller asks again after this time at the latest.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The gate of one method.
#[derive(Debug)]
pub(super) struct MethodGate {
    own: OperatingTimeLimiter,
    shared: Option<Shared>,
}

/// What a shared gate needs in addition.
#[derive(Debug)]
struct Shared {
    link: Arc<Link>,
    /// The store has said that the gate is active, and was not asked since.
    is_reported: bool,
    /// The store has let a call pass that did not go yet.
    has_pass: bool,
    /// The store does not know of the last refusal.
    is_refusal_unsaved: bool,
}

/// How a call has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassedBy {
    /// The own limiter: the store may know better.
    This,
    /// The store.
    Store,
}

impl Limiter for MethodGate {
    const LIMIT: Limit = Limit::OperatingTime;

    type Pass = PassedBy;

    fn take(&mut self, now: Instant) -> Result<PassedBy, Duration> {
        match &mut self.shared {
            Some(shared) if shared.has_pass => {
                shared.has_pass = false;
                Ok(PassedBy::Store)
            }
            _ => self.own.take(now).map(|()| PassedBy::This),
        }
    }

    fn wait(&self, now: Instant, ahead: usize) -> Duration {
        self.own.wait(now, ahead)
    }

    /// Another process may have opened the gate. Only the first caller asks.
    fn hope(&self, now: Instant, ahead: usize) -> Duration {
        match &self.shared {
            Some(shared) if ahead == 0 && shared.link.may_ask(now) => Duration::ZERO,
            _ => self.own.wait(now, ahead),
        }
    }

    fn must_ask(&self, now: Instant) -> bool {
        self.shared.as_ref().is_some_and(|shared| {
            let is_active = shared.is_reported || shared.is_refusal_unsaved || self.own.is_active(now);
            is_active && !shared.has_pass && shared.link.may_ask(now)
        })
    }

    fn nap(&self, wait: Duration, _now: Instant) -> Duration {
        match self.shared {
            Some(_) => wait.min(LOOK_AGAIN_AFTER),
            None => wait,
        }
    }

    fn give_up_reserved(&mut self, _now: Instant) {
        if let Some(shared) = &mut self.shared {
            shared.has_pass = false;
        }
    }
}

impl MethodGate {
    pub(super) fn new(link: Option<Arc<Link>>, now: Instant) -> Self {
        Self {
            own: OperatingTimeLimiter::new(now),
            shared: link.map(|link| Shared {
                link,
                is_reported: false,
                has_pass: false,
                is_refusal_unsaved: false,
            }),
        }
    }

    /// The store has said that the gate is active.
    pub(super) fn record_active(&mut self) {
        if let Some(shared) = &mut self.shared {
            shared.is_reported = true;
        }
    }

    /// The refusal that the store does not know of yet.
    pub(super) fn unsaved(&self, now: Instant) -> Option<GateChange> {
        let shared = self.shared.as_ref()?;
        let closed_for = self.own.closed_for(now).filter(|_| shared.is_refusal_unsaved)?;
        Some(GateChange::Refused { closed_for })
    }

    /// Records the state that the store has returned for a call that wants to pass.
    pub(super) fn record_pass(&mut self, state: GateState, now: Instant) -> Asked {
        self.record_saved(state, now);
        let Some(shared) = &mut self.shared else {
            return Asked::Recorded;
        };
        if state.wait.is_zero() {
            shared.has_pass = true;
            Asked::Recorded
        } else {
            Asked::After(state.wait)
        }
    }

    /// Records the state that the store has returned for another change.
    pub(super) fn record_saved(&mut self, state: GateState, now: Instant) {
        if let Some(shared) = &mut self.shared {
            shared.is_reported = false;
            shared.is_refusal_unsaved = false;
            self.own.adopt(state.kept, state.now, now);
        }
    }

    /// Records a result of a request that was sent at `sent`. Returns true if the method was closed and is open now, and
    /// the change for the store if the gate was active or is.
    pub(super) fn record_result(
        &mut self,
        sent: Instant,
        reported: Option<OperatingTime>,
        now: Instant,
    ) -> (bool, Option<GateChange>) {
        let was_active = self.own.is_active(now);
        let has_opened = self.own.record_result(sent, reported, now);
        let is_for_store = self.shared.is_some() && (was_active || self.own.is_active(now));
        let change = is_for_store.then(|| GateChange::Result {
            // The question reaches the store later than now.
            sent_ago: now.saturating_duration_since(sent) + ANSWER_WITHIN,
            used: reported.map(|reported| reported.used),
        });
        (has_opened, change)
    }

    /// Records a refusal of the portal. Returns how long to wait, and the change for the store.
    pub(super) fn record_refusal(
        &mut self,
        server_wait: Option<Duration>,
        now: Instant,
    ) -> (Duration, Option<GateChange>) {
        let wait = self.own.record_refusal(server_wait, now);
        if let Some(shared) = &mut self.shared {
            shared.is_refusal_unsaved = true;
        }
        (wait, self.unsaved(now))
    }

    /// Seconds of operating time used in the last ten minutes, as far as this process knows.
    pub(super) fn used(&self, now: Instant) -> Option<f64> {
        self.own.used(now)
    }
}
