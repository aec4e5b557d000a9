//! `lookup`: the tool's search for a person at a terminal or a script.

use clap::{Args, ValueEnum};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::wiring::Wiring;
use super::{ExitStatus, Stop, print, report, table};
use crate::address_book::{Contact, Error, GivenPagination, Query};
use crate::fixit::Failure;
use crate::mcp::list_mail_contacts::Output;

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp lookup anna
  bitrix24-mail-mcp lookup @contoso.com --limit 200 --format csv > contoso.csv
  bitrix24-mail-mcp lookup --format json | jq -r '.contacts[].email'
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
    /// What to print: a table for people, the tool's JSON, or CSV.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    match find(arguments, wiring).await {
        Ok(output) => show(arguments.format, &output),
        Err(error) => {
            let failure = Failure::from(&error);
            // Scripts read the failure from stdout as they read the contacts; people read it on stderr.
            report::failure(&failure);
            if arguments.format == Format::Json {
                print(&json_line(&Output::from_failure(failure))?)?;
            }
            Ok(status_of(&error, wiring))
        }
    }
}

async fn find(arguments: &Arguments, wiring: &Wiring) -> Result<Output, Error> {
    let given = |text: &Option<String>| text.clone().map(Value::String);
    let pagination = GivenPagination {
        page: given(&arguments.page),
        limit: given(&arguments.limit),
        offset: given(&arguments.offset),
    };
    let query = Query::new(arguments.query.as_deref().unwrap_or_default(), &pagination)?;
    // A person cancels with Ctrl-C, which ends the process and with it the connection.
    let found = wiring.book.contacts(&query, &CancellationToken::new()).await?;
    Ok(Output::from_page(&query, found))
}

fn status_of(error: &Error, wiring: &Wiring) -> ExitStatus {
    match error {
        Error::Invalid(_) => ExitStatus::Usage,
        Error::Portal(error) if error.is_about_settings() && wiring.is_live() => ExitStatus::Usage,
        Error::Portal(_) => ExitStatus::Failed,
    }
}

fn show(format: Format, output: &Output) -> Result<ExitStatus, Stop> {
    let contacts = output.contacts.as_deref().unwrap_or_default();
    match format {
        // Complete in itself, also about what follows.
        Format::Json => return print(&json_line(output)?),
        Format::Csv => print(&csv(contacts)?)?,
        Format::Table if contacts.is_empty() => ExitStatus::Done,
        Format::Table => print(&table::contacts(contacts))?,
    };
    if let Some(advice) = &output.advice {
        report::note(advice);
    }
    if let Some(next) = output.page.and_then(|page| page.next_offset) {
        report::note(&format!("{} shown; more may follow: --offset {next}", contacts.len()));
    }
    Ok(ExitStatus::Done)
}

/// Exactly the tool's structured content, on one line.
fn json_line(output: &Output) -> Result<String, Stop> {
    // By way of a Value, as the tool result goes, so that both are the same to the byte.
    let value = serde_json::to_value(output).map_err(|error| Stop::Output(error.into()))?;
    Ok(format!("{value}\n"))
}

fn csv(contacts: &[Contact]) -> Result<String, Stop> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Stop::Output(error.into());
    writer
        .write_record(["id", "email", "name", "cautions"])
        .map_err(failed)?;
    for contact in contacts {
        let name = contact.name.as_deref().unwrap_or_default();
        let row = [
            &contact.id.to_string(),
            &inert(&contact.email),
            &inert(name),
            &table::cautions(contact),
        ];
        writer.write_record(row).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Stop::Output(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A spreadsheet runs a cell that begins like a formula; names are written by strangers.
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
