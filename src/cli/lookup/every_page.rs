//! `lookup --all`: every page, printed as it comes, so that a signal leaves valid output behind.

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

/// Of the JSON, up to the first contact.
const BEGINNING: &str = r#"{"contacts":["#;

pub(super) async fn run(format: ContactFormat, query: &Query, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let line = progress::line(target(format));
    let mut walk = wiring.book.walk(query);
    let mut contacts = Vec::new();
    let mut has_begun = false;
    let failure = loop {
        match walk.step(&wiring.interruption.asked).await {
            Ok(Some(Step { contacts: found, total })) => {
                progress::show(&line, total);
                match format {
                    ContactFormat::Csv => print_rows(&found, &mut has_begun)?,
                    ContactFormat::Json => print_items(&found, &mut has_begun)?,
                    // The width of columns is only known at the end.
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
        (Some(error), 0) => fail(format == ContactFormat::Json, Output::from_failure, &error, wiring),
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

/// JSON in the tool's form: the beginning, and its contacts.
fn print_items(found: &[Contact], has_begun: &mut bool) -> Result<(), Stop> {
    let mut text = String::new();
    for contact in found {
        text.push_str(if std::mem::replace(has_begun, true) {
            ","
        } else {
            BEGINNING
        });
        text.push_str(&json(contact)?);
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
    let rest = json(&Output {
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
    print(&format!("{beginning}],{}\n", rest.strip_prefix('{').unwrap_or(&rest))).map(drop)
}

/// Whether a walk that came to its end brought everybody.
fn is_assured(query: &Query, walk: &Walk<'_>) -> bool {
    query.source() == Source::Contacts || walk.is_whole()
}

/// What it means that a walk ended before the list did.
fn stopped(offset: u64) -> String {
    format!("The list was not read to its end: page after page brought nothing new. More may follow: --offset {offset}")
}
