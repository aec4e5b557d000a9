//! The transport that reads and writes JSON-RPC messages as lines.
//!
//! rmcp's own line transport does not answer a line that it cannot read, so a client would wait for its time-out. This
//! transport answers every request that can be recognised, as the table in [`messages`](crate::transports::messages)
//! says. A last line without a line break counts like any other.
//!
//! | what could grow | limit |
//! |---|---|
//! | a line | [`MAX_BYTES`], as for a body over HTTP; the rest of a longer line is dropped as it arrives |
//! | requests without an answer, and answers that the client does not read | [`MAX_UNANSWERED`] |
//! | further requests | [`WaitingRequests`], so that cancellations, elicitation results and pings behind them are still read. When that queue is full, nothing is read until a request is answered and its answer is written |
//! | errors about unreadable lines, and pongs while requests are waiting | one, then nothing is read until it is written |

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rmcp::model::{ClientRequest, EmptyResult, ErrorData, JsonRpcMessage, JsonRpcRequest, RequestId, ServerResult};
use rmcp::service::{RoleServer, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::sync::Notify;

use super::output::Output;
use super::waiting::WaitingRequests;
use crate::transports::messages::{ErrorResponse, MAX_BYTES, Message, Read, read, read_batch};
use crate::transports::unanswered::Unanswered;

/// The most unanswered requests. An assistant has a few, a busy one dozens. Each request takes about 60 kB while it
/// waits for the portal, and its answer 100 kB at most.
const MAX_UNANSWERED: usize = 256;

/// Time after the end of input in which waiting requests may still be served.
const GRACE: Duration = Duration::from_millis(250);

/// Reads and writes one message a line.
pub(super) struct Lines<R, W> {
    input: BufReader<R>,
    /// The beginning of the current line. A field, because reading is cancelled whenever an answer is ready to be sent.
    line: Vec<u8>,
    /// The error about a line that is too long, while the rest of the line is dropped.
    too_long: Option<ErrorResponse>,
    /// A message that was read and not passed to rmcp yet, or an error that was not written yet.
    read: Option<Read>,
    /// Bytes of the text of `read`.
    read_bytes: usize,
    /// The messages of the current batch that are not parsed yet.
    batch: VecDeque<Box<RawValue>>,
    /// Requests that wait until fewer are unanswered.
    waiting: WaitingRequests,
    /// An error or a pong is not written yet.
    has_unwritten: bool,
    /// The last message passed to rmcp was a notification, whose task has not run yet.
    has_notified: bool,
    output: Arc<Output<W>>,
    in_flight: Arc<InFlight>,
}

impl<R, W> Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    pub(super) fn new(input: R, output: W) -> Self {
        Self {
            input: BufReader::new(input),
            line: Vec::new(),
            too_long: None,
            read: None,
            read_bytes: 0,
            batch: VecDeque::new(),
            waiting: WaitingRequests::default(),
            has_unwritten: false,
            has_notified: false,
            output: Arc::new(Output::new(output)),
            in_flight: Arc::default(),
        }
    }

    /// Reads until a line holds a message, a batch or an error. Returns false at the end of input. Safe to cancel: all
    /// bytes that were consumed are kept.
    async fn read_line(&mut self) -> bool {
        loop {
            let available = match self.input.fill_buf().await {
                Ok(available) => available,
                Err(error) => {
                    tracing::error!(error = %error.kind(), "the input cannot be read");
                    return false;
                }
            };
            let has_ended = available.is_empty();
            let line_end = available.iter().position(|byte| *byte == b'\n');
            let (part, consumed) = match line_end {
                Some(at) => (available.get(..at).unwrap_or_default(), at + 1),
                None => (available, available.len()),
            };
            if self.too_long.is_none() && self.line.len() + part.len() > MAX_BYTES {
                self.too_long = Some(too_long(&self.line));
                self.line = Vec::new();
            }
            if self.too_long.is_none() {
                self.line.extend_from_slice(part);
            }
            self.input.consume(consumed);
            // The last line may have no line break.
            if line_end.is_some() || has_ended {
                self.end_line();
                if self.read.is_some() || !self.batch.is_empty() {
                    return true;
                }
                if has_ended {
                    return false;
                }
            }
        }
    }

    /// Parses the current line, which is complete, and empties the buffer.
    fn end_line(&mut self) {
        if let Some(error) = self.too_long.take() {
            self.read = Some(Read::Invalid(error));
            return;
        }
        match read_batch(&self.line) {
            Some(Ok(batch)) => self.batch = batch.into(),
            Some(Err(error)) => self.read = Some(Read::Invalid(error)),
            None => {
                self.read_bytes = self.line.len();
                self.read = read(&self.line);
            }
        }
        self.line.clear();
        self.line.shrink_to(KEPT_LINE);
    }

    /// Adds to the output a message that comes from this transport, not from rmcp.
    fn write(&mut self, message: &impl Serialize) {
        self.has_unwritten = self.output.add(message).is_ok();
    }

    /// Counts a message that goes to rmcp. Returns `None` if it is refused.
    fn pass_on(&mut self, message: Message) -> Option<Message> {
        if let Err(error) = self.in_flight.count(&message) {
            self.write(&error);
            return None;
        }
        self.has_notified = matches!(message, JsonRpcMessage::Notification(_));
        Some(message)
    }

    /// Handles a request while too many are unanswered: answers a ping or an id that is in use, adds any other request
    /// to the queue, or waits if the queue is full. Safe to cancel.
    async fn queue(&mut self, request: Box<Message>) {
        let JsonRpcMessage::Request(JsonRpcRequest {
            id, request: method, ..
        }) = &*request
        else {
            return;
        };
        let id = id.clone();
        if self.in_flight.is_running(&id) || self.waiting.contains(&id) {
            return self.write(&id_in_use(&id));
        }
        if matches!(method, ClientRequest::PingRequest(_)) {
            let pong = ServerResult::EmptyResult(EmptyResult {});
            let pong: TxJsonRpcMessage<RoleServer> = JsonRpcMessage::response(pong, id);
            return self.write(&pong);
        }
        if let Err(request) = self.waiting.push(id, request, self.read_bytes) {
            self.read = Some(Read::Message(request));
            self.in_flight.wait_for_room().await;
        }
    }
}

