//! The one integration binary. Fakes stand only at the network's edge: `scripted_portal` sends prepared bytes, the
//! demo portal is a real HTTP server; program, MCP client, processes and files are real.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests may fail loudly"
)]

/// Every fault of the demo portal, from the binary to an MCP client: the right advice, in text and in structure.
mod advice;
/// A batch that fails, on a scripted wire.
mod batch;
/// How long the whole book is used, when it is read again, and for whom.
mod books;
/// Books of which a part could not be read.
mod books_in_part;
/// The secret of a webhook shows nowhere, whatever fails.
mod canary;
/// A home folder with a client's settings in it.
mod client_home;
/// `lookup`, `schema`, `--help`, exit statuses.
mod command_line;
/// What is offered to whoever types, and what that never costs.
mod completion;
/// Many callers at once, in virtual time: how long they wait, and what the portal is asked.
mod crowds;
/// Employees of the demo portal, alone and in a batch.
mod demo_employees;
/// Every fault of the demo portal, on each of the portal's paths.
mod demo_faults;
/// Asks the demo portal without a socket.
mod demo_in_process;
/// Requests a second and operating time, as the demo portal counts them.
mod demo_limits;
/// Batches, documentation, changing address books and the record of the demo portal.
mod demo_methods;
/// The demo's application and authorization server.
mod demo_oauth;
/// The demo portal itself, held against the portal contract.
mod demo_portal;
/// Quirks of the demo portal that concern batches and employees.
mod demo_quirks;
/// `doctor`: each check, and what fails where.
mod doctor;
/// `doctor --client`: what each client would start, and in which environment.
mod doctor_client;
/// The same on entries that start something else, nothing, or not where one thinks.
mod doctor_client_entry;
/// The same in a folder that a stranger made.
#[cfg(unix)]
mod doctor_client_folder;
/// The same on entries that are servers over HTTP.
mod doctor_client_http;
/// The same on entries of the user's own file, in a folder that a stranger made.
#[cfg(unix)]
mod doctor_client_own;
/// Asking the user by a form: who is asked, in which manner, what becomes of each answer.
mod elicitation;
/// Clients that can ask their user.
mod elicitation_client;
/// How an open form ends without an answer, and the form as a real MCP client shows it.
mod elicitation_end;
/// What a client carries from a call to the next while its user chooses.
mod elicitation_state;
/// Names that strangers forged, in every form that an answer has.
mod forged_names;
/// A disk that is full before, during and after an exchange of tokens.
#[cfg(unix)]
mod full_disk;
/// What the program generates is what the repository holds.
mod generated;
/// The handshake in five revisions, odd first messages, lines that cannot be read.
mod handshake;
/// Starts the program and talks to it.
mod harness;
/// Arguments that the programs around a model add to its calls.
mod host_arguments;
/// The import rules and the length of files.
mod house;
/// Batches of messages over HTTP.
mod http_batch;
/// Bodies over HTTP: one caller's share, and what their headers may say.
mod http_bodies;
/// An HTTP client that shows everything.
mod http_client;
mod http_direct;
/// The figures of the HTTP server.
mod http_figures;
/// Who is let in over HTTP.
mod http_guard;
/// What a client can use up over HTTP.
mod http_limits;
/// What strangers can make the server write into its log.
mod http_log;
/// What real clients and proxies send that is not quite as it should be.
mod http_oddities;
/// Health, readiness, figures, the page, traces.
mod http_operation;
/// Starts the HTTP server.
mod http_server;
/// How the HTTP server starts, and what keeps it from starting.
mod http_start;
/// The end of the HTTP server.
mod http_stop;
/// `install`: each client's form, files of every kind, in and out again.
mod install;
/// Byte order marks and encodings of clients' files.
mod install_encoding;
/// Files that `install` does not touch, and what stays of those it touches.
mod install_files;
/// Owner, access list and other names of the files that `install` writes.
#[cfg(unix)]
mod install_owner;
/// No secret leaves a client's file or the environment by `install` and `doctor --client`.
mod install_secrets;
/// How `install --remove` finds back, whatever happened since.
mod install_undo;
/// The transport of 2024-11-05.
mod legacy_sse;
/// The end of input, a client that no longer reads, cancelled calls.
mod lifecycle;
/// `login`, from the authorize page's address to the token store.
mod login;
/// What a client cannot make the program keep in memory.
#[cfg(target_os = "linux")]
mod memory;
/// Look-ups that wait for the limit and share requests, on the demo portal.
/// The same when a caller leaves, comes too late or is one too many, on a scripted wire.
/// The same when a request fails.
/// An application's tokens.
mod oauth;
/// Portals that are odd: damaged rows, messages of PHP, limits asked for too long, secrets like codes.
mod odd_portals;
/// Walks over rows that cannot be read.
mod odd_walks;
/// The first message and others as clients really write them, by every transport.
mod opening;
/// The whole pagination table, from tool arguments to the bytes that the portal received.
mod pagination;
/// Processes that share a token store, and `lookup --all` as a person runs it.
mod processes;
/// Progress while the address book is read, over every transport.
mod progress;
/// Prompts and resources: lists, reads, errors, what may be kept.
mod prompts_and_resources;
/// Whole lists of the demo portal, read while they change and while the portal fails.
mod readings;
/// How often the right person is found, by a labelled set.
mod recall;
/// Every shape of reply, one file a case.
mod replies;
/// Names that become recipients, in one request or call by call.
mod resolve;
/// A portal of rows on a scripted wire.
mod scripted_book;
/// Pages of contacts, then silence.
mod scripted_pages;
/// A server that sends prepared bytes.
mod scripted_portal;
/// A wire of prepared replies.
mod scripted_wire;
/// Files with secrets: their encoding, and whether others can read them.
mod secret_files;
/// One session, every way there is: stdio, HTTP in two revisions, event streams, HTTP+SSE of 2024-11-05.
mod sessions;
/// Settings from environment and file, right and wrong.
mod settings;
/// Signals while tokens are being exchanged.
#[cfg(unix)]
mod signals;
/// Limits, retries, diagnosis, cancellation.
mod survival;
/// The same against the demo portal: every fault with every kind of credentials, its own limits, changing address books.
mod survival_on_the_demo_portal;
/// `~` in paths of the environment, the settings file and clients' entries.
mod tilde;
/// Real TLS: trusted, untrusted, expired, another name, no roots at all.
#[cfg(target_os = "linux")]
mod tls;
/// What goes over the wire to a portal.
mod wire;
