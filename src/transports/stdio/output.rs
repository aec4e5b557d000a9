//! Writes whole lines to the client, from all tasks that answer it.

use std::io;

use parking_lot::Mutex;
use serde::Serialize;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A buffer of lines in front of the output. Adding a line never waits. The next flush, from any task, writes all added
/// lines in their order.
#[derive(Debug)]
pub(super) struct Output<W> {
    added: Mutex<Vec<u8>>,
    writer: tokio::sync::Mutex<Writer<W>>,
}

#[derive(Debug)]
struct Writer<W> {
    output: W,
    /// Lines that are being written. If a flush is cancelled, the next one writes the rest.
    lines: Vec<u8>,
    /// Bytes of `lines` that are written.
    written: usize,
}

/// Capacity of the buffer that is kept after a large answer.
const KEPT_BUFFER: usize = 64 * 1024;

impl<W: AsyncWrite + Unpin> Output<W> {
    pub(super) fn new(output: W) -> Self {
        Self {
            added: Mutex::default(),
            writer: tokio::sync::Mutex::new(Writer {
                output,
                lines: Vec::new(),
                written: 0,
            }),
        }
    }

    /// Adds a message to what [`flush`](Self::flush) writes.
    pub(super) fn add(&self, message: &impl Serialize) -> io::Result<()> {
        let mut lines = self.added.lock();
        let start = lines.len();
        if let Err(error) = serde_json::to_writer(&mut *lines, message) {
            // Half a message must not precede the next message.
            lines.truncate(start);
            return Err(error.into());
        }
        lines.push(b'\n');
        Ok(())
    }

    /// Bytes that no flush has begun to write.
    #[cfg(test)]
    pub(super) fn unflushed_bytes(&self) -> usize {
        self.added.lock().len()
    }

    /// Writes all added messages.
    pub(super) async fn flush(&self) -> io::Result<()> {
        let mut writer = self.writer.lock().await;
        let Writer { output, lines, written } = &mut *writer;
        loop {
            while let Some(rest @ [_, ..]) = lines.get(*written..) {
                match output.write(rest).await? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    some => *written += some,
                }
            }
            lines.clear();
            lines.shrink_to(KEPT_BUFFER);
            *written = 0;
            std::mem::swap(lines, &mut *self.added.lock());
            if lines.is_empty() {
                return output.flush().await;
            }
        }
    }
}
