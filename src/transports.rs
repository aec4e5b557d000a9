//! The transports: they receive MCP messages, check them and send the answers. Each transport serves the same
//! [`Server`](crate::mcp::Server).
//!
//! | file | content |
//! |---|---|
//! | [`stdio`] | one client, over standard input and output |
//! | [`http`] | many clients, over Streamable HTTP, with health, metrics and a status page; its table lists the checks in their order |
//! | `legacy_sse` | the HTTP transport of 2024-11-05, if it is switched on |
//! | [`guard`] | which requests are let in: Host, Origin, bearer token, rate limit, running calls |
//! | `limits` | bounds of the memory, time and connections that HTTP clients can use up |
//! | `body`, `refusal`, `metrics` | shared by the HTTP routes: reading bodies within bounds, error responses, counters |
//! | `messages`, `forgiving_transport`, `unanswered` | shared by all transports: reading messages, tolerating unexpected first messages, counting requests |

mod body;
mod forgiving_transport;
pub mod guard;
pub mod http;
mod legacy_sse;
mod limits;
mod messages;
mod metrics;
mod refusal;
pub mod stdio;
mod unanswered;
