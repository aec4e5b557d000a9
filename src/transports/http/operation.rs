//! The routes for operators: whether the process is alive, whether look-ups work, and the metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use prometheus_client::metrics::gauge::Gauge;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::mcp::{NotReady, Server};
use crate::team::{self, Team};
use crate::transports::metrics::Metrics;

/// How long a success is reused: a probe may cost the portal a request.
const SUCCESS_AGE: Duration = Duration::from_secs(30);
/// How long a failure is reused.
const FAILURE_AGE: Duration = Duration::from_secs(5);
/// How long the metrics wait for a probe.
const SCRAPE_PATIENCE: Duration = Duration::from_secs(1);
/// How long one probe may take.
const PROBE_TIME: Duration = Duration::from_secs(5);

/// Checks whether look-ups work. All callers share one probe of the portal, and its outcome is reused for some time.
#[derive(Debug)]
pub(super) struct Readiness {
    probe: Probe,
    last_probe: Arc<Mutex<Option<(Instant, Outcome)>>>,
    /// 1 if the last probe succeeded.
    ready: Gauge,
    /// Cancelled when the server begins to stop.
    closing: CancellationToken,
}

type Outcome = Result<(), NotReady>;

/// What is asked whether look-ups work.
#[derive(Debug, Clone)]
enum Probe {
    /// The address book of the one person.
    Server(Server),
    /// The store, and the portal without anybody's credentials.
    Team(Arc<Team>),
}

impl Probe {
    async fn run(&self) -> Outcome {
        match self {
            Self::Server(server) => server.probe().await,
            Self::Team(team) => team.check().await.map_err(|problem| NotReady {
                code: match problem {
                    team::NotReady::Store => "STORE_UNAVAILABLE",
                    team::NotReady::Portal => "PORTAL_UNAVAILABLE",
                }
                .to_owned(),
                meaning: sentence(&problem.to_string()),
            }),
        }
    }
}

/// The text of an error as a sentence.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(['.']).collect()
}

impl Readiness {
    /// Probes look-ups with the credentials of the one person.
    pub(super) fn of_server(server: Server, metrics: &Metrics, closing: CancellationToken) -> Self {
        Self::new(Probe::Server(server), metrics, closing)
    }

    /// Probes what all employees of a team need.
    pub(super) fn of_team(team: Arc<Team>, metrics: &Metrics, closing: CancellationToken) -> Self {
        Self::new(Probe::Team(team), metrics, closing)
    }

    fn new(probe: Probe, metrics: &Metrics, closing: CancellationToken) -> Self {
        Self {
            probe,
            last_probe: Arc::default(),
            ready: metrics.ready(),
            closing,
        }
    }

    /// The outcome of the last probe of the portal, or of a new one if the last is too old.
    pub(super) async fn check(&self) -> Outcome {
        let mut last_probe = Arc::clone(&self.last_probe).lock_owned().await;
        if let Some((at, outcome)) = &*last_probe {
            let max_age = if outcome.is_ok() { SUCCESS_AGE } else { FAILURE_AGE };
            if at.elapsed() < max_age {
                return outcome.clone();
            }
        }
        let (probe, ready) = (self.probe.clone(), self.ready.clone());
        // In a task of its own: the probe outlives an impatient caller, so that the next caller gets its result.
        let probing = tokio::spawn(async move {
            let probed = tokio::time::timeout(PROBE_TIME, probe.run()).await;
            let outcome = probed.unwrap_or_else(|_| Err(no_answer()));
            ready.set(outcome.is_ok().into());
            *last_probe = Some((Instant::now(), outcome.clone()));
            outcome
        });
        probing.await.unwrap_or_else(|_| Err(no_answer()))
    }
}

fn no_answer() -> NotReady {
    NotReady {
        code: "TIMED_OUT".to_owned(),
        meaning: format!("The portal did not answer within {} seconds.", PROBE_TIME.as_secs()),
    }
}

/// `GET /healthz`: 200 while the process takes requests, independent of the portal; 503 once it stops.
pub(super) async fn healthz(State(readiness): State<Arc<Readiness>>) -> Response {
    match readiness.closing.is_cancelled() {
        false => json_response(StatusCode::OK, &json!({"alive": true})),
        true => unavailable(&json!({"alive": true, "stopping": true})),
    }
}

/// `GET /readyz`: 200 if look-ups worked at the last probe, at most 30 seconds ago; else 503 with the reason.
pub(super) async fn readyz(State(readiness): State<Arc<Readiness>>) -> Response {
    let (code, meaning) = if readiness.closing.is_cancelled() {
        ("STOPPING".to_owned(), "The server is stopping.".to_owned())
    } else {
        match readiness.check().await {
            Ok(()) => return json_response(StatusCode::OK, &json!({"ready": true})),
            Err(NotReady { code, meaning }) => (code, meaning),
        }
    };
    let body = json!({"ready": false, "code": code, "meaning": meaning});
    unavailable(&body)
}

/// `GET /metrics`: OpenMetrics text, for Prometheus.
pub(super) async fn metrics(State((metrics, readiness)): State<(Arc<Metrics>, Arc<Readiness>)>) -> Response {
    if let Probe::Team(_) = readiness.probe {
        // A probe that takes longer counts at the next time.
        let _ = tokio::time::timeout(SCRAPE_PATIENCE, readiness.check()).await;
    }
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let mut response = metrics.text().into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS));
    response
}

fn unavailable(body: &serde_json::Value) -> Response {
    let mut response = json_response(StatusCode::SERVICE_UNAVAILABLE, body);
    response.headers_mut().insert(RETRY_AFTER, FAILURE_AGE.as_secs().into());
    response
}

fn json_response(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut response = (status, body.to_string()).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
