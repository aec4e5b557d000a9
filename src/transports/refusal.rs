//! HTTP errors: why a request was refused, as a JSON-RPC error.
//!
//! The message says what to do and quotes nothing of the request.

mod log;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use rmcp::model::{ErrorCode, ErrorData};
use serde_json::json;

use super::messages::ErrorResponse;

pub(super) use log::RefusalLog;

/// The code of refusals without a code in JSON-RPC: the first of the codes left to implementations.
const REFUSED: ErrorCode = ErrorCode(-32000);

/// The reason of a refusal whose body holds no message.
pub(super) const UNREADABLE: &str = "unreadable_body";

/// The error response to a request that is not served.
#[derive(Debug, Clone)]
pub(super) struct Refusal(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    reason: Reason,
    body: ErrorResponse,
    header: Option<(HeaderName, HeaderValue)>,
}

/// The name of the reason. The response carries it to `http/request_log.rs`, which counts requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reason(pub(super) &'static str);

impl Refusal {
    /// `reason` is a label in the metrics.
    pub(super) fn new(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            reason: Reason(reason),
            body: ErrorResponse::without_id(ErrorData::new(REFUSED, message.into(), None)),
            header: None,
        }))
    }

    /// The refusal of a body that holds no message, with the same JSON-RPC error as on any other transport.
    pub(super) fn unreadable(error: ErrorResponse) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, UNREADABLE, "");
        refusal.0.body = error;
        refusal
    }

    /// The refusal of a request whose connection is unknown. Every connection sets its addresses; without them the
    /// request cannot be checked.
    pub(super) fn no_connection() -> Self {
        let message = "the address that this request comes from is unknown";
        Self::new(StatusCode::FORBIDDEN, "no_connection", message)
    }

    pub(super) fn reason(&self) -> &'static str {
        self.0.reason.0
    }

    /// The JSON-RPC error alone, for one message of a batch.
    pub(super) fn into_error(self) -> ErrorData {
        self.0.body.into_error()
    }

    /// Adds `Retry-After`: the seconds after which the caller may try again.
    #[must_use]
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.with(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds `WWW-Authenticate`: how a client gets a token.
    #[must_use]
    pub(super) fn www_authenticate(self, challenge: HeaderValue) -> Self {
        self.with(WWW_AUTHENTICATE, challenge)
    }

    /// Adds `Accept-Encoding`: the codings that a body may have. See RFC 9110, section 15.5.16.
    #[must_use]
    pub(super) fn accept_encoding(self, codings: &'static str) -> Self {
        self.with(ACCEPT_ENCODING, HeaderValue::from_static(codings))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }
}

impl Refusal {
    /// The response of an OAuth endpoint: its error has the form of RFC 6749, section 5.2. There is no status for what
    /// is wrong with a body but 400.
    pub(super) fn into_oauth_response(mut self) -> Response {
        let code = match self.0.status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => {
                "temporarily_unavailable"
            }
            _ => {
                self.0.status = StatusCode::BAD_REQUEST;
                "invalid_request"
            }
        };
        let description = self.clone().into_error().message;
        let body = json!({"error": code, "error_description": description});
        self.response(body.to_string().into_bytes())
    }

    fn response(self, body: Vec<u8>) -> Response {
        let parts = *self.0;
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = parts.status;
        response.extensions_mut().insert(parts.reason);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some((name, value)) = parts.header {
            headers.insert(name, value);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.0.body).unwrap_or_default();
        self.response(body)
    }
}
