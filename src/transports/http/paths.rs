//! The paths of the routes that every server has, and how routes are added.

use axum::Router;
use axum::routing::MethodRouter;
use http::StatusCode;

use crate::transports::refusal::Refusal;

pub(super) const HEALTHZ: &str = "/healthz";
pub(super) const READYZ: &str = "/readyz";
pub(super) const METRICS: &str = "/metrics";
pub(super) const PAGE: &str = "/";

/// Adds a route, with and without a slash at its end: people copy addresses in both forms, and few clients repeat a
/// POST after a redirect.
pub(super) fn route(routes: Router, path: &str, methods: MethodRouter) -> Router {
    let with_slash = format!("{path}/");
    routes.route(path, methods.clone()).route(&with_slash, methods)
}

pub(super) async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this path does not accept this method; the header Allow lists the methods that it accepts",
    )
}
