//! MCP over standard input and output.
//!
//! Nothing but MCP goes to stdout. The handshake is answered before anything else happens. A client that opens with
//! something odd is not punished by a dead server, and the end of input ends the process, whoever still reads.

mod lines;

use std::io;
use std::time::Duration;

use rmcp::model::{ClientRequest, GetMeta, JsonRpcMessage, ProtocolVersion};
use rmcp::service::{QuitReason, RoleServer, RxJsonRpcMessage, ServerInitializeError, TxJsonRpcMessage};
use rmcp::transport::Transport;
use rmcp::{ServiceExt, transport};
use tokio_util::sync::CancellationToken;

use crate::mcp::Server;
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

/// Serves one client until the end of input.
///
/// # Errors
/// [`Error`]; the end of input, also before the handshake, is not an error.
pub async fn serve(server: Server) -> Result<(), Error> {
    let shutdown = server.shutdown_token();
    let input_ended = CancellationToken::new();
    tokio::select! {
        outcome = serve_session(server, input_ended.clone()) => outcome,
        () = async {
            input_ended.cancelled().await;
            tokio::time::sleep(GRACE).await;
            shutdown.cancel();
            tokio::time::sleep(LAST_WORDS).await;
        } => Ok(()),
    }
}

async fn serve_session(server: Server, input_ended: CancellationToken) -> Result<(), Error> {
    // Pipes on the reactor instead of a thread hand-off per message; falls back to blocking handles elsewhere.
    let (input, output) = transport::stdio_pipes();
    let session = Session {
        inner: Lines::new(input, output),
        has_begun: false,
        input_ended,
    };
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

/// A transport that forgives what rmcp would end the session for: notifications and responses before the first
/// request. Also tells when the client is gone: its input has ended, or it takes no more output.
struct Session<T> {
    inner: T,
    has_begun: bool,
    input_ended: CancellationToken,
}

impl<T> Transport<RoleServer> for Session<T>
where
    T: Transport<RoleServer, Error = io::Error>,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let sending = self.inner.send(message);
        let input_ended = self.input_ended.clone();
        async move {
            let sent = sending.await;
            if sent.is_err() {
                input_ended.cancel();
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let Some(message) = self.inner.receive().await else {
                self.input_ended.cancel();
                return None;
            };
            match &message {
                JsonRpcMessage::Request(request) => self.has_begun |= begins_a_session(&request.request),
                _ if !self.has_begun => {
                    tracing::debug!("ignored a message that came before the first request");
                    continue;
                }
                _ => {}
            }
            return Some(message);
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

/// rmcp leaves its opening phase on `initialize`, or on a request other than a probe that carries the metadata of
/// 2026-07-28.
fn begins_a_session(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        other => other
            .get_meta()
            .missing_required_keys(&ProtocolVersion::V_2026_07_28)
            .is_empty(),
    }
}
