//! The paths of a team's server, without those that a server for one person has too.

/// Protected resource metadata (RFC 9728), for the whole server.
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// Protected resource metadata, for `/mcp`.
pub const PROTECTED_RESOURCE_OF_MCP: &str = "/.well-known/oauth-protected-resource/mcp";
/// Authorization server metadata (RFC 8414).
pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
/// An alias of [`AUTHORIZATION_SERVER`], for clients that take the resource's address for the authorization server's.
pub const AUTHORIZATION_SERVER_OF_MCP: &str = "/.well-known/oauth-authorization-server/mcp";
/// An alias of [`AUTHORIZATION_SERVER`].
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// Where clients register.
pub const REGISTER: &str = "/oauth/register";
/// The consent page, which the client opens.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Where the form of the consent page is sent.
pub const CONSENT: &str = "/oauth/consent";
/// The path to which the portal sends employees back: the handler path of the application.
pub const CALLBACK: &str = "/oauth/callback";
/// Where clients exchange codes and refresh tokens.
pub const TOKEN: &str = "/oauth/token";
/// Where clients revoke tokens.
pub const REVOKE: &str = "/oauth/revoke";

/// Where the start page begins a sign-in.
pub const SIGN_IN: &str = "/sign-in";
/// Where the start page ends a connection.
pub const END_CONNECTION: &str = "/connections/end";
/// Where the start page signs the employee out.
pub const SIGN_OUT: &str = "/sign-out";
