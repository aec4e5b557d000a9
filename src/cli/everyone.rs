//! `lookup --all`: every page, printed as it comes, so that a signal leaves valid output behind.

use std::io::IsTerminal;

use indicatif::ProgressDrawTarget;

use super::lookup::{Format, fail, json_line};
use super::wiring::Wiring;
use super::{ExitStatus, Stop, csv, print, progress, report, table};
use crate::address_book::{Contact, Error, Page, Query, Source, Step, Walk};
use crate::fixit::Failure;
use crate::mcp::list_mail_contacts::{IN_NO_ORDER, Output, unreadable_rows};
use crate::portal;

/// Of the JSON, up to the first contact.
const BEGINNING: &str = r#"{"contacts":["#;

pub(super) async fn run(format: Format, query: &Query, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let line = progress::line(target(format));
    let mut walk = wiring.book.walk(query);
    let mut contacts = Vec::new();
    let mut has_begun = false;
    let failure = loop {
        match walk.step(&wiring.interruption.asked).await {
            Ok(Some(Step { contacts: found, total })) => {
                progress::show(&line, total);
                match format {
                    Format::Csv => print_rows(&found, &mut has_begun)?,
                    Format::Json => print_items(&found, &mut has_begun)?,
                    // The width of columns is only known at the end.
                    Format::Table => contacts.extend(found),
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    line.finish_and_clear();
    let total = walk.total();
    let finish = |error| match format {
        Format::Csv => Ok(()),
        Format::Table if contacts.is_empty() => Ok(()),
        Format::Table => print(&table::contacts(&contacts)).map(drop),
        Format::Json => print_end(query, &walk, has_begun, error),
    };
    match (failure, total) {
        (None, _) => {
            finish(None)?;
            // Pages of employees may overlap, and skip some.
            if !is_assured(query, &walk) {
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
        (Some(error), 0) => fail(format == Format::Json, Output::from_failure, &error, wiring),
        (Some(error), _) => {
            let failure = Failure::from(&error);
            // First, so that on a terminal nothing comes between the parts of a line.
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

/// Not over a line of JSON that grows at the terminal.
fn target(format: Format) -> ProgressDrawTarget {
    match format {
        Format::Json if std::io::stdout().is_terminal() => ProgressDrawTarget::hidden(),
        _ => ProgressDrawTarget::stderr(),
    }
}

fn print_rows(found: &[Contact], has_begun: &mut bool) -> Result<(), Stop> {
    let header = if std::mem::replace(has_begun, true) {
        String::new()
    } else {
        csv::header()?
    };
    print(&(header + &csv::rows(found)?)).map(drop)
}

/// JSON in the tool's form: the beginning, and its contacts.
fn print_items(found: &[Contact], has_begun: &mut bool) -> Result<(), Stop> {
    let mut text = String::new();
    for contact in found {
        text.push_str(if std::mem::replace(has_begun, true) {
            ","
        } else {
            BEGINNING
        });
        text.push_str(json_line(contact)?.trim_end());
    }
    print(&text).map(drop)
}

/// The rest of it. An incomplete list says so and holds the failure.
fn print_end(query: &Query, walk: &Walk<'_>, has_begun: bool, error: Option<Failure>) -> Result<(), Stop> {
    let (total, unreadable) = (walk.total(), walk.unreadable());
    let is_assured = is_assured(query, walk);
    let page = Page {
        offset: query.offset(),
        limit: query.limit(),
        returned: u32::try_from(total).unwrap_or(u32::MAX),
        unreadable,
        next_offset: walk.stopped_at(),
        complete: error.is_none() && is_assured && walk.stopped_at().is_none(),
        age_seconds: None,
    };
    let rest = json_line(&Output {
        contacts: None,
        page: Some(page),
        advice: walk
            .stopped_at()
            .map(stopped)
            .or_else(|| (unreadable > 0 && total == 0).then(|| unreadable_rows(unreadable)))
            .or_else(|| (!is_assured).then(|| IN_NO_ORDER.to_owned())),
        error,
    })?;
    let beginning = if has_begun { "" } else { BEGINNING };
    print(&format!("{beginning}],{}", rest.strip_prefix('{').unwrap_or(&rest))).map(drop)
}

/// Whether a walk that came to its end brought everybody.
fn is_assured(query: &Query, walk: &Walk<'_>) -> bool {
    query.source() == Source::Contacts || walk.is_whole()
}

/// What it means that a walk ended before the list did.
fn stopped(offset: u64) -> String {
    format!("The list was not read to its end: page after page brought nothing new. More may follow: --offset {offset}")
}

fn is_cancelled(error: &Error) -> bool {
    matches!(error, Error::Portal(failed) if failed.error == portal::Error::Cancelled)
}
