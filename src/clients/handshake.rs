//! The MCP handshake with a server over stdio, as a client makes it: start the process, `initialize`, list the tools.

pub(crate) mod http;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines, Take};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::client::Client;
use super::launch::Launch;
use super::started::shown_command;

/// What a server returned in the handshake.
#[derive(Debug)]
pub(crate) struct Greeting {
    pub(crate) server: String,
    pub(crate) revision: String,
    pub(crate) tools: Vec<String>,
    /// From the start of the process or connection to the result of `initialize`.
    pub(crate) took: Duration,
}

/// Why the handshake failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} cannot be started: {1}")]
    Start(String, std::io::Error),
    #[error("nothing answers at {0}: {1}")]
    Unreachable(String, String),
    #[error("the server ended before it answered{0}")]
    Ended(String),
    #[error("the server did not answer `{0}` in {timeout}", timeout = humantime::format_duration(*.1))]
    Silent(&'static str, Duration),
    #[error("the server answered `{0}` with an error{1}")]
    Refused(&'static str, String),
}

/// How a client introduces itself to a server.
struct Introduction {
    /// The protocol revision in its `initialize`.
    revision: &'static str,
    name: &'static str,
    /// True if the client sends `server/discover` first, as newer ones do.
    sends_discover: bool,
    /// How long the client waits for each response.
    timeout: Duration,
}

impl Introduction {
    fn client_info(&self) -> Value {
        json!({"name": self.name, "version": env!("CARGO_PKG_VERSION")})
    }

    /// The parameters of `initialize`.
    fn initialize_params(&self) -> Value {
        json!({"protocolVersion": self.revision, "capabilities": {}, "clientInfo": self.client_info()})
    }
}

fn introduction_of(client: Client) -> Introduction {
    let introduction = |revision, name, sends_discover, seconds| Introduction {
        revision,
        name,
        sends_discover,
        timeout: Duration::from_secs(seconds),
    };
    match client {
        Client::ClaudeCode => introduction("2025-11-25", "claude-code", true, 30),
        Client::Codex => introduction("2025-06-18", "codex-mcp-client", false, 10),
        Client::Cursor => introduction("2025-11-25", "cursor-vscode", false, 10),
        Client::VsCode => introduction("2025-11-25", "Visual Studio Code", false, 10),
        Client::ClaudeDesktop => introduction("2025-11-25", "claude-ai", false, 10),
    }
}

/// The command that starts the process as the client would start it.
pub(crate) fn command(launch: &Launch) -> Command {
    let mut command = Command::new(launch.program.as_deref().unwrap_or(Path::new(&launch.command)));
    command
        .args(&launch.arguments)
        .env_clear()
        .envs(&launch.environment)
        .current_dir(&launch.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts the server, makes the handshake, lists the tools and ends the server.
pub(crate) async fn greet(client: Client, launch: &Launch) -> Result<Greeting, Error> {
    let introduction = introduction_of(client);
    let started = Instant::now();
    let mut session = Session::start(launch, introduction.timeout)?;
    if introduction.sends_discover {
        let about = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": introduction.client_info(),
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        match session.ask("server/discover", json!({"_meta": about})).await {
            // A server that does not know this method may refuse it.
            Ok(_) | Err(Error::Refused(..)) => {}
            Err(error) => return Err(error),
        }
    }
    let answer = session.ask("initialize", introduction.initialize_params()).await?;
    let took = started.elapsed();
    session.notify("notifications/initialized").await;
    let list = session.ask("tools/list", json!({})).await?;
    let greeting = greeting_from(&answer, &list, took, |text| launch.without_secrets(text));
    session.end().await;
    Ok(greeting)
}

/// A response of a server; its other messages are ignored.
#[derive(Deserialize)]
struct Answer {
    id: u64,
    result: Option<Value>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

/// The greeting from the results of `initialize` (`answer`) and `tools/list` (`list`); `hide` removes secrets.
fn greeting_from(answer: &Value, list: &Value, took: Duration, hide: impl Fn(&str) -> String) -> Greeting {
    let text = |pointer: &str| {
        let text = answer.pointer(pointer).and_then(Value::as_str);
        text.map_or("?".to_owned(), |text| one_line(&hide(text)))
    };
    let tools = list.get("tools").and_then(Value::as_array);
    let names = tools
        .into_iter()
        .flatten()
        .filter_map(|tool| tool.get("name")?.as_str());
    Greeting {
        server: format!("{} {}", text("/serverInfo/name"), text("/serverInfo/version")),
        revision: text("/protocolVersion"),
        tools: names.map(one_line).collect(),
        took,
    }
}

struct Session<'a> {
    launch: &'a Launch,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<Take<ChildStdout>>>,
    /// The beginning of the process's stderr.
    stderr: JoinHandle<Vec<u8>>,
    timeout: Duration,
    last_id: u64,
}

impl<'a> Session<'a> {
    fn start(launch: &'a Launch, timeout: Duration) -> Result<Self, Error> {
        // More than any list of tools has: a program that is not an MCP server may write a line that never ends.
        const MAX_BYTES: u64 = 16 * 1024 * 1024;
        let failed = |error| Error::Start(shown_command(&launch.command), error);
        let mut child = command(launch).spawn().map_err(failed)?;
        let pipe = || failed(std::io::Error::other("it has no standard input or output"));
        Ok(Self {
            launch,
            input: child.stdin.take().ok_or_else(pipe)?,
            output: BufReader::new(child.stdout.take().ok_or_else(pipe)?.take(MAX_BYTES)).lines(),
            stderr: tokio::spawn(read_stderr(child.stderr.take().ok_or_else(pipe)?)),
            child,
            timeout,
            last_id: 0,
        })
    }

    async fn ask(&mut self, method: &'static str, parameters: Value) -> Result<Value, Error> {
        self.last_id += 1;
        let id = self.last_id;
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
        self.send(&request).await;
        let answer = tokio::time::timeout(self.timeout, async {
            while let Ok(Some(line)) = self.output.next_line().await {
                match serde_json::from_str::<Answer>(&line) {
                    // An echo of the request has neither `result` nor `error`.
                    Ok(Answer { id: to, result, error }) if to == id && (result.is_some() || error.is_some()) => {
                        return Some((result, error));
                    }
                    _ => {}
                }
            }
            None
        })
        .await
        .map_err(|_| Error::Silent(method, self.timeout))?;
        match answer {
            None => Err(Error::Ended(self.first_stderr_line().await)),
            Some((_, Some(error))) => {
                let message = one_line(&self.launch.without_secrets(&error.message));
                Err(Error::Refused(method, format!(": {message}")))
            }
            Some((result, None)) => Ok(result.unwrap_or_default()),
        }
    }

    async fn notify(&mut self, method: &str) {
        self.send(&json!({"jsonrpc": "2.0", "method": method})).await;
    }

    async fn send(&mut self, message: &Value) {
        // If the server has ended, reading its response fails.
        let _ = self.input.write_all(format!("{message}\n").as_bytes()).await;
        let _ = self.input.flush().await;
    }

    /// The first line of the process's stderr that is not blank, after a colon; empty if there is none.
    async fn first_stderr_line(&mut self) -> String {
        // Other processes that the server started may hold its stderr open.
        let words = tokio::time::timeout(Duration::from_secs(1), &mut self.stderr).await;
        let text = words.ok().and_then(Result::ok).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        match text.lines().map(str::trim).find(|line| !line.is_empty()) {
            Some(line) => format!(": {}", one_line(&self.launch.without_secrets(line))),
            None => String::new(),
        }
    }

    /// Closes the input, as clients do to end a server.
    async fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        let _ = tokio::time::timeout(Duration::from_secs(2), child.wait()).await;
    }
}

/// The beginning of a process's stderr. The rest is read too: otherwise the process would block on a full pipe.
async fn read_stderr(mut stderr: ChildStderr) -> Vec<u8> {
    const MAX_BYTES: u64 = 64 * 1024;
    let mut words = Vec::new();
    let _ = (&mut stderr).take(MAX_BYTES).read_to_end(&mut words).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    words
}

/// A text from a server on one line of at most 200 characters, without control characters.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    text.take(200).collect()
}
