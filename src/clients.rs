//! The MCP clients that this program can be installed in.

pub(super) mod announcement;
mod byte_order_mark;
mod client;
pub(super) mod document;
pub(super) mod entry;
pub(super) mod file;
pub(super) mod handshake;
mod inputs;
pub(super) mod installation;
pub(super) mod launch;
pub(super) mod machine;
pub(super) mod next_steps;
pub(super) mod places;
pub(super) mod readme;
mod redactor;
mod references;
pub(super) mod started;
pub(super) mod warnings;

pub(super) use byte_order_mark::ByteOrderMark;
pub(super) use client::Client;
pub(super) use references::ValueSource;
