//! Asks over HTTP/1.1 with connections that stay open: the portal directly, and MCP servers.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The revision that is spoken.
pub(super) const REVISION: &str = "2025-06-18";

/// A request to be sent.
pub(super) struct Post {
    path: &'static str,
    body: Bytes,
}

impl Post {
    pub(super) fn new(path: &'static str, body: String) -> Self {
        Self {
            path,
            body: body.into(),
        }
    }

    /// A message of MCP.
    pub(super) fn message(body: String) -> Self {
        Self::new("/mcp", body)
    }
}

/// A connection that stays open.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: address.to_string(),
        })
    }

    /// The whole answer.
    pub(super) async fn ask(&mut self, post: Post) -> hyper::Result<(StatusCode, Bytes)> {
        let request = Request::post(post.path)
            .header(HOST, self.host.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", REVISION)
            .body(Full::new(post.body))
            .unwrap();
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// How much was done, and in what time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) took: Duration,
}

impl Work {
    #[expect(clippy::cast_precision_loss, reason = "far from 2^52 calls")]
    pub(super) fn per_second(&self) -> f64 {
        (self.calls - self.failed) as f64 / self.took.as_secs_f64()
    }
}

/// When enough was asked: whichever comes first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Enough {
    pub(super) calls: u64,
    pub(super) time: Duration,
}

/// Asks with so many callers, each with a connection of its own and one question at a time.
pub(super) async fn at_once(
    address: SocketAddr,
    callers: usize,
    enough: Enough,
    question: impl Fn() -> Post + Clone + 'static,
    is_answer: fn(&[u8]) -> bool,
) -> Work {
    let mut all = Vec::new();
    for _ in 0..callers {
        let (mut connection, question) = (Connection::open(address).await.unwrap(), question.clone());
        all.push(async move || match connection.ask(question()).await {
            Ok((status, body)) => status == StatusCode::OK && is_answer(&body),
            Err(_) => {
                connection = Connection::open(address).await.unwrap();
                false
            }
        });
    }
    together(all, enough).await
}

/// Lets all callers ask again and again, each for itself; they tell whether the answer was one.
pub(super) async fn together(callers: Vec<impl AsyncFnMut() -> bool + 'static>, enough: Enough) -> Work {
    let (calls, failed) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let started = Instant::now();
    let until = started + enough.time;
    let tasks = tokio::task::LocalSet::new();
    for mut caller in callers {
        let (calls, failed) = (Rc::clone(&calls), Rc::clone(&failed));
        tasks.spawn_local(async move {
            while calls.get() < enough.calls && Instant::now() < until {
                calls.set(calls.get() + 1);
                let is_well = caller().await;
                failed.set(failed.get() + u64::from(!is_well));
            }
        });
    }
    tasks.await;
    Work {
        calls: calls.get(),
        failed: failed.get(),
        took: started.elapsed(),
    }
}
