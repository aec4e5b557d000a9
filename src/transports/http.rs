//! MCP over HTTP, for many clients at once: Streamable HTTP, and what an operator needs beside it.
//!
//! | route | handler |
//! |---|---|
//! | `POST /mcp` | `endpoint`: one message in, its answer out, as JSON or as an event stream |
//! | `GET /sse`, `POST /messages` | `legacy_sse`: the transport of 2024-11-05, if it is switched on |
//! | `GET /healthz`, `/readyz`, `/metrics` | `operation` |
//! | `GET /` | `page`: a page for people |
//!
//! The server keeps no session for `/mcp`: each request carries everything it needs, so a restart loses nothing.
//!
//! A request passes these checks, in this order. Each can end it with an error:
//!
//! | # | check | file |
//! |---|---|---|
//! | 1 | number of connections, of all callers and of one | `connections.rs` |
//! | 2 | time and size of the request's head | `connections.rs` |
//! | 3 | none: the request is counted and logged, with the answer that the later checks lead to | `request_log.rs` |
//! | 4 | `Host`, then `Origin`, then signs of a proxy if no token is set | `../guard.rs`, `../guard/hosts.rs` |
//! | 5 | CORS, if origins are allowed: answers the preflight requests of browsers, which carry no token | `routes.rs` |
//! | 6 | the bearer token | `../guard.rs`, `../guard/token.rs` |
//! | 7 | the route and the method | `routes.rs` |
//! | 8 | the rate limit of the caller; routes that take messages or open a session only, as all that follow | `../guard/callers.rs` |
//! | 9 | `Accept`, on `/mcp` | `accept.rs` |
//! | 10 | a place among the running calls, of all callers and of one; on `/mcp` before and after the body | `../guard.rs` |
//! | 11 | type, size and time of the body, and the memory for bodies, of all callers and of one | `../body.rs` |
//! | 12 | the message itself | `../messages.rs`, then rmcp |
//!
//! On `/messages` and `/sse` the session is found or opened after the rate limit; a message takes its place among the
//! running calls after its body was read (`../legacy_sse.rs`).

mod accept;
mod address;
mod batch;
mod connections;
mod direct;
mod endpoint;
mod listener;
mod operation;
mod page;
mod request_log;
mod routes;

use tokio_util::sync::CancellationToken;

pub use super::limits::Limits;
pub use address::{InvalidAddress, ListenAddress};
pub use listener::{Error, Listener};
pub use routes::Settings;

use crate::mcp::Server;

/// Serves until `stop` is cancelled, then lets running calls finish within [`Limits::grace`]. Calls that still run
/// after that time are answered as cancelled.
pub async fn serve(server: Server, listener: Listener, settings: Settings, stop: CancellationToken) {
    let connections = routes::build(server, settings, listener.address());
    connections.serve(listener.into_inner(), stop).await;
}
