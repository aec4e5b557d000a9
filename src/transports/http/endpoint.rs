//! `POST /mcp`: one message of a client, and its answer in a type that the client accepts.
//!
//! | `Accept` | answer |
//! |---|---|
//! | names JSON, both types or anything, or is missing | JSON |
//! | names `text/event-stream` alone, or prefers it by `q` | an event stream, with progress, and with comments while it is silent |
//! | names neither type | 406 |
//!
//! `batch` answers a batch of messages.
//!
//! Closing the connection cancels the call. `notifications/cancelled` has no effect: without a session the server
//! cannot tell whose request it means. In the revisions with a handshake, the head of an event stream and its first
//! comment are sent immediately. In 2026-07-28 the head is sent with the answer, because its status depends on it.
//!
//! `direct` answers requests of the older revisions in JSON, and rmcp answers everything else. rmcp insists on both
//! types in `Accept`, and writes its errors as plain text. This file hides both from the client: a body that rmcp
//! cannot read gets the same answer as on any other transport, and every refusal is a JSON-RPC error.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full};
use rmcp::model::ProtocolVersion;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::Value;

use super::accept::{AnswerFormat, answer_format};
use super::batch::Batch;
use super::direct::{Direct, REVISION};
use crate::mcp::{Employee, Server};
use crate::transports::body::BodyReader;
use crate::transports::guard::{ConnectionAddresses, Guard, RunningCall};
use crate::transports::limits::Limits;
use crate::transports::messages::{read_batch, read_body, reduced};
use crate::transports::metrics::Metrics;
use crate::transports::refusal::Refusal;

type Service = StreamableHttpService<Server, NeverSessionManager>;

/// The path of the endpoint.
pub(super) const MCP: &str = "/mcp";

/// The parts that check and answer messages.
pub(super) struct Endpoint {
    guard: Arc<Guard>,
    bodies: Arc<BodyReader>,
    metrics: Arc<Metrics>,
    max_batch_answer_bytes: usize,
    direct: Direct,
    json: Service,
    event_stream: Service,
}

impl Endpoint {
    pub(super) fn new(
        server: &Server,
        guard: Arc<Guard>,
        bodies: Arc<BodyReader>,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        let service = |is_json| {
            // With progress on, rmcp would answer with an event stream in place of JSON.
            let server = match is_json {
                true => server.clone().without_progress(),
                false => server.clone(),
            };
            // The guard has checked Host and Origin already.
            let config = StreamableHttpServerConfig::default()
                .disable_allowed_hosts()
                .with_legacy_session_mode(false)
                .with_json_response(is_json)
                .with_sse_keep_alive(Some(limits.keep_alive))
                // No stream can be resumed, so clients must not reconnect.
                .with_sse_retry(None);
            Service::new(move || Ok(server.clone()), Arc::default(), config)
        };
        Self {
            guard,
            bodies,
            metrics,
            max_batch_answer_bytes: limits.batch_answer_bytes,
            direct: Direct::new(server),
            json: service(true),
            event_stream: service(false),
        }
    }

    /// Passes the request to rmcp and returns rmcp's answer.
    async fn call_rmcp(&self, format: AnswerFormat, mut parts: Parts, body: Bytes) -> http::Response<impl RmcpBody> {
        parts
            .headers
            .insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        parts
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if is_initialize_of_another_revision(&parts.headers, &body) {
            parts.headers.remove(REVISION);
        }
        let service = match format {
            AnswerFormat::Json => &self.json,
            AnswerFormat::EventStream => &self.event_stream,
        };
        service.handle(http::Request::from_parts(parts, Full::new(body))).await
    }
}

/// True for an `initialize` whose body names another revision than the header. The revision in the body is the one to
/// negotiate, but rmcp would refuse the request: clients send the header of an earlier session, or always the newest
/// revision that they know. A body that names its revision in `_meta` is left alone, since such revisions have no
/// `initialize`.
fn is_initialize_of_another_revision(headers: &HeaderMap, body: &[u8]) -> bool {
    let mut named = headers.get_all(REVISION).iter();
    let Some(first) = named.next() else { return false };
    serde_json::from_slice::<Value>(body).is_ok_and(|opening| {
        let at = |pointer| opening.pointer(pointer).and_then(Value::as_str);
        let is_same = at("/params/protocolVersion").unwrap_or_default() == *first && named.next().is_none();
        let names_its_revision = at("/params/_meta/io.modelcontextprotocol~1protocolVersion").is_some();
        at("/method") == Some("initialize") && !is_same && !names_its_revision
    })
}

