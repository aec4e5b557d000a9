//! Puts each value that a model sent under the name of its argument, by the schema of the tool's input.

use schemars::JsonSchema;
use serde_json::Value;

use super::unknown::{folded, without_unknown};
use crate::address_book::{InvalidQuery, shown};
use crate::mcp::schema::{self, JsonObject, OTHER_NAMES};

/// An argument that a tool has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    name: String,
    /// The name, after the name of the enclosing argument if it has one: `pagination.limit`.
    pub(super) path: String,
    /// Every key that means this argument, [`folded`].
    keys: Vec<String>,
    /// The properties, if the argument is an object. A client may also send them beside the object.
    inner: Vec<Self>,
}

impl Argument {
    /// The arguments of the input `T`, in the order of its fields.
    pub(crate) fn all_of<T: JsonSchema>() -> Vec<Self> {
        Self::all_in("", schema::generated::<T>().as_value())
    }

    fn all_in(outer: &str, schema: &Value) -> Vec<Self> {
        // The schema of an optional object is `anyOf` that object and null.
        let object = schema.pointer("/anyOf/0").unwrap_or(schema);
        let properties = object.get("properties").and_then(Value::as_object);
        let argument = |(name, schema): (&String, &Value)| {
            let path = format!("{outer}{name}");
            let other_names = schema.get(OTHER_NAMES).and_then(Value::as_array);
            let other_names = other_names.into_iter().flatten().filter_map(Value::as_str);
            Self {
                name: name.clone(),
                inner: Self::all_in(&format!("{path}."), schema),
                keys: std::iter::once(name.as_str()).chain(other_names).map(folded).collect(),
                path,
            }
        };
        properties.into_iter().flatten().map(argument).collect()
    }

    fn is_meant_by(&self, key: &str) -> bool {
        self.keys.contains(&folded(key))
    }
}

/// Returns the arguments under the names of the `known` arguments, without null and without unknown keys. A property
/// inside its object wins over the same property beside the object.
///
/// `means_the_same` compares two values of the argument with the given name.
///
/// # Errors
/// An unknown key without a known key beside it, and two values of one argument that differ.
pub(super) fn named(
    arguments: JsonObject,
    known: &'static [Argument],
    means_the_same: &dyn Fn(&str, &Value, &Value) -> bool,
) -> Result<JsonObject, InvalidQuery> {
    let is_known = |key: &str| {
        known
            .iter()
            .any(|argument| argument.is_meant_by(key) || is_one_of(&argument.inner, key))
    };
    let mut arguments = given("arguments", arguments, known, is_known)?;
    let mut named = take(&mut arguments, known, means_the_same)?;
    for outer in known.iter().filter(|argument| !argument.inner.is_empty()) {
        let beside = take(&mut arguments, &outer.inner, &|_, _, _| false)?;
        // Any other value stays, and serde refuses it.
        let Some(inside) = object_in(named.get(&outer.name).cloned()) else {
            continue;
        };
        let mut inside = given(&outer.path, inside, &outer.inner, |key| is_one_of(&outer.inner, key))?;
        let mut inside = take(&mut inside, &outer.inner, &|_, _, _| false)?;
        for (name, value) in beside {
            inside.entry(name).or_insert(value);
        }
        named.insert(outer.name.clone(), inside.into());
    }
    Ok(named)
}

/// The object in a value: an object, its JSON text, null, or an empty list, which is how PHP writes an empty object.
pub(super) fn object_in(value: Option<Value>) -> Option<JsonObject> {
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

fn is_one_of(known: &[Argument], key: &str) -> bool {
    known.iter().any(|argument| argument.is_meant_by(key))
}

/// The keys of `object` that are known and not null: models send null for arguments that they do not use.
fn given(
    field: &'static str,
    object: JsonObject,
    known: &[Argument],
    is_known: impl Fn(&str) -> bool,
) -> Result<JsonObject, InvalidQuery> {
    let mut object = without_unknown(object, is_known).map_err(|key| {
        let names: Vec<_> = known.iter().map(|argument| argument.name.as_str()).collect();
        InvalidQuery {
            field,
            problem: format!("has no `{}`; known are {}", shown(key), names.join(", ")),
        }
    })?;
    object.retain(|_, value| !value.is_null());
    Ok(object)
}

/// Moves the values of `known` arguments out of `object`, each under its name.
fn take(
    object: &mut JsonObject,
    known: &'static [Argument],
    means_the_same: &dyn Fn(&str, &Value, &Value) -> bool,
) -> Result<JsonObject, InvalidQuery> {
    let mut named = JsonObject::new();
    for (key, value) in std::mem::take(object) {
        let Some(argument) = known.iter().find(|argument| argument.is_meant_by(&key)) else {
            object.insert(key, value);
            continue;
        };
        match named.get(&argument.name) {
            None => {
                named.insert(argument.name.clone(), value);
            }
            Some(first) if *first == value || means_the_same(&argument.name, first, &value) => {}
            Some(_) => {
                return Err(InvalidQuery {
                    field: &argument.path,
                    problem: "is given twice, under two names, with different values".to_owned(),
                });
            }
        }
    }
    Ok(named)
}
