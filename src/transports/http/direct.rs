//! Answers requests of the older revisions in JSON without rmcp's HTTP service. This is only an optimisation: rmcp
//! would give the same answers.
//!
//! For each request rmcp's HTTP service starts an MCP service and drops it after the answer: two tasks, and channels of
//! tens of kilobytes. None of that is needed where the answer is the only message that the server sends. So one idle
//! service per revision serves all clients, and requests go to the handler that rmcp would call, without rmcp's service
//! loop.
//!
//! [`Direct::answer`] answers if all of these are true, and otherwise returns `None` so that rmcp answers:
//!
//! - the answer is JSON, by `Accept` (an event stream would also carry progress and comments);
//! - the header `MCP-Protocol-Version` names a known revision before 2026-07-28, or is missing, as in 2025-03-26;
//! - the body is a request other than `initialize` and `server/discover`, and names no revision in its `_meta`.
//!
//! Batches use [`Direct::call`] for each of their requests, because rmcp does not accept batches.
//!
//! When the client closes the connection, its call is dropped and does not count in `mcp_tool_calls`.

use std::panic::AssertUnwindSafe;
use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use futures_util::{FutureExt, sink, stream};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use rmcp::model::{
    ClientCapabilities, ClientRequest, ErrorData, GetExtensions, GetMeta, Implementation, InitializeRequestParams,
    JsonRpcMessage, JsonRpcRequest, ProtocolVersion,
};
use rmcp::service::{RequestContext, RoleServer, RunningService, Service, TxJsonRpcMessage, serve_directly};

use crate::mcp::{Employee, Server};
use crate::transports::messages::Message;

/// The header that names the revision of MCP.
pub(super) const REVISION: &str = "mcp-protocol-version";

/// One idle service for each older revision, made when it is first needed.
pub(super) struct Direct {
    server: Server,
    by_revision: Vec<(ProtocolVersion, OnceLock<IdleService>)>,
}

type IdleService = RunningService<RoleServer, Server>;

impl Direct {
    pub(super) fn new(server: &Server) -> Self {
        Self {
            server: server.clone().without_progress(),
            by_revision: older_revisions()
                .map(|version| (version.clone(), OnceLock::new()))
                .collect(),
        }
    }

    /// Answers a request; `None` if rmcp must answer it.
    pub(super) async fn answer(
        &self,
        headers: &HeaderMap,
        employee: Option<&Employee>,
        body: &[u8],
    ) -> Option<Response> {
        let revision = older_revision(headers)?;
        let Ok(message) = serde_json::from_slice(body) else {
            return None;
        };
        let answer = self.call(revision, employee, plain_request(message)?).await?;
        // From here on `None` would make rmcp repeat the call. Serialising an answer does not fail.
        let mut response = Response::new(Body::from(serde_json::to_vec(&answer).unwrap_or_default()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Some(response)
    }

    /// Calls the handler on behalf of a client of `revision`, and of the employee who has signed in to a team's server.
    /// `None` if `revision` is no older revision.
    pub(super) async fn call(
        &self,
        revision: &ProtocolVersion,
        employee: Option<&Employee>,
        message: JsonRpcRequest<ClientRequest>,
    ) -> Option<TxJsonRpcMessage<RoleServer>> {
        let service = self.service(revision)?;
        let mut request = message.request;
        let mut context = RequestContext::new(message.id.clone(), service.peer().clone());
        std::mem::swap(&mut context.meta, request.get_meta_mut());
        std::mem::swap(&mut context.extensions, request.extensions_mut());
        if let Some(employee) = employee {
            context.extensions.insert(employee.clone());
        }
        // A panic would end the connection.
        let handling = AssertUnwindSafe(service.service().handle_request(request, context)).catch_unwind();
        let handled = handling
            .await
            .unwrap_or_else(|_| Err(ErrorData::internal_error("the server has failed", None)));
        Some(match handled {
            Ok(result) => JsonRpcMessage::response(result, message.id),
            Err(error) => JsonRpcMessage::error(error, Some(message.id)),
        })
    }

    fn service(&self, revision: &ProtocolVersion) -> Option<&IdleService> {
        let mut all = self.by_revision.iter();
        let (version, idle) = all.find(|(version, _)| version == revision)?;
        Some(idle.get_or_init(|| {
            let client = InitializeRequestParams::new(ClientCapabilities::default(), Implementation::default())
                .with_protocol_version(version.clone());
            // A client that sends nothing and to which nothing is sent.
            let silent_client = (sink::drain(), stream::pending());
            serve_directly(self.server.clone(), silent_client, Some(client))
        }))
    }
}

/// The known revisions before 2026-07-28.
fn older_revisions() -> impl Iterator<Item = &'static ProtocolVersion> {
    let is_older = |version: &&ProtocolVersion| version.as_str() < ProtocolVersion::STANDARD_HEADERS.as_str();
    ProtocolVersion::KNOWN_VERSIONS.iter().filter(is_older)
}

/// The older revision that the header names, or 2025-03-26 without a header. `None` if the header names another one or
/// occurs twice.
pub(super) fn older_revision(headers: &HeaderMap) -> Option<&'static ProtocolVersion> {
    let mut named = headers.get_all(REVISION).iter();
    let revision = match (named.next(), named.next()) {
        (None, _) => ProtocolVersion::V_2025_03_26.as_str(),
        (Some(named), None) => named.to_str().ok()?,
        _ => return None,
    };
    older_revisions().find(|version| version.as_str() == revision)
}

