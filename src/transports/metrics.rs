//! What is counted of HTTP, and the page that Prometheus reads: OpenMetrics text.
//!
//! Labels are bounded: routes, classes of status and reasons of refusal, all of our own making. No label holds a
//! contact, a query, an address or a secret.

use std::sync::Arc;

use http::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::body::Bodies;
use super::guard::Guard;
use super::legacy_sse::Sessions;
use crate::mcp::Server;

/// The counters of one HTTP server, and the registry with those of everything behind it.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<[(&'static str, &'static str); 2], Counter>,
    refused: Family<[(&'static str, &'static str); 1], Counter>,
    connections: Gauge,
    connections_refused: Counter,
    running: Gauge,
    sessions: Gauge,
    guard: Arc<Guard>,
    bodies: Arc<Bodies>,
    body_bytes: Gauge,
    legacy: Option<Arc<Sessions>>,
}

/// A connection is counted as open until this is dropped.
#[derive(Debug)]
pub(super) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(super) fn new(server: &Server, guard: Arc<Guard>, bodies: Arc<Bodies>, legacy: Option<Arc<Sessions>>) -> Self {
        let mut registry = Registry::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("bitrix24_mail_mcp_build", "The program's version", build);
        server.register(&mut registry);
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
        let sessions = Gauge::default();
        let help = "Open sessions of 2024-11-05";
        registry.register("mcp_legacy_sse_sessions", help, sessions.clone());
        Self {
            registry,
            requests,
            refused,
            connections,
            connections_refused,
            running,
            sessions,
            guard,
            bodies,
            body_bytes,
            legacy,
        }
    }

    /// A request that was answered; `reason` if it was refused.
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

    /// A request that was refused, also before it could be read.
    pub(super) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&[("reason", reason)]).inc();
    }

    pub(super) fn open_connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    pub(super) fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    /// Everything that was counted.
    pub(super) fn text(&self) -> String {
        let figure = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.running.set(figure(self.guard.running()));
        self.body_bytes.set(figure(self.bodies.held()));
        self.sessions
            .set(figure(self.legacy.as_ref().map_or(0, |legacy| legacy.count())));
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
