//! The routes of the documents that clients find the endpoints by.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::reply::reply;
use crate::team::{Answer, Team};
use crate::transports::http::paths::route;

/// RFC 9728, for the resource of the whole server.
pub(super) const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// RFC 9728, for `/mcp`.
pub(super) const PROTECTED_RESOURCE_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";
/// RFC 8414.
pub(super) const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
/// Where clients look that take the address of the resource for that of the authorization server.
pub(super) const AUTHORIZATION_SERVER_OF_MCP: &str = "/.well-known/oauth-authorization-server/mcp";
/// An alias of [`AUTHORIZATION_SERVER`].
pub(super) const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

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
