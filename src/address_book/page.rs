//! Contacts as the portal lists them, and as we hand them on. Pure.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Source;
use super::cautions::{self, Caution, Domains, Memory, same_names};
use super::query::Query;
use crate::portal::clean;

/// A person's or a company's name fits; a paragraph of instructions does not.
const MAX_NAME: usize = 120;
/// An address has at most 254 characters (RFC 5321, section 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

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
        let mut contacts = listing.into_contacts();
        let received = u32::try_from(contacts.len()).unwrap_or(u32::MAX);
        // The portal says the end of the list only by a short page. It never sends more rows than asked; if one does,
        // the rest is asked for again rather than passed on unbounded.
        let is_last = received < limit;
        let returned = received.min(limit);
        contacts.truncate(returned as usize);
        let offset = query.offset();
        // Pages of employees may overlap, and skip some.
        let complete = is_last && (query.source() == Source::Contacts || offset == 0);
        let next_offset = (!is_last).then(|| offset.saturating_add(u64::from(returned)));
        let domains = memory.domains(identity, contacts.iter().map(|contact| contact.email.as_str()));
        mark(&mut contacts, &domains);
        Self {
            contacts,
            page: Page {
                offset,
                limit,
                returned,
                next_offset,
                complete,
                age_seconds: None,
            },
        }
    }
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

impl Listing {
    /// The rows, cleaned.
    pub(super) fn into_contacts(self) -> Vec<Contact> {
        self.items.into_iter().map(Contact::from).collect()
    }
}

impl From<Row> for Contact {
    fn from(row: Row) -> Self {
        let email = clean(&row.email, MAX_ADDRESS);
        let name = clean(&row.name, MAX_NAME);
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
            id: row.id,
            name: Some(name.unwrap_or(row.name)).filter(|name| !name.is_empty()),
            email: email.unwrap_or(row.email),
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

/// `result` on the wire: `{"items":[…]}`, or a bare list as older SDKs expect it.
#[derive(Debug, Default)]
pub(super) struct Listing {
    items: Vec<Row>,
}

/// A row as lenient as the SDKs are: ids also as text, names and addresses also null or missing. Only an object is a
/// row; by itself serde would also take a list, by position.
#[derive(Debug)]
struct Row {
    id: u64,
    email: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(remote = "Row")]
struct RowKeys {
    #[serde(deserialize_with = "lenient_id")]
    id: u64,
    #[serde(default, deserialize_with = "text_or_nothing")]
    email: String,
    #[serde(default, deserialize_with = "text_or_nothing")]
    name: String,
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a contact as an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Row, A::Error> {
                RowKeys::deserialize(de::value::MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Object)
    }
}

/// Text, or nothing: a name of another type must not cost the whole page.
fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Text;
    impl<'de> Visitor<'de> for Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<String, E> {
            Ok(serde_json::Number::from_f64(number).map_or_else(String::new, |number| number.to_string()))
        }

        fn visit_bool<E: de::Error>(self, _: bool) -> Result<String, E> {
            Ok(String::new())
        }

        fn visit_unit<E: de::Error>(self) -> Result<String, E> {
            Ok(String::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<String, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok(String::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(String::new())
        }
    }
    deserializer.deserialize_any(Text)
}

fn lenient_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Id;
    impl Visitor<'_> for Id {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id as a whole number or as text")
        }

        fn visit_u64<E: de::Error>(self, id: u64) -> Result<u64, E> {
            Ok(id)
        }

        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        fn visit_f64<E: de::Error>(self, id: f64) -> Result<u64, E> {
            const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;
            if id.fract() == 0.0 && (0.0..MAX_WHOLE).contains(&id) {
                Ok(id as u64)
            } else {
                Err(E::custom("an id is a whole number"))
            }
        }

        fn visit_str<E: de::Error>(self, id: &str) -> Result<u64, E> {
            id.trim().parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_any(Id)
}

impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = Listing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `items`, or a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Listing, A::Error> {
                let mut items = Vec::new();
                while let Some(row) = rows.next_element()? {
                    items.push(row);
                }
                Ok(Listing { items })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listing, A::Error> {
                let mut items = None;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if key == "items" {
                        items = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                items
                    .map(|items| Listing { items })
                    .ok_or_else(|| de::Error::missing_field("items"))
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

    #[test]
    fn only_objects_are_rows() {
        for (text, is_read) in [
            (r#"[{"id":1}]"#, true),
            (r#"{"items":[{"id":"1","email":null}]}"#, true),
            (r#"[[1,"a@example.com","A"]]"#, false),
            (r#"[{"id":-1}]"#, false),
            (r#"[{"id":1.5}]"#, false),
            (r#"[{"id":""}]"#, false),
            (r#"[{}]"#, false),
            (r#"[{"id":1.0}]"#, true),
            (r#"[{"id":1,"email":7,"name":false}]"#, true),
        ] {
            assert_eq!(serde_json::from_str::<Listing>(text).is_ok(), is_read, "{text}");
        }
    }
}
