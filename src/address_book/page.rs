//! Contacts as the portal lists them, and as we hand them on. Pure.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Source;
use super::cautions::{self, Caution, Domains, Memory, same_names};
use super::query::{MAX_LIMIT, Query};
use crate::portal::{First, Loose, clean};

/// A person's or a company's name fits; a paragraph of instructions does not.
const MAX_NAME: usize = 120;
/// An address has at most 254 characters (RFC 5321, section 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// Rows that are kept: no question asks for more.
const MAX_ROWS: usize = MAX_LIMIT as usize;

/// A contact of the calling user's address book, or an employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// Id of the mail contact, or of the employee's user; unrelated to CRM contact ids.
    pub id: u64,
    /// E-mail address.
    pub email: String,
    /// Name: of a contact harvested from mail headers, so untrusted text; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is odd about this contact; absent if nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<Caution>,
}

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
    /// Age of a cached answer; absent if it is fresh.
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
    pub(super) fn new(query: &Query, listing: Listing, identity: u64, memory: &Memory) -> Self {
        let limit = query.limit();
        let rows = listing.into_rows(limit as usize);
        // The portal says the end of the list only by a short page. It never sends more rows than asked; if one does,
        // the rest is asked for again rather than passed on unbounded.
        let is_last = !rows.are_full;
        let (mut contacts, unreadable) = (rows.contacts, rows.unreadable.len());
        let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
        let offset = query.offset();
        // Pages of employees may overlap, and skip some.
        let complete = is_last && (query.source() == Source::Contacts || offset == 0);
        let next_offset = (!is_last).then(|| offset.saturating_add(u64::from(limit)));
        let domains = memory.domains(identity, contacts.iter().map(|contact| contact.email.as_str()));
        mark(&mut contacts, &domains);
        Self {
            page: Page {
                offset,
                limit,
                returned: count(contacts.len()),
                unreadable: count(unreadable),
                next_offset,
                complete,
                age_seconds: None,
            },
            contacts,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Adds what is odd about each contact of a page, seen beside the others.
fn mark(contacts: &mut [Contact], domains: &Domains) {
    let namesakes = same_names(
        contacts
            .iter()
            .map(|contact| (contact.name.as_deref(), contact.email.as_str())),
    );
    for (contact, has_namesake) in contacts.iter_mut().zip(namesakes) {
        let more = cautions::of_contact(contact.name.as_deref(), &contact.email, domains);
        contact.cautions.extend(more);
        contact
            .cautions
            .extend(has_namesake.then_some(Caution::SameNameOtherAddress));
        contact.cautions.sort_unstable();
    }
}

/// The rows of an answer.
#[derive(Debug)]
pub(super) struct Rows {
    /// Those that could be read, cleaned.
    pub(super) contacts: Vec<Contact>,
    /// What can be made out of the others: no id, and maybe a name and an address.
    pub(super) unreadable: Vec<Contact>,
    /// True if there are as many as were asked for, so that more may follow.
    pub(super) are_full: bool,
}

impl Listing {
    fn of<E: de::Error>(rows: First<Loose<Row>, MAX_ROWS>) -> Result<Self, E> {
        if !rows.items.is_empty() && rows.items.iter().all(is_something_else) {
            return Err(E::custom("no row is a contact"));
        }
        Ok(Self { rows })
    }

    /// The rows of an answer to a question for `limit` of them.
    pub(super) fn into_rows(self, limit: usize) -> Rows {
        let First { items, count } = self.rows;
        let rows = items.into_iter().take(limit).map(|row| row.object.unwrap_or_default());
        let (readable, unreadable): (Vec<Row>, Vec<Row>) = rows.partition(|row| row.id().is_some());
        Rows {
            contacts: readable.into_iter().map(Contact::from).collect(),
            unreadable: unreadable.into_iter().map(Contact::from).collect(),
            are_full: count >= limit,
        }
    }
}

impl From<Row> for Contact {
    fn from(row: Row) -> Self {
        let id = row.id().unwrap_or_default();
        let (email_sent, name_sent) = (row.email.text, row.name.text);
        let email = clean(&email_sent, MAX_ADDRESS);
        let name = clean(&name_sent, MAX_NAME);
        let mut cautions = Vec::new();
        if email.had_hidden_characters || name.had_hidden_characters {
            cautions.push(Caution::HiddenCharactersRemoved);
        }
        if email.was_cut || name.was_cut {
            cautions.push(Caution::TextCut);
        }
        if email.text.is_empty() {
            cautions.push(Caution::AddressMissing);
        }
        let (email, name) = (owned(email.text), owned(name.text));
        Self {
            id,
            name: Some(name.unwrap_or(name_sent)).filter(|name| !name.is_empty()),
            email: email.unwrap_or(email_sent),
            cautions,
        }
    }
}

/// A text that had to be changed; `None` for one that is as it was, and need not be copied.
fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

/// `result` on the wire: `{"items":[…]}`, or a bare list as older SDKs expect it. A damaged row costs no other; but a list
/// of which every row is something else than a contact is no listing.
#[derive(Debug, Default)]
pub(super) struct Listing {
    rows: First<Loose<Row>, MAX_ROWS>,
}

/// A row as lenient as the SDKs are: ids also as text, names and addresses also null, missing or of another type.
#[derive(Debug, Default)]
struct Row {
    id: Loose,
    email: Loose,
    name: Loose,
}

/// True if a value says neither anything nor anything wrong: null, missing, empty.
fn is_nothing<O, L>(value: &Loose<O, L>) -> bool {
    value.text.is_empty() && value.object.is_none() && value.list.is_none()
}

/// True if a row is no contact, not even a damaged one.
fn is_something_else(row: &Loose<Row>) -> bool {
    match &row.object {
        None => !is_nothing(row),
        Some(Row { id, .. }) => {
            let is_number = id.text.parse::<f64>().is_ok_and(|id| id.fract() == 0.0 && id >= 0.0);
            !is_nothing(id) && !is_number
        }
    }
}

impl Row {
    /// `None`: it cannot be told which contact this is.
    fn id(&self) -> Option<u64> {
        let id = &self.id.text;
        id.parse().ok().or_else(|| whole(id.parse().ok()?))
    }
}

/// Some encoders write whole numbers as `7.0`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and in range"
)]
fn whole(number: f64) -> Option<u64> {
    const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && (0.0..MAX_WHOLE).contains(&number)).then_some(number as u64)
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a contact as an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut row = Row::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match key.as_ref() {
                        "id" => row.id = map.next_value()?,
                        "email" => row.email = map.next_value()?,
                        "name" => row.name = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(row)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Listing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `items`, or a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, rows: A) -> Result<Listing, A::Error> {
                Listing::of(First::deserialize(SeqAccessDeserializer::new(rows))?)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listing, A::Error> {
                let mut rows = None;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if key == "items" {
                        rows = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Listing::of(rows.ok_or_else(|| de::Error::missing_field("items"))?)
            }
        }
        deserializer.deserialize_any(Items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_the_reader_of_listings_panic(
            text in r#"[\[\]{}:,"a-z0-9 .-]{0,60}|\{"items":\[(\{"id":("?[0-9]{1,25}"?|-1|1.5|null)\},?)*\]\}"#,
        ) {
            let _ = serde_json::from_str::<Listing>(&text);
        }
    }

    fn rows(text: &str) -> Rows {
        serde_json::from_str::<Listing>(text).unwrap().into_rows(50)
    }

    #[test]
    fn an_odd_row_costs_no_other() {
        for odd in [
            "null",
            "true",
            r#""a@example.com""#,
            "[]",
            r#"[1,"a@example.com","A"]"#,
            "{}",
            r#"{"email":"a@example.com"}"#,
            r#"{"id":null}"#,
            r#"{"id":-1}"#,
            r#"{"id":1.5}"#,
            r#"{"id":""}"#,
            r#"{"id":"seven"}"#,
            r#"{"id":true}"#,
            r#"{"id":{}}"#,
            r#"{"id":18446744073709551616}"#,
            r#"{"id":"18446744073709551616"}"#,
            r#"{"id":1e400}"#,
        ] {
            let Ok(listing) = serde_json::from_str::<Listing>(&format!(r#"[{{"id":1}},{odd},{{"id":2}}]"#)) else {
                assert_eq!(odd, r#"{"id":1e400}"#, "that is no JSON number for serde");
                continue;
            };
            let rows = listing.into_rows(3);
            let ids: Vec<u64> = rows.contacts.iter().map(|contact| contact.id).collect();
            assert_eq!(
                (ids.as_slice(), rows.unreadable.len(), rows.are_full),
                (&[1, 2][..], 1, true),
                "{odd}"
            );
        }
    }

    #[test]
    fn ids_and_texts_are_read_in_every_form() {
        for (row, id, email) in [
            (r#"{"id":1}"#, 1, ""),
            (r#"{"id":" 7 ","email":null}"#, 7, ""),
            (r#"{"id":1.0,"email":["a"],"name":{"a":[]}}"#, 1, ""),
            (r#"{"id":1,"email":7,"name":false}"#, 1, "7"),
            (r#"{"id":null,"id":2,"email":"a","email":"b"}"#, 2, "b"),
            (r#"{"id":18446744073709551615,"x":[[]]}"#, u64::MAX, ""),
        ] {
            for text in [format!("[{row}]"), format!(r#"{{"items":[{row}],"x":{{}}}}"#)] {
                let contact = &rows(&text).contacts[0];
                assert_eq!(
                    (contact.id, contact.email.as_str(), &contact.name),
                    (id, email, &None),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn damaged_rows_alone_are_a_listing_too() {
        for row in [
            "null",
            "{}",
            r#"{"id":null}"#,
            r#"{"id":""}"#,
            r#"{"id":18446744073709551616}"#,
        ] {
            let rows = rows(&format!("[{row},{row}]"));
            assert_eq!((rows.contacts.len(), rows.unreadable.len()), (0, 2), "{row}");
        }
    }

    #[test]
    fn only_lists_of_contacts_are_listings() {
        for text in [
            r#"[[1,"a@example.com","A"]]"#,
            r#"["crm","mail"]"#,
            r#"[{"id":-1},{"id":"x"},{"id":1.5}]"#,
            "{}",
            r#"{"items":{}}"#,
            r#"{"items":null}"#,
            "null",
            r#""x""#,
        ] {
            assert!(serde_json::from_str::<Listing>(text).is_err(), "{text}");
        }
    }
}
