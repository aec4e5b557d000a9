//! The counters of the HTTP server, and the page that Prometheus reads: OpenMetrics text.
//!
//! The number of label values is bounded: routes, classes of status and reasons of refusal, none of them chosen by a
//! caller. No label holds a contact, a query, an address or a secret.

use std::sync::Arc;

use http::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::body::BodyReader;
use super::guard::Guard;
use super::legacy_sse::Sessions;
use crate::mcp::Server;
use crate::team::Team;

/// The counters of one HTTP server, in one registry with the metrics of the MCP server, the address book and the portal
/// client.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<[(&'static str, &'static str); 2], Counter>,
    refused: Family<[(&'static str, &'static str); 1], Counter>,
    connections: Gauge,
    connections_refused: Counter,
    running: Gauge,
    open_sessions: Gauge,
    guard: Arc<Guard>,
    bodies: Arc<BodyReader>,
    body_bytes: Gauge,
    ready: Gauge,
    /// `None` if the transport of 2024-11-05 is off.
    sessions: Option<Arc<Sessions>>,
}

/// Counts a connection as open until this value is dropped.
#[derive(Debug)]
pub(super) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(super) fn new(
        server: &Server,
        guard: Arc<Guard>,
        bodies: Arc<BodyReader>,
        sessions: Option<Arc<Sessions>>,
        team: Option<&Team>,
    ) -> Self {
        let mut registry = Registry::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("bitrix24_mail_mcp_build", "The program's version", build);
        server.register(&mut registry);
        if let Some(team) = team {
            team.register_metrics(&mut registry);
        }
        let requests = Family::default();
        let help = "Requests by route and class of status";
        registry.register("http_requests", help, requests.clone());
        let refused = Family::default();
        registry.register("http_refused", "Requests refused, by reason", refused.clone());
        let connections = Gauge::default();
        registry.register("http_connections", "Open connections", connections.clone());
        let connections_refused = Counter::default();
        let help = "Connections closed at once because there were too many";
        registry.register("http_connections_refused", help, connections_refused.clone());
        let body_bytes = Gauge::default();
        let help = "Memory of bodies that are being received or answered";
        registry.register_with_unit("http_body", help, Unit::Bytes, body_bytes.clone());
        let running = Gauge::default();
        registry.register("mcp_running_calls", "Requests that are being answered", running.clone());
        let ready = Gauge::default();
        // A server for one person is not asked by its metrics, since a look-up would cost a call.
        if team.is_some() {
            let help = "1 if store and portal answered when they were last asked, else 0";
            registry.register("mcp_ready", help, ready.clone());
        }
        let open_sessions = Gauge::default();
        let help = "Open sessions of 2024-11-05";
        registry.register("mcp_legacy_sse_sessions", help, open_sessions.clone());
        Self {
            registry,
            requests,
            refused,
            connections,
            connections_refused,
            running,
            open_sessions,
            guard,
            bodies,
            body_bytes,
            ready,
            sessions,
        }
    }

    /// Counts a request that was answered. `reason` is `None` unless it was refused.
    pub(super) fn request(&self, route: &'static str, status: StatusCode, reason: Option<&'static str>) {
        let class = match status.as_u16() {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        self.requests
            .get_or_create(&[("route", route), ("status", class)])
            .inc();
        if let Some(reason) = reason {
            self.refused(reason);
        }
    }

    /// Counts a refusal: of a request, of one that hyper could not parse, or of one message of a batch.
    pub(super) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&[("reason", reason)]).inc();
    }

    /// 1 if the server was ready when that was last checked, else 0.
    pub(super) fn ready(&self) -> Gauge {
        self.ready.clone()
    }

    pub(super) fn open_connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    pub(super) fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    /// All metrics as OpenMetrics text.
    pub(super) fn text(&self) -> String {
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.running.set(gauge(self.guard.running_calls()));
        self.body_bytes.set(gauge(self.bodies.bytes_in_use()));
        let sessions = self.sessions.as_ref().map_or(0, |sessions| sessions.count());
        self.open_sessions.set(gauge(sessions));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
