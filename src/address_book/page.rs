//! Contacts as they are handed on. Pure.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cautions::{self, BookDomains, Caution, DomainJudge, same_names};
use super::contact::{Contact, Source};
use super::index::Index;
use super::listing::Listing;
use super::query::Query;

/// Where an answer stands in the address book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page {
    /// Rows skipped before the first contact.
    pub offset: u64,
    /// Rows asked for, after clamping to 200.
    pub limit: u32,
    /// Contacts returned.
    pub returned: u32,
    /// Rows of the page that could not be read, as on a portal with damaged entries; absent if 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unreadable: u32,
    /// Offset of the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
    /// True if this is all that follows; never sure beyond the first page of employees, who come in no order.
    pub complete: bool,
    /// Age of an answer that was kept, or comes from the whole book in memory; absent if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
}

/// One page of contacts, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPage {
    /// The contacts, cleaned.
    pub contacts: Vec<Contact>,
    /// Where they stand.
    pub page: Page,
}

impl ContactPage {
    /// The page that the portal answered with; `book` is everybody, if that is known.
    pub(super) fn new(query: &Query, listing: Listing, book: Option<&Index>) -> Self {
        let limit = query.limit();
        let rows = listing.into_rows(limit as usize);
        // The portal says the end of the list only by a short page. It never sends more rows than asked; if one does,
        // the rest is asked for again rather than passed on unbounded.
        let is_last = !rows.are_full;
        let (mut contacts, unreadable) = rows.split();
        let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
        let offset = query.offset();
        // Pages of employees may overlap, and skip some.
        let complete = is_last && (query.source() == Source::Contacts || offset == 0);
        let next_offset = (!is_last).then(|| offset.saturating_add(u64::from(limit)));
        add_cautions(&mut contacts, book);
        Self {
            page: Page {
                offset,
                limit,
                returned: count(contacts.len()),
                unreadable: count(unreadable.len()),
                next_offset,
                complete,
                age_seconds: None,
            },
            contacts,
        }
    }

    /// The same, as it was `age` ago.
    pub(super) fn aged(mut self, age: Option<Duration>) -> Self {
        self.page.age_seconds = age.map(|age| age.as_secs());
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Adds what is odd about each contact, seen beside the others and those of the whole `book`.
pub(super) fn add_cautions(contacts: &mut [Contact], book: Option<&Index>) {
    let addresses = contacts.iter().map(|contact| contact.email.as_str());
    let of_page = match book {
        Some(_) => BookDomains::default(),
        None => BookDomains::of(addresses),
    };
    let mut domains = DomainJudge::beside(book.map_or(&of_page, |book| &book.domains));
    let entries = contacts
        .iter()
        .map(|contact| (contact.name.as_deref(), contact.email.as_str()));
    let namesakes = same_names(entries);
    for (contact, has_namesake) in contacts.iter_mut().zip(namesakes) {
        let (name, email) = (contact.name.as_deref(), contact.email.as_str());
        let has_namesake = has_namesake || book.is_some_and(|book| book.has_namesake(name, email));
        let more = cautions::of_contact(name, email, &mut domains);
        contact.cautions.extend(more);
        contact
            .cautions
            .extend(has_namesake.then_some(Caution::SameNameOtherAddress));
        contact.cautions.sort_unstable();
    }
}
