//! For whoever runs the server: is it alive, can it look contacts up, what has it counted.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::routes::App;
use crate::mcp::{NotReady, Server};

/// A question to the portal costs it a request, so its answer is good for so long.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// Bad news are checked sooner.
const BAD_FOR: Duration = Duration::from_secs(5);
/// Whoever asks does not wait longer.
const PROBE_TIME: Duration = Duration::from_secs(5);

/// Whether look-ups work, asked of the portal at most every few seconds, by one request for all who want to know.
#[derive(Debug)]
pub(super) struct Readiness {
    server: Server,
    known: Arc<Mutex<Option<(Instant, Result<(), NotReady>)>>>,
}

impl Readiness {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            known: Arc::default(),
        }
    }

    /// The answer of the portal, not older than a few seconds.
    pub(super) async fn check(&self) -> Result<(), NotReady> {
        let mut known = Arc::clone(&self.known).lock_owned().await;
        if let Some((at, outcome)) = &*known {
            let good_for = if outcome.is_ok() { GOOD_FOR } else { BAD_FOR };
            if at.elapsed() < good_for {
                return outcome.clone();
            }
        }
        let server = self.server.clone();
        // In a task of its own: the probe outlives an impatient caller, so that the next one gets its result.
        let asking = tokio::spawn(async move {
            let probed = tokio::time::timeout(PROBE_TIME, server.probe()).await;
            let outcome = probed.unwrap_or_else(|_| Err(no_answer()));
            *known = Some((Instant::now(), outcome.clone()));
            outcome
        });
        asking.await.unwrap_or_else(|_| Err(no_answer()))
    }
}

fn no_answer() -> NotReady {
    NotReady {
        code: "TIMED_OUT".to_owned(),
        meaning: format!("The portal did not answer within {} seconds.", PROBE_TIME.as_secs()),
    }
}

/// Alive: the process serves requests. Says nothing of the portal.
pub(super) async fn healthz() -> Response {
    json_response(StatusCode::OK, &json!({"alive": true}))
}

/// Ready: look-ups work, as far as was seen a few seconds ago.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    let (code, meaning) = if app.closing.is_cancelled() {
        ("STOPPING".to_owned(), "The server was told to stop.".to_owned())
    } else {
        match app.readiness.check().await {
            Ok(()) => return json_response(StatusCode::OK, &json!({"ready": true})),
            Err(NotReady { code, meaning }) => (code, meaning),
        }
    };
    let body = json!({"ready": false, "code": code, "meaning": meaning});
    json_response(StatusCode::SERVICE_UNAVAILABLE, &body)
}

/// For Prometheus.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let mut response = app.metrics.text().into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS));
    response
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
