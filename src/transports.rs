//! How MCP messages reach the server. One file per transport; each serves the same [`Server`](crate::mcp::Server).

pub mod stdio;
