//! The routes of a server that a team shares: MCP for employees who have signed in, and the sign-in itself.
//!
//! | route | called by | CORS |
//! |---|---|---|
//! | `POST /mcp` | clients with an access token | as the settings say |
//! | `GET /.well-known/…` | clients, to find the endpoints | any origin |
//! | `POST /oauth/register`, `/oauth/token`, `/oauth/revoke` | clients | any origin |
//! | `GET /oauth/authorize`, `/oauth/callback`, `/` | browsers, also by links and redirects of other sites | none |
//! | `POST /oauth/consent`, `/sign-in`, `/connections/end`, `/sign-out` | browsers, by forms of our pages | none |
//! | `GET /healthz`, `/readyz` | operators | none |
//! | `GET /metrics` | programs on this machine, and operators with `BITRIX24_MCP_HTTP_TOKEN` | none |
//!
//! A request passes these checks in this order:
//!
//! | # | check | for | file |
//! |---|---|---|---|
//! | 1, 2 | those of `http.rs`: connections, and the request's head | all | `connections.rs` |
//! | 3 | `Host` names this server: by its public address, or as it does for one person | all | `../guard/hosts.rs` |
//! | 4 | CORS: answers the preflight requests of browsers | see above | `cors.rs` |
//! | 5 | `Origin` is none, ours, loopback or listed | `/mcp` | `../guard.rs` |
//! | 6 | one access token, in the header, of an employee | `/mcp`, with any method | `team/access_token.rs` |
//! | 7 | the path and the method | all | here |
//! | 8 | `Origin` as in check 5, unless a browser follows a link of any site in a window of its own | `GET` of `/oauth/authorize` and `/` | `../guard.rs` |
//! | 9 | the rate limit: of the employee on `/mcp`, of the address elsewhere | `/mcp`, and all routes of `exchange.rs` | `../guard/callers.rs` |
//! | 10 | a free place among the running calls, counted likewise | the same | `../guard.rs` |
//! | 11 | type, size and time of the body, and the memory for bodies of the address | the same | `../body.rs` |
//! | 12 | everything else | `/mcp`: checks 8 to 12 of `http.rs`; the rest: the room `team` | |
//!
//! The room `team` checks `Origin` of the forms, and answers with a page. `Origin` of the callback is not checked: the
//! portal leads there, and the binding cookie decides. `BITRIX24_MCP_HTTP_TOKEN` opens `/metrics` only. A proxy needs no
//! token here, since every call must have one of its own.

mod access_token;
mod documents;
mod exchange;
mod reply;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{Method, StatusCode};

use super::cors::{of_allowed_origins, of_any_origin};
use super::endpoint::{self, Endpoint};
use super::operation::{self, Readiness};
use super::paths::{HEALTHZ, METRICS, PAGE, READYZ, route, wrong_method};
use super::request_log::PassedGuard;
use crate::team::{Team, paths};
use crate::transports::body::BodyReader;
use crate::transports::guard::{ConnectionAddresses, Guard};
use crate::transports::metrics::Metrics;
use crate::transports::refusal::Refusal;
use exchange::{Exchange, Exchanges};

/// The paths of all routes, as the metrics name them.
pub(super) const PATHS: &[&str] = &[
    endpoint::MCP,
    paths::PROTECTED_RESOURCE,
    paths::PROTECTED_RESOURCE_OF_MCP,
    paths::AUTHORIZATION_SERVER,
    paths::AUTHORIZATION_SERVER_OF_MCP,
    paths::OPENID_CONFIGURATION,
    paths::REGISTER,
    paths::AUTHORIZE,
    paths::CONSENT,
    paths::CALLBACK,
    paths::TOKEN,
    paths::REVOKE,
    paths::SIGN_IN,
    paths::END_CONNECTION,
    paths::SIGN_OUT,
    HEALTHZ,
    READYZ,
    METRICS,
    PAGE,
];

/// What the handlers work with.
pub(super) struct Handlers {
    pub(super) team: Arc<Team>,
    pub(super) guard: Arc<Guard>,
    pub(super) bodies: Arc<BodyReader>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) endpoint: Endpoint,
    pub(super) readiness: Readiness,
}

