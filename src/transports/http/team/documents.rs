//! The routes of the documents that clients find the endpoints by.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::reply::reply;
use crate::team::paths::{
    AUTHORIZATION_SERVER, AUTHORIZATION_SERVER_OF_MCP, OPENID_CONFIGURATION, PROTECTED_RESOURCE,
    PROTECTED_RESOURCE_OF_MCP,
};
use crate::team::{Answer, Team};
use crate::transports::http::paths::route;

/// The routes. The metadata of the resource `/mcp/` is at the address of that of `/mcp` with a slash.
pub(super) fn routes(team: &Arc<Team>) -> Router {
    let document = |make: fn(&Team) -> Answer| {
        let team = Arc::clone(team);
        get(async move || reply(make(&team), None))
    };
    let mut routes = route(
        Router::new(),
        PROTECTED_RESOURCE,
        document(|team| team.protected_resource(false)),
    );
    routes = routes
        .route(
            PROTECTED_RESOURCE_OF_MCP,
            document(|team| team.protected_resource(false)),
        )
        .route(
            &format!("{PROTECTED_RESOURCE_OF_MCP}/"),
            document(|team| team.protected_resource(true)),
        );
    for path in [AUTHORIZATION_SERVER, AUTHORIZATION_SERVER_OF_MCP, OPENID_CONFIGURATION] {
        routes = route(routes, path, document(Team::authorization_server));
    }
    routes
}
