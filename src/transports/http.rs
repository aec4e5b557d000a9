//! MCP over HTTP, for many clients: Streamable HTTP, and routes for operators and people. Either all clients see one
//! person's address book, or each employee of a team signs in and sees their own: `team.rs` lists the routes and checks
//! of a team's server, and this file those of a server for one person.
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
//! A request passes these checks in this order, and each check can end it with an error:
//!
//! | # | check | file |
//! |---|---|---|
//! | 1 | number of connections, of all callers and of one | `connections.rs` |
//! | 2 | time and size of the request's head | `connections.rs` |
//! | 3 | `Host`, then `Origin`, then signs of a proxy if no token is set | `../guard.rs`, `../guard/hosts.rs` |
//! | 4 | CORS, if the settings list origins: answers the preflight requests of browsers, which carry no token | `cors.rs` |
//! | 5 | the bearer token | `../guard.rs`, `../guard/token.rs` |
//! | 6 | the path and the method | `one_person.rs` |
//! | 7 | the rate limit of the caller, on `/mcp`, `/sse` and `/messages` | `../guard/callers.rs` |
//! | 8 | `Accept` | `accept.rs` |
//! | 9 | a free place among the running calls, those of all callers and those of one | `../guard.rs` |
//! | 10 | type, size and time of the body, and the memory for bodies, of all callers and of one | `../body.rs` |
//! | 11 | a place is still free, and the call occupies it | `../guard.rs` |
//! | 12 | the message itself | `../messages.rs`, then rmcp |
//!
//! Checks 8 to 12 apply to `/mcp`. `/sse` opens a session after check 7. `/messages` finds its session after check 7,
//! and then makes checks 10, 12 and 11 in this order (`../legacy_sse.rs`). `request_log.rs` counts and logs each
//! request between checks 2 and 3, with the result of all later checks.

mod accept;
mod address;
mod batch;
mod connections;
mod cors;
mod direct;
mod endpoint;
mod listener;
mod one_person;
mod operation;
mod page;
mod paths;
mod request_log;
mod routes;
mod team;

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use super::limits::Limits;
pub use address::{InvalidAddress, ListenAddress};
pub use listener::{Error, Listener};
pub use routes::Settings;

use crate::mcp::Server;

/// Time from the signal to stop until new tokens of the portal are in the team's store: running calls end within
/// [`Limits::grace`], and what remains, six seconds at least, is for saving. Kubernetes allows 30 seconds in all.
///
/// An exchange of tokens takes at most 15 seconds, so one that begins in the first 14 seconds always ends. A later one
/// is cut off if the portal takes longer than the time that remains; as it may have spent the refresh token by then, the
/// employee has to sign in again. An exchange mostly takes less than a second.
const STOP_TIME: Duration = Duration::from_secs(29);

/// Serves until `stop` is cancelled, then lets running calls finish within [`Limits::grace`]. Calls that still run
/// after that time are answered as cancelled.
pub async fn serve(server: Server, listener: Listener, settings: Settings, stop: CancellationToken) {
    let team = settings.team.clone();
    let connections = routes::build(server, settings, listener.address());
    let serving = connections.serve(listener.into_inner(), stop.clone());
    match team {
        None => serving.await,
        Some(team) => {
            let stopped = async {
                stop.cancelled().await;
                Instant::now()
            };
            let ((), (), stopped) = tokio::join!(serving, team.sweep(stop.clone()), stopped);
            if !team.finish(STOP_TIME.saturating_sub(stopped.elapsed())).await {
                tracing::error!("new tokens of the portal were not saved: some employees have to sign in again");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::connections::LAST_ANSWERS;
    use super::*;

    #[test]
    fn a_stopped_server_has_time_to_save_tokens_and_ends_before_kubernetes_kills_it() {
        let until_the_last_answer = Limits::default().grace + LAST_ANSWERS;
        assert!(until_the_last_answer + Duration::from_secs(6) < STOP_TIME);
        assert!(STOP_TIME < Duration::from_secs(30));
    }
}
