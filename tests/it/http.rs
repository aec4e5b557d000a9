//! The HTTP server: who is let in, what it bears, how it starts and stops.

/// Batches of messages over HTTP.
mod batch;
/// Bodies over HTTP: one caller's share, and what their headers may say.
mod bodies;
mod direct;
/// The figures of the HTTP server.
mod figures;
/// Who is let in over HTTP.
mod guard;
/// The transport of 2024-11-05.
mod legacy_sse;
/// What a client can use up over HTTP.
mod limits;
/// What strangers can make the server write into its log.
mod log;
/// What real clients and proxies send that is not quite as it should be.
mod oddities;
/// Health, readiness, figures, the page, traces.
mod operation;
/// How the HTTP server starts, and what keeps it from starting.
mod start;
/// The end of the HTTP server.
mod stop;
