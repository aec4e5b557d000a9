//! Answers that are no MCP result: why a request was refused, as a JSON-RPC error without an id.
//!
//! A refusal says what to do and quotes nothing of the request.

mod log;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use rmcp::model::{ErrorCode, ErrorData, RequestId};
use rmcp::service::{RoleServer, TxJsonRpcMessage};

pub(super) use log::Log;

/// For refusals that JSON-RPC has no code for: the first of the codes left to implementations.
const REFUSED: ErrorCode = ErrorCode(-32000);

/// Why a request is not served.
#[derive(Debug, Clone)]
pub(super) struct Refusal(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    reason: Reason,
    error: ErrorData,
    id: Option<RequestId>,
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
            error: ErrorData::new(REFUSED, message.into(), None),
            id: None,
            header: None,
        }))
    }

    /// A body that holds no message: a JSON-RPC error as any transport gives it.
    pub(super) fn unreadable(error: ErrorData, id: Option<RequestId>) -> Self {
        let mut refusal = Self::new(StatusCode::BAD_REQUEST, "unreadable_body", "");
        refusal.0.error = error;
        refusal.0.id = id;
        refusal
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
        let message = TxJsonRpcMessage::<RoleServer>::error(parts.error, parts.id);
        let mut response = Response::new(Body::from(serde_json::to_vec(&message).unwrap_or_default()));
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
