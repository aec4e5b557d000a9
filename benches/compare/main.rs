//! Measures the cost of an MCP server between a client and the portal, for this server and for other implementations:
//!
//! ```sh
//! cargo bench -p benches --bench compare -- [--quick] [--only NAME|stdio|http] [--program FILE] [--json FILE] [--docs docs/performance.md]
//! ```
//!
//! `--program` measures another build of this project's program, such as one from before a change.
//!
//! The peers (`peers/`) are the same tool on bare rmcp, on the TypeScript SDK and on the Python SDK, each with its
//! ecosystem's usual HTTP client. The baseline is the direct request without a server. All call one portal on loopback,
//! which answers immediately with the same twenty contacts. Every call of every server reaches that portal: our server
//! has its cache and its rate limit off, and questions never repeat. The peers only pass contacts on; our server also
//! checks and cleans them, adds cautions and counts.
//!
//! | figure | how |
//! |---|---|
//! | start | from the start of the process to the answer to `initialize`; many starts |
//! | added | single calls, in turns with direct requests: the difference of the medians |
//! | calls a second | 64 calls in flight over one pair of pipes, or 64 and 512 connections, for some seconds |
//! | resident | `VmRSS` after `initialize`, and of another process after many calls |
//! | program | the stripped binary, or the packages without Node and Python themselves |
//! | tokens | o200k_base: name, description and arguments of the tools; structured content of one answer |
//!
//! The portal and the callers each have a thread in this process. Needs Node and Python beside Rust, and Linux for `/proc`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement may fail loudly"
)]

mod peers;
mod portal;
mod rounds;
mod session;
mod table;

use std::process::ExitCode;

use benches::options::Options;
use benches::report::{self, Machine};
use peers::Workshop;
use portal::Portal;
use rounds::Effort;

const KNOWN: [&str; 5] = ["--quick", "--only NAME", "--program FILE", "--json FILE", "--docs FILE"];

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1), &KNOWN) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let effort = if options.is_quick { Effort::QUICK } else { Effort::FULL };
    let only = options.only.unwrap_or_default();
    // Each of the 512 direct connections to the portal has both ends in this process.
    let _ = rlimit::increase_nofile_limit(16 * 1024);
    let workshop = Workshop::open(options.program);
    let portal = Portal::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let found = runtime.block_on(rounds::all(&portal, &workshop, effort, &only));
    let machine = Machine::here();
    let figures = table::markdown(&found, effort, &machine);
    println!("{figures}");
    if let Some(path) = options.json {
        let all = serde_json::json!({"machine": machine, "effort": effort, "found": found});
        std::fs::write(path, format!("{all:#}\n")).unwrap();
    }
    if let Some(path) = options.docs {
        report::write(&path, "cost", &figures);
    }
    ExitCode::SUCCESS
}
