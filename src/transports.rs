//! How MCP messages reach the server. Each transport serves the same [`Server`](crate::mcp::Server).
//!
//! | file | what it is |
//! |---|---|
//! | [`stdio`] | one client, over standard input and output |
//! | [`http`] | many clients, over Streamable HTTP, with health, metrics and a status page |
//! | `legacy_sse` | the transport of 2024-11-05 beside it, if asked for |
//! | [`guard`] | who may ask: Host, Origin, bearer token, rate and number of calls |
//! | `metrics` | what Prometheus is told |
//! | `messages`, `session`, `unanswered` | what the transports share: reading messages, forgiving odd openings, counting requests |
//! | `body`, `refusal` | what the routes of HTTP share: receiving within bounds, saying no |

mod body;
pub mod guard;
pub mod http;
mod legacy_sse;
mod messages;
mod metrics;
mod refusal;
mod session;
pub mod stdio;
mod unanswered;
