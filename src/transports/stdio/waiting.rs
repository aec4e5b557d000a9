//! The queue of requests that were read and wait until fewer requests are unanswered. Pure.

use std::collections::VecDeque;

use rmcp::model::RequestId;

use crate::transports::messages::{MAX_BYTES, Message, cancelled_request};

/// The most requests in the queue.
const MAX_REQUESTS: usize = 64;
/// The most bytes of the texts of these requests.
const MAX_TEXT_BYTES: usize = 2 * MAX_BYTES;

/// The queue, oldest request first, with the bytes of each request's text.
#[derive(Debug, Default)]
pub(super) struct WaitingRequests {
    requests: VecDeque<(RequestId, Box<Message>, usize)>,
    bytes: usize,
}

impl WaitingRequests {
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    pub(super) fn contains(&self, id: &RequestId) -> bool {
        self.requests.iter().any(|(known, ..)| known == id)
    }

    /// Adds a request whose text has `bytes`.
    ///
    /// # Errors
    /// The request itself, if the queue is full.
    pub(super) fn push(&mut self, id: RequestId, request: Box<Message>, bytes: usize) -> Result<(), Box<Message>> {
        if self.requests.len() >= MAX_REQUESTS || self.bytes + bytes > MAX_TEXT_BYTES {
            return Err(request);
        }
        self.bytes += bytes;
        self.requests.push_back((id, request, bytes));
        Ok(())
    }

    /// Removes and returns the oldest request.
    pub(super) fn pop(&mut self) -> Option<Box<Message>> {
        let (_, request, bytes) = self.requests.pop_front()?;
        self.bytes -= bytes;
        Some(request)
    }

    /// Removes the request that `message` cancels, if `message` is a cancellation.
    pub(super) fn remove_cancelled(&mut self, message: &Message) {
        if let Some(cancelled) = cancelled_request(message) {
            self.requests.retain(|(id, ..)| id != cancelled);
            self.bytes = self.requests.iter().map(|(.., bytes)| bytes).sum();
        }
    }
}
