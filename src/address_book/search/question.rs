//! A question: the text that names a recipient, read once before it is compared with a book. Pure.
//!
//! [`parts`] splits a text about one recipient, [`several`] a text that names more than one recipient.

mod address;
pub(super) mod html;
mod parts;
mod several;
pub(super) mod titles;

use unicode_normalization::char::is_combining_mark;

use super::layout;
use super::reading::Reading;
use super::spelling::{runs, split};
use super::verdict::{Fit, Why};
use parts::{PartOfAddress, Parts};
use several::{Entries, entries};

/// A name or an address of a recipient, with all readings.
#[derive(Debug, Clone)]
pub(in crate::address_book) struct Question {
    text: String,
    /// The address in the question, in lower case; `None` if it has none.
    pub(in crate::address_book) address: Option<String>,
    /// True if the question has a name beside the address.
    pub(in crate::address_book) is_named: bool,
    /// The part that the address of each match must have.
    pub(in crate::address_book) part_of_address: Option<PartOfAddress>,
    /// The first reading is the question as it was typed.
    pub(in crate::address_book) readings: Vec<Reading>,
    /// The recipients that the question names, if it may name more than one; else empty.
    pub(in crate::address_book) entries: Vec<Self>,
    /// True if the question certainly names several recipients, so that the whole text is not one person's name.
    pub(in crate::address_book) is_certainly_several: bool,
}

impl Question {
    /// Reads a question: a name or an address.
    pub(in crate::address_book) fn new(text: &str) -> Self {
        let text = html::decoded(text.trim());
        let entries = entries(&text);
        Self {
            is_certainly_several: entries.as_ref().is_some_and(|entries| entries.is_certain),
            entries: entries.map_or_else(Vec::new, |Entries { texts, .. }| {
                texts.iter().map(|text| Self::of_one(text)).collect()
            }),
            ..Self::of_one(&text)
        }
    }

    /// Reads a question about one recipient.
    fn of_one(text: &str) -> Self {
        let parts = Parts::new(text);
        let other_layouts = match (&parts.address, &parts.part_of_address) {
            (None, None) => layout::other_readings(text),
            _ => Vec::new(),
        };
        let typed = Reading {
            company_from: parts.company_from,
            ..Reading::new(&parts.words)
        };
        let other_borders = runs::other_readings(&parts.words).into_iter().map(|words| Reading {
            has_other_borders: true,
            ..Reading::new(&words)
        });
        let other_layouts = other_layouts.iter().map(|reading| Reading {
            is_other_layout: true,
            ..Reading::new(&split(reading))
        });
        Self {
            text: text.to_owned(),
            readings: [typed].into_iter().chain(other_borders).chain(other_layouts).collect(),
            address: parts.address,
            is_named: parts.is_named,
            part_of_address: parts.part_of_address,
            entries: Vec::new(),
            is_certainly_several: false,
        }
    }

    /// The text of the question.
    pub(in crate::address_book) fn text(&self) -> &str {
        &self.text
    }

    /// The recipients of a question that certainly names several, or else the question alone.
    pub(in crate::address_book) fn each_recipient(&self) -> &[Self] {
        match self.is_certainly_several {
            true => &self.entries,
            false => std::slice::from_ref(self),
        }
    }

    /// The part of the question that the portal can search for as typed: its address, or else its longest run of
    /// letters and digits.
    pub(in crate::address_book) fn literal(&self) -> &str {
        if let Some(address) = &self.address {
            return address;
        }
        let runs = self.text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
        let longest = runs.rev().max_by_key(|run| run.chars().count());
        longest.filter(|run| !run.is_empty()).unwrap_or(&self.text)
    }

    /// True if the question is an address and nothing else.
    pub(in crate::address_book) fn is_address(&self) -> bool {
        self.address.is_some() && !self.is_certainly_several && !self.text.contains(char::is_whitespace)
    }

    /// The fit of a reading to a contact, lowered to similar if the contact's address is not the one in the question.
    pub(in crate::address_book) fn adjusted(&self, fit: Fit, email: &str) -> Fit {
        // A contact at another address than that of the question is never certain, nor is a contact found only by a
        // part of an address.
        let is_other = match &self.part_of_address {
            Some(part) => part.is_whole_question() || !part.is_of(email),
            None => self.address.is_some(),
        };
        let why = if is_other { Why::Similar } else { fit.why };
        Fit { why, ..fit }
    }
}
