//! Accepts and serves connections: bounds their number and slowness, and ends them when the server stops.
//!
//! The server closes a connection whose client sends or accepts nothing for too long, so that the connection is free
//! for other clients.
//!
//! When the server stops, it goes on for a short time, until a proxy has noticed by its checks of health: it accepts new
//! connections, and closes each connection with its next answer. A server for one person does not wait if nobody is
//! connected. Then it closes idle connections, and answers the running calls.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_service::Service;
use tracing::Level;

use super::request_log::RequestLog;
use crate::transports::guard::{CallerQuota, ConnectionAddresses, Guard};
use crate::transports::limits::Limits;
use crate::transports::metrics::Metrics;
use crate::transports::refusal::RefusalLog;

/// The most bytes of a request's head. Real heads have one or two kilobytes, those of browsers with many cookies a few
/// more. hyper may read up to twice this size before it checks.
const MAX_HEAD: usize = 32 * 1024;
/// The most headers of a request.
const MAX_HEADERS: usize = 100;

/// The most connections of one other machine: enough for an office behind one address.
const MAX_CONNECTIONS_PER_CALLER: usize = 1024;

/// Pause after a failed accept, for example when no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Time for the requests of connections that were in the system's queue when the server ceased to accept.
const QUEUED_REQUESTS: Duration = Duration::from_millis(100);

/// Time for the last answers, after calls that took too long were cancelled.
pub(super) const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Everything that the connections of one server need.
pub(super) struct Connections {
    pub(super) router: Router,
    pub(super) limits: Limits,
    /// True if a proxy may be about to connect even when nobody is connected.
    pub(super) has_proxy: bool,
    pub(super) guard: Arc<Guard>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) log: Arc<RequestLog>,
    /// Cancelled when the server begins to stop.
    pub(super) closing: CancellationToken,
    /// Cancels the running calls.
    pub(super) shutdown: CancellationToken,
}

impl Connections {
    /// Accepts and serves connections until `stop` is cancelled, then ends them as the comment of this file describes.
    pub(super) async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let limits = self.limits;
        let places = Arc::new(Semaphore::new(room_for_connections(limits.connections)));
        let open_connections = TaskTracker::new();
        let per_caller = CallerQuota::new(MAX_CONNECTIONS_PER_CALLER);
        let refused = RefusalLog::new(Level::WARN, "closed more new connections");
        let graceful = GracefulShutdown::new();
        let begin = |(stream, remote): (TcpStream, SocketAddr)| {
            let place = Arc::clone(&places).try_acquire_owned();
            let reservation = per_caller.reserve(self.guard.connected_caller(remote.ip()));
            let (Ok(place), Some(reservation)) = (place, reservation) else {
                if refused.is_first("too_many_connections") {
                    tracing::warn!(
                        "closed a new connection: this server, or one address, has as many connections as it may"
                    );
                }
                self.metrics.connection_refused();
                return;
            };
            let Ok(local) = stream.local_addr() else { return };
            // Nagle's algorithm would delay small answers by 40 ms.
            let _ = stream.set_nodelay(true);
            let addresses = ConnectionAddresses { remote, local };
            let serving = self.connection(stream, addresses, graceful.watcher());
            let open = self.metrics.open_connection();
            let log = Arc::clone(&self.log);
            open_connections.spawn(async move {
                // Only unreadable requests are logged: it is no fault if a client disconnects or is slow.
                if serving.await.is_err_and(|error| error.is_parse()) {
                    log.unreadable_request();
                }
                drop((place, reservation, open));
            });
        };
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => begin(accepted),
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        tracing::info!("stopping: running calls may finish");
        self.closing.cancel();
        let stopping = Instant::now();
        // This lets `wait` end as soon as no connection is open.
        open_connections.close();
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(stopping + limits.late_requests) => break,
                () = open_connections.wait(), if !self.has_proxy => break,
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => begin(accepted),
                    Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
                },
            }
        }
        // Clients that are already in the system's queue are served too. The queue is read without tokio, whose accept
        // may report an empty queue before it has looked, or in order to let other tasks run.
        if let Ok(listener) = listener.into_std() {
            while let Ok((stream, remote)) = listener.accept() {
                let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                stream.into_iter().for_each(|stream| begin((stream, remote)));
            }
        }
        let _ = tokio::time::timeout(QUEUED_REQUESTS, open_connections.wait()).await;
        let ended = graceful.shutdown();
        tokio::pin!(ended);
        let grace = limits.grace.saturating_sub(stopping.elapsed());
        if tokio::time::timeout(grace, &mut ended).await.is_err() {
            tracing::warn!("stopping: calls that still run are cancelled");
            self.shutdown.cancel();
            let _ = tokio::time::timeout(LAST_ANSWERS, ended).await;
        }
        refused.flush();
        self.log.flush();
    }

    /// Serves one connection until one of its sides ends it.
    fn connection(
        &self,
        stream: TcpStream,
        addresses: ConnectionAddresses,
        watcher: Watcher,
    ) -> impl Future<Output = hyper::Result<()>> + use<> {
        let mut io = TimeoutStream::new(stream);
        io.set_write_timeout(Some(self.limits.write_time));
        let (router, closing) = (self.router.clone(), self.closing.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(addresses);
            let answer = router.clone().call(request.map(Body::new));
            let closing = closing.clone();
            async move {
                let mut response = answer.await.unwrap_or_else(|never| match never {});
                if closing.is_cancelled() {
                    response
                        .headers_mut()
                        .insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_time)
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(Box::pin(io)), service);
        watcher.watch(connection)
    }
}

/// How many of the `wanted` connections the limit of open files allows. Raises that limit as far as this user may, and
/// reserves some files for everything else.
fn room_for_connections(wanted: usize) -> usize {
    const RESERVED: u64 = 64;
    let wanted_files = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(RESERVED);
    let files = rlimit::increase_nofile_limit(wanted_files).unwrap_or(u64::MAX);
    let room = usize::try_from(files.saturating_sub(RESERVED)).unwrap_or(usize::MAX);
    room.clamp(16, wanted.max(16))
}
