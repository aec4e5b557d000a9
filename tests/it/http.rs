//! The HTTP server: which requests it lets in, what limits it keeps, how it starts and stops.

/// Batches of messages over HTTP.
mod batch;
/// The memory that bodies share, and the types and codings of bodies that are accepted.
mod bodies;
/// JSON answers that bypass rmcp's HTTP service.
mod direct;
/// Which requests are let in over HTTP.
mod guard;
/// The transport of 2024-11-05.
mod legacy_sse;
/// The limits of time, size and number over HTTP.
mod limits;
/// The log lines that strangers' requests cause.
mod log;
/// The metrics of the HTTP server.
mod metrics;
/// Requests of real clients and proxies that differ from the specification.
mod oddities;
/// The operator's view: health, readiness, metrics, the page, traces.
mod operation;
/// How the HTTP server starts, and which errors prevent a start.
mod start;
/// How the HTTP server stops.
mod stop;
