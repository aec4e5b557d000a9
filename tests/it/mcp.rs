//! The MCP server over every transport: handshake, tools, advice, prompts, resources.

/// Every fault of the demo portal, from the binary to an MCP client: the right advice, in text and in structure.
mod advice;
/// What is offered to whoever types, and what that never costs.
mod completion;
/// The handshake in five revisions, odd first messages, lines that cannot be read.
mod handshake;
/// Arguments that the programs around a model add to its calls.
mod host_arguments;
/// The end of input, a client that no longer reads, cancelled calls.
mod lifecycle;
/// What a client cannot make the program keep in memory.
#[cfg(target_os = "linux")]
mod memory;
/// The first message and others as clients really write them, by every transport.
mod opening;
/// The whole pagination table, from tool arguments to the bytes that the portal received.
mod pagination;
/// Progress while the address book is read, over every transport.
mod progress;
/// Prompts and resources: lists, reads, errors, what may be kept.
mod prompts_and_resources;
/// One session, every way there is: stdio, HTTP in two revisions, event streams, HTTP+SSE of 2024-11-05.
mod sessions;
