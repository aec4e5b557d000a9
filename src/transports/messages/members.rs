//! The members of a JSON object, parsed without parsing their values. Pure.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// Keys and the JSON texts of their values, in the order of the object. A key may occur twice.
#[derive(Debug, Default)]
pub(super) struct Members<'a>(Vec<(String, Cow<'a, RawValue>)>);

impl<'a> Members<'a> {
    /// `None` if the text is no JSON object. Values are only checked for syntax, however deep they are.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Like [`of`](Self::of), but null, an empty list and a missing text are the empty object: PHP writes `{}` as `[]`.
    pub(super) fn of_or_empty(text: Option<&'a str>) -> Option<Self> {
        match text {
            None | Some("null") => Some(Self::default()),
            Some(text) if is_empty_list(text) => Some(Self::default()),
            Some(text) => Self::of(text),
        }
    }

    /// The JSON text of the first member `key`.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.get())
    }

    /// The value of `key`, if it is a JSON string.
    pub(super) fn string(&self, key: &str) -> Option<String> {
        serde_json::from_str(self.get(key)?).ok()
    }

    /// Replaces each value by the result of `change`, and removes the members for which that is `None`.
    pub(super) fn changed(self, change: impl Fn(&str, Cow<'a, RawValue>) -> Option<Cow<'a, RawValue>>) -> Members<'a> {
        let changed = self.0.into_iter().filter_map(|(key, value)| {
            let value = change(&key, value)?;
            Some((key, value))
        });
        Members(changed.collect())
    }

    /// The same members, with `value` as the value of `key`.
    pub(super) fn with(&'a self, key: &str, value: &'a RawValue) -> Members<'a> {
        let members = self.0.iter().map(|(known, given)| {
            let value = if known == key { value } else { given };
            (known.clone(), Cow::Borrowed(value))
        });
        Members(members.collect())
    }

    /// Adds a member at the end.
    pub(super) fn push(&mut self, key: &str, value: Box<RawValue>) {
        self.0.push((key.to_owned(), Cow::Owned(value)));
    }

    /// The JSON object as text.
    pub(super) fn into_value<'b>(self) -> Cow<'b, RawValue> {
        // Keys are strings and values are valid JSON, so this does not fail.
        to_raw_value(&self).map_or(Cow::Borrowed(RawValue::NULL), Cow::Owned)
    }
}

/// True for `[]`, with any white space in it.
pub(super) fn is_empty_list(text: &str) -> bool {
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inside.is_some_and(|inside| inside.trim().is_empty())
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsMembers;

        impl<'de> Visitor<'de> for AsMembers {
            type Value = Vec<(String, Cow<'de, RawValue>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((key, Cow::Borrowed(value)));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(AsMembers).map(Self)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}
