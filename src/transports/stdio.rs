//! MCP over standard input and output, for one client.
//!
//! Only MCP messages are written to stdout. The handshake is answered before any other work. An unexpected first
//! message does not end the session. The process exits at the end of input, even if the client does not read its
//! answers.

mod hang_up;
mod lines;
mod output;
mod waiting;

use std::time::Duration;

use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::{ServiceExt, transport};
use tokio_util::sync::CancellationToken;

use super::forgiving_transport::ForgivingTransport;
use crate::mcp::Server;
use hang_up::hang_up;
use lines::Lines;

/// Time for running calls to finish after the end of input, so that a script that pipes its requests gets its answers.
/// An idle server exits immediately.
const GRACE: Duration = Duration::from_millis(250);
/// Time to write the last answers, after the remaining calls were cancelled, to a client that may no longer read.
const LAST_ANSWERS: Duration = Duration::from_millis(250);

/// Why serving ended before the end of input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The handshake could not be completed.
    #[error("the MCP handshake failed")]
    Handshake(#[source] Box<ServerInitializeError>),
    /// The service task ended unexpectedly.
    #[error("the MCP service ended unexpectedly")]
    Service(#[source] tokio::task::JoinError),
}

/// Serves one client until the end of input or until `stop` is cancelled, which has the same effect.
///
/// # Errors
/// [`Error`]. The end of input is no error, even before the handshake.
pub async fn serve(server: Server, stop: CancellationToken) -> Result<(), Error> {
    let shutdown = server.shutdown_token();
    let input_ended = CancellationToken::new();
    tokio::select! {
        outcome = serve_session(server, input_ended.clone()) => outcome,
        () = async {
            tokio::select! {
                () = input_ended.cancelled() => {}
                () = stop.cancelled() => {}
                () = hang_up_with_unread_input() => {}
            }
            tokio::time::sleep(GRACE).await;
            shutdown.cancel();
            tokio::time::sleep(LAST_ANSWERS).await;
        } => Ok(()),
    }
}

/// Waits until the client has closed an input that this process does not read to its end, because the client does not
/// read its answers.
async fn hang_up_with_unread_input() {
    hang_up().await;
    tokio::time::sleep(GRACE).await;
}

async fn serve_session(server: Server, input_ended: CancellationToken) -> Result<(), Error> {
    // Pipes are polled without a thread for each message; other handles fall back to blocking reads and writes.
    let (input, output) = transport::stdio_pipes();
    let session = ForgivingTransport::new(Lines::new(input, output), input_ended);
    let running = match server.serve(session).await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(Error::Handshake(Box::new(error))),
    };
    match running.waiting().await.map_err(Error::Service)? {
        QuitReason::JoinError(error) => Err(Error::Service(error)),
        _ => Ok(()),
    }
}
