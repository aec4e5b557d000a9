//! Finds mail recipients in a Bitrix24 address book, for assistants that speak MCP and for people at a terminal.
//!
//! # The map
//!
//! | room | what it is | what it may import |
//! |---|---|---|
//! | [`cli`] | the command line; `cli/wiring.rs` and `cli/team_wiring.rs` build the parts, `cli/report.rs` prints failures | every room |
//! | `clients` | MCP clients: their settings files, the entries in them, and the command that an entry starts | `config`, `portal` |
//! | [`config`] | settings from environment and file, checked | `portal`, `team`, `transports`, `telemetry` |
//! | [`transports`] | how MCP messages arrive, by stdio or HTTP, and who may send them | `mcp`, `team` |
//! | [`team`] | sign-in of employees for a server that a team shares: OAuth towards MCP clients and the portal | `portal` |
//! | [`mcp`] | the MCP server: tools, one file each, prompts, resources and completion | `address_book`, `fixit` |
//! | [`address_book`] | questions and contacts: reads and keeps the address book, finds recipients, adds cautions | `portal` |
//! | [`portal`] | the client of Bitrix24's REST 3.0: credentials, limits, retries, errors | nothing |
//! | [`fixit`] | advice for every failure | nothing |
//! | [`demo`] | a demo portal on loopback, for trials and tests | nothing |
//! | [`telemetry`] | logs | nothing |
//!
//! Some crates are used in a few places only: `reqwest` and `rustls` in `portal/wire.rs` and
//! `team/client_metadata/fetch.rs`; `ring` in `team`, `portal/wire.rs` and `cli/login/redirected.rs`; `rusqlite` in
//! `team/store/sqlite`; `axum` in `transports`; `hyper` in `transports`, `demo`, `cli/login/callback.rs` and
//! `clients/handshake/http.rs`; `rmcp` in `mcp` and `transports`; `clap` in `cli`. `demo` never imports `portal`: a fake
//! that shared the client's types would repeat the client's mistakes. The test `tests/it/house.rs` checks these rules.
//!
//! # The journey of one call
//!
//! A call of `list_mail_contacts`:
//!
//! 1. A transport receives the message: `transports/stdio/lines.rs`, or `transports/http/endpoint.rs` after the checks
//!    that `transports/http.rs` lists. `transports/messages.rs` reads or repairs it.
//! 2. rmcp calls the handler in `mcp.rs`. Over HTTP `transports/http/direct.rs` calls the handler for most clients.
//! 3. `mcp/tools.rs` finds the tool, and `mcp/arguments.rs` reads the JSON arguments into the tool's input struct. The
//!    tool's file makes a checked [`address_book::Query`] of the input.
//! 4. `address_book/look_up.rs` decides whether the page comes from the portal or from the book in memory.
//!    `address_book/cache.rs` keeps recent pages.
//! 5. [`portal::Portal::call`] waits for the portal's limits, adds the credentials, sends the request and reads the
//!    reply. It retries where that can help, all under one deadline.
//! 6. The address book returns a page of cleaned contacts, or an error with a `code()`. `mcp/advice.rs` finds the
//!    advice for the error by [`fixit::lookup`], and `mcp/outcome.rs` makes the tool's result.
//!
//! On a team's server step 1 finds the employee of the access token (`team/tokens/access.rs`), and step 5 calls with that
//! employee's own tokens. The head of [`team`] has the journey of a sign-in.
//!
//! `cli/lookup.rs` makes the same look-up from the command line; `cli/answer.rs` and `cli/report.rs` print its failure.
//!
//! `resolve_mail_recipients` needs the whole address book for its [`address_book::Names`]. `address_book/books.rs` has
//! the book in memory, or has it read: `reader.rs` decides which pages come next, and `portal/batch.rs` requests
//! several of them at a time. `index.rs` finds the contacts that fit each name by the rules of `search.rs`, and
//! `resolve/judge.rs` decides whether one of them is certain. Meanwhile `mcp/progress.rs` reports how many contacts
//! were read; afterwards `mcp/elicit.rs` may let the user choose.

pub mod address_book;
pub mod cli;
mod clients;
pub mod config;
pub mod demo;
pub mod fixit;
pub mod mcp;
pub mod portal;
pub mod team;
pub mod telemetry;
pub mod transports;
