//! The types of a tool's arguments: each reads the forms in which models send its value. Pure.
//!
//! | type | forms that it accepts besides the form in the schema |
//! |---|---|
//! | [`SearchText`] | a number |
//! | [`Pagination`] | numbers as text, and floats: every form that `address_book::Query` accepts |
//! | [`TextList`], [`SourceList`] | a list as JSON text, one text or number alone, numbers in the list |
//! | [`SourceList`] | a source in the singular or in capitals |
//! | [`Truth`] | `"true"`, `"false"` |
//!
//! An error is the `problem` of an [`InvalidQuery`](crate::address_book::InvalidQuery): a sentence without its subject.

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::address_book::{GivenPagination, Source, shown};

/// The other names of the argument `query`.
pub(crate) const QUERY: &[&str] = &[
    "q",
    "search",
    "searchquery",
    "searchterm",
    "searchstring",
    "text",
    "term",
    "name",
    "contact",
    "email",
    "recipient",
    "person",
    "find",
];

#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct SearchText(#[serde(deserialize_with = "text")] pub(crate) String);

#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct TextList(#[serde(deserialize_with = "texts")] pub(crate) Vec<String>);

#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct SourceList(#[serde(deserialize_with = "sources")] pub(crate) Vec<Source>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(crate) struct Truth(#[serde(deserialize_with = "truth")] pub(crate) bool);

#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
pub(crate) struct Pagination(#[serde(deserialize_with = "pagination")] Numbers);

/// The numbers as the client sent them: `address_book::Query` checks them, by the portal's own rules.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
struct Numbers {
    /// Page number from 1; wins over offset.
    #[schemars(with = "Option<u32>", range(min = 1), extend("x-other-names" = ["pagenumber", "pageno"]))]
    page: Option<Value>,
    /// Contacts a page, 1 to 200, default 50.
    #[schemars(
        with = "Option<u32>",
        range(min = 1, max = 200),
        extend("x-other-names" = ["perpage", "pagesize", "maxresults", "count", "size", "top"])
    )]
    limit: Option<Value>,
    /// Contacts to skip, e.g. next_offset.
    #[schemars(with = "Option<u32>", range(min = 0), extend("x-other-names" = ["nextoffset", "start", "skip"]))]
    offset: Option<Value>,
}

impl From<Pagination> for GivenPagination {
    fn from(Pagination(Numbers { page, limit, offset }): Pagination) -> Self {
        Self { page, limit, offset }
    }
}

fn pagination<'de, D: Deserializer<'de>>(value: D) -> Result<Numbers, D::Error> {
    match Value::deserialize(value)? {
        object @ Value::Object(_) => Numbers::deserialize(object).map_err(D::Error::custom),
        _ => Err(D::Error::custom(
            "must be an object with page, limit or offset, like {\"limit\":20}",
        )),
    }
}

fn text<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    match Value::deserialize(value)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(D::Error::custom("must be text: part of one name or address")),
    }
}

fn texts<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    let refused = || D::Error::custom("must be a list of texts, like [\"Anna Schmidt\"]");
    let list = match Value::deserialize(value)? {
        Value::Array(list) => list,
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(&text).map_err(|_| refused())?
        }
        Value::String(text) if text.trim_start().starts_with('{') => return Err(refused()),
        other => vec![other],
    };
    list.into_iter()
        .map(|text| match text {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(refused()),
        })
        .collect()
}

fn sources<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<Source>, D::Error> {
    let named = |name: &String| {
        let folded = name.trim().to_ascii_lowercase();
        let source = Source::ALL
            .iter()
            .copied()
            .find(|source| source.as_str() == folded || source.as_str().trim_end_matches('s') == folded);
        let refused = || format!("has no `{}`; known are contacts, employees", shown(name));
        source.ok_or_else(|| D::Error::custom(refused()))
    };
    texts(value)?.iter().map(named).collect()
}

fn truth<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    match Value::deserialize(value)? {
        Value::Bool(truth) => Ok(truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(D::Error::custom(format!("must be true or false, not {}", shown(other)))),
    }
}