/// The request in `message`; `None` if that request negotiates or names a revision, and for other messages.
pub(super) fn plain_request(message: Message) -> Option<JsonRpcRequest<ClientRequest>> {
    let Message::Request(message) = message else {
        return None;
    };
    let negotiates = matches!(
        message.request,
        ClientRequest::InitializeRequest(_) | ClientRequest::DiscoverRequest(_)
    );
    let names_its_revision = message.request.get_meta().protocol_version().is_some();
    (!negotiates && !names_its_revision).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn headers(revisions: &[&'static str]) -> HeaderMap {
        let named = revisions.iter().map(|revision| HeaderValue::from_static(revision));
        named
            .map(|revision| (http::HeaderName::from_static(REVISION), revision))
            .collect()
    }

    #[test]
    fn only_known_revisions_before_2026_07_28_are_older() {
        let named = |revisions: &[&'static str]| older_revision(&headers(revisions)).map(ProtocolVersion::as_str);
        assert_eq!(named(&[]), Some("2025-03-26"));
        for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
            assert_eq!(named(&[revision]), Some(revision));
        }
        for revisions in [&["2026-07-28"][..], &["1999-01-01"], &[""]] {
            assert_eq!(named(revisions), None, "{revisions:?}");
        }
        let mut twice = headers(&["2025-06-18"]);
        twice.append(REVISION, HeaderValue::from_static("2025-06-18"));
        assert_eq!(older_revision(&twice), None);
    }

    #[test]
    fn messages_that_need_more_than_an_answer_are_left_to_rmcp() {
        let is_plain = |message: Value| {
            let message = serde_json::from_str(&message.to_string());
            message.ok().and_then(plain_request).is_some()
        };
        let request =
            |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        assert!(is_plain(json!({"jsonrpc": "2.0", "id": "a", "method": "ping"})));
        assert!(is_plain(request(
            "tools/call",
            json!({"name": "x", "_meta": {"progressToken": 1}})
        )));
        assert!(is_plain(request("no/such/method", json!({}))));
        let client = json!({"name": "x", "version": "1"});
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        assert!(!is_plain(request("initialize", hello)));
        let own = json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "2025-06-18"}});
        assert!(!is_plain(request("tools/list", own.clone())));
        assert!(!is_plain(request("server/discover", own)));
        assert!(!is_plain(
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
        ));
        assert!(!is_plain(json!({"jsonrpc": "2.0", "id": 1, "result": {}})));
        assert!(!is_plain(json!([])));
    }
}
