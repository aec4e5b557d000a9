//! Runs the program, as a command or as a server over stdio or HTTP, and reads its memory.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncBufReadExt;
use tokio::process::{Child, Command};

use super::portal::Portal;
use benches::http::REVISION;
use benches::stdio::Pipes;

/// The megabytes in a line of `/proc/PID/status`; `None` once the process has released its memory.
fn megabytes(process: u32, line: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|text| text.strip_prefix(line))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

/// The program with `portal` as its portal, without a rate limit.
fn command(program: &Path, portal: &Portal, cache_ttl: &str) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command
        .env("BITRIX24_WEBHOOK_URL", portal.webhook())
        .env("BITRIX24_RATE_LIMIT", "off")
        .env("BITRIX24_CACHE_TTL", cache_ttl)
        .env("BITRIX24_MCP_LOG", "off");
    command
}

/// A finished command.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) took: Duration,
    /// Peak resident memory in megabytes.
    pub(super) peak: f64,
    /// Number of printed lines.
    pub(super) lines: usize,
    /// The end of the output.
    pub(super) end: Vec<u8>,
}

/// Runs the program to its end. Its peak memory is read from `/proc` before each read of its output, since the peak that
/// `wait` reports includes the memory of this process. The pipe holds less than the output, so that the program is still
/// running at that moment.
pub(super) fn run(program: &Path, portal: &Portal, arguments: &[&str], prints_little: bool) -> Ran {
    const CHUNK: usize = 64 * 1024;
    const LITTLE: usize = 4 * 1024;
    const END: usize = 1_000;
    let started = Instant::now();
    let mut process = command(program, portal, "0")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = process.stdout.take().unwrap();
    if prints_little {
        pipe::shrink(&output, LITTLE);
    }
    let (mut peak, mut lines, mut end, mut chunk) = (None, 0, Vec::new(), vec![0; CHUNK]);
    loop {
        pipe::wait(&output);
        // The peak never falls, so the last one counts.
        peak = megabytes(process.id(), "VmHWM:").or(peak);
        let read = output.read(&mut chunk).unwrap();
        if read == 0 {
            break;
        }
        lines += chunk[..read].iter().filter(|byte| **byte == b'\n').count();
        end.extend_from_slice(&chunk[..read]);
        end.drain(..end.len().saturating_sub(END));
    }
    let status = process.wait().unwrap();
    let took = started.elapsed();
    assert!(status.success(), "{arguments:?}: {status}");
    Ran {
        took,
        peak: peak.unwrap(),
        lines,
        end,
    }
}

/// A running server, killed when dropped.
pub(super) struct Server<L> {
    process: Child,
    link: L,
}

impl<L> Server<L> {
    /// Resident memory in megabytes.
    pub(super) fn resident(&self) -> f64 {
        megabytes(self.process.id().unwrap(), "VmRSS:").unwrap()
    }

    /// Peak resident memory in megabytes.
    pub(super) fn peak(&self) -> f64 {
        megabytes(self.process.id().unwrap(), "VmHWM:").unwrap()
    }
}

/// A tool call as one line of JSON.
pub(super) fn call(id: u64, tool: &str, arguments: &Value) -> String {
    message(id, "tools/call", &json!({"name": tool, "arguments": arguments}))
}

/// The arguments of a look-up of twenty contacts from `offset` on.
pub(super) fn look_up(offset: u64) -> Value {
    json!({"query": "", "pagination": {"limit": 20, "offset": offset}})
}

fn message(id: u64, method: &str, parameters: &Value) -> String {
    let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
    format!("{message}\n")
}

impl Server<Pipes> {
    /// Starts a server over stdio and completes the handshake.
    pub(super) async fn over_stdio(program: &Path, portal: &Portal, cache_ttl: &str) -> Self {
        let mut process = Command::from(command(program, portal, cache_ttl))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut link = Pipes::new(process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let client = json!({"name": "growth", "version": "1"});
        let hello = json!({"protocolVersion": REVISION, "capabilities": {}, "clientInfo": client});
        link.ask(&message(0, "initialize", &hello), 0).await;
        link.tell("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")
            .await;
        Self { process, link }
    }

    /// Calls a tool and returns the time. Panics if the answer is a failure or lacks `expected`.
    pub(super) async fn call(&mut self, id: u64, tool: &str, arguments: &Value, expected: &str) -> Duration {
        let text = call(id, tool, arguments);
        let started = Instant::now();
        let answer = self.link.ask(&text, id).await;
        let took = started.elapsed();
        let answer = String::from_utf8_lossy(answer);
        assert!(
            answer.contains(expected) && !answer.contains(r#""isError":true"#),
            "{answer}"
        );
        took
    }
}

impl Server<SocketAddr> {
    /// Starts a server over HTTP on a free port.
    pub(super) async fn over_http(program: &Path, portal: &Portal) -> Self {
        let mut process = Command::from(command(program, portal, "0"))
            .args(["serve", "--http", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut note = String::new();
        let stderr = process.stderr.take().unwrap();
        tokio::io::BufReader::new(stderr).read_line(&mut note).await.unwrap();
        let address = note.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.and_then(|address| address.parse().ok());
        let link = address.unwrap_or_else(|| panic!("no address in {note:?}"));
        Self { process, link }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.link
    }
}

/// Pipe operations of Linux; elsewhere they do nothing.
mod pipe {
    use std::process::ChildStdout;

    #[cfg(target_os = "linux")]
    pub(super) fn shrink(output: &ChildStdout, bytes: usize) {
        rustix::pipe::fcntl_setpipe_size(output, bytes).unwrap();
    }

    /// Waits until the pipe can be read or is closed.
    #[cfg(target_os = "linux")]
    pub(super) fn wait(output: &ChildStdout) {
        use rustix::event::{PollFd, PollFlags, poll};
        rustix::io::retry_on_intr(|| poll(&mut [PollFd::new(output, PollFlags::IN)], None)).unwrap();
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn shrink(_: &ChildStdout, _: usize) {}

    #[cfg(not(target_os = "linux"))]
    pub(super) fn wait(_: &ChildStdout) {}
}
