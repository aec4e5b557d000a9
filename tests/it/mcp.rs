//! The MCP server over every transport: handshake, tools, advice, prompts, resources.

/// Every fault of the demo portal, from the binary to an MCP client: the right advice, in text and in structured
/// content.
mod advice;
/// Completion: the values, and the part of the rate limit that it may use.
mod completion;
/// A server of a team: each request is answered for its own employee.
mod employees;
/// The handshake in five revisions, unexpected first messages, lines that cannot be read.
mod handshake;
/// Arguments that a model's host adds to its calls.
mod host_arguments;
/// The end of input, a client that no longer reads, cancelled calls.
mod lifecycle;
/// Bounds of memory against clients that send much or read nothing.
#[cfg(target_os = "linux")]
mod memory;
/// `initialize` and other messages as clients really write them, over every transport.
mod opening;
/// The whole pagination table, from tool arguments to the bytes that the portal receives.
mod pagination;
/// Progress while the address book is read, over every transport.
mod progress;
/// Prompts and resources: lists, reads, errors, cache hints.
mod prompts_and_resources;
/// The same session over every transport: stdio, HTTP in two revisions, event streams, HTTP+SSE of 2024-11-05.
mod sessions;
