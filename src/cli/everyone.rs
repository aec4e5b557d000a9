//! `lookup --all`: every page, printed as it comes, so that an interruption leaves valid output behind.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::lookup::{Format, fail, json_line};
use super::wiring::Wiring;
use super::{ExitStatus, Stop, csv, print, report, table};
use crate::address_book::{Contact, Error, Page, Query, Source, Step};
use crate::fixit::Failure;
use crate::mcp::list_mail_contacts::{IN_NO_ORDER, Output};
use crate::portal;

pub(super) async fn run(
    format: Format,
    query: &Query,
    wiring: &Wiring,
    cancellation: &CancellationToken,
) -> Result<ExitStatus, Stop> {
    let progress = progress();
    let mut walk = wiring.book.walk(query);
    let mut contacts = Vec::new();
    let mut has_begun = false;
    let failure = loop {
        match walk.step(cancellation).await {
            Ok(Some(Step { contacts: found, total })) => {
                progress.set_message(format!("{total} contacts"));
                progress.tick();
                match format {
                    Format::Csv => print_rows(&found, &mut has_begun)?,
                    // Columns and brackets are only known at the end.
                    Format::Table | Format::Json => contacts.extend(found),
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    progress.finish_and_clear();
    let total = walk.total();
    match (failure, total) {
        (None, _) => {
            show(format, query, contacts, None)?;
            // Pages of employees may overlap, and skip some.
            if !is_assured(query, total) {
                report::note(IN_NO_ORDER);
            }
            if total == 0 {
                report::note("no contacts");
            }
            Ok(ExitStatus::Done)
        }
        (Some(error), 0) => fail(format == Format::Json, Output::from_failure, &error, wiring),
        (Some(error), _) => {
            let failure = Failure::from(&error);
            report::failure(&failure);
            report::note(&format!("incomplete: the first {total} contacts were printed"));
            show(format, query, contacts, Some(failure))?;
            Ok(if is_cancelled(&error) {
                ExitStatus::Interrupted
            } else {
                ExitStatus::Failed
            })
        }
    }
}

/// On a terminal's stderr alone.
fn progress() -> ProgressBar {
    let progress = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        progress.set_style(style);
    }
    progress.enable_steady_tick(std::time::Duration::from_millis(120));
    progress
}

fn print_rows(found: &[Contact], has_begun: &mut bool) -> Result<(), Stop> {
    let header = if std::mem::replace(has_begun, true) {
        String::new()
    } else {
        csv::header()?
    };
    print(&(header + &csv::rows(found)?)).map(drop)
}

/// What could not be printed page by page. JSON is the tool's form; an incomplete list says so and holds the failure.
fn show(format: Format, query: &Query, contacts: Vec<Contact>, error: Option<Failure>) -> Result<(), Stop> {
    match format {
        Format::Csv => {}
        Format::Table if contacts.is_empty() => {}
        Format::Table => print(&table::contacts(&contacts)).map(drop)?,
        Format::Json => {
            let returned = u32::try_from(contacts.len()).unwrap_or(u32::MAX);
            let is_assured = is_assured(query, contacts.len());
            let page = Page {
                offset: query.offset(),
                limit: query.limit(),
                returned,
                next_offset: None,
                complete: error.is_none() && is_assured,
                age_seconds: None,
            };
            let output = Output {
                contacts: Some(contacts),
                page: Some(page),
                advice: (!is_assured).then(|| IN_NO_ORDER.to_owned()),
                error,
            };
            print(&json_line(&output)?).map(drop)?;
        }
    }
    Ok(())
}

/// Whether a walk that came to its end brought everybody: of employees only if they fit a page.
fn is_assured(query: &Query, total: usize) -> bool {
    query.source() == Source::Contacts || total < query.limit() as usize
}

fn is_cancelled(error: &Error) -> bool {
    matches!(error, Error::Portal(failed) if failed.error == portal::Error::Cancelled)
}
