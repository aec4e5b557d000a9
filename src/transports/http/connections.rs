//! Connections: how many, how slow, and how they end when the server is told to stop.
//!
//! A client that sends or takes nothing for too long is let go, so that it cannot keep what others need. When the
//! server stops, whoever has connected is still heard, whoever waits is answered, and idle connections are closed.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower_service::Service;
use tracing::Level;

use super::Limits;
use super::routes::App;
use crate::transports::guard::{self, Ends, Shares};
use crate::transports::refusal;

/// Real heads have one or two kilobytes; browsers with many cookies a few more. hyper may read up to twice as much
/// before it looks.
const MAX_HEAD: usize = 32 * 1024;
const MAX_HEADERS: usize = 100;

/// Connections of one other machine: those of an office behind one address.
const CONNECTIONS_OF_ONE: usize = 1024;

/// After a failed accept, as when no file descriptor is left.
const PAUSE: Duration = Duration::from_millis(100);

/// Requests that were sent before the server was told to stop arrive within this time.
const LATE_REQUESTS: Duration = Duration::from_millis(100);

/// For the last answers, once calls that took too long were cancelled.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Serves connections until `stop`, then ends as the module says.
pub(super) async fn serve(listener: TcpListener, router: Router, app: &Arc<App>, stop: CancellationToken) {
    let limits = app.limits;
    let places = Arc::new(Semaphore::new(room_for_connections(limits.connections)));
    let shares = Shares::new(CONNECTIONS_OF_ONE);
    let refused = refusal::Log::new(Level::WARN, "closed more new connections");
    let graceful = GracefulShutdown::new();
    let begin = |(stream, remote): (TcpStream, SocketAddr)| {
        let place = Arc::clone(&places).try_acquire_owned();
        let share = shares.take(guard::other_machine(remote.ip()));
        let (Ok(place), Some(share)) = (place, share) else {
            if refused.is_first("too_many_connections") {
                tracing::warn!(
                    "closed a new connection: there are as many as this server takes, of all or of one address"
                );
            }
            app.metrics.connection_refused();
            return;
        };
        let Ok(local) = stream.local_addr() else { return };
        // Nagle's algorithm would hold small answers back for 40 ms.
        let _ = stream.set_nodelay(true);
        let serving = connection(
            stream,
            Ends { remote, local },
            router.clone(),
            limits,
            graceful.watcher(),
        );
        let open = app.metrics.open_connection();
        let app = Arc::clone(app);
        tokio::spawn(async move {
            // A client that breaks off or is slow is its own business.
            if serving.await.is_err_and(|error| error.is_parse()) {
                app.unreadable_request();
            }
            drop((place, share, open));
        });
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => begin(accepted),
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
        }
    }
    // Whoever is in the queue already must not be turned away. Asked of the system itself: tokio may say that there is
    // nobody before it has looked, or when it thinks that others should have a turn.
    if let Ok(listener) = listener.into_std() {
        while let Ok((stream, remote)) = listener.accept() {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            stream.into_iter().for_each(|stream| begin((stream, remote)));
        }
    }
    tracing::info!("stopping: running calls may finish");
    app.closing.cancel();
    tokio::time::sleep(LATE_REQUESTS).await;
    let ended = graceful.shutdown();
    tokio::pin!(ended);
    if tokio::time::timeout(limits.grace, &mut ended).await.is_err() {
        tracing::warn!("stopping: calls that still run are cancelled");
        app.server.shutdown_token().cancel();
        let _ = tokio::time::timeout(LAST_WORDS, ended).await;
    }
    refused.flush();
    app.refused.flush();
}

/// One connection until it ends, whichever side ends it.
async fn connection(
    stream: TcpStream,
    ends: Ends,
    router: Router,
    limits: Limits,
    watcher: Watcher,
) -> hyper::Result<()> {
    let mut io = TimeoutStream::new(stream);
    io.set_write_timeout(Some(limits.write_time));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ends);
        let answer = router.clone().call(request.map(Body::new));
        async { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Box::pin(io)), service);
    watcher.watch(connection).await
}

/// Raises the limit of open files as far as this user may, and leaves some for everything else.
fn room_for_connections(wanted: usize) -> usize {
    const RESERVED: u64 = 64;
    let wanted_files = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(RESERVED);
    let files = rlimit::increase_nofile_limit(wanted_files).unwrap_or(u64::MAX);
    let room = usize::try_from(files.saturating_sub(RESERVED)).unwrap_or(usize::MAX);
    room.clamp(16, wanted.max(16))
}
