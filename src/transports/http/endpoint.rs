//! `POST /mcp`: one message of a client, and its answer as the client accepts it.
//!
//! | `Accept` | answer |
//! |---|---|
//! | names JSON, both, anything, or is missing | JSON |
//! | names `text/event-stream` alone, or likes it better (`q`) | an event stream, with progress, and comments while it is silent |
//! | neither | 406 |
//!
//! A batch of messages is answered by `batch`, in each form as a whole: the head comes with the answer.
//!
//! Who leaves takes its call back; a `notifications/cancelled` cannot, since no session tells whose request it means.
//! The head of an event stream, and with it the first comment, comes at once in the revisions with a handshake; in
//! 2026-07-28 it comes with the answer, whose status it carries.
//!
//! `direct` answers the older revisions in JSON, rmcp everything else. It asks for both types in `Accept`, and refuses in
//! plain text; here a body that it cannot read is answered as on any other transport, and every refusal is a JSON-RPC error.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

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

use super::batch::Batch;
use super::direct::{Direct, REVISION};
use super::routes::App;
use crate::mcp::Server;
use crate::transports::guard::{Ends, Running};
use crate::transports::messages::{batch_in, read_body, reduced};
use crate::transports::refusal::Refusal;

type Service = StreamableHttpService<Server, NeverSessionManager>;

/// rmcp's service, once for each form of answer, and what is answered without it.
pub(super) struct Endpoint {
    pub(super) direct: Direct,
    json: Service,
    event_stream: Service,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    EventStream,
}

impl Endpoint {
    pub(super) fn new(server: &Server, keep_alive: Duration) -> Self {
        let service = |is_json| {
            // JSON has room for the answer alone: rmcp would send an event stream in its place.
            let server = match is_json {
                true => server.clone().without_progress(),
                false => server.clone(),
            };
            // Host and Origin have passed our own guard, on this route as on all others.
            let config = StreamableHttpServerConfig::default()
                .disable_allowed_hosts()
                .with_legacy_session_mode(false)
                .with_json_response(is_json)
                .with_sse_keep_alive(Some(keep_alive))
                // No stream can be resumed, so there is nothing to come back for.
                .with_sse_retry(None);
            Service::new(move || Ok(server.clone()), Arc::default(), config)
        };
        Self {
            direct: Direct::new(server),
            json: service(true),
            event_stream: service(false),
        }
    }

    async fn serve(&self, form: Form, mut parts: Parts, body: Bytes) -> http::Response<impl BodyOf> {
        parts
            .headers
            .insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        parts
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if opens_with_another_revision(&parts.headers, &body) {
            parts.headers.remove(REVISION);
        }
        let service = match form {
            Form::Json => &self.json,
            Form::EventStream => &self.event_stream,
        };
        service.handle(http::Request::from_parts(parts, Full::new(body))).await
    }
}

/// True for an `initialize` whose body names another revision than the header: what is negotiated is the body's, and
/// rmcp would refuse. Clients send the header of an earlier session, or always the newest that they know. A body that
/// names its revision in `_meta` opens nothing: such revisions have no `initialize`.
fn opens_with_another_revision(headers: &HeaderMap, body: &[u8]) -> bool {
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
trait BodyOf: http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + Sync + 'static {}
impl<B: http_body::Body<Data = Bytes, Error = std::convert::Infallible> + Send + Sync + 'static> BodyOf for B {}

pub(super) async fn post(State(app): State<Arc<App>>, Extension(ends): Extension<Ends>, request: Request) -> Response {
    answer(&app, ends, request).await.unwrap_or_else(Refusal::into_response)
}

async fn answer(app: &App, ends: Ends, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let caller = app.guard.count(ends, &parts.headers)?;
    let form = form(&parts.headers).ok_or_else(|| {
        let message = "answers are application/json or text/event-stream, and Accept names neither";
        Refusal::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", message)
    })?;
    // A caller without a place for its call need not send its body. The place is taken once the body is there: bodies
    // that arrive slowly have bounds of their own, and would hold the places of others behind the same address.
    drop(app.guard.admit(caller)?);
    let mut body = app.bodies.read(caller.address, &parts.headers, body).await?;
    let running = app.guard.admit(caller)?;
    if let Some(messages) = batch_in(&body.bytes) {
        // Its messages are copies, which go one by one; the memory stays counted.
        body.bytes = Bytes::new();
        let batch = Batch::new(app, ends, &parts.headers);
        return batch.answer(messages, form, running).await;
    }
    if let Cow::Owned(reduced) = reduced(&body.bytes).map_err(Refusal::unreadable)? {
        body.shorten(reduced);
    }
    if form == Form::Json
        && let Some(response) = app.endpoint.direct.answer(&parts.headers, &body.bytes).await
    {
        return Ok(response);
    }
    // Only what cannot be read is looked at twice.
    let kept = parts.clone();
    let response = app.endpoint.serve(form, parts, body.bytes.clone()).await;
    let response = match response.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => match read_body(&body.bytes).map_err(Refusal::unreadable)? {
            Some(message) => {
                let mended = serde_json::to_vec(&message).unwrap_or_default();
                app.endpoint.serve(form, kept, mended.into()).await
            }
            None => return Ok(StatusCode::ACCEPTED.into_response()),
        },
        _ => response,
    };
    match plain_refusal(&response) {
        Some(refusal) => Err(refusal),
        None => Ok(while_running(response, running)),
    }
}

