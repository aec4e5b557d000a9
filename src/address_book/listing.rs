//! The portal's answer to a list method, read leniently, with names and addresses cleaned. Pure.
//!
//! A damaged row does not make the others unreadable. A value of the row that cannot be read, such as a number out of
//! range, is left out; a row without a readable id counts as unreadable.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::cautions::{Caution, MAX_ADDRESS};
use super::contact::Contact;
use super::query::MAX_LIMIT;
use crate::portal::{Error, First, Loose, Speaker, Unreadable, clean};

/// The most characters of a name: enough for a person or a company, too few for a paragraph of instructions.
const MAX_NAME: usize = 120;

/// The most rows that are kept of an answer: no query requests more.
const MAX_ROWS: usize = MAX_LIMIT as usize;

/// The rows of one answer of the portal, cleaned.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Each row in order. `Err` holds the readable parts of a damaged row: no id, but perhaps a name and an address.
    pub(super) rows: Vec<Result<Contact, Contact>>,
    /// True if there are as many rows as were requested, so that more may follow.
    pub(super) are_full: bool,
}

impl Listing {
    /// Refuses a listing of several rows if each row is text, a number or a list, as in the answer of another method.
    /// Callers check only the first page of a list, since damaged rows may fill a later page.
    pub(super) fn checked(self) -> Result<Self, Error> {
        let is_no_row = |Item(row): &Item| row.object.is_none() && !is_nothing(row);
        if self.rows.count > 1 && self.rows.items.iter().all(is_no_row) {
            return Err(Error::Unreadable {
                from: Speaker::Portal,
                http_status: 200,
                reason: Unreadable::Shape,
            });
        }
        Ok(self)
    }

    /// Reads and cleans the rows; `limit` is how many were requested.
    pub(super) fn into_rows(self, limit: usize) -> Rows {
        let First { items, count } = self.rows;
        let read = |Item(row): Item| {
            let row = row.object.unwrap_or_default();
            match row.id() {
                Some(_) => Ok(row.into()),
                None => Err(row.into()),
            }
        };
        Rows {
            rows: items.into_iter().take(limit).map(read).collect(),
            are_full: count >= limit,
        }
    }
}

impl Rows {
    /// The ids of the readable rows.
    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.rows.iter().flatten().map(|contact| contact.id)
    }

    /// The readable rows, and the readable parts of the others.
    pub(super) fn split(self) -> (Vec<Contact>, Vec<Contact>) {
        let (read, unreadable): (Vec<_>, Vec<_>) = self.rows.into_iter().partition(Result::is_ok);
        let contacts = read.into_iter().flatten().collect();
        (contacts, unreadable.into_iter().filter_map(Result::err).collect())
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

/// The text if cleaning changed it; `None` if it is unchanged, so that the original is used without a copy.
fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

/// The `result` of a list method as received: `{"items":[…]}`, or a list alone, which older SDKs expect.
#[derive(Debug, Default)]
pub(super) struct Listing {
    rows: First<Item, MAX_ROWS>,
}

/// One item of the list: any JSON value.
#[derive(Debug)]
struct Item(Loose<Row>);

/// A row, read as leniently as the SDKs do: an id may be text, a name or an address null, missing or of another type.
#[derive(Debug, Default)]
struct Row {
    id: Loose,
    email: Loose,
    name: Loose,
}

/// True if an item has no text, number or list.
fn is_nothing(row: &Loose<Row>) -> bool {
    row.text.is_empty() && row.list.is_none()
}

impl Row {
    /// The contact's id; `None` if it is missing or no whole number.
    fn id(&self) -> Option<u64> {
        let id = &self.id.text;
        id.parse().ok().or_else(|| whole(id.parse().ok()?))
    }
}

/// The whole number that `number` is; `None` if it is a fraction, negative or too large. Some encoders write `7.0` for
/// 7.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and in range"
)]
fn whole(number: f64) -> Option<u64> {
    const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && (0.0..MAX_WHOLE).contains(&number)).then_some(number as u64)
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let item = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(item.get()).unwrap_or_else(|_| mended(&item))))
    }
}

