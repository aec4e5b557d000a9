//! Requests of the older revisions, answered in JSON without a service of their own.
//!
//! For a request without a session rmcp makes a service and throws it away afterwards: two tasks, and channels of tens of
//! kilobytes, which cost more than the rest of a call under load. Nothing of it is needed where the only message from the
//! server is the answer. So one idle service for each revision stands for all of its clients, and requests go to the
//! same handler as rmcp would call. Where rmcp does more than that, nothing is answered here: `initialize`, what speaks
//! 2026-07-28 by its header or in itself, an unknown revision, and whatever is no request.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use rmcp::model::{
    ClientCapabilities, ClientRequest, GetExtensions, GetMeta, Implementation, InitializeRequestParams, JsonRpcMessage,
    ProtocolVersion,
};
use rmcp::service::{
    RequestContext, RoleServer, RunningService, RxJsonRpcMessage, Service, TxJsonRpcMessage, serve_directly,
};
use rmcp::transport::Transport;

use crate::mcp::Server;

const REVISION: &str = "mcp-protocol-version";

/// The idle services.
pub(super) struct Direct {
    server: Server,
    by_revision: Vec<(ProtocolVersion, OnceLock<Idle>)>,
}

type Idle = RunningService<RoleServer, Server>;

impl Direct {
    pub(super) fn new(server: &Server) -> Self {
        let is_older = |version: &&ProtocolVersion| version.as_str() < ProtocolVersion::STANDARD_HEADERS.as_str();
        let older = ProtocolVersion::KNOWN_VERSIONS.iter().filter(is_older);
        Self {
            server: server.clone(),
            by_revision: older.map(|version| (version.clone(), OnceLock::new())).collect(),
        }
    }

    /// The answer to a request that can be answered here.
    pub(super) async fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Option<Response> {
        let service = self.service(headers)?;
        let Ok(RxJsonRpcMessage::<RoleServer>::Request(message)) = serde_json::from_slice(body) else {
            return None;
        };
        let mut request = message.request;
        let negotiates = matches!(
            request,
            ClientRequest::InitializeRequest(_) | ClientRequest::DiscoverRequest(_)
        );
        if negotiates || request.get_meta().protocol_version().is_some() {
            return None;
        }
        let mut context = RequestContext::new(message.id.clone(), service.peer().clone());
        std::mem::swap(&mut context.meta, request.get_meta_mut());
        std::mem::swap(&mut context.extensions, request.extensions_mut());
        let answer: TxJsonRpcMessage<RoleServer> = match service.service().handle_request(request, context).await {
            Ok(result) => JsonRpcMessage::response(result, message.id),
            Err(error) => JsonRpcMessage::error(error, Some(message.id)),
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&answer).ok()?));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Some(response)
    }

    /// The service for the revision that the header names; without a header that is 2025-03-26.
    fn service(&self, headers: &HeaderMap) -> Option<&Idle> {
        let mut named = headers.get_all(REVISION).iter();
        let revision = match (named.next(), named.next()) {
            (None, _) => ProtocolVersion::V_2025_03_26.as_str(),
            (Some(named), None) => named.to_str().ok()?,
            _ => return None,
        };
        let mut all = self.by_revision.iter();
        let (version, idle) = all.find(|(version, _)| version.as_str() == revision)?;
        Some(idle.get_or_init(|| {
            let client = InitializeRequestParams::new(ClientCapabilities::default(), Implementation::default())
                .with_protocol_version(version.clone());
            serve_directly(self.server.clone(), Silence, Some(client))
        }))
    }
}

/// A client that says nothing and hears nothing.
struct Silence;

impl Transport<RoleServer> for Silence {
    type Error = Infallible;

    fn send(
        &mut self,
        _: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Infallible>> + Send + 'static {
        ready(Ok(()))
    }

    fn receive(&mut self) -> impl Future<Output = Option<RxJsonRpcMessage<RoleServer>>> + Send {
        pending()
    }

    async fn close(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
