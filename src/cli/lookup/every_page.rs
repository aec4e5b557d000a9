//! `lookup --all`: reads every page. CSV and JSON are printed page by page, and stay valid if a signal or a failure
//! ends the reading.

use std::io::IsTerminal;

use indicatif::ProgressDrawTarget;

use crate::address_book::{Contact, Page, Query, Source, Step, Walk};
use crate::cli::answer::{fail, is_cancelled};
use crate::cli::exit::{ExitStatus, Stop};
use crate::cli::format::ContactFormat;
use crate::cli::stdout::{json, print};
use crate::cli::wiring::Wiring;
use crate::cli::{progress, report, spreadsheet, table};
use crate::fixit::Failure;
use crate::mcp::list_mail_contacts::{IN_NO_ORDER, Output, unreadable_rows};

/// The start of the JSON, up to the first contact.
const JSON_START: &str = r#"{"contacts":["#;

pub(super) async fn run(format: ContactFormat, query: &Query, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let line = progress::line(target(format));
    let mut walk = wiring.book.walk(query);
    let mut contacts = Vec::new();
    let mut has_begun = false;
    let failure = loop {
        match walk.step(&wiring.interruption.requested).await {
            Ok(Some(Step { contacts: found, total })) => {
                progress::show(&line, total);
                match format {
                    ContactFormat::Csv => print_rows(&found, &mut has_begun)?,
                    ContactFormat::Json => print_items(&found, &mut has_begun)?,
                    // The widths of the columns depend on all contacts.
                    ContactFormat::Table => contacts.extend(found),
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    line.finish_and_clear();
    let total = walk.total();
    let finish = |error| match format {
        ContactFormat::Csv if has_begun => Ok(()),
        ContactFormat::Csv => print(&spreadsheet::header()?).map(drop),
        ContactFormat::Table if contacts.is_empty() => Ok(()),
        ContactFormat::Table => print(&table::contacts(&contacts)).map(drop),
        ContactFormat::Json => print_end(query, &walk, has_begun, error),
    };
    match (failure, total) {
        (None, _) => {
            finish(None)?;
            // Pages of employees may overlap, and may leave some employees out.
            if !is_complete(query, &walk) {
                report::note(IN_NO_ORDER);
            }
            if let Some(offset) = walk.stopped_at() {
                report::note(&stopped(offset));
            }
            if walk.unreadable() > 0 {
                report::note(&unreadable_rows(walk.unreadable()));
            } else if total == 0 {
                report::note("no contacts");
            }
            Ok(ExitStatus::Done)
        }
        (Some(error), 0) => fail::<Output>(format == ContactFormat::Json, &error, wiring),
        (Some(error), _) => {
            let failure = Failure::from(&error);
            // Ends the JSON line before the failure is printed, since a terminal shows both.
            finish(Some(failure.clone()))?;
            report::failure(&failure);
            report::note(&format!("incomplete: the first {total} contacts were printed"));
            Ok(if is_cancelled(&error) {
                ExitStatus::Interrupted
            } else {
                ExitStatus::Failed
            })
        }
    }
}

/// Where progress is shown: nowhere while JSON is printed to a terminal, since that is one growing line.
fn target(format: ContactFormat) -> ProgressDrawTarget {
    match format {
        ContactFormat::Json if std::io::stdout().is_terminal() => ProgressDrawTarget::hidden(),
        _ => ProgressDrawTarget::stderr(),
    }
}

fn print_rows(found: &[Contact], has_begun: &mut bool) -> Result<(), Stop> {
    let header = if std::mem::replace(has_begun, true) {
        String::new()
    } else {
        spreadsheet::header()?
    };
    print(&(header + &spreadsheet::rows(found)?)).map(drop)
}

/// Prints contacts in the tool's JSON form, preceded by the start of the JSON before the first one.
fn print_items(found: &[Contact], has_begun: &mut bool) -> Result<(), Stop> {
    let mut text = String::new();
    for contact in found {
        text.push_str(if std::mem::replace(has_begun, true) {
            ","
        } else {
            JSON_START
        });
        text.push_str(&json(contact)?);
    }
    print(&text).map(drop)
}

/// Prints the end of the JSON. Its `complete` is false for an incomplete list, and its `error` holds the failure.
fn print_end(query: &Query, walk: &Walk<'_>, has_begun: bool, error: Option<Failure>) -> Result<(), Stop> {
    let (total, unreadable) = (walk.total(), walk.unreadable());
    let is_complete = is_complete(query, walk);
    let page = Page {
        offset: query.offset(),
        limit: query.limit(),
        returned: u32::try_from(total).unwrap_or(u32::MAX),
        unreadable,
        next_offset: walk.stopped_at(),
        complete: error.is_none() && is_complete && walk.stopped_at().is_none(),
        age_seconds: None,
    };
    let rest = json(&Output {
        contacts: None,
        page: Some(page),
        advice: walk
            .stopped_at()
            .map(stopped)
            .or_else(|| (unreadable > 0 && total == 0).then(|| unreadable_rows(unreadable)))
            .or_else(|| (!is_complete).then(|| IN_NO_ORDER.to_owned())),
        error,
    })?;
    let start = if has_begun { "" } else { JSON_START };
    print(&format!("{start}],{}\n", rest.strip_prefix('{').unwrap_or(&rest))).map(drop)
}

/// True if a walk to the end of the list has certainly read every row.
fn is_complete(query: &Query, walk: &Walk<'_>) -> bool {
    query.source() == Source::Contacts || walk.is_whole()
}

/// The note about a walk that stopped before the end of the list.
fn stopped(offset: u64) -> String {
    format!("The list was not read to its end: page after page had no new contacts. More may follow: --offset {offset}")
}
