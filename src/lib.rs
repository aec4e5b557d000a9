//! Finds mail recipients in a Bitrix24 address book, for assistants that speak MCP and for people at a terminal.
//!
//! # The map
//!
//! | room | what it is | what it may import |
//! |---|---|---|
//! | [`cli`] | the command line; `cli/wiring.rs` builds the parts, `cli/report.rs` prints failures | every room |
//! | `clients` | MCP clients: their settings files, their entries, and what an entry starts | `config`, `portal` |
//! | [`config`] | settings from environment and file | `portal`, `transports`, `telemetry` |
//! | [`transports`] | how MCP messages arrive, by stdio or HTTP, and who may send them | `mcp` |
//! | [`mcp`] | the MCP server: tools, one file each, prompts, resources and completion | `address_book`, `fixit` |
//! | [`address_book`] | questions and contacts; `book` reads them all, `index` and `search` find whom a name means, `cautions` what is odd | `portal` |
//! | [`portal`] | the REST 3.0 client | nothing |
//! | [`fixit`] | advice for every failure | nothing |
//! | [`demo`] | a portal on loopback to try and test with | nothing |
//! | [`telemetry`] | logs | nothing |
//!
//! `reqwest` and `rustls` are used in `portal/wire.rs` alone, `axum` in `transports`, `hyper` there, in `demo`,
//! `cli/login/callback.rs` and `clients/handshake/http.rs`, `rmcp` in `mcp` and `transports`, `clap` in `cli`. `demo` never imports `portal`: a fake that
//! shares the client's types would repeat its mistakes. The test `tests/it/house.rs` holds all this.
//!
//! # The journey of one call
//!
//! Bytes arrive at a transport, over HTTP past its guard; rmcp makes a request of them, and takes it to the handler (over
//! HTTP that is mostly `transports/http/direct.rs`); the tool's file turns JSON arguments into a checked
//! [`address_book::Query`]; the address book has the answer in memory, or names method and parameters;
//! [`portal::Portal::call`] waits for its turn, adds credentials, sends, reads and judges, and does so again where that
//! helps, all under one deadline. Back come a page of
//! cleaned contacts, or an error with a `code()` for which [`fixit::lookup`] has the advice; `mcp/outcome.rs` makes the
//! result of either. `lookup` on the command line takes the same way and ends in `cli/report.rs`.
//!
//! Recipients take a wider way: [`address_book::Names`] need the whole address book, which `address_book/book.rs` has in
//! memory, or reads; `reader.rs` says which pages to ask for next, and `portal/batch.rs` makes a request of many.
//! `index.rs` finds everybody who may be meant by a name, and `resolve/judge.rs` judges them, by `search`. Meanwhile
//! `mcp/progress.rs` sends how many contacts were read, and afterwards `mcp/elicit.rs` may let the user choose.

pub mod address_book;
pub mod cli;
mod clients;
pub mod config;
pub mod demo;
pub mod fixit;
pub mod mcp;
pub mod portal;
pub mod telemetry;
pub mod transports;
