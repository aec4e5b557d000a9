//! A small HTTP server that receives the browser when the portal's authorize page sends it back to this machine.
//!
//! It listens on the loopback address only. Each connection carries one request and ends within [`CONNECTION_TIME`], so
//! that a connection without a request, which browsers open in advance, does not block the others. The pages repeat
//! nothing of the request. A redirect counts once its page is sent.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::Ipv4Addr;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::redirected::{Redirected, State};

/// The longest time for one connection. A browser on the same machine needs milliseconds.
const CONNECTION_TIME: Duration = Duration::from_secs(10);
/// The most connections at the same time: more than a browser opens. Further connections wait until one has ended.
const MAX_CONNECTIONS: usize = 32;
/// The longest head of a request, in bytes. The head of a redirect is far shorter.
const MAX_HEAD: usize = 16 * 1024;
/// The pause after a failed accept, for example when no file descriptor is left.
const PAUSE: Duration = Duration::from_millis(100);

/// The listener and the connections it has accepted. Dropping it ends them all.
#[derive(Debug)]
pub(super) struct Listener {
    listener: TcpListener,
    port: u16,
    connections: JoinSet<Option<Redirected>>,
}

impl Listener {
    /// Listens on `port`, or on any free port for 0.
    ///
    /// # Errors
    /// The system's error.
    pub(super) async fn bind(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        Ok(Self {
            port: listener.local_addr()?.port(),
            listener,
            connections: JoinSet::new(),
        })
    }

    /// The address to which the authorize page must send the browser.
    pub(super) fn redirect_uri(&self) -> String {
        format!("http://{}:{}/", Ipv4Addr::LOCALHOST, self.port)
    }

    /// The next redirect from an authorize page, with a right or a wrong state. Dropping the future loses no redirect.
    pub(super) async fn next(&mut self, state: &State) -> Redirected {
        loop {
            let has_room = self.connections.len() < MAX_CONNECTIONS;
            tokio::select! {
                Some(ended) = self.connections.join_next() => {
                    if let Ok(Some(redirected)) = ended {
                        return redirected;
                    }
                }
                accepted = self.listener.accept(), if has_room => match accepted {
                    Ok((stream, _)) => {
                        self.connections.spawn(serve(stream, state.clone()));
                    }
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
            }
        }
    }
}

async fn serve(stream: TcpStream, state: State) -> Option<Redirected> {
    let received = OnceLock::new();
    let service = service_fn(|request| {
        let (response, redirected) = respond(&request, &state);
        if !matches!(redirected, Redirected::Nothing) {
            // Set at most once: a connection carries one request.
            let _ = received.set(redirected);
        }
        ready(Ok::<_, Infallible>(response))
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Errors of the connection are ignored: only a received redirect matters.
    let _ = tokio::time::timeout(CONNECTION_TIME, connection).await;
    received.into_inner()
}

fn respond(request: &Request<Incoming>, state: &State) -> (Response<Full<Bytes>>, Redirected) {
    if request.method() != Method::GET {
        let response = page(StatusCode::METHOD_NOT_ALLOWED, "Only GET requests are answered here.");
        return (response, Redirected::Nothing);
    }
    let redirected = state.read_query(request.uri().query().unwrap_or_default());
    let (status, text) = match &redirected {
        Redirected::Code(_) => (
            StatusCode::OK,
            "The sign-in has arrived. You can close this page; the terminal shows whether it worked.",
        ),
        Redirected::Denied | Redirected::Failed(_) => (
            StatusCode::OK,
            "The sign-in was not granted. You can close this page; the terminal shows more.",
        ),
        Redirected::Foreign => (
            StatusCode::BAD_REQUEST,
            "This answer does not belong to the sign-in that is waiting. Open the address that the terminal shows.",
        ),
        Redirected::Nothing => (
            StatusCode::NOT_FOUND,
            "This address only receives the end of a sign-in. Open the address that the terminal shows.",
        ),
    };
    (page(status, text), redirected)
}

/// A page with `text`, which is not escaped: it comes from this file.
fn page(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>bitrix24-mail-mcp</title>\n<p>{text}</p>\n</html>\n"
    );
    Response::builder()
        .status(status)
        .header("content-type", "text/html; charset=utf-8")
        .header("cache-control", "no-store")
        .header("referrer-policy", "no-referrer")
        .header("content-security-policy", "default-src 'none'")
        .header("x-content-type-options", "nosniff")
        .body(Full::from(html))
        .unwrap_or_default()
}
