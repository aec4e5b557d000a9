//! A session with one client over a transport of messages: what rmcp would end it for is forgiven. A call before the
//! handshake is refused with an error about `initialize`, where rmcp would name the metadata of 2026-07-28.

use rmcp::model::{ClientRequest, ErrorData, GetMeta, JsonRpcMessage, ProtocolVersion};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio_util::sync::CancellationToken;

/// A transport that forgives what rmcp would end the session for: notifications and responses before the first
/// request. Also tells when the client is gone: its input has ended, or it takes no more output.
pub(super) struct Session<T> {
    inner: T,
    has_begun: bool,
    client_gone: CancellationToken,
}

impl<T> Session<T> {
    /// `client_gone` is cancelled when the client sends or takes no more.
    pub(super) fn new(inner: T, client_gone: CancellationToken) -> Self {
        Self {
            inner,
            has_begun: false,
            client_gone,
        }
    }

    /// The same for a session that needs no opening.
    pub(super) fn begun(self) -> Self {
        Self {
            has_begun: true,
            ..self
        }
    }
}

impl<T> Transport<RoleServer> for Session<T>
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

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
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
                let error = ErrorData::invalid_request(NOT_BEGUN, None);
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

/// Neither a first request of the revisions with a handshake, nor one that names its revision itself.
fn lacks_a_handshake(request: &ClientRequest) -> bool {
    let is_first = matches!(
        request,
        ClientRequest::InitializeRequest(_) | ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_)
    );
    !is_first && request.get_meta().protocol_version().is_none()
}

const NOT_BEGUN: &str = "this session has not begun: `initialize` comes first, and has to be answered with a result";

/// rmcp leaves its opening phase on `initialize`, or on a request other than a probe that carries the metadata of
/// 2026-07-28.
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
