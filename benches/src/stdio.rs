//! An MCP client over the pipes of a child process, one message a line.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};

use crate::http::{Enough, Work};

const CHUNK: usize = 64 * 1024;

/// The standard input and output of a server.
pub struct Pipes {
    input: ChildStdin,
    output: ChildStdout,
    read: Vec<u8>,
    /// Where in `read` the next line begins.
    at: usize,
}

impl Pipes {
    /// Takes over the two pipes.
    pub fn new(input: ChildStdin, output: ChildStdout) -> Self {
        Self {
            input,
            output,
            read: Vec::with_capacity(CHUNK),
            at: 0,
        }
    }

    /// Sends a notification.
    pub async fn tell(&mut self, message: &str) {
        self.input.write_all(message.as_bytes()).await.unwrap();
    }

    /// Sends a request; returns the response with that id and skips all other messages.
    pub async fn ask(&mut self, message: &str, id: u64) -> &[u8] {
        self.input.write_all(message.as_bytes()).await.unwrap();
        let (from, to) = loop {
            let (from, to) = self.line().await;
            if id_of(&self.read[from..to]) == Some(id) {
                break (from, to);
            }
        };
        &self.read[from..to]
    }

    /// The bounds of the next line.
    async fn line(&mut self) -> (usize, usize) {
        let mut searched = self.at;
        loop {
            if let Some(length) = self.read[searched..].iter().position(|byte| *byte == b'\n') {
                let bounds = (self.at, searched + length);
                self.at = bounds.1 + 1;
                return bounds;
            }
            self.read.drain(..self.at);
            self.at = 0;
            searched = self.read.len();
            let read = self.output.read_buf(&mut self.read).await.unwrap();
            assert!(read > 0, "the server has gone");
        }
    }

    /// Keeps `under_way` calls in flight: each answer makes room for a new call. Answers that arrive together are followed
    /// by calls that are sent together.
    pub async fn many(
        &mut self,
        under_way: u64,
        enough: Enough,
        mut question: impl FnMut() -> (String, u64),
        is_answer: fn(&[u8]) -> bool,
    ) -> Work {
        let (mut asked, mut answered, mut failed) = (0, 0, 0);
        let mut open = std::collections::HashSet::new();
        let started = Instant::now();
        let until = started + enough.time;
        let mut next = String::new();
        loop {
            while asked - answered < under_way && asked < enough.calls && Instant::now() < until {
                let (message, id) = question();
                next.push_str(&message);
                open.insert(id);
                asked += 1;
            }
            self.input.write_all(next.as_bytes()).await.unwrap();
            next.clear();
            if asked == answered {
                break;
            }
            loop {
                let (from, to) = self.line().await;
                let line = &self.read[from..to];
                if id_of(line).is_some_and(|id| open.remove(&id)) {
                    answered += 1;
                    failed += u64::from(!is_answer(line));
                }
                if !self.read[self.at..].contains(&b'\n') {
                    break;
                }
            }
        }
        Work {
            calls: answered,
            failed,
            took: started.elapsed(),
        }
    }
}

/// The id of an answer. SDKs put the id first or last, and every contact has an `id` too.
fn id_of(line: &[u8]) -> Option<u64> {
    let digits = |digits: &[u8]| {
        let end = digits.iter().position(|byte| !byte.is_ascii_digit());
        std::str::from_utf8(&digits[..end.unwrap_or(digits.len())])
            .ok()?
            .parse()
            .ok()
    };
    if let Some(rest) = line.strip_prefix(br#"{"jsonrpc":"2.0","id":"#) {
        return digits(rest);
    }
    let end = line.strip_suffix(b"}")?;
    let end = end.strip_suffix(br#","jsonrpc":"2.0""#).unwrap_or(end);
    let from = end.iter().rposition(|byte| !byte.is_ascii_digit())? + 1;
    if end[..from].ends_with(br#","id":"#) {
        return digits(&end[from..]);
    }
    #[derive(serde::Deserialize)]
    struct Message {
        id: Option<u64>,
    }
    serde_json::from_slice::<Message>(line).ok()?.id
}
