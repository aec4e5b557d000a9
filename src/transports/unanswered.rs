//! Requests of one session that have no answer yet, so that a client cannot ask without end and read nothing. Pure.
//!
//! A request counts until the client has taken its answer. One that is cancelled gets none and counts no more, but
//! only until its answer is on the way: else a client could cancel what it does not read, and ask again.

use std::collections::HashMap;

use rmcp::model::{ClientNotification, JsonRpcMessage, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};

/// Requests by their ids, with what each holds while it runs.
#[derive(Debug)]
pub(super) struct Unanswered<T> {
    running: HashMap<RequestId, T>,
    /// Answers on the way to the client.
    on_the_way: usize,
}

impl<T> Default for Unanswered<T> {
    fn default() -> Self {
        Self {
            running: HashMap::new(),
            on_the_way: 0,
        }
    }
}

impl<T> Unanswered<T> {
    pub(super) fn len(&self) -> usize {
        self.running.len() + self.on_the_way
    }

    pub(super) fn is_running(&self, id: &RequestId) -> bool {
        self.running.contains_key(id)
    }

    /// A request begins.
    pub(super) fn begin(&mut self, id: RequestId, held: T) {
        self.running.insert(id, held);
    }

    /// The client says something: a request that it cancels gets no answer.
    pub(super) fn heard(&mut self, message: &RxJsonRpcMessage<RoleServer>) {
        if let JsonRpcMessage::Notification(notification) = message
            && let ClientNotification::CancelledNotification(cancelled) = &notification.notification
            && let Some(id) = &cancelled.params.request_id
        {
            self.running.remove(id);
        }
    }

    /// A message sets out for the client. If it is the answer to a request, that is on the way now; what the request
    /// held is to be kept until [`arrived`](Self::arrived).
    pub(super) fn set_out(&mut self, message: &TxJsonRpcMessage<RoleServer>) -> Option<T> {
        let id = match message {
            JsonRpcMessage::Response(response) => &response.id,
            JsonRpcMessage::Error(error) => error.id.as_ref()?,
            _ => return None,
        };
        let held = self.running.remove(id)?;
        self.on_the_way += 1;
        Some(held)
    }

    /// The client has taken an answer, or never will.
    pub(super) fn arrived(&mut self) {
        self.on_the_way = self.on_the_way.saturating_sub(1);
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
    fn a_request_counts_until_it_is_cancelled_or_its_answer_has_arrived() {
        let mut unanswered = Unanswered::default();
        for id in 1..=3 {
            unanswered.begin(NumberOrString::Number(id), "held");
        }
        unanswered.heard(&cancelled(1));
        assert_eq!(unanswered.len(), 2);
        assert_eq!(unanswered.set_out(&answer_to(1)), None, "rmcp sends none");
        assert_eq!(unanswered.set_out(&answer_to(2)), Some("held"));
        // Too late: the answer is on its way, and takes memory until it is read.
        unanswered.heard(&cancelled(2));
        assert_eq!(unanswered.len(), 2);
        assert!(!unanswered.is_running(&NumberOrString::Number(2)));
        unanswered.arrived();
        assert_eq!(unanswered.len(), 1);
    }
}
