//! Formats contacts as CSV that a spreadsheet can open safely. Pure.

use csv::Writer;

use super::exit::Stop;
use crate::address_book::{Caution, Contact};

/// The header line.
pub(super) fn header() -> Result<String, Stop> {
    line(&["id", "email", "name", "cautions"].map(str::to_owned))
}

/// One line for each contact.
pub(super) fn rows(contacts: &[Contact]) -> Result<String, Stop> {
    contacts
        .iter()
        .map(|contact| {
            line(&[
                contact.id.to_string(),
                inert(&contact.email),
                inert(contact.name.as_deref().unwrap_or_default()),
                codes(&contact.cautions),
            ])
        })
        .collect()
}

/// The cautions' codes as in JSON, separated by semicolons.
fn codes(cautions: &[Caution]) -> String {
    let codes: Vec<&str> = cautions.iter().map(|caution| caution.code()).collect();
    codes.join(";")
}

fn line(cells: &[String]) -> Result<String, Stop> {
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| Stop::Output(error.into()))?;
    let bytes = writer.into_inner().map_err(|error| Stop::Output(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The cell, with an apostrophe before the beginning of a formula. A spreadsheet would run it, and strangers choose
/// their names.
fn inert(cell: &str) -> String {
    // Some spreadsheets read the full-width forms like the ASCII ones.
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn contact(name: &str, email: &str) -> Contact {
        Contact {
            id: 1,
            email: email.to_owned(),
            name: Some(name.to_owned()),
            cautions: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn any_name_stays_one_cell_that_no_spreadsheet_runs(
            name in r#"[=+@＝-]?[",;a'\n\r\tя\\|]{0,20}"#,
            email in r#"[=+@-]?[",a.]{0,20}"#,
        ) {
            let text = rows(&[contact(&name, &email)]).unwrap();
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), 1);
            prop_assert_eq!(records[0].len(), 4);
            for (cell, given) in [(&records[0][1], &email), (&records[0][2], &name)] {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '＝']), "{cell}");
                prop_assert_eq!(cell.trim_start_matches('\''), given.trim_start_matches('\''));
            }
        }
    }
}
