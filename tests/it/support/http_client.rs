//! A strict HTTP client that shows every byte: requests as bytes, answers with their head, event streams one event at a
//! time.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    version: &'static str,
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn new(method: &'static str, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: vec![("host".to_owned(), "127.0.0.1".to_owned())],
            body: Vec::new(),
            version: "1.1",
        }
    }

    /// The same request in HTTP/1.0.
    pub(crate) fn in_http_1_0(self) -> Self {
        Self { version: "1.0", ..self }
    }

    /// A JSON message to `path`.
    pub(crate) fn post(path: &str, message: &Value) -> Self {
        Self::new("POST", path)
            .header("content-type", "application/json")
            .body(message.to_string())
    }

    /// Sets a header in place of one of the same name.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.and_header(name, value)
    }

    /// Adds a header beside one of the same name.
    pub(crate) fn and_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/{}\r\n", self.method, self.path, self.version).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !self.body.is_empty() || self.method == "POST" {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Status and headers of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// All values of a header that may occur several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let of_name = self.headers.iter().filter(move |(known, _)| known == name);
        of_name.map(|(_, value)| value.as_str())
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding") == Some("chunked")
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) head: Head,
    pub(crate) body: String,
}

impl Answer {
    /// The JSON message, also out of an event stream that holds one event.
    pub(crate) fn message(&self) -> Value {
        let is_stream = self.head.header("content-type") == Some("text/event-stream");
        let text = if is_stream {
            let mut data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
            let only = data.next().unwrap_or_else(|| panic!("no event in {}", self.body));
            assert_eq!(data.next(), None, "one event");
            only
        } else {
            &self.body
        };
        serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
    }
}

/// A connection that is kept alive.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::try_open(address).await.expect("a connection")
    }

    /// As [`open`](Self::open); `None` if nobody listens.
    pub(crate) async fn try_open(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self(BufReader::new(stream)))
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    /// Sends bytes; returns false if the server accepts no more.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.0.get_mut().write_all(bytes).await.is_ok()
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let length = self.0.read_line(&mut line).await.unwrap_or_default();
        (length > 0).then(|| line.trim_end().to_owned())
    }

    /// The head of the next answer; `None` if the connection ends first.
    pub(crate) async fn head(&mut self) -> Option<Head> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).expect("a status").parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else {
                return Some(Head { status, headers });
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }

    /// A chunk of the body; empty at its end, `None` if the connection ends first.
    async fn chunk(&mut self) -> Option<Vec<u8>> {
        let length = usize::from_str_radix(&self.line().await?, 16).unwrap();
        let mut chunk = vec![0; length];
        self.0.read_exact(&mut chunk).await.ok()?;
        self.line().await?;
        Some(chunk)
    }

    /// The next answer as a whole; `None` if the connection ends first.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        let head = self.head().await?;
        self.rest_of(head).await
    }

    /// The answer that begins with `head`; `None` if the connection ends first.
    async fn rest_of(&mut self, head: Head) -> Option<Answer> {
        let mut body = Vec::new();
        if head.is_chunked() {
            loop {
                let chunk = self.chunk().await?;
                if chunk.is_empty() {
                    break;
                }
                body.extend(chunk);
            }
        } else {
            let length = head
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap());
            body.resize(length, 0);
            self.0.read_exact(&mut body).await.ok()?;
        }
        let body = String::from_utf8(body).unwrap();
        Some(Answer { head, body })
    }

    pub(crate) async fn ask(&mut self, request: &Request) -> Answer {
        self.send(&request.bytes()).await;
        self.answer().await.expect("an answer")
    }

    /// True if the server has closed the connection without sending more.
    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        // A reset is an end too.
        let _ = self.0.read_to_end(&mut rest).await;
        rest.is_empty()
    }
}

/// Sends a request over a new connection.
pub(crate) async fn ask(address: SocketAddr, request: &Request) -> Answer {
    Connection::open(address).await.ask(request).await
}

/// As [`ask`]; `None` if there is no connection, or if it ends before the answer.
pub(crate) async fn try_ask(address: SocketAddr, request: &Request) -> Option<Answer> {
    let mut connection = Connection::try_open(address).await?;
    match connection.try_send(&request.bytes()).await {
        true => connection.answer().await,
        false => None,
    }
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) name: Option<String>,
    pub(crate) data: String,
}

/// An event stream that is open.
pub(crate) struct EventStream {
    connection: Connection,
    unread: String,
    /// Comments seen so far.
    pub(crate) comments: usize,
}

impl EventStream {
    /// Sends `request`; the error is the whole answer of a refusal.
    pub(crate) async fn open(address: SocketAddr, request: &Request) -> Result<Self, Answer> {
        let mut connection = Connection::open(address).await;
        connection.send(&request.bytes()).await;
        let head = connection.head().await.expect("an answer");
        if head.header("content-type") == Some("text/event-stream") {
            return Ok(Self {
                connection,
                unread: String::new(),
                comments: 0,
            });
        }
        Err(connection.rest_of(head).await.expect("a body"))
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let lines = |field: &str| {
                let lines = block.lines().filter_map(|line| line.strip_prefix(field));
                lines.map(|value| value.trim_start().to_owned()).collect::<Vec<_>>()
            };
            let (name, data) = (lines("event:").pop(), lines("data:").join("\n"));
            if !data.is_empty() {
                return Some(Event { name, data });
            }
        }
    }

    /// Waits for a comment, before any event.
    pub(crate) async fn next_comment(&mut self) {
        let block = self.block().await.expect("a comment");
        assert!(block.starts_with(':'), "{block}");
    }

    /// The lines before the next empty line.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let block = block.to_owned();
                self.unread = rest.to_owned();
                self.comments += block.lines().filter(|line| line.starts_with(':')).count();
                return Some(block);
            }
            let chunk = self.connection.chunk().await.filter(|chunk| !chunk.is_empty())?;
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
