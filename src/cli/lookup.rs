//! `lookup`: runs the search of the tool `list_mail_contacts` for a person at a terminal or a script.

mod every_page;

use clap::Args;
use serde_json::Value;

use super::answer::fail;
use super::exit::{ExitStatus, Stop};
use super::format::ContactFormat;
use super::stdout::{print, print_json};
use super::wiring::Wiring;
use super::{report, spreadsheet, table};
use crate::address_book::{GivenPagination, InvalidQuery, MAX_LIMIT, Query};
use crate::mcp::list_mail_contacts::{Output, unreadable_rows};

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
    /// Search employees instead of mail contacts; needs a query, which is compared with the beginnings of words.
    #[arg(long)]
    employees: bool,
    /// Print this page and every later one; without a query, the whole address book.
    #[arg(long)]
    all: bool,
    /// What to print: a table for people, the tool's JSON, or CSV.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ContactFormat,
}

pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let cancellation = &wiring.interruption.requested;
    let is_json = arguments.format == ContactFormat::Json;
    let query = match query_of(arguments) {
        Ok(query) => query,
        Err(error) => return fail::<Output>(is_json, &error.into(), wiring),
    };
    if arguments.all {
        return every_page::run(arguments.format, &query, wiring).await;
    }
    match wiring.book.list(&query, cancellation).await {
        Ok(found) => show(arguments.format, &Output::from_page(&query, found)),
        Err(error) => fail::<Output>(is_json, &error, wiring),
    }
}

fn query_of(arguments: &Arguments) -> Result<Query, InvalidQuery> {
    // With --all, the largest pages mean the fewest requests.
    let limit = match (&arguments.limit, arguments.all) {
        (None, true) => Some(Value::from(MAX_LIMIT)),
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

fn show(format: ContactFormat, output: &Output) -> Result<ExitStatus, Stop> {
    let contacts = output.contacts.as_deref().unwrap_or_default();
    match format {
        // The JSON itself says whether more contacts follow.
        ContactFormat::Json => return print_json(output),
        ContactFormat::Csv => print(&(spreadsheet::header()? + &spreadsheet::rows(contacts)?))?,
        ContactFormat::Table if contacts.is_empty() => ExitStatus::Done,
        ContactFormat::Table => print(&table::contacts(contacts))?,
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
