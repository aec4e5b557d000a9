//! The forms in which models send the value of an argument: each function returns the form that the schema has. Pure.
//!
//! | function | forms that it accepts besides the form in the schema |
//! |---|---|
//! | [`text`] | a number |
//! | [`texts`], [`sources`] | a list as JSON text, one text or number alone, numbers in the list |
//! | [`sources`] | a source in the singular or in capitals |
//! | [`truth`] | `"true"`, `"false"` |
//! | [`any`] | every form: the tool checks the value |
//! | [`object`] | an object as JSON text, an empty list, null |
//!
//! An error is the `problem` of an [`InvalidQuery`](crate::address_book::InvalidQuery): a sentence without its subject.

use serde_json::Value;

use crate::address_book::{Source, shown};
use crate::mcp::schema::JsonObject;

pub(crate) fn text(value: Value) -> Result<Value, String> {
    match value {
        Value::String(_) => Ok(value),
        Value::Number(number) => Ok(number.to_string().into()),
        _ => Err("must be text: part of one name or address".to_owned()),
    }
}

pub(crate) fn texts(value: Value) -> Result<Value, String> {
    list(value).map(Value::from)
}

pub(crate) fn sources(value: Value) -> Result<Value, String> {
    let named = |name: &String| {
        let name = name.trim().to_ascii_lowercase();
        let mut known = Source::ALL.iter().map(|source| source.as_str());
        let source = known.find(|source| *source == name || source.trim_end_matches('s') == name);
        source.ok_or_else(|| format!("has no `{}`; known are contacts, employees", shown(&name)))
    };
    list(value)?.iter().map(named).collect()
}

pub(crate) fn truth(value: Value) -> Result<Value, String> {
    match value {
        Value::Bool(_) => Ok(value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true.into()),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false.into()),
        other => Err(format!("must be true or false, not {}", shown(other))),
    }
}

pub(crate) fn any(value: Value) -> Result<Value, String> {
    Ok(value)
}

/// The object; an empty one for `None`, for null, and for an empty list, which is how PHP writes an empty object.
pub(crate) fn object(value: Option<Value>) -> Option<JsonObject> {
    let value = match value {
        Some(Value::String(text)) => serde_json::from_str(&text).ok()?,
        other => other.unwrap_or_default(),
    };
    match value {
        Value::Null => Some(JsonObject::new()),
        Value::Object(object) => Some(object),
        Value::Array(list) if list.is_empty() => Some(JsonObject::new()),
        _ => None,
    }
}

fn list(value: Value) -> Result<Vec<String>, String> {
    let refused = || "must be a list of texts, like [\"Anna Schmidt\"]".to_owned();
    let list = match value {
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
