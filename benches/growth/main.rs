//! How the program grows with the address book, with the callers, and with the team that the portal's limits allow:
//!
//! ```sh
//! cargo bench -p benches --bench growth -- [--quick] [--program FILE] [--json FILE] [--svg FILE] [--docs docs/performance.md]
//! cargo bench -p benches --bench growth -- --only books|callers|teams [--quick] [--program FILE] [--json FILE]
//! ```
//!
//! `--program` measures another build of the program, such as one from before a change.
//!
//! | figure | how |
//! |---|---|
//! | walk | `lookup --all` of the whole book, from the start of the process to its end; peak resident memory |
//! | at the portal's limit | the library's walk of the same book in virtual time: computed |
//! | resolve | fifty names over stdio: a first call that reads the book, then calls that use it; the memory they add |
//! | look-up | all contacts over stdio, twenty at a time; then again, from the cache as far as it holds them |
//! | callers | look-ups over HTTP for some seconds, a connection for each caller; cache and rate limit off |
//! | teams | the library and the portal in virtual time: computed, and the same on every machine |
//!
//! The portal answers immediately, in a thread of this process; the program has its own process. Needs Linux for `/proc`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a measurement may fail loudly"
)]

mod book;
mod books;
mod callers;
mod plot;
mod portal;
mod process;
mod table;
mod teams;

use std::process::ExitCode;

use serde::Serialize;

use benches::options::Options;
use benches::program;
use benches::report::{self, Machine};
use portal::Portal;

/// How much the benchmark measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Effort {
    rounds: usize,
    /// Calls of fifty names each, in each round, answered from the kept book.
    resolves: u64,
    /// Seconds of simultaneous calls.
    seconds: u64,
}

impl Effort {
    const FULL: Self = Self {
        rounds: 5,
        resolves: 20,
        seconds: 3,
    };
    const QUICK: Self = Self {
        rounds: 1,
        resolves: 5,
        seconds: 1,
    };
}

/// Contacts of each book. `resolve` keeps the newest 50,000 of a larger book.
const BOOKS: [usize; 6] = [100, 1_000, 10_000, 50_000, 100_000, 1_000_000];

/// All results.
#[derive(Debug, Serialize)]
struct Found {
    books: Vec<books::Found>,
    callers: Vec<callers::Found>,
    teams: Vec<teams::Team>,
}

const KNOWN: [&str; 6] = [
    "--quick",
    "--only PART",
    "--program FILE",
    "--json FILE",
    "--svg FILE",
    "--docs FILE",
];

/// The command-line options; an error if they contradict each other.
fn options() -> Result<Options, String> {
    let options = Options::read(std::env::args().skip(1), &KNOWN)?;
    if options.only.is_some() && (options.svg.is_some() || options.docs.is_some()) {
        return Err("--svg and --docs need all parts, so they cannot be combined with --only".to_owned());
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let effort = if options.is_quick { Effort::QUICK } else { Effort::FULL };
    let wants = |part: &str| options.only.as_ref().is_none_or(|only| only == part);
    // Each caller's connection takes a file here and one in the server, which inherits the limit.
    let _ = rlimit::increase_nofile_limit(16 * 1024);
    let program = options.program.clone().unwrap_or_else(|| {
        note("building bitrix24-mail-mcp in release mode");
        program::release()
    });
    let portal = Portal::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut found = Found {
        books: Vec::new(),
        callers: Vec::new(),
        teams: if wants("teams") { teams::all() } else { Vec::new() },
    };
    if wants("callers") {
        found.callers = runtime.block_on(callers::all(&program, &portal, effort));
    }
    if wants("books") {
        found.books = runtime.block_on(books::all(&program, &portal, effort));
    }
    let machine = Machine::here();
    let figures = table::markdown(&found, effort, &machine);
    println!("{figures}");
    if let Some(path) = options.json {
        let all = serde_json::json!({"machine": machine, "effort": effort, "found": found});
        std::fs::write(path, format!("{all:#}\n")).unwrap();
    }
    if let Some(path) = options.svg {
        std::fs::write(path, plot::svg(&found)).unwrap();
    }
    if let Some(path) = options.docs {
        report::write(&path, "growth", &figures);
    }
    ExitCode::SUCCESS
}

/// Prints progress to standard error.
fn note(text: &str) {
    eprintln!("growth: {text}");
}
