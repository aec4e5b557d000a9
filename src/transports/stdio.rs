//! MCP over standard input and output.
//!
//! Nothing but MCP goes to stdout. The handshake is answered before anything else happens. A client that opens with
//! something odd is not punished by a dead server, and the end of input ends the process, whoever still reads.

mod hang_up;
mod lines;
mod output;

use std::time::Duration;

use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::{ServiceExt, transport};
use tokio_util::sync::CancellationToken;

use super::session::Session;
use crate::mcp::Server;
use hang_up::hang_up;
use lines::Lines;

/// After the end of input, calls that are already running may finish within this time, so that a piped script gets its
/// answers. An idle server ends at once.
const GRACE: Duration = Duration::from_millis(250);
/// Then they are cancelled, and this is the time to write the last answers to a client that may not read any more.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Why serving ended otherwise than by the end of input.
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

/// Serves one client until the end of input, or until `stop` is cancelled, which is as good.
///
/// # Errors
/// [`Error`]; the end of input, also before the handshake, is not an error.
pub async fn serve(server: Server, stop: CancellationToken) -> Result<(), Error> {
    let shutdown = server.shutdown_token();
    let input_ended = CancellationToken::new();
    tokio::select! {
        outcome = serve_session(server, input_ended.clone()) => outcome,
        () = async {
            tokio::select! {
                () = input_ended.cancelled() => {}
                () = stop.cancelled() => {}
                () = hung_up_unread() => {}
            }
            tokio::time::sleep(GRACE).await;
            shutdown.cancel();
            tokio::time::sleep(LAST_WORDS).await;
        } => Ok(()),
    }
}

/// Waits for the end of an input whose rest is not read, because the client does not take its answers.
async fn hung_up_unread() {
    hang_up().await;
    tokio::time::sleep(GRACE).await;
}

async fn serve_session(server: Server, input_ended: CancellationToken) -> Result<(), Error> {
    // Pipes on the reactor instead of a thread hand-off per message; falls back to blocking handles elsewhere.
    let (input, output) = transport::stdio_pipes();
    let session = Session::new(Lines::new(input, output), input_ended);
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
