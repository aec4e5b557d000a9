//! The fix-it table: for every failure, what it means, who can mend it, the steps, and whether to call again.
//!
//! [`FIXES`] is one documented slice. Tool results, the command line's hints and docs/errors.md are made from it. This
//! room imports no other room: its input is an error code and an HTTP status, its output is advice.
//!
//! # How a 401 of the portal becomes advice
//!
//! 1. `portal/reply.rs` reads code and status out of the reply: `BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION`, 401.
//! 2. `portal::Error` keeps both. `code()` returns the reply's code, or one of our own codes without a reply.
//! 3. `mcp/advice.rs` puts code, status and message of `address_book::Error`, which holds the portal's, into a
//!    [`KnownFailure`].
//! 4. [`Failure`] is made from the [`KnownFailure`]: [`lookup`] finds the row of [`FIXES`] whose code and status fit.
//! 5. `mcp/outcome.rs` turns the [`Failure`] into the tool's result, and `cli/report.rs` prints it on the terminal.
//!
//! # To add an error code
//!
//! 1. A row in `fixit/table.rs`. A code of the portal needs nothing more in `src`.
//! 2. For a code of our own: its constant in `portal/codes.rs`, and its variant and line of `code()` in
//!    `portal/error.rs`.
//! 3. A fault of the demo portal that causes the code, in `demo/faults/table.rs`.
//! 4. `cargo run -- schema --write schemas --docs docs` writes the generated table.
//!
//! `tests/it/mcp/advice.rs` fails for a code without a row and for a row that no fault causes. That test lists the rows
//! that a portal cannot cause.

mod failure;
mod fix;
mod lookup;
mod table;

pub use failure::{Failure, FieldProblem, KnownFailure};
pub use fix::{DOCS, Fix, Retry, Who};
pub use lookup::{lookup, rows};
pub use table::FIXES;

/// The whole table as Markdown, for docs/errors.md and the resource `bitrix24-mail://fixes`.
pub fn markdown_table() -> String {
    markdown(FIXES)
}

/// Some rows of the table as Markdown.
pub fn markdown<'a>(rows: impl IntoIterator<Item = &'a Fix>) -> String {
    let mut table = String::from("| Code | HTTP | Meaning | Who | What to do | Retry |\n|---|---|---|---|---|---|\n");
    for fix in rows {
        let statuses: Vec<_> = fix.statuses.iter().map(u16::to_string).collect();
        let steps: Vec<_> = fix
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| format!("{}. {step}", index + 1))
            .collect();
        let retry = match fix.retry_after_seconds {
            Some(seconds) => format!("{} ({seconds} s)", fix.retry.as_str()),
            None => fix.retry.as_str().to_owned(),
        };
        table.push_str(&format!(
            "| [`{}`]({}) | {} | {} | {} | {} | {retry} |\n",
            fix.code,
            fix.docs(),
            statuses.join(", "),
            fix.meaning,
            fix.who.as_str(),
            steps.join(" "),
        ));
    }
    table
}
