//! A running server over either transport: start, handshake, requests, memory and end.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::peers::{Peer, Transport, Workshop};
use super::portal::{Portal, question};
use benches::http::{Connection, Enough, Post, REVISION, Work, at_once};
use benches::stdio::Pipes;

/// The longest wait for a server to listen.
const LONGEST_START: Duration = Duration::from_secs(30);

/// Unique numbers, for ids and questions.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers(Rc<std::cell::Cell<u64>>);

impl Numbers {
    pub(super) fn next(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

/// A server that has answered `initialize`; killed when dropped.
pub(super) struct Session {
    process: Child,
    link: Link,
    numbers: Numbers,
    /// From the start of the process to the answer to `initialize`.
    pub(super) started_in: Duration,
}

enum Link {
    Pipes(Box<Pipes>),
    Http(SocketAddr, Box<Connection>),
}

impl Session {
    pub(super) async fn start(workshop: &Workshop, peer: &Peer, portal: &Portal, numbers: &Numbers) -> Self {
        let port = free_port();
        let mut command = Command::from(workshop.command(peer, portal, port));
        let pipe = || match peer.transport {
            Transport::Stdio => Stdio::piped(),
            Transport::Http => Stdio::null(),
        };
        command
            .stdin(pipe())
            .stdout(pipe())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let id = numbers.next();
        let hello = message(
            id,
            "initialize",
            &json!({"protocolVersion": REVISION, "capabilities": {}, "clientInfo": {"name": "compare", "version": "1"}}),
        );
        let started = Instant::now();
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", peer.name));
        let mut link = match peer.transport {
            Transport::Stdio => {
                let mut pipes = Pipes::new(process.stdin.take().unwrap(), process.stdout.take().unwrap());
                pipes.ask(&hello, id).await;
                Link::Pipes(Box::new(pipes))
            }
            Transport::Http => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                let mut connection = connected(address, started).await;
                let (status, body) = connection.ask(Post::message(hello)).await.unwrap();
                assert!(status.is_success(), "{}: {status} {body:?}", peer.name);
                Link::Http(address, Box::new(connection))
            }
        };
        let started_in = started.elapsed();
        let initialized = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n";
        match &mut link {
            Link::Pipes(pipes) => pipes.tell(initialized).await,
            Link::Http(_, connection) => {
                connection.ask(Post::message(initialized.to_owned())).await.unwrap();
            }
        }
        Self {
            process,
            link,
            numbers: numbers.clone(),
            started_in,
        }
    }

    /// Sends a request; returns its `result`.
    pub(super) async fn request(&mut self, method: &str, parameters: &Value) -> Value {
        let id = self.numbers.next();
        let text = message(id, method, parameters);
        let mut answer: Value = match &mut self.link {
            Link::Pipes(pipes) => serde_json::from_slice(pipes.ask(&text, id).await).unwrap(),
            Link::Http(_, connection) => {
                let (_, body) = connection.ask(Post::message(text)).await.unwrap();
                serde_json::from_slice(&body).unwrap()
            }
        };
        let result = answer.get_mut("result").map(Value::take);
        result.unwrap_or_else(|| panic!("{method}: {answer}"))
    }

    /// Calls the tool once; returns the time. Panics if the answer is wrong.
    pub(super) async fn call(&mut self) -> Duration {
        let (text, id) = call(&self.numbers);
        match &mut self.link {
            Link::Pipes(pipes) => {
                let started = Instant::now();
                let answer = pipes.ask(&text, id).await;
                let took = started.elapsed();
                assert!(is_answer(answer), "{}", String::from_utf8_lossy(answer));
                took
            }
            Link::Http(_, connection) => {
                let post = Post::message(text);
                let started = Instant::now();
                let (status, answer) = connection.ask(post).await.unwrap();
                let took = started.elapsed();
                assert!(status.is_success() && is_answer(&answer), "{status} {answer:?}");
                took
            }
        }
    }

    /// Sends many calls, `under_way` of them in flight at a time.
    pub(super) async fn calls(&mut self, under_way: usize, enough: Enough) -> Work {
        let numbers = self.numbers.clone();
        match &mut self.link {
            Link::Pipes(pipes) => pipes.many(under_way as u64, enough, || call(&numbers), is_whole).await,
            Link::Http(address, _) => {
                at_once(
                    *address,
                    under_way,
                    enough,
                    move || Post::message(call(&numbers).0),
                    is_whole,
                )
                .await
            }
        }
    }

    /// Megabytes of resident memory.
    pub(super) fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kilobytes * 1024.0 / 1e6
    }

    pub(super) async fn end(mut self) {
        self.process.kill().await.unwrap();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

async fn connected(address: SocketAddr, started: Instant) -> Connection {
    loop {
        match Connection::open(address).await {
            Ok(connection) => return connection,
            Err(error) => assert!(started.elapsed() < LONGEST_START, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn message(id: u64, method: &str, parameters: &Value) -> String {
    let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters});
    format!("{message}\n")
}

/// A tool call with a new question, and the call's id.
fn call(numbers: &Numbers) -> (String, u64) {
    let id = numbers.next();
    let query = question(id);
    let text = format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"list_mail_contacts","arguments":{{"query":"{query}"}}}}}}"#
    );
    (text + "\n", id)
}

/// Whether the answer is long enough to hold twenty contacts twice, structured and as text. No failure is so long.
fn is_whole(answer: &[u8]) -> bool {
    const LEAST: usize = 2_500;
    answer.len() > LEAST
}

/// Whether the answer holds the twentieth contact and is no failure.
fn is_answer(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    is_whole(answer) && text.contains("tom.baker@lucerne.example") && !text.contains(r#""isError":true"#)
}
