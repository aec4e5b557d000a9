//! The routes, and what every request passes on its way to one: counting, guard, CORS, token.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tracing::Level;

use super::endpoint::{self, Endpoint};
use super::operation::{self, Readiness};
use super::{Limits, Settings, page};
use crate::mcp::Server;
use crate::transports::body::Bodies;
use crate::transports::guard::{Ends, Guard};
use crate::transports::legacy_sse::{self, Sessions};
use crate::transports::metrics::Metrics;
use crate::transports::refusal::{self, Reason, Refusal};

/// What the handlers share.
#[derive(Debug)]
pub(in crate::transports) struct App {
    pub(super) server: Server,
    pub(in crate::transports) guard: Arc<Guard>,
    pub(in crate::transports) bodies: Arc<Bodies>,
    pub(super) endpoint: Endpoint,
    pub(super) readiness: Readiness,
    pub(super) metrics: Metrics,
    /// Refused requests.
    pub(super) refused: refusal::Log,
    /// True if the transport of 2024-11-05 is served.
    pub(super) has_legacy_sse: bool,
    pub(in crate::transports) limits: Limits,
    /// Cancelled when the server is told to stop.
    pub(in crate::transports) closing: CancellationToken,
    /// Where the server listens, for the page.
    pub(super) address: SocketAddr,
}

pub(super) fn build(server: Server, settings: Settings, address: SocketAddr) -> (Arc<App>, Router) {
    let limits = settings.limits;
    let closing = CancellationToken::new();
    let guard = Arc::new(Guard::new(settings.guard, limits.running_calls));
    let bodies = Arc::new(Bodies::new(limits));
    let sessions = settings
        .legacy_sse
        .then(|| Arc::new(Sessions::new(server.clone(), limits, closing.clone())));
    let app = Arc::new(App {
        endpoint: Endpoint::new(&server, limits.keep_alive),
        readiness: Readiness::new(server.clone()),
        metrics: Metrics::new(&server, Arc::clone(&guard), Arc::clone(&bodies), sessions.clone()),
        refused: refusal::Log::new(Level::INFO, "refused more requests"),
        bodies,
        has_legacy_sse: sessions.is_some(),
        server,
        guard,
        limits,
        closing,
        address,
    });
    let router = router(&app, sessions);
    (app, router)
}

impl App {
    /// A request that cannot be read has no route, and hyper answers it.
    pub(super) fn unreadable_request(&self) {
        const REASON: &str = "unreadable_request";
        self.metrics.refused(REASON);
        if self.refused.is_first(REASON) {
            tracing::info!(http.refused = REASON, "refused what is no request of HTTP/1.1");
        }
    }
}

fn router(app: &Arc<App>, sessions: Option<Arc<Sessions>>) -> Router {
    let routes = Router::new();
    let routes = route(routes, MCP, || post(endpoint::post));
    let routes = route(routes, HEALTHZ, || get(operation::healthz));
    let routes = route(routes, READYZ, || get(operation::readyz));
    let routes = route(routes, METRICS, || get(operation::metrics));
    let mut routes = routes.route("/", get(page::page));
    if let Some(sessions) = sessions {
        let legacy = route(Router::new(), legacy_sse::STREAM, || get(legacy_sse::open));
        let legacy = route(legacy, legacy_sse::MESSAGES, || post(legacy_sse::receive));
        routes = routes.merge(legacy.layer(Extension(sessions)));
    }
    routes = routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(app), check_token));
    // Between the two checks: a browser's preflight request carries an Origin, but no token.
    if app.guard.names_origins() {
        routes = routes.layer(cors(&app.guard));
    }
    routes
        .layer(middleware::from_fn_with_state(Arc::clone(app), check_names))
        .layer(middleware::from_fn_with_state(Arc::clone(app), observe))
        .with_state(Arc::clone(app))
}

/// Adds a route, with and without a slash at its end: people copy addresses in both forms, and few clients follow a
/// redirect with a POST.
fn route(routes: Router<Arc<App>>, path: &str, methods: impl Fn() -> MethodRouter<Arc<App>>) -> Router<Arc<App>> {
    routes.route(path, methods()).route(&format!("{path}/"), methods())
}

/// The endpoint of Streamable HTTP.
pub(super) const MCP: &str = "/mcp";

const HEALTHZ: &str = "/healthz";
const READYZ: &str = "/readyz";
const METRICS: &str = "/metrics";

/// Labels for the metrics: a path that a caller made up is none.
fn label(path: &str) -> &'static str {
    let known = [
        MCP,
        legacy_sse::STREAM,
        legacy_sse::MESSAGES,
        HEALTHZ,
        READYZ,
        METRICS,
        "/",
    ];
    let without_slash = path.strip_suffix('/').filter(|route| *route != "/");
    let is_route = |known: &&str| path == *known || without_slash == Some(*known);
    known.into_iter().find(is_route).unwrap_or("other")
}

/// Marks the answer to a request that passed every check of the guard.
#[derive(Debug, Clone, Copy)]
struct LetIn;

/// Counts and logs the request, and forbids caching and guessing of what it gets.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = label(request.uri().path());
    let started = Instant::now();
    let mut response = next.run(request).await;
    let reason = response.extensions().get::<Reason>().map(|reason| reason.0);
    app.metrics.request(route, response.status(), reason);
    let is_let_in = response.extensions().get::<LetIn>().is_some();
    // What strangers can have as often as they like is not a line each: refusals, and answers to preflight requests.
    if reason.map_or(is_let_in, |reason| app.refused.is_first(reason)) {
        tracing::info!(
            http.route = route,
            http.status = response.status().as_u16(),
            http.refused = reason,
            elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "answered a request"
        );
    }
    let headers = response.headers_mut();
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn check_names(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let checked = match parts.extensions.get::<Ends>() {
        Some(ends) => app.guard.check_names(&parts, *ends),
        // Every connection sets them; without them nothing can be checked.
        None => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "no_connection",
            "where this request comes from is unknown",
        )),
    };
    match checked {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn check_token(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.guard.check_token(request.headers()) {
        Ok(()) => {
            let mut response = next.run(request).await;
            response.extensions_mut().insert(LetIn);
            response
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Lets pages of the named origins call and read the answers, with every header that MCP's clients send.
fn cors(guard: &Arc<Guard>) -> CorsLayer {
    /// A browser need not ask again for so long.
    const PREFLIGHT_AGE: Duration = Duration::from_secs(3600);
    let guard = Arc::clone(guard);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| guard.names_origin(origin)))
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

async fn nothing_here(State(app): State<Arc<App>>) -> Refusal {
    let message = if app.has_legacy_sse {
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
        "this route does not take this method; the header Allow has those it takes",
    )
}
