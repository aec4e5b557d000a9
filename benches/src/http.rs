//! An HTTP/1.1 client with persistent connections, for the portal and for MCP servers.

use std::borrow::Cow;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The MCP revision of every request.
pub const REVISION: &str = "2025-06-18";

/// A request to send: a POST with JSON.
#[derive(Debug, Clone)]
pub struct Post {
    path: Cow<'static, str>,
    accept: &'static str,
    body: Bytes,
}

impl Post {
    /// A request with this body.
    pub fn new(path: impl Into<Cow<'static, str>>, body: String) -> Self {
        Self {
            path: path.into(),
            accept: "application/json, text/event-stream",
            body: body.into(),
        }
    }

    /// An MCP message.
    pub fn message(body: String) -> Self {
        Self::new("/mcp", body)
    }

    /// The same request with another `Accept` header.
    pub fn accept(self, accept: &'static str) -> Self {
        Self { accept, ..self }
    }
}

/// A persistent connection.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    authorization: Option<String>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Ok(Self {
            sender,
            host: address.to_string(),
            authorization: None,
        })
    }

    /// The same connection, with this bearer token in every request.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self {
            authorization: Some(format!("Bearer {token}")),
            ..self
        }
    }

    /// Sends the request; returns status and body of the response.
    pub async fn ask(&mut self, post: Post) -> hyper::Result<(StatusCode, Bytes)> {
        let request = Request::post(post.path.as_ref())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, post.accept)
            .header("mcp-protocol-version", REVISION);
        self.send(request, post.body).await
    }

    /// Sends a GET; returns status and body of the response.
    pub async fn get(&mut self, path: &str) -> hyper::Result<(StatusCode, Bytes)> {
        self.send(Request::get(path), Bytes::new()).await
    }

    async fn send(&mut self, request: Builder, body: Bytes) -> hyper::Result<(StatusCode, Bytes)> {
        let mut request = request.header(HOST, self.host.as_str());
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(body)).unwrap();
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// What a run of many calls did.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// Calls, the failed ones included.
    pub calls: u64,
    /// Failed calls.
    pub failed: u64,
    /// The whole run.
    pub took: Duration,
}

impl Work {
    #[expect(clippy::cast_precision_loss, reason = "far from 2^52 calls")]
    /// Successful calls a second.
    pub fn per_second(&self) -> f64 {
        (self.calls - self.failed) as f64 / self.took.as_secs_f64()
    }
}

/// When a run of many calls ends: at the first of these bounds.
#[derive(Debug, Clone, Copy)]
pub struct Enough {
    /// Calls.
    pub calls: u64,
    /// Time.
    pub time: Duration,
}

/// Runs `callers` callers at the same time, each over its own connection and with one call at a time.
pub async fn at_once(
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

/// Runs all callers at the same time, each in a loop. A caller returns whether its call succeeded.
pub async fn together(callers: Vec<impl AsyncFnMut() -> bool + 'static>, enough: Enough) -> Work {
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
