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
//! | walk | `lookup --all` of the whole book, from the start of the process to its end; the most resident memory |
//! | at the portal's limit | the library's walk of the same book in virtual time: computed |
//! | resolve | fifty names over stdio: once while the book is read, and then again and again; what memory that adds |
//! | look-up | everybody twenty at a time over stdio, and then again from the cache, as far as that holds them |
//! | callers | look-ups over HTTP, a connection for each, for some seconds; cache and limit off |
//! | teams | the library and the portal in virtual time: computed, and the same on every machine |
//!
//! The portal answers at once, in a thread of this process; the program has a process of its own. Needs Linux for `/proc`.
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

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Effort {
    rounds: usize,
    /// Of fifty names each, in each round, from the kept book.
    resolves: u64,
    /// Of many calls at once.
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

/// How many contacts each book has. Of more than 50,000, `resolve` keeps the newest.
const BOOKS: [usize; 6] = [100, 1_000, 10_000, 50_000, 100_000, 1_000_000];

/// Everything that was found.
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

/// What was asked for, if it makes sense together.
fn options() -> Result<Options, String> {
    let options = Options::read(std::env::args().skip(1), &KNOWN)?;
    if options.only.is_some() && (options.svg.is_some() || options.docs.is_some()) {
        return Err("a part alone, --only, is no plot and no table for the documentation".to_owned());
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
    // Callers have a connection each, at both ends of it.
    let _ = rlimit::increase_nofile_limit(16 * 1024);
    let program = options.program.clone().unwrap_or_else(|| {
        note("building bitrix24-mail-mcp as a release has it");
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

/// Progress, for whoever waits.
fn note(text: &str) {
    eprintln!("growth: {text}");
}
