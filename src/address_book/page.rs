//! A page as the address book returns it: cleaned contacts with their cautions, and the place of the page. Pure.
//!
//! The doc comments of types with `JsonSchema` are the descriptions in the JSON schemas of the tools.

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
    /// The place of the page in the list.
    pub page: Page,
}

impl ContactPage {
    /// Makes a page of the portal's answer. `book` is the person's whole book, if it is in memory; cautions take it
    /// into account.
    pub(super) fn new(query: &Query, listing: Listing, book: Option<&Index>) -> Self {
        let limit = query.limit();
        let rows = listing.into_rows(limit as usize);
        // A short page is the only sign of the list's end. A portal should never send more rows than requested; surplus
        // rows are dropped here and requested again with the next page.
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

    /// The same page, marked as read `age` ago; `None` marks it as new.
    pub(super) fn aged(mut self, age: Option<Duration>) -> Self {
        self.page.age_seconds = age.map(|age| age.as_secs());
        self
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Adds to each contact its cautions, judged against the other contacts of the page and, if given, the whole `book`.
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
