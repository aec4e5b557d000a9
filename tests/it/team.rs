//! A server that a team shares, over HTTP: sign-in through a browser and the demo portal, and calls of several employees.

/// Calls of several employees: each sees their own address book.
mod calls;
/// The commands of a team: `team`, `doctor --team` and the start of `serve --team`.
mod commands;
/// How clients find the endpoints, and what a call without a valid token gets.
mod discovery;
/// The limits: of addresses before the sign-in, of people after it.
mod limits;
/// What the log shows of a sign-in.
mod log;
/// Health, readiness and metrics.
mod operation;
/// The store does not answer.
mod outage;
/// The headers of pages, and requests that only look.
mod pages;
/// The server, its demo portal and its store.
mod server;
