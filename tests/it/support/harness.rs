//! Starts the program as a client would and talks to it: as a real MCP client, line by line, or as a person.

use std::process::{Output, Stdio};

use bitrix24_mail_mcp::config::env_vars;
use bitrix24_mail_mcp::demo::DemoPortal;
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::support::commands::{on, on_demo};

/// The program without any setting of the machine it runs on.
pub(crate) fn program() -> Command {
    // Under `nohup` the program would ignore SIGHUP: `exec` keeps an ignored signal, and resets one with a handler.
    #[cfg(unix)]
    static HANG_UP: std::sync::Once = std::sync::Once::new();
    #[cfg(unix)]
    HANG_UP.call_once(|| {
        let heard = std::sync::Arc::<std::sync::atomic::AtomicBool>::default();
        signal_hook::flag::register(signal_hook::consts::SIGHUP, heard).unwrap();
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_bitrix24-mail-mcp"));
    for variable in env_vars::ALL {
        command.env_remove(variable.name);
    }
    command.kill_on_drop(true);
    command
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// Runs the program to its end, as a person does.
pub(crate) async fn run(arguments: &[&str]) -> Output {
    program().args(arguments).stdin(Stdio::null()).output().await.unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A session with a real MCP client.
pub(crate) struct Session {
    client: RunningService<RoleClient, ()>,
    stderr: ChildStderr,
}

impl Session {
    pub(crate) async fn start(command: Command) -> Self {
        let (process, stderr) = TokioChildProcess::builder(command)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            client: ().serve(process).await.unwrap(),
            stderr: stderr.unwrap(),
        }
    }

    /// A session on the built-in demo portal.
    pub(crate) async fn demo() -> Self {
        Self::start(on_demo()).await
    }

    /// A session on a demo portal of the test's own.
    pub(crate) async fn with(portal: &DemoPortal) -> Self {
        Self::start(on(portal)).await
    }

    /// Calls `list_mail_contacts`.
    pub(crate) async fn call(&self, arguments: Value) -> CallToolResult {
        let arguments = arguments.as_object().unwrap().clone();
        let request = CallToolRequestParams::new("list_mail_contacts").with_arguments(arguments);
        self.client.call_tool(request).await.unwrap()
    }

    pub(crate) fn client(&self) -> &RunningService<RoleClient, ()> {
        &self.client
    }

    /// Hangs up and returns everything the program wrote to stderr.
    pub(crate) async fn end(mut self) -> String {
        let _ = self.client.cancel().await;
        let mut log = String::new();
        self.stderr.read_to_string(&mut log).await.unwrap();
        log
    }
}

/// The one text block of a result.
pub(crate) fn text_of(result: &CallToolResult) -> &str {
    assert_eq!(result.content.len(), 1, "one text block");
    &result.content[0].as_text().unwrap().text
}

/// A session without a client library: one JSON message a line.
pub(crate) struct RawSession {
    process: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl RawSession {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            input: process.stdin.take(),
            process,
            output,
        }
    }

    pub(crate) async fn send_line(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Sends a last line without its line end, as a script may.
    pub(crate) async fn send_unfinished(&mut self, message: Value) {
        self.input
            .as_mut()
            .unwrap()
            .write_all(message.to_string().as_bytes())
            .await
            .unwrap();
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_line(&message.to_string()).await;
    }

    /// The next line as it was written.
    pub(crate) async fn receive_line(&mut self) -> String {
        let line = self.output.next_line().await.unwrap();
        line.expect("the program ended its output")
    }

    /// The next message; anything on stdout that is not JSON-RPC fails the test.
    pub(crate) async fn receive(&mut self) -> Value {
        let line = self.receive_line().await;
        let message: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON on stdout: {line}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        message
    }

    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        let id = message["id"].clone();
        self.send(message).await;
        let answer = self.receive().await;
        assert_eq!(answer["id"], id);
        answer
    }

    pub(crate) async fn initialize(&mut self, version: &str) -> Value {
        let answer = self.ask(initialize(version)).await;
        self.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        answer
    }

    /// Closes the input; returns the remaining messages, and whether the program ended well.
    pub(crate) async fn hang_up(mut self) -> (Vec<Value>, bool) {
        drop(self.input.take());
        let mut rest = Vec::new();
        while let Some(line) = self.output.next_line().await.unwrap() {
            rest.push(serde_json::from_str(&line).unwrap());
        }
        (rest, self.process.wait().await.unwrap().success())
    }
}

#[cfg(target_os = "linux")]
impl RawSession {
    pub(crate) fn id(&self) -> u32 {
        self.process.id().unwrap()
    }

    /// Writes until the pipe is full and the program sleeps: it does not read.
    pub(crate) async fn write_until_nothing_is_taken(&mut self, bytes: &[u8]) {
        use std::os::fd::AsFd;
        const FULL: u64 = 60_000;
        let process = self.process.id().unwrap();
        let input = self.input.as_mut().unwrap();
        let pipe = input.as_fd().try_clone_to_owned().unwrap();
        let nothing_is_taken = async {
            let mut looks = 0;
            while looks < 100 {
                let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
                let is_asleep = status.rsplit_once(')').unwrap().1.starts_with(" S");
                let is_full = rustix::io::ioctl_fionread(&pipe).unwrap() >= FULL;
                looks = if is_asleep && is_full { looks + 1 } else { 0 };
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            written = input.write_all(bytes) => panic!("all {} bytes were taken: {written:?}", bytes.len()),
            () = nothing_is_taken => {}
        }
    }
}

impl RawSession {
    /// Sends SIGTERM.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        terminate(&self.process);
    }

    /// Sends SIGTERM with both pipes left open, and never reads; returns whether the program ended well.
    #[cfg(unix)]
    pub(crate) async fn terminate_unread(mut self) -> bool {
        self.terminate();
        // `wait` alone would close the input first.
        let _input = self.input.take();
        self.process.wait().await.unwrap().success()
    }

    /// Sends SIGHUP, as the system does when a terminal is closed.
    #[cfg(unix)]
    pub(crate) fn hang_up_its_terminal(&self) {
        send_signal("-HUP", &self.process);
    }

    /// Closes the input and never reads the output; returns whether the program ended well.
    pub(crate) async fn hang_up_unread(mut self) -> bool {
        drop(self.input.take());
        self.process.wait().await.unwrap().success()
    }

    /// Closes the output and sends a request, with the input left open; returns whether the program ended well.
    pub(crate) async fn stop_reading_and_ask(mut self) -> bool {
        drop(self.output);
        let input = self.input.as_mut().unwrap();
        // More than one request: another test that starts a process at this moment holds a copy of the reading end until
        // its `exec`, so that the first answers may still be written.
        for id in 9.. {
            let request = json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"});
            if input.write_all(format!("{request}\n").as_bytes()).await.is_err() {
                break;
            }
        }
        self.process.wait().await.unwrap().success()
    }
}

/// Sends SIGTERM to a program.
#[cfg(unix)]
pub(crate) fn terminate(process: &Child) {
    send_signal("-TERM", process);
}

/// Sends a signal, such as `-INT`, to a program.
#[cfg(unix)]
pub(crate) fn send_signal(signal: &str, process: &Child) {
    let id = process.id().unwrap().to_string();
    let sent = std::process::Command::new("kill").args([signal, &id]).status();
    assert!(sent.unwrap().success());
}

pub(crate) fn initialize(version: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

pub(crate) fn call(id: u32, arguments: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": "list_mail_contacts", "arguments": arguments}})
}

/// A request of 2026-07-28, with the metadata that older revisions send in the handshake.
pub(crate) fn with_metadata(mut request: Value) -> Value {
    if request.get("params").is_none() {
        request["params"] = json!({});
    }
    request["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    request
}
