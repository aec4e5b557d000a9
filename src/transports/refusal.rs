//! Answers that are no MCP result: why a request was refused, as a JSON-RPC error without an id.
//!
//! A refusal says what to do and quotes nothing of the request.

mod log;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use rmcp::model::{ErrorCode, ErrorData};

use super::messages::Refused;

pub(super) use log::Log;

/// For refusals that JSON-RPC has no code for: the first of the codes left to implementations.
const REFUSED: ErrorCode = ErrorCode(-32000);

/// The reason for what holds no message.
pub(super) const UNREADABLE: &str = "unreadable_body";

/// Why a request is not served.
#[derive(Debug, Clone)]
pub(super) struct Refusal(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    reason: Reason,
    answer: Refused,
    header: Option<(HeaderName, HeaderValue)>,
}

/// The reason's name, carried by the response to where requests are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reason(pub(super) &'static str);

impl Refusal {
    /// `reason` is a label in the metrics.
    pub(super) fn new(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            reason: Reason(reason),
            answer: Refused::new(ErrorData::new(REFUSED, message.into(), None)),
            header: None,
        }))
    }

    /// A body that holds no message: a JSON-RPC error as any transport gives it.
    pub(super) fn unreadable(answer: Refused) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, UNREADABLE, "");
        refusal.0.answer = answer;
        refusal
    }

    pub(super) fn reason(&self) -> &'static str {
        self.0.reason.0
    }

    /// The error alone, for one message of a batch.
    pub(super) fn into_error(self) -> ErrorData {
        self.0.answer.into_error()
    }

    /// The caller may come again after so many seconds.
    #[must_use]
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        self.with(RETRY_AFTER, HeaderValue::from(seconds))
    }

    #[must_use]
    pub(super) fn www_authenticate(self, challenge: &'static str) -> Self {
        self.with(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// The codings that a body may have. See RFC 9110, section 15.5.16.
    #[must_use]
    pub(super) fn accept_encoding(self, codings: &'static str) -> Self {
        self.with(ACCEPT_ENCODING, HeaderValue::from_static(codings))
    }

    fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let parts = *self.0;
        let mut response = Response::new(Body::from(serde_json::to_vec(&parts.answer).unwrap_or_default()));
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
