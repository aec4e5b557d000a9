//! Tests with labelled contacts: one set to tune the rules on, and a held-out set that only measures the rules.

use std::sync::Arc;

use super::super::domains::TIMES;
use super::*;
use crate::address_book::Contact;
use crate::address_book::index::Index;

/// A row of `labelled.tsv`; its head explains the columns.
pub(super) struct Labelled {
    pub(super) listing: Vec<(Option<String>, String)>,
    expected: String,
    why: &'static str,
}

pub(super) fn rows() -> Vec<Labelled> {
    read(include_str!("../labelled.tsv"))
}

fn read(text: &'static str) -> Vec<Labelled> {
    let rows = text.lines();
    let rows = rows.filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let columns: Vec<&'static str> = line.split('\t').collect();
        let [book, name, email, expected, why] = columns[..] else {
            panic!("five columns: {line}")
        };
        let absent = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
        let mut listing: Vec<(Option<String>, String)> = Vec::new();
        for part in book.split(';').filter(|part| *part != "-") {
            if let Some((name, email)) = part.split_once('<') {
                listing.push((Some(name.trim().to_owned()), email.trim_end_matches('>').to_owned()));
            } else {
                let (domain, count) = part.split_once('*').unwrap();
                listing.extend((0..count.parse().unwrap()).map(|n: u32| (None, format!("person{n}@{domain}"))));
            }
        }
        listing.push((Some(absent(name)), absent(email)));
        Labelled {
            listing,
            expected: absent(expected),
            why,
        }
    })
    .collect()
}

/// The codes of the cautions of a row's own contact, the last of its listing, as in a page and as in a whole book.
fn found(row: &Labelled, times: usize) -> String {
    let book = BookDomains::with_times(row.listing.iter().map(|(_, email)| email.as_str()), times);
    let (name, email) = row.listing.last().unwrap();
    let mut cautions = beside(&book, name.as_deref().unwrap_or_default(), email);
    let same = same_names(
        row.listing
            .iter()
            .map(|(name, email)| (name.as_deref(), email.as_str())),
    );
    let contact = |(name, email): &(Option<String>, String)| Contact {
        id: 1,
        email: email.clone(),
        name: name.clone(),
        cautions: Vec::new(),
    };
    let whole = Index::new(row.listing.iter().map(contact).collect(), Arc::new([]), Vec::new());
    if same.last() == Some(&true) || whole.has_namesake(name.as_deref(), email) {
        cautions.push(Caution::SameNameOtherAddress);
    }
    cautions.sort();
    let codes: Vec<_> = cautions.into_iter().map(Caution::code).collect();
    codes.join(",")
}

#[test]
fn every_labelled_contact_has_the_cautions_it_should() {
    let rows = rows();
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let found = found(row, TIMES);
            let contact = row.listing.last().unwrap();
            (found != row.expected).then(|| format!("{contact:?} {}: {found:?}, not {:?}", row.why, row.expected))
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let ordinary = rows.iter().filter(|row| row.expected.is_empty()).count();
    assert!(
        ordinary >= 90 && rows.len() - ordinary >= 60,
        "{ordinary} of {}",
        rows.len()
    );
}

#[test]
fn neighbours_of_the_threshold_err_more() {
    let rows = rows();
    let errors = |times| rows.iter().filter(|row| found(row, times) != row.expected).count();
    assert_eq!(
        [1, 2, TIMES, 4, 5].map(errors).map(|errors| errors > 0),
        [true, true, false, true, true]
    );
}

/// How well the rules do on a set of labelled contacts.
#[derive(Debug, Default)]
struct Score {
    /// Contacts that should have cautions.
    suspicious: u32,
    /// Suspicious contacts with exactly the expected cautions.
    found: u32,
    /// Contacts that should have no caution.
    ordinary: u32,
    /// Ordinary contacts with a caution.
    false_alarms: u32,
}

fn score(rows: &[Labelled]) -> Score {
    let mut score = Score::default();
    for row in rows {
        let found = found(row, TIMES);
        if row.expected.is_empty() {
            score.ordinary += 1;
            score.false_alarms += u32::from(!found.is_empty());
        } else {
            score.suspicious += 1;
            score.found += u32::from(found == row.expected);
        }
    }
    score
}

/// The bounds are the values that the rules reach now. The message does not name the rows that fail, so that nobody
/// tunes the rules to these rows.
#[test]
fn held_out_contacts_have_the_cautions_they_should() {
    let score = score(&read(include_str!("../labelled.held_out.tsv")));
    assert!(score.suspicious >= 60 && score.ordinary >= 60, "{score:?}");
    let shares = [(score.found, score.suspicious), (score.false_alarms, score.ordinary)];
    let [recall, alarms] = shares.map(|(part, all)| f64::from(part) / f64::from(all));
    assert!(recall >= 0.95 && alarms <= 0.02, "{score:?}");
}
