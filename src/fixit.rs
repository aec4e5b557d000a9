//! The fix-it table says for every failure what it means, who can fix it, which steps help, and whether to retry.
//!
//! [`FIXES`] is one documented slice, and [`TEAM_FIXES`] another, for the calls of a team server's employees. Tool
//! results, the command line's hints and docs/errors.md are made from them.
//! `fixit` imports no other room: it gets the code, the HTTP status and the details of a failure, and returns advice.
//!
//! # How a 401 of the portal becomes advice
//!
//! 1. `portal/reply.rs` reads code and status of the reply: `BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION`, 401.
//!    `portal/refusal_reason.rs` asks the old API for the real reason. If the old API names one, its code replaces this
//!    one.
//! 2. `portal::Error` keeps both, and `Error::code` returns the code. For most failures without an error of the portal,
//!    such as a broken connection, it returns a code of `portal/codes.rs`.
//! 3. `mcp/advice.rs` puts code, status and message into a [`KnownFailure`].
//! 4. A [`Failure`] is made of the known failure: [`lookup`] finds the row for this code, status and [`Audience`].
//! 5. `mcp/outcome.rs` makes the tool's result of the [`Failure`], and `cli/report.rs` the lines on the terminal.
//!
//! The steps to add an error code are in `docs/contributing.md`.

mod audience;
mod failure;
mod fix;
mod lookup;
mod pages;
mod table;
mod team;

pub use audience::Audience;
pub use failure::{Failure, FieldProblem, KnownFailure};
pub use fix::{DOCS, Fix, Retry, Who};
pub use lookup::{fixes, lookup, rows};
pub use table::FIXES;
pub use team::TEAM_FIXES;

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
