//! A Bitrix24 portal on loopback, to try the program with and to test it against.
//!
//! A real HTTP server on a port of its own, written from the portal contract alone: it imports nothing of the client,
//! so it cannot share its mistakes. It records what it was asked, and can be told to fail in every known way.

mod address_book;
mod answer;
mod faults;
mod pagination;
mod php;
mod rest;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use answer::Answer;
pub use answer::Language;
use faults::{Behaviour, Breakage, WrongSettings};
pub use faults::{FAULTS, Fault, QUIRKS, Quirk};

/// The secret of the demo's webhooks. It opens nothing but this demo, yet it is treated like a real one.
pub const SECRET: &str = "demo7s3cretq1x9z";

/// How the demo portal behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// The way every look-up fails.
    pub fault: Option<&'static Fault>,
    /// Something odd that a client must bear.
    pub quirk: Option<Quirk>,
    /// The language of its messages.
    pub language: Language,
    /// What a limit below zero does.
    pub negative_limit: NegativeLimit,
}

impl Settings {
    fn behaviour(&self) -> Option<Behaviour> {
        self.fault.map(|fault| fault.behaviour)
    }
}

/// What a limit below zero does; sources disagree about real portals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NegativeLimit {
    /// The whole address book in one answer.
    #[default]
    Everything,
    /// 500.
    InternalError,
}

/// A request as the portal received it.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path with its query string.
    pub path: String,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A running demo portal; it stops when dropped.
#[derive(Debug)]
pub struct DemoPortal {
    address: SocketAddr,
    settings: Settings,
    log: Arc<Log>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Log {
    requests: Mutex<Vec<RecordedRequest>>,
    abandoned: AtomicUsize,
    changed: Notify,
}

impl Log {
    // What it guards is only ever pushed to, so it is whole even if a pusher panicked.
    fn requests(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections that may wait to be accepted.
const QUEUE: u32 = 1024;

type Body = BoxBody<Bytes, io::Error>;

impl DemoPortal {
    /// Starts a portal on a free loopback port.
    ///
    /// # Errors
    /// If no loopback port can be had.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = socket.local_addr()?;
        let log = Arc::new(Log::default());
        let accepting = match settings.behaviour() {
            // Bound, so that nobody else gets the port, and not listening, so that it refuses.
            Some(Behaviour::Settings(WrongSettings::ClosedPort)) => tokio::spawn(hold(socket)),
            Some(Behaviour::Settings(WrongSettings::FullQueue)) => tokio::spawn(hold(full_queue(socket).await?)),
            _ => tokio::spawn(accept(socket.listen(QUEUE)?, settings, Arc::clone(&log))),
        };
        Ok(Self {
            address,
            settings,
            log,
            accepting,
        })
    }

    /// What a person would put into `BITRIX24_WEBHOOK_URL`, right or, for some faults, wrong. `None`: nothing.
    pub fn webhook_url(&self) -> Option<String> {
        let Some(Behaviour::Settings(wrong)) = self.settings.behaviour() else {
            return Some(self.webhook_url_of(1));
        };
        let port = self.address.port();
        match wrong {
            WrongSettings::NoCredentials => None,
            WrongSettings::BadWebhookUrl => Some(format!("https://127.0.0.1:{port}/rest/{SECRET}/")),
            WrongSettings::PlainHttp => Some(format!("http://portal.example/rest/1/{SECRET}/")),
            // RFC 6761, section 6.4: this name never has an address.
            WrongSettings::UnknownHost => Some(format!("https://portal.invalid/rest/1/{SECRET}/")),
            WrongSettings::ClosedPort | WrongSettings::FullQueue => Some(self.webhook_url_of(1)),
            WrongSettings::TlsToPlainPort => Some(format!("https://127.0.0.1:{port}/rest/1/{SECRET}/")),
            WrongSettings::WrongSecret => Some(format!("http://127.0.0.1:{port}/rest/1/{SECRET}x/")),
            WrongSettings::NoMailScope => Some(self.webhook_url_of(9)),
        }
    }

    /// The webhook of an employee: 1 and 7 have address books, 9 has a webhook without the mail permission.
    pub fn webhook_url_of(&self, user_id: u64) -> String {
        format!("http://{}/rest/{user_id}/{SECRET}/", self.address)
    }

    /// Everything that was asked so far.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.log.requests().clone()
    }

    /// Requests whose caller went away before the answer.
    pub fn abandoned(&self) -> usize {
        self.log.abandoned.load(Ordering::SeqCst)
    }

