//! Which web pages may read answers: the headers of CORS, and the answers to the preflight requests of browsers.

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Method};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::transports::guard::Guard;

/// How long a browser may reuse the answer to a preflight request.
const PREFLIGHT_AGE: Duration = Duration::from_secs(3600);

/// Lets web pages of the allowed origins call and read the answers, with every header that MCP clients send.
pub(super) fn of_allowed_origins(guard: &Arc<Guard>) -> CorsLayer {
    let guard = Arc::clone(guard);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| guard.lists_origin(origin)))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("mcp-method"),
            HeaderName::from_static("mcp-name"),
            HeaderName::from_static("mcp-protocol-version"),
            HeaderName::from_static("mcp-session-id"),
        ])
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(PREFLIGHT_AGE)
}

/// Lets every web page read documents and call OAuth endpoints that need no cookie: clients run in browsers too. No
/// answer allows credentials, so a page gets nothing that a program on any machine would not get.
pub(super) fn of_any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(Any)
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE])
        .max_age(PREFLIGHT_AGE)
}
