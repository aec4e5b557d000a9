//! `lookup`: the tool's search for a person at a terminal or a script.

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use super::wiring::Wiring;
use super::{ExitStatus, Stop, csv, everyone, print, report, table};
use crate::address_book::{Error, GivenPagination, InvalidQuery, Query};
use crate::fixit::Failure;
use crate::mcp::list_mail_contacts::{Output, unreadable_rows};
use crate::portal;

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp lookup anna
  bitrix24-mail-mcp lookup @contoso.com --limit 200 --format csv > contoso.csv
  bitrix24-mail-mcp lookup --format json | jq -r '.contacts[].email'
  bitrix24-mail-mcp lookup --all --format csv > everyone.csv
  bitrix24-mail-mcp lookup petr --employees
  bitrix24-mail-mcp lookup client --demo-fault throttle";

/// Arguments of `lookup`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Part of a name or address; without it, the latest contacts.
    query: Option<String>,
    /// Contacts a page, 1 to 200 [default: 50].
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    limit: Option<String>,
    /// Page number from 1.
    #[arg(long, value_name = "N", allow_hyphen_values = true, conflicts_with = "offset")]
    page: Option<String>,
    /// Contacts to skip.
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    offset: Option<String>,
    /// Employees instead of mail contacts: the beginnings of words are searched, and a query is needed.
    #[arg(long)]
    employees: bool,
    /// Every page from here on, not one: the whole address book without a query.
    #[arg(long)]
    all: bool,
    /// What to print: a table for people, the tool's JSON, or CSV.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
    Csv,
}

pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let cancellation = &wiring.interruption.asked;
    let query = match question(arguments) {
        Ok(query) => query,
        Err(error) => {
            return fail(
                arguments.format == Format::Json,
                Output::from_failure,
                &error.into(),
                wiring,
            );
        }
    };
    if arguments.all {
        return everyone::run(arguments.format, &query, wiring).await;
    }
    match wiring.book.list(&query, cancellation).await {
        Ok(found) => show(arguments.format, &Output::from_page(&query, found)),
        Err(error) => fail(arguments.format == Format::Json, Output::from_failure, &error, wiring),
    }
}

fn question(arguments: &Arguments) -> Result<Query, InvalidQuery> {
    // A walk takes the largest pages there are, unless told otherwise.
    let limit = match (&arguments.limit, arguments.all) {
        (None, true) => Some(Value::from(200)),
        (limit, _) => limit.clone().map(Value::String),
    };
    let given = |text: &Option<String>| text.clone().map(Value::String);
    let pagination = GivenPagination {
        page: given(&arguments.page),
        limit,
        offset: given(&arguments.offset),
    };
    let text = arguments.query.as_deref().unwrap_or_default();
    if arguments.employees {
        Query::for_employees(text, &pagination)
    } else {
        Query::new(text, &pagination)
    }
}

/// Reports a failure with its advice; in JSON also as the `output` of the tool.
pub(super) fn fail<T: Serialize>(
    is_json: bool,
    output: fn(Failure) -> T,
    error: &Error,
    wiring: &Wiring,
) -> Result<ExitStatus, Stop> {
    let failure = Failure::from(error);
    // Scripts read the failure from stdout as they read the contacts; people read it on stderr.
    report::failure(&failure);
    if is_json {
        print(&json_line(&output(failure))?)?;
    }
    Ok(status_of(error, wiring))
}

fn status_of(error: &Error, wiring: &Wiring) -> ExitStatus {
    match error {
        Error::Invalid(_) => ExitStatus::Usage,
        Error::Portal(failed) if failed.error == portal::Error::Cancelled => ExitStatus::Interrupted,
        Error::Portal(failed) if failed.error.is_about_settings() && wiring.is_live() => ExitStatus::Usage,
        Error::Portal(_) => ExitStatus::Failed,
    }
}

fn show(format: Format, output: &Output) -> Result<ExitStatus, Stop> {
    let contacts = output.contacts.as_deref().unwrap_or_default();
    match format {
        // Complete in itself, also about what follows.
        Format::Json => return print(&json_line(output)?),
        Format::Csv => print(&(csv::header()? + &csv::rows(contacts)?))?,
        Format::Table if contacts.is_empty() => ExitStatus::Done,
        Format::Table => print(&table::contacts(contacts))?,
    };
    if let Some(advice) = &output.advice {
        report::note(advice);
    } else if let Some(unreadable @ 1..) = output.page.map(|page| page.unreadable) {
        report::note(&unreadable_rows(unreadable));
    }
    if let Some(next) = output.page.and_then(|page| page.next_offset) {
        report::note(&format!("{} shown; more may follow: --offset {next}", contacts.len()));
    }
    Ok(ExitStatus::Done)
}

/// Exactly the tool's structured content, on one line.
pub(super) fn json_line(output: &impl Serialize) -> Result<String, Stop> {
    // By way of a Value, as the tool result goes, so that both are the same to the byte.
    let value = serde_json::to_value(output).map_err(|error| Stop::Output(error.into()))?;
    Ok(format!("{value}\n"))
}