/// The body of an answer of rmcp.
trait RmcpBody: http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + Sync + 'static {}
impl<B: http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + Sync + 'static> RmcpBody for B {}

pub(super) async fn post(
    State(endpoint): State<Arc<Endpoint>>,
    Extension(addresses): Extension<ConnectionAddresses>,
    request: Request,
) -> Response {
    let answer = endpoint.answer(addresses, request).await;
    answer.unwrap_or_else(Refusal::into_response)
}

impl Endpoint {
    async fn answer(&self, addresses: ConnectionAddresses, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let employee = parts.extensions.get::<Employee>().cloned();
        let person = employee.as_ref().map(|employee| &employee.person);
        let caller = self.guard.count_call(addresses, &parts.headers, person)?;
        let format = answer_format(&parts.headers).ok_or_else(|| {
            let message = "answers are application/json or text/event-stream, and Accept names neither";
            Refusal::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
        })?;
        // This first check saves a caller without a free place from sending its body. The place is taken when the body
        // has arrived: slow bodies have limits of their own, and must not take the places of other callers behind the
        // same address.
        drop(self.guard.admit(&caller)?);
        let mut body = self.bodies.read(caller.address, &parts.headers, body).await?;
        let running = self.guard.admit(&caller)?;
        if let Some(messages) = read_batch(&body.bytes) {
            // The messages are copies, each freed after it is read. The memory of the body stays reserved.
            body.bytes = Bytes::new();
            let batch = Batch {
                guard: &self.guard,
                metrics: &self.metrics,
                direct: &self.direct,
                max_answer_bytes: self.max_batch_answer_bytes,
                addresses,
                headers: &parts.headers,
                employee: employee.as_ref(),
            };
            return batch.answer(messages, format, running).await;
        }
        if let Cow::Owned(reduced) = reduced(&body.bytes).map_err(Refusal::unreadable)? {
            body.shorten(reduced);
        }
        if format == AnswerFormat::Json
            && let Some(response) = self.direct.answer(&parts.headers, employee.as_ref(), &body.bytes).await
        {
            return Ok(response);
        }
        let original = parts.clone();
        let mut response = self.call_rmcp(format, parts, body.bytes.clone()).await;
        // rmcp could not read the body: only such a body is read a second time.
        if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            let Some(message) = read_body(&body.bytes).map_err(Refusal::unreadable)? else {
                return Ok(StatusCode::ACCEPTED.into_response());
            };
            let mended = serde_json::to_vec(&message).unwrap_or_default();
            response = self.call_rmcp(format, original, mended.into()).await;
        }
        match plain_text_refusal(&response) {
            Some(refusal) => Err(refusal),
            None => Ok(running_until_sent(response, running)),
        }
    }
}

/// The JSON-RPC error for a refusal that rmcp writes as plain text, with words of the request in it. `None` for any
/// other response.
fn plain_text_refusal<B>(response: &http::Response<B>) -> Option<Refusal> {
    let status = response.status();
    let is_refused = status.is_client_error() || status.is_server_error();
    if !is_refused || has_type(response, b"application/json") {
        return None;
    }
    Some(if status == StatusCode::BAD_REQUEST {
        let known: Vec<_> = ProtocolVersion::KNOWN_VERSIONS
            .iter()
            .map(ProtocolVersion::as_str)
            .collect();
        let message = format!(
            "the header MCP-Protocol-Version names no revision that this server supports; supported are {}",
            known.join(", ")
        );
        Refusal::new(status, "unknown_revision", message)
    } else {
        Refusal::new(status, "refused_by_protocol", "this request cannot be served as it is")
    })
}

fn has_type<B>(response: &http::Response<B>, kind: &[u8]) -> bool {
    let given = response.headers().get(CONTENT_TYPE);
    given.is_some_and(|given| given.as_bytes().starts_with(kind))
}

/// Keeps the place of the call until its event stream ends. A JSON response is complete already.
fn running_until_sent(response: http::Response<impl RmcpBody>, running: RunningCall) -> Response {
    if !has_type(&response, b"text/event-stream") {
        return response.map(Body::new);
    }
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _ = &running;
            frame
        }))
    })
}