pub(super) fn routes(handlers: Handlers) -> Router {
    let Handlers {
        team,
        guard,
        bodies,
        metrics,
        endpoint,
        readiness,
    } = handlers;
    let exchanges = Arc::new(Exchanges::new(Arc::clone(&team), Arc::clone(&guard), bodies));
    let at = |exchange: Exchange| {
        let exchanges = Arc::clone(&exchanges);
        move |Extension(addresses): Extension<ConnectionAddresses>, request: Request| {
            let exchanges = Arc::clone(&exchanges);
            async move { exchanges.answer(exchange, addresses, request).await }
        }
    };

    let mut clients = documents::routes(&team);
    for (path, exchange) in [
        (paths::REGISTER, Exchange::Register),
        (paths::TOKEN, Exchange::Token),
        (paths::REVOKE, Exchange::Revoke),
    ] {
        clients = route(clients, path, post(at(exchange)));
    }
    let clients = clients.method_not_allowed_fallback(wrong_method).layer(of_any_origin());

    let mut pages = Router::new().route(PAGE, get(at(Exchange::StartPage)));
    // A program that only looks at a link must not begin a sign-in, nor use up a code.
    let look = || async { StatusCode::OK };
    pages = route(pages, paths::AUTHORIZE, get(at(Exchange::Authorize)).head(look));
    // The portal may post the event of an installation here, with tokens that nobody asked for: they are not read.
    pages = route(
        pages,
        paths::CALLBACK,
        get(at(Exchange::Callback)).head(look).post(look),
    );
    for (path, exchange) in [
        (paths::CONSENT, Exchange::Consent),
        (paths::SIGN_IN, Exchange::SignIn),
        (paths::END_CONNECTION, Exchange::EndConnection),
        (paths::SIGN_OUT, Exchange::SignOut),
    ] {
        pages = route(pages, path, post(at(exchange)));
    }

    let readiness = Arc::new(readiness);
    let mut operators = route(
        Router::new(),
        HEALTHZ,
        get(operation::healthz).with_state(Arc::clone(&readiness)),
    );
    operators = route(
        operators,
        READYZ,
        get(operation::readyz).with_state(Arc::clone(&readiness)),
    );
    let counted = get(operation::metrics)
        .with_state((metrics, readiness))
        .layer(middleware::from_fn_with_state(Arc::clone(&guard), check_operator));
    operators = route(operators, METRICS, counted);

    Router::new()
        .merge(mcp(team, &guard, endpoint))
        .merge(clients)
        .merge(pages)
        .merge(operators)
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(guard, check_host))
}

/// The routes for MCP messages. The layer that is added last is the first that a request passes.
fn mcp(team: Arc<Team>, guard: &Arc<Guard>, endpoint: Endpoint) -> Router {
    let post = post(endpoint::post).with_state(Arc::new(endpoint));
    let routes = route(Router::new(), endpoint::MCP, post)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(team, access_token::authenticate))
        .layer(middleware::from_fn_with_state(Arc::clone(guard), check_origin));
    if guard.has_allowed_origins() {
        return routes.layer(of_allowed_origins(guard));
    }
    routes
}

async fn check_host(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    let checking = |request: &http::request::Parts, addresses| guard.check_host(request, addresses);
    let mut response = checked(request, next, checking).await;
    if !is_preflight {
        response.extensions_mut().insert(PassedGuard);
    }
    response
}

async fn check_origin(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    checked(request, next, |request, _| guard.check_origin(request)).await
}

async fn check_operator(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    checked(request, next, |request, addresses| {
        guard.check_operator(request, addresses)
    })
    .await
}

/// Passes the request on if `check` lets it in.
async fn checked(
    request: Request,
    next: Next,
    check: impl FnOnce(&http::request::Parts, ConnectionAddresses) -> Result<(), Refusal>,
) -> Response {
    let (parts, body) = request.into_parts();
    let outcome = match parts.extensions.get::<ConnectionAddresses>() {
        Some(addresses) => check(&parts, *addresses),
        None => Err(Refusal::no_connection()),
    };
    match outcome {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn nothing_here() -> Refusal {
    let message = "nothing is here; MCP is at POST /mcp, and GET / is a page that shows how to connect a client";
    Refusal::new(StatusCode::NOT_FOUND, "no_such_route", message)
}
