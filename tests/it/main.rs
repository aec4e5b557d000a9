//! All integration tests, in one binary. Only the portal and its authorization server are faked: by prepared bytes or
//! replies, or by the demo portal, which is a real HTTP server. Programs, MCP clients and files are real.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests may fail loudly"
)]

/// The command line: commands, settings, files with secrets.
mod cli;
/// The demo portal against the portal contract.
mod demo;
/// The generated files of the repository are up to date.
mod generated;
/// The import rules and the length of files.
mod house;
/// The HTTP server: which requests it lets in, what limits it keeps, how it starts and stops.
mod http;
/// Clients' settings files: `install` and `doctor --client`.
mod install;
/// Relative links of the documentation, and the README's length.
mod links;
/// The MCP server over every transport: handshake, tools, advice, prompts, resources.
mod mcp;
/// The portal client: requests, replies, limits, retries, tokens.
mod portal;
/// Several server processes on one PostgreSQL.
#[cfg(target_os = "linux")]
mod replicas;
/// The address book: reading it, finding people in it, asking the user.
mod resolve;
/// Helpers of the tests: the program as a process, clients, homes, portals.
mod support;
/// A server that a team shares: sign-in, and calls of several employees.
mod team;
