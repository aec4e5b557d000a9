//! What the tests share: a program that is started, clients, homes, portals of prepared bytes.

/// A home folder with a client's settings in it.
pub(crate) mod client_home;
/// Asks the demo portal without a socket.
pub(crate) mod demo_in_process;
/// Clients that can ask their user.
pub(crate) mod elicitation_client;
/// Starts the program and talks to it.
pub(crate) mod harness;
/// An HTTP client that shows everything.
pub(crate) mod http_client;
/// Starts the HTTP server.
pub(crate) mod http_server;
/// A portal of rows on a scripted wire.
pub(crate) mod scripted_book;
/// Pages of contacts, then silence.
pub(crate) mod scripted_pages;
/// A server that sends prepared bytes.
pub(crate) mod scripted_portal;
/// A wire of prepared replies.
pub(crate) mod scripted_wire;
