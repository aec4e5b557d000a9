//! Requests that are read and wait until fewer are without an answer. Pure.

use std::collections::VecDeque;

use rmcp::model::{ClientNotification, JsonRpcMessage, RequestId};

use crate::transports::messages::{MAX_BYTES, Message};

/// Requests that wait.
const MOST: usize = 64;
/// Bytes of their texts.
const MOST_BYTES: usize = 2 * MAX_BYTES;

/// In the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Held {
    requests: VecDeque<(RequestId, Box<Message>, usize)>,
    bytes: usize,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub(super) fn contains(&self, id: &RequestId) -> bool {
        self.requests.iter().any(|(known, ..)| known == id)
    }

    /// Adds a request whose text has `bytes`, or returns it if there is no place.
    pub(super) fn push(&mut self, id: RequestId, request: Box<Message>, bytes: usize) -> Result<(), Box<Message>> {
        if self.requests.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            return Err(request);
        }
        self.bytes += bytes;
        self.requests.push_back((id, request, bytes));
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Option<Box<Message>> {
        let (_, request, bytes) = self.requests.pop_front()?;
        self.bytes -= bytes;
        Some(request)
    }

    /// Forgets the request that `message` cancels, if it cancels one.
    pub(super) fn forget_cancelled(&mut self, message: &Message) {
        if let JsonRpcMessage::Notification(notification) = message
            && let ClientNotification::CancelledNotification(cancelled) = &notification.notification
            && let Some(cancelled) = &cancelled.params.request_id
        {
            self.requests.retain(|(id, ..)| id != cancelled);
            self.bytes = self.requests.iter().map(|(.., bytes)| bytes).sum();
        }
    }
}
