//! How the program grows with the address book, with the callers, and with the team that the portal's limits allow:
//!
//! ```sh
//! cargo bench --bench growth -- [--quick] [--program FILE] [--json FILE] [--svg FILE] [--readme README.md]
//! cargo bench --bench growth -- --only books|callers|teams [--quick] [--program FILE] [--json FILE]
//! ```
//!
//! `--program` measures another build of the program, such as one from before a change.
//!
//! | figure | how |
//! |---|---|
//! | walk | `lookup --all` of the whole book, from the start of the process to its end; the most resident memory |
//! | at the portal's limit | the walk's requests after the first fifty, at two a second: computed |
//! | resolve | ten names over stdio, again and again; the most resident memory |
//! | look-up | everybody twenty at a time over stdio, and then again from the cache, as far as that holds them |
//! | callers | look-ups over HTTP, a connection for each, for some seconds; cache and limit off |
//! | teams | the library and a demo portal in virtual time: computed, and the same on every machine |
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
#[path = "../shared/figures.rs"]
mod figures;
#[expect(dead_code, reason = "the comparison uses more of it")]
#[path = "../shared/http.rs"]
mod http;
mod plot;
mod portal;
mod process;
#[path = "../shared/program.rs"]
mod program;
#[path = "../shared/report.rs"]
mod report;
#[expect(dead_code, reason = "the comparison uses more of it")]
#[path = "../shared/stdio.rs"]
mod stdio;
mod table;
mod teams;

use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use portal::Portal;
use report::Machine;

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Effort {
    rounds: usize,
    /// The largest book has ten to the power of this.
    largest: u32,
    /// Of ten names each, in each round.
    resolves: u64,
    /// Of many calls at once.
    seconds: u64,
}

impl Effort {
    const FULL: Self = Self {
        rounds: 5,
        largest: 6,
        resolves: 20,
        seconds: 3,
    };
    const QUICK: Self = Self {
        rounds: 1,
        largest: 6,
        resolves: 5,
        seconds: 1,
    };

    /// How many contacts each book has.
    fn books(self) -> impl Iterator<Item = usize> {
        (2..=self.largest).map(|power| 10_usize.pow(power))
    }
}

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Found {
    books: Vec<books::Found>,
    callers: Vec<callers::Found>,
    teams: Option<teams::Found>,
}

/// What was asked for.
struct Options {
    effort: Effort,
    only: Option<String>,
    program: Option<PathBuf>,
    json: Option<PathBuf>,
    svg: Option<PathBuf>,
    readme: Option<PathBuf>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            effort: Effort::FULL,
            only: None,
            program: None,
            json: None,
            svg: None,
            readme: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value"));
            match argument.as_str() {
                // cargo adds it.
                "--bench" => {}
                "--quick" => options.effort = Effort::QUICK,
                "--only" => options.only = Some(value()?),
                "--program" => options.program = Some(value()?.into()),
                "--json" => options.json = Some(value()?.into()),
                "--svg" => options.svg = Some(value()?.into()),
                "--readme" => options.readme = Some(value()?.into()),
                _ => {
                    let known = "--quick, --only PART, --program FILE, --json FILE, --svg FILE, --readme FILE";
                    return Err(format!("{argument} is not known; there are {known}"));
                }
            }
        }
        if options.only.is_some() && (options.svg.is_some() || options.readme.is_some()) {
            return Err("a part alone, --only, is no plot and no table for the README".to_owned());
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == part)
    }
}

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
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
        teams: options.wants("teams").then(teams::all),
    };
    if options.wants("callers") {
        found.callers = runtime.block_on(callers::all(&program, &portal, options.effort));
    }
    if options.wants("books") {
        found.books = runtime.block_on(books::all(&program, &portal, options.effort));
    }
    let machine = Machine::here();
    let figures = table::markdown(&found, options.effort, &machine);
    println!("{figures}");
    if let Some(path) = options.json {
        let all = serde_json::json!({"machine": machine, "effort": options.effort, "found": found});
        std::fs::write(path, format!("{all:#}\n")).unwrap();
    }
    if let Some(path) = options.svg {
        std::fs::write(path, plot::svg(&found)).unwrap();
    }
    if let Some(path) = options.readme {
        report::write(&path, "growth", &figures);
    }
    ExitCode::SUCCESS
}

/// Progress, for whoever waits.
fn note(text: &str) {
    eprintln!("growth: {text}");
}