/// What rmcp refuses in plain text, and with words of the request in it, said as everything else is.
fn plain_refusal<B>(response: &http::Response<B>) -> Option<Refusal> {
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
            "the header MCP-Protocol-Version names no revision that this server knows; it knows {}",
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

/// An event stream counts as running until its end; JSON is there as a whole.
fn while_running(response: http::Response<impl BodyOf>, running: Running) -> Response {
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

/// The form that the client likes best; JSON if it does not care. `None` if it accepts neither.
fn form(headers: &HeaderMap) -> Option<Form> {
    let accepted: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    if accepted.iter().all(|range| range.trim().is_empty()) {
        return Some(Form::Json);
    }
    let json = quality(&accepted, ["application/json", "application/*", "*/*"]);
    let event_stream = quality(&accepted, ["text/event-stream", "text/*", "*/*"]);
    if json <= 0.0 && event_stream <= 0.0 {
        None
    } else if event_stream > json {
        Some(Form::EventStream)
    } else {
        Some(Form::Json)
    }
}

/// The weight of the most precise range that is accepted. See RFC 9110, section 12.5.1.
fn quality(accepted: &[&str], ranges: [&str; 3]) -> f32 {
    let weight = |range: &str| {
        accepted.iter().find_map(|accepted| {
            let mut parts = accepted.split(';').map(str::trim);
            let is_it = parts.next()?.eq_ignore_ascii_case(range);
            let weight = parts.find_map(|parameter| parameter.strip_prefix("q=").or(parameter.strip_prefix("Q=")));
            // A weight that is none is as good as no weight.
            is_it.then(|| weight.and_then(|weight| weight.parse().ok()).unwrap_or(1.0))
        })
    };
    ranges.into_iter().find_map(weight).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_form_that_the_client_accepts() {
        for (accept, expected) in [
            (None, Some(Form::Json)),
            (Some(""), Some(Form::Json)),
            (Some("*/*"), Some(Form::Json)),
            (Some("application/json"), Some(Form::Json)),
            (Some("Application/JSON; charset=utf-8"), Some(Form::Json)),
            (Some("application/json, text/event-stream"), Some(Form::Json)),
            (Some("text/event-stream, application/json"), Some(Form::Json)),
            (Some("text/event-stream"), Some(Form::EventStream)),
            (Some("text/*"), Some(Form::EventStream)),
            (
                Some("text/event-stream, application/json;q=0.5"),
                Some(Form::EventStream),
            ),
            (Some("text/event-stream;q=0.5, */*;q=0.1"), Some(Form::EventStream)),
            (Some("application/json;q=0, text/event-stream"), Some(Form::EventStream)),
            (Some("application/json;q=often"), Some(Form::Json)),
            (Some("text/html"), None),
            (Some("text/event-stream;q=0"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(form(&headers), expected, "{accept:?}");
        }
    }
}
