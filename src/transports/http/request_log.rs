//! Counts and logs every HTTP request with its answer, refused or not.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use tokio::time::Instant;
use tracing::Level;

use crate::transports::metrics::Metrics;
use crate::transports::refusal::{Reason, RefusalLog};

/// Writes requests to the metrics and to the log.
#[derive(Debug)]
pub(super) struct RequestLog {
    metrics: Arc<Metrics>,
    refusals: RefusalLog,
    paths: &'static [&'static str],
}

/// Marks the response to a request that passed every check of the guard.
#[derive(Debug, Clone, Copy)]
pub(super) struct PassedGuard;

impl RequestLog {
    /// `paths` are the paths of the routes, without a slash at the end.
    pub(super) fn new(metrics: Arc<Metrics>, paths: &'static [&'static str]) -> Self {
        Self {
            metrics,
            refusals: RefusalLog::new(Level::INFO, "refused more requests"),
            paths,
        }
    }

    /// The label of `path` in the metrics. A path that is no route is `other`: callers can make up any number of them.
    fn label(&self, path: &str) -> &'static str {
        let without_slash = path.strip_suffix('/').filter(|route| *route != "/");
        let is_route = |known: &&str| path == *known || without_slash == Some(*known);
        self.paths.iter().copied().find(is_route).unwrap_or("other")
    }

    /// Counts and logs a request that hyper could not parse and answered itself, so that it reached no route.
    pub(super) fn unreadable_request(&self) {
        const REASON: &str = "unreadable_request";
        self.metrics.refused(REASON);
        if self.refusals.is_first(REASON) {
            tracing::info!(http.refused = REASON, "refused a request that is not HTTP/1.1");
        }
    }

    /// Logs the refusals that were counted since the last line.
    pub(super) fn flush(&self) {
        self.refusals.flush();
    }
}

/// Counts and logs the request, and adds headers that forbid clients to cache the response or to guess its type.
pub(super) async fn observe(State(log): State<Arc<RequestLog>>, request: Request, next: Next) -> Response {
    let route = log.label(request.uri().path());
    let started = Instant::now();
    let mut response = next.run(request).await;
    let reason = response.extensions().get::<Reason>().map(|reason| reason.0);
    log.metrics.request(route, response.status(), reason);
    let has_passed = response.extensions().get::<PassedGuard>().is_some();
    // Strangers can cause any number of refusals and preflight requests, so these do not get a line each.
    if reason.map_or(has_passed, |reason| log.refusals.is_first(reason)) {
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
