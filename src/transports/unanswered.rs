//! Requests of one session that have no answer yet, so that a client cannot ask without end and read nothing. Pure.
//!
//! A request counts until its answer is sent, which means that the client has taken it. A cancelled request gets no answer
//! and counts no more, unless its answer is being sent already: that one takes memory until the client reads it.

use std::collections::HashMap;

use rmcp::model::{ClientNotification, JsonRpcMessage, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};

/// Requests by their ids, with what each holds while it runs.
#[derive(Debug)]
pub(super) struct Unanswered<T> {
    running: HashMap<RequestId, T>,
    /// Answers that the client has not taken yet.
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

    pub(super) fn is_running(&self, id: &RequestId) -> bool {
        self.running.contains_key(id)
    }

    /// A request begins.
    pub(super) fn begin(&mut self, id: RequestId, held: T) {
        self.running.insert(id, held);
    }

    /// Forgets the request that `message` cancels, if it cancels one: it gets no answer.
    pub(super) fn forget_cancelled(&mut self, message: &RxJsonRpcMessage<RoleServer>) {
        if let JsonRpcMessage::Notification(notification) = message
            && let ClientNotification::CancelledNotification(cancelled) = &notification.notification
            && let Some(id) = &cancelled.params.request_id
        {
            self.running.remove(id);
        }
    }

    /// Counts `message` as being sent, if it is the answer to a running request. Returns what the request held, to be kept
    /// until [`end_sending`](Self::end_sending).
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

    /// The client has taken an answer, or never will.
    pub(super) fn end_sending(&mut self) {
        self.being_sent = self.being_sent.saturating_sub(1);
    }

    /// Nothing is answered any more.
    pub(super) fn clear(&mut self) {
        self.running.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::{ErrorData, NumberOrString};
    use serde_json::json;

    fn cancelled(id: i64) -> RxJsonRpcMessage<RoleServer> {
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
        unanswered.forget_cancelled(&cancelled(1));
        assert_eq!(unanswered.len(), 2);
        assert_eq!(unanswered.begin_sending(&answer_to(1)), None, "rmcp sends none");
        assert_eq!(unanswered.begin_sending(&answer_to(2)), Some("held"));
        // Too late: the answer is being sent, and takes memory until it is read.
        unanswered.forget_cancelled(&cancelled(2));
        assert_eq!(unanswered.len(), 2);
        assert!(!unanswered.is_running(&NumberOrString::Number(2)));
        unanswered.end_sending();
        assert_eq!(unanswered.len(), 1);
    }
}
