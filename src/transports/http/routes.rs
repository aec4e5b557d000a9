//! The routes of the HTTP server, the state of each handler, and the middleware for every request. The table in
//! `http.rs` lists all checks in their order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Method, StatusCode};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::connections::Connections;
use super::endpoint::{self, Endpoint};
use super::operation::{self, Readiness};
use super::page::{self, Page};
use super::request_log::{PassedGuard, RequestLog, observe};
use crate::mcp::Server;
use crate::transports::body::BodyReader;
use crate::transports::guard::{self, ConnectionAddresses, Guard};
use crate::transports::legacy_sse::{self, Sessions};
use crate::transports::limits::Limits;
use crate::transports::metrics::Metrics;
use crate::transports::refusal::Refusal;

/// How to serve MCP over HTTP.
#[derive(Debug, Default)]
pub struct Settings {
    /// Which requests are let in.
    pub guard: guard::Settings,
    /// Serve the transport of 2024-11-05 too.
    pub legacy_sse: bool,
    /// Bounds of the memory, time and connections that clients can use up.
    pub limits: Limits,
}

const HEALTHZ: &str = "/healthz";
const READYZ: &str = "/readyz";
const METRICS: &str = "/metrics";
const PAGE: &str = "/";

/// The paths of all routes, as the metrics name them.
const PATHS: &[&str] = &[
    endpoint::MCP,
    legacy_sse::STREAM,
    legacy_sse::MESSAGES,
    HEALTHZ,
    READYZ,
    METRICS,
    PAGE,
];

/// Builds the server that listens on `address`.
pub(super) fn build(server: Server, settings: Settings, address: SocketAddr) -> Connections {
    let limits = settings.limits;
    let closing = CancellationToken::new();
    let shutdown = server.shutdown_token();
    let guard = Arc::new(Guard::new(settings.guard, limits.running_calls));
    let bodies = Arc::new(BodyReader::new(limits));
    let sessions = settings.legacy_sse.then(|| {
        let (guard, bodies) = (Arc::clone(&guard), Arc::clone(&bodies));
        Arc::new(Sessions::new(server.clone(), guard, bodies, limits, closing.clone()))
    });
    let metrics = Arc::new(Metrics::new(
        &server,
        Arc::clone(&guard),
        Arc::clone(&bodies),
        sessions.clone(),
    ));
    let log = Arc::new(RequestLog::new(Arc::clone(&metrics), PATHS));
    let endpoint = Endpoint::new(&server, Arc::clone(&guard), bodies, Arc::clone(&metrics), limits);
    let readiness = Arc::new(Readiness::new(server, closing.clone()));
    let has_legacy_sse = sessions.is_some();
    let page = Page {
        readiness: Arc::clone(&readiness),
        needs_token: guard.needs_token(),
        has_legacy_sse,
        address,
    };

    let mut routes = Router::new();
    routes = route(
        routes,
        endpoint::MCP,
        post(endpoint::post).with_state(Arc::new(endpoint)),
    );
    routes = route(routes, HEALTHZ, get(operation::healthz));
    routes = route(routes, READYZ, get(operation::readyz).with_state(readiness));
    routes = route(
        routes,
        METRICS,
        get(operation::metrics).with_state(Arc::clone(&metrics)),
    );
    routes = routes.route(PAGE, get(page::page).with_state(Arc::new(page)));
    if let Some(sessions) = sessions {
        let open = get(legacy_sse::open_stream).with_state(Arc::clone(&sessions));
        routes = route(routes, legacy_sse::STREAM, open);
        routes = route(
            routes,
            legacy_sse::MESSAGES,
            post(legacy_sse::receive).with_state(sessions),
        );
    }
    // The layer that is added last is the first that a request passes.
    routes = routes
        .fallback(move || async move { nothing_here(has_legacy_sse) })
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&guard), check_token));
    // Between the two checks: a browser's preflight request carries an Origin, but no token.
    if guard.has_allowed_origins() {
        routes = routes.layer(cors(&guard));
    }
    let router = routes
        .layer(middleware::from_fn_with_state(
            Arc::clone(&guard),
            check_host_and_origin,
        ))
        .layer(middleware::from_fn_with_state(Arc::clone(&log), observe))
        // Builds the handlers now; without a state axum would build them for each request.
        .with_state(());
    Connections {
        router,
        limits,
        guard,
        metrics,
        log,
        closing,
        shutdown,
    }
}

/// Adds a route, with and without a slash at its end: people copy addresses in both forms, and few clients repeat a
/// POST after a redirect.
fn route(routes: Router, path: &str, methods: MethodRouter) -> Router {
    let with_slash = format!("{path}/");
    routes.route(path, methods.clone()).route(&with_slash, methods)
}

async fn check_host_and_origin(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let checked = match parts.extensions.get::<ConnectionAddresses>() {
        Some(addresses) => guard
            .check_host_and_origin(&parts, *addresses, false)
            .and_then(|()| guard.check_proxy(&parts)),
        // Every connection sets the addresses; without them the request cannot be checked.
        None => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "no_connection",
            "the address that this request comes from is unknown",
        )),
    };
    match checked {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn check_token(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.check_token(request.headers()) {
        Ok(()) => {
            let mut response = next.run(request).await;
            response.extensions_mut().insert(PassedGuard);
            response
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Lets web pages of the allowed origins call and read the answers, with every header that MCP clients send.
fn cors(guard: &Arc<Guard>) -> CorsLayer {
    /// How long a browser may reuse the answer to a preflight request.
    const PREFLIGHT_AGE: Duration = Duration::from_secs(3600);
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

fn nothing_here(has_legacy_sse: bool) -> Refusal {
    let message = if has_legacy_sse {
        "nothing is here; MCP is at POST /mcp, and for clients with HTTP+SSE of 2024-11-05 at GET /sse"
    } else {
        "nothing is here; MCP is at POST /mcp, and the transport of 2024-11-05 is served only with --legacy-sse"
    };
    Refusal::new(StatusCode::NOT_FOUND, "no_such_route", message)
}

async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this path does not accept this method; the header Allow lists the methods that it accepts",
    )
}
