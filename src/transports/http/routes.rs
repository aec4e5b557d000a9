//! Builds the server: the parts that all handlers share, and the routes for one person or for a team. The tables in
//! `http.rs` and `team.rs` list all checks in their order.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::middleware;
use tokio_util::sync::CancellationToken;

use super::connections::Connections;
use super::endpoint::Endpoint;
use super::operation::Readiness;
use super::request_log::{RequestLog, observe};
use super::{one_person, team};
use crate::mcp::Server;
use crate::team::Team;
use crate::transports::body::BodyReader;
use crate::transports::guard::{self, Guard};
use crate::transports::legacy_sse::Sessions;
use crate::transports::limits::Limits;
use crate::transports::metrics::Metrics;

/// How to serve MCP over HTTP.
#[derive(Debug, Default)]
pub struct Settings {
    /// Which requests are let in.
    pub guard: guard::Settings,
    /// Serve the transport of 2024-11-05 too. It is never served for a team: its sessions belong to no employee.
    pub legacy_sse: bool,
    /// Bounds of the memory, time and connections that clients can use up.
    pub limits: Limits,
    /// Serve a team, where employees sign in; `None` to serve one person.
    pub team: Option<Arc<Team>>,
}

/// Builds the server that listens on `address`.
pub(super) fn build(server: Server, settings: Settings, address: SocketAddr) -> Connections {
    let Settings {
        guard: mut admitted,
        legacy_sse,
        limits,
        team,
    } = settings;
    if let Some(team) = &team {
        let authority = team.settings().public_url.authority();
        admitted.allowed_hosts = admitted.allowed_hosts.and(authority);
    }
    let closing = CancellationToken::new();
    let shutdown = server.shutdown_token();
    let guard = Arc::new(Guard::new(admitted, limits.running_calls));
    let bodies = Arc::new(BodyReader::new(limits));
    let sessions = (legacy_sse && team.is_none()).then(|| {
        let (guard, bodies) = (Arc::clone(&guard), Arc::clone(&bodies));
        Arc::new(Sessions::new(server.clone(), guard, bodies, limits, closing.clone()))
    });
    let metrics = Arc::new(Metrics::new(
        &server,
        Arc::clone(&guard),
        Arc::clone(&bodies),
        sessions.clone(),
        team.as_deref(),
    ));
    let has_proxy = team.is_some();
    let paths = if has_proxy { team::PATHS } else { one_person::PATHS };
    let log = Arc::new(RequestLog::new(Arc::clone(&metrics), paths));
    let endpoint = Endpoint::new(
        &server,
        Arc::clone(&guard),
        Arc::clone(&bodies),
        Arc::clone(&metrics),
        limits,
    );
    let routes = match team {
        Some(team) => team::routes(team::Handlers {
            readiness: Readiness::of_team(Arc::clone(&team), &metrics, closing.clone()),
            team,
            guard: Arc::clone(&guard),
            bodies,
            metrics: Arc::clone(&metrics),
            endpoint,
        }),
        None => one_person::routes(one_person::Handlers {
            guard: Arc::clone(&guard),
            metrics: Arc::clone(&metrics),
            endpoint,
            readiness: Readiness::of_server(server, &metrics, closing.clone()),
            sessions,
            address,
        }),
    };
    // The layer that is added last is the first that a request passes.
    let router = routes
        .layer(middleware::from_fn_with_state(Arc::clone(&log), observe))
        // Builds the handlers now; without a state axum would build them for each request.
        .with_state(());
    Connections {
        router,
        limits,
        has_proxy,
        guard,
        metrics,
        log,
        closing,
        shutdown,
    }
}
