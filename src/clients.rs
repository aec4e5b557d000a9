//! MCP clients and their settings files: which clients this program can be installed in, how an entry is written into a
//! client's file and removed again, and what a client starts for an entry. The commands `install` and `doctor --client` and
//! the clients' documentation are built on this library.
//!
//! | question | file |
//! |---|---|
//! | Which clients are there, where is the file of each, how does an entry refer to a secret? | `client.rs`, one table; `machine.rs` has the folders of this computer |
//! | Where is a client's JSON edited, and its TOML? | `document/json_document.rs` and `document/toml_document.rs`, behind `document.rs` |
//! | How is a settings file read and replaced, and what stays of the old one? | `file.rs`, `file/ownership.rs`, `byte_order_mark.rs` |
//! | What does an entry contain? | `entry.rs`; `inputs.rs` has the questions that VS Code asks |
//! | What happens on `install` and `install --remove`? | `installation.rs` makes the plan; `warnings.rs` and `next_steps.rs` say what people should know |
//! | What does an entry start? | `started.rs` (this program or another), `launch.rs` (the process), `references.rs` (`${NAME}`), `relative_paths.rs` |
//! | How does `doctor` show and try an entry? | `announcement.rs` shows it, `handshake.rs` and `handshake/http.rs` connect as the client does, `redactor.rs` hides secrets |
//! | What does the documentation say about a client? | `documentation.rs` |
//!
//! To add a client: a variant of [`Client`], whose matches the compiler then lists (`client.rs`, `handshake.rs`,
//! `next_steps.rs`, `references.rs`, `warnings.rs`, `documentation.rs`); a file in another language than JSON or TOML also needs a
//! document of its own beside those two. Then the list in `tests/it/support/client_home.rs`, and `schema --write` for the
//! generated documentation.

pub(super) mod announcement;
mod byte_order_mark;
mod client;
pub(super) mod document;
pub(super) mod documentation;
pub(super) mod entry;
pub(super) mod file;
pub(super) mod handshake;
mod inputs;
pub(super) mod installation;
pub(super) mod launch;
pub(super) mod machine;
pub(super) mod next_steps;
mod redactor;
mod references;
pub(super) mod relative_paths;
pub(super) mod started;
pub(super) mod warnings;

pub(super) use byte_order_mark::ByteOrderMark;
pub(super) use client::Client;
pub(super) use references::ValueSource;
