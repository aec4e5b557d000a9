//! Types that read JSON of any shape and keep only the part in use. Pure.
//!
//! A portal may send a value of any type, and megabytes of it. These types do not fail because of a value's type, build
//! no tree, and keep no more of a text or a list than their bound.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The most characters of a text that are kept. Messages show far fewer.
pub(super) const MAX_TEXT: usize = 2048;

/// A JSON value of any type: a scalar as text, an object as `O`, a list as `L`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose<O = IgnoredAny, L = IgnoredAny> {
    /// A text without outer white space, cut to 2,048 characters, or a number as text; empty for any other value.
    pub text: String,
    /// The object, if the value is one.
    pub object: Option<O>,
    /// The list, if the value is one.
    pub list: Option<L>,
}

impl<O, L> Default for Loose<O, L> {
    fn default() -> Self {
        Self {
            text: String::new(),
            object: None,
            list: None,
        }
    }
}

impl<O, L> From<String> for Loose<O, L> {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl<'de, O: Deserialize<'de>, L: Deserialize<'de>> Deserialize<'de> for Loose<O, L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<O, L>(PhantomData<(O, L)>);
        impl<'de, O: Deserialize<'de>, L: Deserialize<'de>> Visitor<'de> for Any<O, L> {
            type Value = Loose<O, L>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                let text = text.trim();
                let end = text.char_indices().nth(MAX_TEXT).map_or(text.len(), |(end, _)| end);
                Ok(text.get(..end).unwrap_or_default().to_owned().into())
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(number.to_string().into())
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(number.to_string().into())
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                let number = serde_json::Number::from_f64(number);
                Ok(number.map_or_else(String::new, |number| number.to_string()).into())
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Loose::default())
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Loose::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Ok(Loose {
                    list: Some(L::deserialize(SeqAccessDeserializer::new(items))?),
                    ..Loose::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(Loose {
                    object: Some(O::deserialize(MapAccessDeserializer::new(map))?),
                    ..Loose::default()
                })
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

/// The first `MAX` items of a list, and how many items the list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct First<T, const MAX: usize> {
    /// The first items.
    pub items: Vec<T>,
    /// How many items the whole list has.
    pub count: usize,
}

impl<T, const MAX: usize> Default for First<T, MAX> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            count: 0,
        }
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for First<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const MAX: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for List<T, MAX> {
            type Value = First<T, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut first = First::default();
                while first.items.len() < MAX {
                    match list.next_element()? {
                        Some(item) => first.items.push(item),
                        None => break,
                    }
                }
                first.count = first.items.len();
                while first.count >= MAX && list.next_element::<IgnoredAny>()?.is_some() {
                    first.count += 1;
                }
                Ok(first)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_value_is_text_an_object_or_a_list() {
        let text = |json: &str| serde_json::from_str::<Loose>(json).unwrap().text;
        for (json, expected) in [
            (r#"" a ""#, "a"),
            ("7", "7"),
            ("-7", "-7"),
            ("1.5", "1.5"),
            ("true", ""),
            ("false", ""),
            ("null", ""),
            (r#"{"a":[{}]}"#, ""),
            ("[[]]", ""),
        ] {
            assert_eq!(text(json), expected, "{json}");
        }
        let long = format!("\"{}\"", "ж".repeat(MAX_TEXT + 1));
        assert_eq!(text(&long).chars().count(), MAX_TEXT);
        assert!(serde_json::from_str::<Loose>("{}").unwrap().object.is_some());
        assert!(serde_json::from_str::<Loose>("[]").unwrap().list.is_some());
    }

    #[test]
    fn the_first_items_of_a_long_list_are_kept_and_all_are_counted() {
        for (json, kept, count) in [
            ("[]", 0, 0),
            ("[1]", 1, 1),
            ("[1,2]", 2, 2),
            (r#"[1,2,{"a":[]},"x"]"#, 2, 4),
        ] {
            let first: First<u8, 2> = serde_json::from_str(json).unwrap();
            assert_eq!((first.items.len(), first.count), (kept, count), "{json}");
        }
        assert!(serde_json::from_str::<First<u8, 2>>("{}").is_err());
    }
}
