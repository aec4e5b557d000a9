//! What the first caller of a queue asks the store of the shared limits.

use std::time::Duration;

use tokio::time::Instant;

use super::gate_state::GateChange;
use super::limiter::{Asked, Asker};
use super::link::Link;
use super::method_gate::MethodGate;
use super::queue::Queue;
use super::request_bucket::RequestBucket;
use super::shared_limits::Gate;

/// Asks for a place in the bucket of `portal`.
#[derive(Debug)]
pub(super) struct PlaceQuestion<'a> {
    pub(super) queue: &'a Queue<RequestBucket>,
    pub(super) link: Option<&'a Link>,
    pub(super) portal: &'a str,
    /// The gate that must not be active.
    pub(super) gate: Option<&'a Gate>,
}

impl Asker for PlaceQuestion<'_> {
    async fn ask(&self, patience: Duration) -> Asked {
        let asked = Instant::now();
        let question = |bucket: &mut RequestBucket| bucket.question(self.portal, self.gate, patience, asked);
        let (Some(link), Some(question)) = (self.link, self.queue.with_limiter(question)) else {
            return Asked::After(Duration::MAX);
        };
        let answer = link.ask(link.store().take_place(question)).await;
        self.queue
            .with_limiter(|bucket| bucket.record_answer(answer, asked, Instant::now()))
    }
}

/// Asks whether a call may pass the gate of its method.
#[derive(Debug)]
pub(super) struct PassQuestion<'a> {
    pub(super) queue: &'a Queue<MethodGate>,
    pub(super) link: Option<&'a Link>,
    pub(super) gate: Option<&'a Gate>,
}

impl Asker for PassQuestion<'_> {
    async fn ask(&self, _patience: Duration) -> Asked {
        let (Some(link), Some(gate)) = (self.link, self.gate) else {
            return Asked::After(Duration::MAX);
        };
        let unsaved = self.queue.with_limiter(|limiter| limiter.unsaved(Instant::now()));
        for change in unsaved.into_iter().chain([GateChange::Pass]) {
            let Some(state) = link.ask(link.store().change_gate(gate.clone(), change)).await else {
                return Asked::Recorded;
            };
            if change == GateChange::Pass {
                return self
                    .queue
                    .with_limiter(|limiter| limiter.record_pass(state, Instant::now()));
            }
        }
        Asked::Recorded
    }
}
