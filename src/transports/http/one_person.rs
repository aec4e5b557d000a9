//! The routes of a server for one person, and the middleware that every request passes.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;

use super::cors::of_allowed_origins;
use super::endpoint::{self, Endpoint};
use super::operation::{self, Readiness};
use super::page::{self, Page};
use super::paths::{HEALTHZ, METRICS, PAGE, READYZ, route, wrong_method};
use super::request_log::PassedGuard;
use crate::transports::guard::{ConnectionAddresses, Guard};
use crate::transports::legacy_sse::{self, Sessions};
use crate::transports::metrics::Metrics;
use crate::transports::refusal::Refusal;

/// The paths of all routes, as the metrics name them.
pub(super) const PATHS: &[&str] = &[
    endpoint::MCP,
    legacy_sse::STREAM,
    legacy_sse::MESSAGES,
    HEALTHZ,
    READYZ,
    METRICS,
    PAGE,
];

/// What the handlers work with.
pub(super) struct Handlers {
    pub(super) guard: Arc<Guard>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) endpoint: Endpoint,
    pub(super) readiness: Readiness,
    /// `None` if the transport of 2024-11-05 is off.
    pub(super) sessions: Option<Arc<Sessions>>,
    /// The address on which the server listens.
    pub(super) address: SocketAddr,
}

pub(super) fn routes(handlers: Handlers) -> Router {
    let Handlers {
        guard,
        metrics,
        endpoint,
        readiness,
        sessions,
        address,
    } = handlers;
    let readiness = Arc::new(readiness);
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
    routes = route(
        routes,
        HEALTHZ,
        get(operation::healthz).with_state(Arc::clone(&readiness)),
    );
    routes = route(
        routes,
        READYZ,
        get(operation::readyz).with_state(Arc::clone(&readiness)),
    );
    routes = route(
        routes,
        METRICS,
        get(operation::metrics).with_state((metrics, readiness)),
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
        routes = routes.layer(of_allowed_origins(&guard));
    }
    routes.layer(middleware::from_fn_with_state(guard, check_host_and_origin))
}

async fn check_host_and_origin(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let checked = match parts.extensions.get::<ConnectionAddresses>() {
        Some(addresses) => guard
            .check_host(&parts, *addresses)
            .and_then(|()| guard.check_origin(&parts))
            .and_then(|()| guard.check_proxy(&parts)),
        None => Err(Refusal::no_connection()),
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

fn nothing_here(has_legacy_sse: bool) -> Refusal {
    let message = if has_legacy_sse {
        "nothing is here; MCP is at POST /mcp, and for clients with HTTP+SSE of 2024-11-05 at GET /sse"
    } else {
        "nothing is here; MCP is at POST /mcp, and the transport of 2024-11-05 is served only with --legacy-sse"
    };
    Refusal::new(StatusCode::NOT_FOUND, "no_such_route", message)
}