/// Reads an item again without those of its values that serde cannot hold, such as a number out of range.
fn mended(item: &RawValue) -> Loose<Row> {
    let Ok(values) = serde_json::from_str::<HashMap<String, &RawValue>>(item.get()) else {
        return Loose::default();
    };
    let value = |key: &str| serde_json::from_str(values.get(key)?.get()).ok();
    let row = Row {
        id: value("id").unwrap_or_default(),
        email: value("email").unwrap_or_default(),
        name: value("name").unwrap_or_default(),
    };
    Loose {
        object: Some(row),
        ..Loose::default()
    }
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
                Ok(Listing {
                    rows: First::deserialize(SeqAccessDeserializer::new(rows))?,
                })
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
                let rows = rows.ok_or_else(|| de::Error::missing_field("items"))?;
                Ok(Listing { rows })
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
    fn a_damaged_row_leaves_the_others_readable() {
        for damaged in [
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
            &format!(r#"{{"id":{}}}"#, "1".repeat(400)),
            "-1e999",
            "[1e400]",
        ] {
            let listing: Listing = serde_json::from_str(&format!(r#"[{{"id":1}},{damaged},{{"id":2}}]"#)).unwrap();
            let rows = listing.into_rows(3);
            assert_eq!((rows.rows.len(), rows.are_full), (3, true), "{damaged}");
            assert!(rows.ids().eq([1, 2]), "{damaged}");
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
                let contact = &rows(&text).split().0[0];
                assert_eq!(
                    (contact.id, contact.email.as_str(), &contact.name),
                    (id, email, &None),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn the_name_in_a_row_with_a_number_out_of_range_is_read() {
        let rows = rows(r#"[{"id":1e400,"email":"a@example.com","name":"Anna"},{"id":2,"name":1e400}]"#);
        let (contacts, unreadable) = rows.split();
        assert_eq!(
            (unreadable[0].email.as_str(), unreadable[0].name.as_deref()),
            ("a@example.com", Some("Anna"))
        );
        assert_eq!((contacts[0].id, &contacts[0].name), (2, &None));
    }

    fn checked(text: &str) -> Option<Rows> {
        Some(
            serde_json::from_str::<Listing>(text)
                .ok()?
                .checked()
                .ok()?
                .into_rows(50),
        )
    }

    #[test]
    fn damaged_rows_alone_are_a_listing_too() {
        for row in [
            "null",
            "true",
            "{}",
            r#"{"id":null}"#,
            r#"{"id":""}"#,
            r#"{"id":18446744073709551616}"#,
            r#"{"id":-1}"#,
            r#"{"id":"x"}"#,
            r#"{"id":1.5}"#,
            r#"{"id":1e400}"#,
            r#"{"id":[],"email":"boris@example.com"}"#,
            r#"{"id":{},"email":"boris@example.com","name":"Boris"}"#,
        ] {
            let rows = checked(&format!("[{row},{row}]")).unwrap();
            assert_eq!((rows.rows.len(), rows.ids().count()), (2, 0), "{row}");
        }
        for row in ["[]", r#""x""#, "7", "[1]", "1e400"] {
            let rows = checked(&format!("[{row}]")).unwrap();
            assert_eq!((rows.rows.len(), rows.ids().count()), (1, 0), "{row}");
        }
    }

    #[test]
    fn only_lists_of_contacts_are_listings() {
        for text in [
            r#"[[1,"a@example.com","A"],[2,"b@example.com","B"]]"#,
            r#"["crm","mail"]"#,
            "[7,[]]",
            "{}",
            r#"{"items":{}}"#,
            r#"{"items":null}"#,
            "null",
            r#""x""#,
        ] {
            assert!(checked(text).is_none(), "{text}");
        }
    }
}
