//! Draws contacts, recipients and other rows as a table that fits the terminal. Pure, except that it reads the
//! terminal's width.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;
use serde_json::Value;

use crate::address_book::{Caution, Contact, Recipient, Why};

/// The width, in columns, when stdout is no terminal: wide enough that hardly anything is wrapped.
const WIDTH_WITHOUT_TERMINAL: u16 = 160;
/// The smallest width. Narrower columns could not be read, so on a narrower terminal lines run over.
const MIN_WIDTH: u16 = 40;

/// A line under the header, and none between rows, which would double the length of a page of contacts.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// Draws contacts, with a line break at the end.
pub(super) fn contacts(contacts: &[Contact]) -> String {
    draw(contacts, width())
}

/// Draws `rows` under `header`, with a line break at the end.
pub(super) fn rows<const N: usize>(header: &[&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let table = table(header, rows.map(Vec::from).collect(), width());
    format!("{}\n", table.trim_fmt())
}

fn width() -> u16 {
    let width = terminal_size::terminal_size_of(std::io::stdout()).map_or(WIDTH_WITHOUT_TERMINAL, |(width, _)| width.0);
    width.max(MIN_WIDTH)
}

/// A table. Its last column is left out if it is empty in every row: most contacts have no cautions.
fn table(header: &[&str], rows: Vec<Vec<String>>, width: u16) -> Table {
    let last = header.len().saturating_sub(1);
    let is_used = |row: &Vec<String>| row.get(last).is_some_and(|cell| !cell.is_empty());
    let columns = if rows.iter().any(is_used) { header.len() } else { last };
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(header.iter().take(columns));
    for row in rows {
        table.add_row(row.into_iter().take(columns));
    }
    table
}

fn draw(contacts: &[Contact], width: u16) -> String {
    let row = |contact: &Contact| {
        vec![
            contact.id.to_string(),
            contact.name.clone().unwrap_or_default(),
            contact.email.clone(),
            cautions(&contact.cautions),
        ]
    };
    let rows = contacts.iter().map(row).collect();
    let mut table = table(&["ID", "Name", "E-mail", "Cautions"], rows, width);
    if let Some(ids) = table.column_mut(0) {
        ids.set_cell_alignment(CellAlignment::Right);
    }
    format!("{}\n", table.trim_fmt())
}

/// Draws the matches of each name, with a line break at the end.
pub(super) fn recipients(recipients: &[Recipient]) -> String {
    let mut rows = Vec::new();
    for recipient in recipients {
        let mut head = vec![recipient.asked.clone(), status(recipient)];
        for found in &recipient.matches {
            let mut row = std::mem::replace(&mut head, vec![String::new(), String::new()]);
            row.extend([
                found.name.clone().unwrap_or_default(),
                found.email.clone(),
                words_of(found.source),
                reason(found.why).to_owned(),
                cautions(&found.cautions),
            ]);
            rows.push(row);
        }
        let more = match recipient.more_matches {
            0 if recipient.matches.is_empty() => Some(String::new()),
            0 => None,
            more => Some(format!("and {more} more")),
        };
        if let Some(more) = more {
            head.push(more);
            rows.push(head);
        }
    }
    let header = ["Asked", "Status", "Name", "E-mail", "From", "Why", "Cautions"];
    format!("{}\n", table(&header, rows, width()).trim_fmt())
}

/// How a match was found, in words for a person.
fn reason(why: Why) -> &'static str {
    match why {
        Why::ExactAddress => "exact address",
        Why::ExactName => "exact name",
        Why::Words => "some words",
        Why::Transliterated => "other alphabet",
        Why::Declined => "declined name",
        Why::KeyboardLayout => "other keyboard layout",
        Why::Similar => "only similar",
    }
}

fn status(recipient: &Recipient) -> String {
    let mut status = words_of(recipient.status);
    if recipient.incomplete {
        status.push_str(", incomplete");
    }
    status
}

fn cautions(cautions: &[Caution]) -> String {
    let words: Vec<String> = cautions
        .iter()
        .map(|caution| match caution {
            Caution::AddressMissing => "no address".to_owned(),
            other => words_of(other),
        })
        .collect();
    words.join(", ")
}

/// The JSON name of an enum's variant, with spaces in place of `_`.
fn words_of(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word.replace('_', " "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_the_width_it_is_given() {
        let contact = Contact {
            id: 10,
            email: "a.very.long.address.that.does.not.fit@department.company.example".to_owned(),
            name: Some("Владимир Владимирович Константинопольский 田中太郎".to_owned()),
            cautions: vec![Caution::TextCut],
        };
        for width in [40, 60, 80, 120] {
            let table = draw(std::slice::from_ref(&contact), width);
            // Ideographs are two columns wide.
            let columns = |c: char| if ('\u{4e00}'..='\u{9fff}').contains(&c) { 2 } else { 1 };
            let widest = table
                .lines()
                .map(|line| line.chars().map(columns).sum::<usize>())
                .max()
                .unwrap();
            assert!(widest <= usize::from(width), "{widest} > {width}\n{table}");
        }
    }
}
