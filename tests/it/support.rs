//! Helpers of the tests: the program as a process, clients of each transport, portals, homes, and checks.

/// The address book as a library.
pub(crate) mod address_books;
/// A browser that keeps cookies, submits forms and follows redirects.
pub(crate) mod browser;
/// An authority that issues certificates.
#[cfg(target_os = "linux")]
pub(crate) mod certificate_authority;
/// A home folder with a client's settings in it.
pub(crate) mod client_home;
/// The program as a command, with the credentials of a demo portal.
pub(crate) mod commands;
/// Sends requests to the demo portal without a socket.
pub(crate) mod demo_in_process;
/// Signs employees in at the demo portal.
pub(crate) mod demo_sign_in;
/// Clients that can ask their user.
pub(crate) mod elicitation_client;
/// Two employees of a team server, and their clients.
pub(crate) mod employees;
/// Starts the program and talks to it.
pub(crate) mod harness;
/// An HTTP client that shows every byte.
pub(crate) mod http_client;
/// Starts the HTTP server.
pub(crate) mod http_server;
/// A session of the transport of 2024-11-05.
pub(crate) mod legacy_sse;
/// A PostgreSQL for tests.
pub(crate) mod postgres_server;
/// Sessions and requests by protocol revision.
pub(crate) mod revisions;
/// The address book of a demo portal without sockets.
pub(crate) mod scene;
/// A portal of rows on a scripted wire.
pub(crate) mod scripted_book;
/// Pages of contacts, then silence.
pub(crate) mod scripted_pages;
/// A server that sends prepared bytes.
pub(crate) mod scripted_portal;
/// A wire of prepared replies.
pub(crate) mod scripted_wire;
/// Searches text for a secret.
pub(crate) mod secrets;
/// An MCP client that registers at a team's server, signs people in and exchanges codes.
pub(crate) mod team_client;
/// Checks of tool results.
pub(crate) mod tool_results;
