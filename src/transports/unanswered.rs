//! Counts the unanswered requests of one session, so that a client cannot send any number of requests without reading
//! the answers. Pure.
//!
//! A request counts until its answer is written, which may wait until the client reads. A cancelled request gets no
//! answer and stops counting, unless its answer is being sent already: that answer uses memory until it is written.

use std::collections::HashMap;

use rmcp::model::{JsonRpcMessage, RequestId};
use rmcp::service::{RoleServer, TxJsonRpcMessage};

use super::messages::{Message, cancelled_request};

/// Requests by their ids, with a value that each holds while it runs, such as its place among the running calls.
#[derive(Debug)]
pub(super) struct Unanswered<T> {
    running: HashMap<RequestId, T>,
    /// Answers that are being sent and are not written yet.
    being_sent: usize,
}

impl<T> Default for Unanswered<T> {
    fn default() -> Self {
        Self {
            running: HashMap::new(),
            being_sent: 0,
        }
    }
}

impl<T> Unanswered<T> {
    pub(super) fn len(&self) -> usize {
        self.running.len() + self.being_sent
    }

    /// True if the request `id` is not answered yet, and its answer is not being sent.
    pub(super) fn is_running(&self, id: &RequestId) -> bool {
        self.running.contains_key(id)
    }

    /// Adds a request.
    pub(super) fn begin(&mut self, id: RequestId, held: T) {
        self.running.insert(id, held);
    }

    /// Removes the request that `message` cancels, if `message` is a cancellation. That request gets no answer.
    pub(super) fn remove_cancelled(&mut self, message: &Message) {
        if let Some(id) = cancelled_request(message) {
            self.running.remove(id);
        }
    }

    /// Counts `message` as being sent, if it is the answer to a running request. Returns the value that the request
    /// held; the caller keeps that value until [`end_sending`](Self::end_sending).
    pub(super) fn begin_sending(&mut self, message: &TxJsonRpcMessage<RoleServer>) -> Option<T> {
        let id = match message {
            JsonRpcMessage::Response(response) => &response.id,
            JsonRpcMessage::Error(error) => error.id.as_ref()?,
            _ => return None,
        };
        let held = self.running.remove(id)?;
        self.being_sent += 1;
        Some(held)
    }

    /// Stops counting one answer that was being sent: it is written, or never will be.
    pub(super) fn end_sending(&mut self) {
        self.being_sent = self.being_sent.saturating_sub(1);
    }

    /// Removes all requests, because none will be answered any more.
    pub(super) fn clear(&mut self) {
        self.running.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::{ErrorData, NumberOrString};
    use serde_json::json;

    fn cancelled(id: i64) -> Message {
        let message = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
        serde_json::from_str(&message.to_string()).unwrap()
    }

    fn answer_to(id: i64) -> TxJsonRpcMessage<RoleServer> {
        JsonRpcMessage::error(ErrorData::internal_error("", None), Some(NumberOrString::Number(id)))
    }

    #[test]
    fn a_request_counts_until_it_is_cancelled_or_its_answer_is_sent() {
        let mut unanswered = Unanswered::default();
        for id in 1..=3 {
            unanswered.begin(NumberOrString::Number(id), "held");
        }
        unanswered.remove_cancelled(&cancelled(1));
        assert_eq!(unanswered.len(), 2);
        assert_eq!(unanswered.begin_sending(&answer_to(1)), None, "rmcp sends none");
        assert_eq!(unanswered.begin_sending(&answer_to(2)), Some("held"));
        // Too late: the answer is being sent, and uses memory until it is written.
        unanswered.remove_cancelled(&cancelled(2));
        assert_eq!(unanswered.len(), 2);
        assert!(!unanswered.is_running(&NumberOrString::Number(2)));
        unanswered.end_sending();
        assert_eq!(unanswered.len(), 1);
    }
}
