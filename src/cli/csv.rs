//! Contacts as CSV, for spreadsheets. Pure.

use csv::Writer;

use super::{Stop, table};
use crate::address_book::Contact;

/// The first line.
pub(super) fn header() -> Result<String, Stop> {
    line(&["id", "email", "name", "cautions"].map(str::to_owned))
}

/// A line for each contact.
pub(super) fn rows(contacts: &[Contact]) -> Result<String, Stop> {
    contacts
        .iter()
        .map(|contact| {
            line(&[
                contact.id.to_string(),
                inert(&contact.email),
                inert(contact.name.as_deref().unwrap_or_default()),
                table::cautions(contact),
            ])
        })
        .collect()
}

fn line(cells: &[String]) -> Result<String, Stop> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| Stop::Output(error.into()))?;
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