/// The error about a request with the id of another unanswered request.
fn id_in_use(id: &RequestId) -> ErrorResponse {
    let problem = "a request with this id is not answered yet";
    ErrorResponse::to_request(id, ErrorData::invalid_request(problem, None))
}

/// Capacity of the line buffer that is kept after a long line.
const KEPT_LINE: usize = 16 * 1024;

/// The error about a line that is too long, of which `beginning` was read.
fn too_long(beginning: &[u8]) -> ErrorResponse {
    let problem = format!("a line may have {} KiB at most", MAX_BYTES / 1024);
    let beginning = String::from_utf8_lossy(beginning);
    ErrorResponse::about_text(&beginning, ErrorData::invalid_request(problem, None))
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let (output, being_sent) = (Arc::clone(&self.output), self.in_flight.begin_sending(&message));
        async move {
            let added = output.add(&message);
            // While the client does not read, only the text stays in memory.
            drop(message);
            added?;
            let flushed = output.flush().await;
            drop(being_sent);
            flushed
        }
    }

    async fn receive(&mut self) -> Option<Message> {
        loop {
            // Notifications and cancelled calls do not count, so their tasks run before the next message is read.
            if std::mem::take(&mut self.has_notified) {
                tokio::task::yield_now().await;
            }
            if self.has_unwritten {
                self.output.flush().await.ok()?;
                self.has_unwritten = false;
            }
            if !self.in_flight.is_full()
                && let Some(request) = self.waiting.pop()
            {
                if let Some(request) = self.pass_on(*request) {
                    return Some(request);
                }
                continue;
            }
            match self.read.take() {
                Some(Read::Message(message)) => {
                    let is_request = matches!(*message, JsonRpcMessage::Request(_));
                    if is_request && self.in_flight.is_full() {
                        self.queue(message).await;
                        continue;
                    }
                    self.waiting.remove_cancelled(&message);
                    if let Some(message) = self.pass_on(*message) {
                        return Some(message);
                    }
                }
                Some(Read::Invalid(error)) => match error.into_failed_response() {
                    Ok(response) => return Some(response),
                    Err(error) => self.write(&error),
                },
                None => {
                    if let Some(text) = self.batch.pop_front() {
                        self.read_bytes = text.get().len();
                        self.read = read(text.get().as_bytes());
                        continue;
                    }
                    let in_flight = Arc::clone(&self.in_flight);
                    let has_waiting = !self.waiting.is_empty();
                    let has_more = tokio::select! {
                        biased;
                        () = in_flight.wait_for_room(), if has_waiting => continue,
                        has_more = self.read_line() => has_more,
                    };
                    // After the end of input, waiting requests get only a limited time: they may never be answered.
                    if !has_more
                        && (!has_waiting || tokio::time::timeout(GRACE, in_flight.wait_for_room()).await.is_err())
                    {
                        return None;
                    }
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.output.flush().await
    }
}

/// Counts the unanswered requests that were passed to rmcp, and signals when one is answered.
#[derive(Debug, Default)]
struct InFlight {
    unanswered: Mutex<Unanswered<()>>,
    answered: Notify,
}

impl InFlight {
    fn is_full(&self) -> bool {
        self.unanswered.lock().len() >= MAX_UNANSWERED
    }

    fn is_running(&self, id: &RequestId) -> bool {
        self.unanswered.lock().is_running(id)
    }

    /// Waits until fewer than [`MAX_UNANSWERED`] requests are unanswered.
    async fn wait_for_room(&self) {
        while self.is_full() {
            // `Notify` keeps a permit, so an answer that is written between the two calls is not missed.
            self.answered.notified().await;
        }
    }

    /// Counts a request, or removes the request that a notification cancels.
    ///
    /// # Errors
    /// A request with this id is not answered yet.
    fn count(&self, message: &Message) -> Result<(), ErrorResponse> {
        let mut unanswered = self.unanswered.lock();
        if let JsonRpcMessage::Request(request) = message {
            if unanswered.is_running(&request.id) {
                return Err(id_in_use(&request.id));
            }
            unanswered.begin(request.id.clone(), ());
        } else {
            unanswered.remove_cancelled(message);
        }
        Ok(())
    }

    fn begin_sending(self: &Arc<Self>, message: &TxJsonRpcMessage<RoleServer>) -> Option<BeingSent> {
        let is_answer = self.unanswered.lock().begin_sending(message);
        is_answer.map(|()| BeingSent(Arc::clone(self)))
    }
}

/// Counts an answer as being sent until this value is dropped.
struct BeingSent(Arc<InFlight>);

impl Drop for BeingSent {
    fn drop(&mut self) {
        self.0.unanswered.lock().end_sending();
        self.0.answered.notify_one();
    }
}

#[cfg(test)]
mod tests;
