//! The transport that reads and writes JSON-RPC messages as lines.
//!
//! rmcp's own line transport says nothing to a line it cannot read, so a client would wait for its time-out. Here
//! every request that can be recognised is answered, by the table of [`messages`](crate::transports::messages). A last
//! line without its end counts like any other.
//!
//! | what could grow | is bounded by |
//! |---|---|
//! | a line | [`MAX_BYTES`], the bound of a body over HTTP; the rest of a longer one is dropped as it comes |
//! | requests without an answer, and answers that the client does not take | [`MAX_UNANSWERED`] |
//! | requests beyond those | one, then nothing is read until one is answered and its answer taken |
//! | errors about lines that cannot be read | one, then nothing is read until it is taken |

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{ErrorData, JsonRpcMessage};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::sync::Notify;

use super::output::Output;
use crate::transports::messages::{MAX_BYTES, Message, Read, Refused, batch_in, read};
use crate::transports::unanswered::Unanswered;

/// Requests without an answer. An assistant has a handful under way, a busy one dozens. Each takes some sixty kilobytes while
/// it waits for the portal, and its answer a hundred at most.
const MAX_UNANSWERED: usize = 256;

/// Reads and writes one message a line.
pub(super) struct Lines<R, W> {
    input: BufReader<R>,
    /// The line so far. It lives here because reading is cancelled whenever an answer is ready to be sent.
    line: Vec<u8>,
    /// Set while the rest of a line is dropped because it is too long.
    too_long: Option<Refused>,
    /// What was read and not handed on yet.
    read: Option<Read>,
    /// The rest of a batch, which is not looked at yet.
    batch: VecDeque<Box<RawValue>>,
    /// An error of ours is not written yet.
    has_unwritten: bool,
    /// A notification was handed on: what it starts, or ends, has not run yet.
    has_notified: bool,
    output: Arc<Output<W>>,
    flow: Arc<Flow>,
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
            batch: VecDeque::new(),
            has_unwritten: false,
            has_notified: false,
            output: Arc::new(Output::new(output)),
            flow: Arc::default(),
        }
    }

    /// Reads on until a line holds something. False at the end of input. Safe to cancel: what was consumed is kept.
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
            // A last line may lack its end.
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

    fn end_line(&mut self) {
        if let Some(refused) = self.too_long.take() {
            self.read = Some(Read::Refused(refused));
            return;
        }
        match batch_in(&self.line) {
            Some(Ok(batch)) => self.batch = batch.into(),
            Some(Err(refused)) => self.read = Some(Read::Refused(refused)),
            None => self.read = read(&self.line),
        }
        self.line.clear();
        self.line.shrink_to(KEPT_LINE);
    }

    fn write(&mut self, message: &impl Serialize) {
        self.has_unwritten = self.output.add(message).is_ok();
    }

    /// Hands a message on.
    fn take(&mut self, message: Message) -> Option<Message> {
        if let Err(refused) = self.flow.take(&message) {
            self.write(&refused);
            return None;
        }
        self.has_notified = matches!(message, JsonRpcMessage::Notification(_));
        Some(message)
    }
}

const SAME_ID: &str = "a request with this id is not answered yet";

/// Room for a line that is kept for the next one.
const KEPT_LINE: usize = 16 * 1024;

fn too_long(beginning: &[u8]) -> Refused {
    let problem = format!("a line may have {} KiB at most", MAX_BYTES / 1024);
    let beginning = String::from_utf8_lossy(beginning);
    Refused::in_text(&beginning, ErrorData::invalid_request(problem, None))
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
        let (output, being_sent) = (Arc::clone(&self.output), self.flow.begin_sending(&message));
        async move {
            let added = output.add(&message);
            // The text is all that waits for a client that does not read.
            drop(message);
            added?;
            let flushed = output.flush().await;
            drop(being_sent);
            flushed
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            // Notifications are not counted, nor are cancelled calls, so their tasks run before the next message is read.
            if std::mem::take(&mut self.has_notified) {
                tokio::task::yield_now().await;
            }
            if self.has_unwritten {
                self.output.flush().await.ok()?;
                self.has_unwritten = false;
            }
            match self.read.take() {
                Some(Read::Message(message)) => {
                    let is_request = matches!(*message, JsonRpcMessage::Request(_));
                    if is_request && self.flow.is_full() {
                        self.read = Some(Read::Message(message));
                        self.flow.has_room().await;
                        continue;
                    }
                    if let Some(message) = self.take(*message) {
                        return Some(message);
                    }
                }
                Some(Read::Refused(refused)) => match refused.into_response() {
                    Ok(response) => return Some(response),
                    Err(refused) => self.write(&refused),
                },
                None => {
                    if let Some(text) = self.batch.pop_front() {
                        self.read = read(text.get().as_bytes());
                    } else if !self.read_line().await {
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

/// How much the client has asked and not been answered.
#[derive(Debug, Default)]
struct Flow {
    unanswered: Mutex<Unanswered<()>>,
    answered: Notify,
}

impl Flow {
    fn unanswered(&self) -> MutexGuard<'_, Unanswered<()>> {
        // Each change is whole before anything that could panic.
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self) -> bool {
        self.unanswered().len() >= MAX_UNANSWERED
    }

    /// Waits until one more request may be read.
    async fn has_room(&self) {
        while self.is_full() {
            // An answer that is sent in between leaves a permit, so it is not missed.
            self.answered.notified().await;
        }
    }

    /// Counts a message that is handed on.
    fn take(&self, message: &RxJsonRpcMessage<RoleServer>) -> Result<(), Refused> {
        let mut unanswered = self.unanswered();
        if let JsonRpcMessage::Request(request) = message {
            if unanswered.is_running(&request.id) {
                return Err(Refused::to(&request.id, ErrorData::invalid_request(SAME_ID, None)));
            }
            unanswered.begin(request.id.clone(), ());
        } else {
            unanswered.forget_cancelled(message);
        }
        Ok(())
    }

    fn begin_sending(self: &Arc<Self>, message: &TxJsonRpcMessage<RoleServer>) -> Option<BeingSent> {
        let is_answer = self.unanswered().begin_sending(message);
        is_answer.map(|()| BeingSent(Arc::clone(self)))
    }
}

/// An answer that is not written yet, until this is dropped.
struct BeingSent(Arc<Flow>);

impl Drop for BeingSent {
    fn drop(&mut self) {
        self.0.unanswered().end_sending();
        self.0.answered.notify_one();
    }
}

#[cfg(test)]
mod tests;
