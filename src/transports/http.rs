//! MCP over HTTP, for many clients at once: Streamable HTTP, and what an operator needs beside it.
//!
//! | route | what it is |
//! |---|---|
//! | `POST /mcp` | one message in, its answer out, as JSON or as an event stream: `endpoint` |
//! | `GET /sse`, `POST /messages` | the transport of 2024-11-05, if asked for: `legacy_sse` |
//! | `GET /healthz`, `/readyz`, `/metrics` | `operation` |
//! | `GET /` | a page for people: `page` |
//!
//! No session is kept for `/mcp`: every request carries what it needs, so a restart loses nothing. Everything passes
//! the [`guard`] first; `connections` bounds time and size of what arrives, and ends well.

mod address;
mod batch;
mod connections;
mod direct;
mod endpoint;
mod listener;
mod operation;
mod page;
mod routes;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use address::{InvalidAddress, ListenAddress};
pub use listener::{Error, Listener};
pub(super) use routes::App;

use super::{guard, messages};
use crate::mcp::Server;

/// How to serve.
#[derive(Debug, Default)]
pub struct Settings {
    /// Whom to let in.
    pub guard: guard::Settings,
    /// Serve the transport of 2024-11-05 too.
    pub legacy_sse: bool,
    /// Bounds of everything a client can use up.
    pub limits: Limits,
}

/// Bounds of what clients can use up.
///
/// Together they bound memory: an idle connection takes some ten kilobytes, a running call seventy, an idle session
/// of 2024-11-05 eighty.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for a request's head to arrive, and for an idle connection to be used again. A head is one packet.
    pub head_time: Duration,
    /// Time for a request's body to arrive: a few packets.
    pub body_time: Duration,
    /// Time in which a client must take at least a part of what is sent; a phone may lose its network for a while.
    pub write_time: Duration,
    /// Bytes of a body. A call has a few hundred, fifty names a few thousand.
    pub body_bytes: usize,
    /// Bytes of the answers to one batch, which wait for each other.
    pub batch_answer_bytes: usize,
    /// Bytes of all bodies that are being received or answered; each caller has a share of them.
    pub all_bodies_bytes: usize,
    /// Connections at the same time: several for each client of a large company, and under common limits of open files.
    pub connections: usize,
    /// Calls that run at the same time.
    pub running_calls: usize,
    /// Sessions of the transport of 2024-11-05: one for each client that is open.
    pub sessions: usize,
    /// A session in which nothing happens for so long is ended: a lunch break fits.
    pub session_idle: Duration,
    /// Silence on an event stream before a comment is sent. Proxies give up a silent connection after a minute.
    pub keep_alive: Duration,
    /// Time for running calls to finish when the server is told to stop. Within the 30 seconds that Kubernetes gives,
    /// with a moment for last answers.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(15),
            write_time: Duration::from_secs(60),
            body_bytes: messages::MAX_BYTES,
            batch_answer_bytes: 1024 * 1024,
            all_bodies_bytes: 64 * 1024 * 1024,
            connections: 8192,
            running_calls: guard::MAX_RUNNING,
            sessions: 1000,
            session_idle: Duration::from_secs(60 * 60),
            keep_alive: Duration::from_secs(15),
            grace: Duration::from_secs(20),
        }
    }
}

/// Serves until `stop` is cancelled, then lets running calls finish within [`Limits::grace`]; what still runs then is
/// answered as cancelled.
pub async fn serve(server: Server, listener: Listener, settings: Settings, stop: CancellationToken) {
    let (app, router) = routes::build(server, settings, listener.address());
    connections::serve(listener.into_inner(), router, &app, stop).await;
}
