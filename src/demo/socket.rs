//! Serves the portal on its port: connections, complete answers, and broken connections.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

use super::answer::Answer;
use super::exchange::respond;
use super::faults::Breakage;
use super::request::RecordedRequest;
use super::state::State;

/// Connections that may wait to be accepted.
pub(super) const QUEUE: u32 = 1024;

/// The longest request body that is read, in bytes.
const LONGEST_BODY: usize = 1024 * 1024;

type Body = BoxBody<Bytes, io::Error>;

/// Listens with the shortest possible queue, fills the queue, and accepts no connection.
pub(super) async fn full_queue(socket: TcpSocket) -> io::Result<(TcpListener, Vec<TcpStream>)> {
    /// Linux queues one connection more than this.
    const SHORTEST: u32 = 1;
    let listener = socket.listen(SHORTEST)?;
    let mut waiting = Vec::new();
    for _ in 0..=SHORTEST {
        waiting.push(TcpStream::connect(listener.local_addr()?).await?);
    }
    Ok((listener, waiting))
}

/// Keeps a value alive until the portal stops.
pub(super) async fn hold<T>(what: T) {
    std::future::pending::<()>().await;
    drop(what);
}

pub(super) async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(serve(stream, Arc::clone(&state)));
            }
            // File descriptors have run out, or the caller is gone. Neither must stop the portal.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let reset = Notify::new();
    let service = service_fn(|request| exchange(request, &state, &reset));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // An error means that the caller closed the connection.
        _ = &mut connection => {}
        () = reset.notified() => {
            // Closing with this option sends RST instead of FIN.
            let _ = connection.into_parts().io.into_inner().set_zero_linger();
        }
    }
}

async fn exchange(request: Request<Incoming>, state: &State, reset: &Notify) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    // An incomplete or too long body counts as empty; the JSON check then refuses it.
    let body = Limited::new(body, LONGEST_BODY)
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let path = parts
        .uri
        .path_and_query()
        .map_or_else(|| parts.uri.to_string(), ToString::to_string);
    let request = RecordedRequest {
        method: parts.method.to_string(),
        path,
        headers,
        body: body.to_vec(),
    };
    Ok(match respond(state, request).await {
        Ok(answer) => whole(answer),
        Err(breakage) => broken(breakage, reset).await,
    })
}

fn whole(answer: Answer) -> Response<Body> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let body = Full::new(Bytes::from(answer.body))
        .map_err(|never| match never {})
        .boxed();
    response.body(body).unwrap_or_else(|_| server_error())
}

fn server_error() -> Response<Body> {
    let mut response = Response::new(Full::default().map_err(|never| match never {}).boxed());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

async fn broken(breakage: Breakage, reset: &Notify) -> Response<Body> {
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
    let body = StreamBody::new(stream::iter(chunks)).boxed();
    Response::builder()
        .header("content-type", "application/json")
        .body(body)
        .unwrap_or_else(|_| server_error())
}
