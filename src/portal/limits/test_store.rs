//! A store of shared limits in memory, with the clock of the test: it can be slow or away.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::gate_state::{GateChange, GateState};
use super::operating_time::KeptGate;
use super::shared_limits::{Answer, Gate, NoAnswer, Place, PlaceRequest, SharedLimits};

/// The store.
#[derive(Debug)]
pub(super) struct TestStore {
    started: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// When each bucket is empty, since the start.
    empty_at: HashMap<String, Duration>,
    gates: HashMap<(String, &'static str), KeptGate>,
    answers_after: Duration,
    is_away: bool,
    questions: Vec<&'static str>,
}

impl TestStore {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            inner: Mutex::default(),
        }
    }

    /// Answers that late from now on. The change is made before the answer.
    pub(super) fn answer_after(&self, delay: Duration) {
        self.inner.lock().answers_after = delay;
    }

    /// Whether every question fails from now on.
    pub(super) fn set_away(&self, is_away: bool) {
        self.inner.lock().is_away = is_away;
    }

    /// The questions since the last call of this function.
    pub(super) fn questions(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.inner.lock().questions)
    }

    /// The level of the only bucket, as the time until it is empty.
    pub(super) fn level(&self) -> Duration {
        let empty_at = self.inner.lock().empty_at.values().copied().max();
        empty_at.unwrap_or_default().saturating_sub(self.started.elapsed())
    }

    fn now(&self) -> i64 {
        // Long after zero, so that times in the past have room.
        i64::try_from(self.started.elapsed().as_millis()).unwrap() + 1_000_000_000
    }

    fn answer<T: Send + 'static>(
        &self,
        question: &'static str,
        change: impl FnOnce(&mut Inner) -> T + Send,
    ) -> Answer<'_, T> {
        let (answer, delay) = {
            let mut inner = self.inner.lock();
            inner.questions.push(question);
            let answer = match inner.is_away {
                true => Err(NoAnswer("the store is away".to_owned())),
                false => Ok(change(&mut inner)),
            };
            (answer, inner.answers_after)
        };
        Box::pin(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            answer
        })
    }
}

impl SharedLimits for TestStore {
    fn take_place(&self, place: PlaceRequest) -> Answer<'_, Place> {
        let (now, store_now) = (self.started.elapsed(), self.now());
        self.answer("place", move |inner| {
            let is_active = |gate: &Gate| {
                let kept = inner.gates.get(&(gate.account.clone(), gate.method));
                kept.is_some_and(|kept| store_now < kept.active_until)
            };
            if place.gate.as_ref().is_some_and(is_active) {
                return Place::Gated;
            }
            let empty_at = inner.empty_at.get(&place.portal).copied().unwrap_or_default();
            let before = empty_at.saturating_sub(now).max(place.floor);
            if before + place.cost > place.highest {
                return Place::TooLate(before);
            }
            inner.empty_at.insert(place.portal, now + before + place.cost);
            Place::Taken(before + place.cost)
        })
    }

    fn is_gated(&self, gate: Gate) -> Answer<'_, bool> {
        let store_now = self.now();
        self.answer("gated?", move |inner| {
            let kept = inner.gates.get(&(gate.account, gate.method));
            kept.is_some_and(|kept| store_now < kept.active_until)
        })
    }

    fn change_gate(&self, gate: Gate, change: GateChange) -> Answer<'_, GateState> {
        let store_now = self.now();
        let question = match change {
            GateChange::Pass => "pass",
            GateChange::Refused { .. } => "refused",
            GateChange::Result { .. } => "result",
        };
        self.answer(question, move |inner| {
            let gate = (gate.account, gate.method);
            let state = change.apply(inner.gates.get(&gate).copied(), store_now);
            match state.kept {
                Some(kept) => inner.gates.insert(gate, kept),
                None => inner.gates.remove(&gate),
            };
            state
        })
    }
}
