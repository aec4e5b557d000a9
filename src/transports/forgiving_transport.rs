//! A transport around another one that keeps rmcp from ending a session because of the client's first messages.
//!
//! rmcp ends the session if a notification or a response comes before the first request; here such messages are
//! ignored. A call before the handshake is refused with an error about `initialize`; rmcp's own error would demand the
//! metadata of 2026-07-28 instead.

use rmcp::model::{ClientRequest, ErrorData, GetMeta, JsonRpcMessage, ProtocolVersion};
use rmcp::service::{RoleServer, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio_util::sync::CancellationToken;

use super::messages::Message;

/// Passes the messages of `inner` to rmcp, except those before the handshake that would make rmcp end the session.
pub(super) struct ForgivingTransport<T> {
    inner: T,
    has_begun: bool,
    client_gone: CancellationToken,
}

impl<T> ForgivingTransport<T> {
    /// `client_gone` is cancelled when the input has ended or a message cannot be sent.
    pub(super) fn new(inner: T, client_gone: CancellationToken) -> Self {
        Self {
            inner,
            has_begun: false,
            client_gone,
        }
    }

    /// The same transport for a session without a handshake.
    pub(super) fn begun(self) -> Self {
        Self {
            has_begun: true,
            ..self
        }
    }
}

impl<T> Transport<RoleServer> for ForgivingTransport<T>
where
    T: Transport<RoleServer>,
{
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let sending = self.inner.send(message);
        let client_gone = self.client_gone.clone();
        async move {
            let sent = sending.await;
            if sent.is_err() {
                client_gone.cancel();
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<Message> {
        loop {
            let Some(message) = self.inner.receive().await else {
                self.client_gone.cancel();
                return None;
            };
            if self.has_begun {
                return Some(message);
            }
            let JsonRpcMessage::Request(request) = &message else {
                tracing::debug!("ignored a message that came before the first request");
                continue;
            };
            if lacks_a_handshake(&request.request) {
                let error = ErrorData::invalid_request(HANDSHAKE_FIRST, None);
                let refusal = JsonRpcMessage::error(error, Some(request.id.clone()));
                self.send(refusal).await.ok()?;
                continue;
            }
            self.has_begun = begins_a_session(&request.request);
            return Some(message);
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

/// True if rmcp would need a handshake before this request: the request cannot open a session and names no revision.
fn lacks_a_handshake(request: &ClientRequest) -> bool {
    let is_first = matches!(
        request,
        ClientRequest::InitializeRequest(_) | ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_)
    );
    !is_first && request.get_meta().protocol_version().is_none()
}

const HANDSHAKE_FIRST: &str =
    "this session has not begun: `initialize` comes first, and has to be answered with a result";

/// True if rmcp starts a session with this request: `initialize`, or a request with the metadata of 2026-07-28
/// other than `ping` and `server/discover`.
pub(super) fn begins_a_session(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::InitializeRequest(_) => true,
        ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
        other => other
            .get_meta()
            .missing_required_keys(&ProtocolVersion::V_2026_07_28)
            .is_empty(),
    }
}
