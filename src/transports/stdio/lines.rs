//! The transport that reads and writes JSON-RPC messages as lines.
//!
//! rmcp's own line transport says nothing to a line it cannot read, so a client would wait for its time-out. Here
//! every request that can be recognised is answered, by the table of [`messages`](crate::transports::messages). A line
//! of more than 4 MiB is refused; a last line without its end counts like any other.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use rmcp::model::{ErrorData, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::Mutex;

use crate::transports::messages::{Read, id_in, read_from};

/// A call has a few hundred bytes; this bounds what a client without line breaks can make us hold.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// Reads and writes one message a line.
pub(super) struct Lines<R, W> {
    input: BufReader<R>,
    /// The line so far. It lives here because reading is cancelled whenever an answer is ready to be sent.
    line: Vec<u8>,
    /// Set while the rest of a line is dropped because it is too long; holds its id if the beginning tells it.
    too_long: Option<Option<RequestId>>,
    /// What was read and not handed on yet: a batch holds several.
    read: VecDeque<Read>,
    output: Arc<Mutex<Output<W>>>,
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
            read: VecDeque::new(),
            output: Arc::new(Mutex::new(Output {
                writer: output,
                waiting: Vec::new(),
                written: 0,
            })),
        }
    }

    /// Reads on until `read` holds something. False at the end of input. Safe to cancel: what was consumed is kept.
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
            if self.too_long.is_none() && self.line.len() + part.len() > MAX_LINE {
                self.too_long = Some(id_in(&String::from_utf8_lossy(&self.line)));
                self.line = Vec::new();
            }
            if self.too_long.is_none() {
                self.line.extend_from_slice(part);
            }
            self.input.consume(consumed);
            // A last line may lack its end.
            if line_end.is_some() || has_ended {
                self.end_line();
                if !self.read.is_empty() {
                    return true;
                }
                if has_ended {
                    return false;
                }
            }
        }
    }

    fn end_line(&mut self) {
        if let Some(id) = self.too_long.take() {
            let problem = format!("a message may have {} MiB at most", MAX_LINE / 1024 / 1024);
            self.read
                .push_back(Read::Refusal(ErrorData::invalid_request(problem, None), id));
        } else {
            read_from(&String::from_utf8_lossy(&self.line), &mut self.read);
            self.line.clear();
        }
    }
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
        let output = Arc::clone(&self.output);
        async move {
            let mut output = output.lock().await;
            output.add(&message)?;
            output.flush().await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            match self.read.pop_front() {
                Some(Read::Message(message)) => return Some(*message),
                Some(Read::Refusal(error, id)) => {
                    // Taken only with the lock in hand, so that a cancelled wait loses nothing.
                    self.read.push_front(Read::Refusal(error, id));
                    let mut output = self.output.lock().await;
                    if let Some(Read::Refusal(error, id)) = self.read.pop_front() {
                        output.add(&TxJsonRpcMessage::<RoleServer>::error(error, id)).ok()?;
                    }
                    output.flush().await.ok()?;
                }
                None => {
                    if !self.read_line().await {
                        return None;
                    }
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.output.lock().await.flush().await
    }
}

/// Writes whole lines; what a cancelled flush has not written, the next one does.
struct Output<W> {
    writer: W,
    waiting: Vec<u8>,
    /// How much of `waiting` is written.
    written: usize,
}

/// A buffer that one large answer made larger than this is given back.
const KEPT_BUFFER: usize = 64 * 1024;

impl<W: AsyncWrite + Unpin> Output<W> {
    fn add(&mut self, message: &TxJsonRpcMessage<RoleServer>) -> io::Result<()> {
        let start = self.waiting.len();
        if let Err(error) = serde_json::to_writer(&mut self.waiting, message) {
            // Half a message would spoil the next one's line.
            self.waiting.truncate(start);
            return Err(error.into());
        }
        self.waiting.push(b'\n');
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        while let Some(rest @ [_, ..]) = self.waiting.get(self.written..) {
            match self.writer.write(rest).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => self.written += written,
            }
        }
        self.waiting.clear();
        self.waiting.shrink_to(KEPT_BUFFER);
        self.written = 0;
        self.writer.flush().await
    }
}
