//! The one integration binary. Fakes stand only at the network's edge: `scripted_portal` sends prepared bytes, the
//! demo portal is a real HTTP server; program, MCP client, processes and files are real.
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
/// The demo portal, held against the portal contract.
mod demo;
/// What the program generates is what the repository holds.
mod generated;
/// The import rules and the length of files.
mod house;
/// The HTTP server: who is let in, what it bears, how it starts and stops.
mod http;
/// Clients' settings files: `install` and `doctor --client`.
mod install;
/// Relative links of the documentation, and the README's length.
mod links;
/// The MCP server over every transport: handshake, tools, advice, prompts, resources.
mod mcp;
/// The portal client: requests, replies, limits, retries, tokens.
mod portal;
/// The address book: reading it, finding people in it, asking the user.
mod resolve;
/// What the tests share: a program that is started, clients, homes, portals of prepared bytes.
mod support;