    /// Waits until `condition` holds; it is asked again whenever something happens.
    pub async fn wait_until(&self, condition: impl Fn(&Self) -> bool) {
        loop {
            let changed = self.log.changed.notified();
            if condition(self) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for DemoPortal {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Listens with as short a queue as there is, fills it, and accepts nobody.
async fn full_queue(socket: TcpSocket) -> io::Result<(TcpListener, Vec<TcpStream>)> {
    /// Linux holds one more than it is told.
    const SHORTEST: u32 = 1;
    let listener = socket.listen(SHORTEST)?;
    let mut waiting = Vec::new();
    for _ in 0..=SHORTEST {
        waiting.push(TcpStream::connect(listener.local_addr()?).await?);
    }
    Ok((listener, waiting))
}

/// Keeps something open until the portal stops.
async fn hold<T>(what: T) {
    std::future::pending::<()>().await;
    drop(what);
}

async fn accept(listener: TcpListener, settings: Settings, log: Arc<Log>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, settings, Arc::clone(&log)));
            }
            // Out of file descriptors or a caller gone already: neither may end the portal.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, settings: Settings, log: Arc<Log>) {
    if matches!(settings.behaviour(), Some(Behaviour::Connection(Breakage::Reset))) {
        // Closing with this option sends RST instead of FIN.
        let _ = stream.set_zero_linger();
    }
    let reset = Arc::new(Notify::new());
    let service = service_fn(|request| respond(request, settings, Arc::clone(&log), Arc::clone(&reset)));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A caller that breaks off is its own business.
        _ = connection => {}
        () = reset.notified() => {}
    }
}

async fn respond(
    request: Request<Incoming>,
    settings: Settings,
    log: Arc<Log>,
    reset: Arc<Notify>,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    // A body that breaks off counts as empty; the JSON rules then refuse it.
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    record(&log, &parts, &body);
    let mut unanswered = Unanswered {
        log: &log,
        was_answered: false,
    };
    let response = match settings.behaviour() {
        Some(Behaviour::Connection(breakage)) => break_off(breakage, &reset).await,
        Some(behaviour) => faults::answer(behaviour, settings.language, parts.uri.path())
            .map_or_else(|| whole(rest::answer(&settings, &parts, &body)), whole),
        None => whole(rest::answer(&settings, &parts, &body)),
    };
    unanswered.was_answered = true;
    Ok(response)
}

/// Counts a request whose caller went away: hyper drops the handler then.
struct Unanswered<'a> {
    log: &'a Log,
    was_answered: bool,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.was_answered {
            self.log.abandoned.fetch_add(1, Ordering::SeqCst);
            self.log.changed.notify_waiters();
        }
    }
}

fn record(log: &Log, parts: &Parts, body: &Bytes) {
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    log.requests().push(RecordedRequest {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers,
        body: body.to_vec(),
    });
    log.changed.notify_waiters();
}

fn whole(answer: Answer) -> Response<Body> {
    let Answer {
        status,
        content_type,
        location,
        body,
    } = answer;
    let mut response = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("access-control-allow-origin", "*")
        .header("x-content-type-options", "nosniff");
    if let Some(location) = location {
        response = response.header("location", location);
    }
    let body = Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed();
    response.body(body).unwrap_or_else(|_| server_error())
}

fn server_error() -> Response<Body> {
    let mut response = Response::new(Full::default().map_err(|never| match never {}).boxed());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

async fn break_off(breakage: Breakage, reset: &Notify) -> Response<Body> {
    match breakage {
        Breakage::Hang => std::future::pending().await,
        Breakage::Reset => {
            reset.notify_one();
            std::future::pending().await
        }
        Breakage::CutOff => {
            let start = Bytes::from_static(br#"{"result":{"items":[{"id":10,"#);
            let chunks = [Ok(Frame::data(start)), Err(io::ErrorKind::ConnectionAborted.into())];
            streamed(chunks.into_iter())
        }
        Breakage::Huge => {
            const CHUNK: usize = 64 * 1024;
            let chunk = Bytes::from(vec![b' '; CHUNK]);
            streamed((0..64 * 1024 * 1024 / CHUNK).map(move |_| Ok(Frame::data(chunk.clone()))))
        }
    }
}

fn streamed(chunks: impl Iterator<Item = io::Result<Frame<Bytes>>> + Send + Sync + Unpin + 'static) -> Response<Body> {
    let body = StreamBody::new(Chunks(chunks)).boxed();
    Response::builder()
        .header("content-type", "application/json")
        .body(body)
        .unwrap_or_else(|_| server_error())
}

/// An iterator as a stream that is always ready.
struct Chunks<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Chunks<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}
