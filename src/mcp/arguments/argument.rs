//! The arguments that a tool has, and how their values are found under the keys that a model sent.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use super::lenient;
use super::unknown::{folded, without_unknown};
use crate::address_book::{InvalidQuery, shown};
use crate::mcp::schema::JsonObject;

/// An argument of a tool, or a property of an argument that is an object.
#[derive(Debug)]
pub(crate) struct Argument {
    /// The path of the field in the tool's input: `query`, `pagination.limit`.
    pub(crate) path: &'static str,
    /// Other keys that mean this argument, in the form that [`folded`] returns.
    pub(crate) other_names: &'static [&'static str],
    pub(crate) form: Form,
}

/// What the value of an argument may be.
#[derive(Debug)]
pub(crate) enum Form {
    /// One value. The function returns the value in the form of the schema, or the problem with the value.
    One(fn(Value) -> Result<Value, String>),
    /// An object. A client may also send its properties beside the object.
    Object {
        properties: &'static [Argument],
        /// The problem with a value that is not an object.
        problem: &'static str,
    },
}

impl Argument {
    pub(crate) fn name(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, name)| name)
    }

    /// The properties, if the argument is an object.
    pub(crate) fn properties(&self) -> &'static [Self] {
        match self.form {
            Form::One(_) => &[],
            Form::Object { properties, .. } => properties,
        }
    }

    /// True if `key`, in the form that [`folded`] returns, means this argument.
    pub(crate) fn is_meant_by(&self, key: &str) -> bool {
        folded(self.name()) == key || self.other_names.contains(&key)
    }

    fn refused(&self, problem: impl Into<String>) -> InvalidQuery {
        InvalidQuery {
            field: self.path,
            problem: problem.into(),
        }
    }
}

/// Returns the arguments in the form of the schema: under their own names, without null and without unknown keys. A
/// property inside its object wins over the same property beside the object.
///
/// # Errors
/// The first of: an unknown key without a known key beside it; the first key whose value is wrong or differs from an
/// earlier value of the same argument; the same two inside each object.
pub(crate) fn strict(arguments: JsonObject, known: &'static [Argument]) -> Result<JsonObject, InvalidQuery> {
    let mut values = values_in("arguments", arguments, known)?;
    let mut strict = JsonObject::new();
    for argument in known {
        let value = values.remove(argument.path);
        let value = match argument.form {
            Form::One(_) => value,
            Form::Object { properties, problem } => {
                let object = lenient::object(value).ok_or_else(|| argument.refused(problem))?;
                let mut inside = values_in(argument.path, object, properties)?;
                let one = |property: &Argument| {
                    let beside = values.remove(property.path);
                    let value = inside.remove(property.path).or(beside)?;
                    Some((property.name().to_owned(), value))
                };
                Some(properties.iter().filter_map(one).collect())
            }
        };
        strict.extend(value.map(|value| (argument.name().to_owned(), value)));
    }
    Ok(strict)
}

/// The values in `object`, by the paths of their arguments. `field` is the path of `object` in an error.
fn values_in(
    field: &'static str,
    object: JsonObject,
    known: &'static [Argument],
) -> Result<BTreeMap<&'static str, Value>, InvalidQuery> {
    let object = without_unknown(object, |key| meant_by(key, known).is_some()).map_err(|key| {
        let names: Vec<_> = known.iter().map(Argument::name).collect();
        InvalidQuery {
            field,
            problem: format!("has no `{}`; known are {}", shown(key), names.join(", ")),
        }
    })?;
    let mut values = BTreeMap::new();
    for (key, value) in object {
        // Models send null for arguments that they do not use.
        let Some(argument) = meant_by(&key, known).filter(|_| !value.is_null()) else {
            continue;
        };
        let value = match argument.form {
            Form::One(strict) => strict(value).map_err(|problem| argument.refused(problem))?,
            Form::Object { .. } => value,
        };
        match values.entry(argument.path) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            Entry::Occupied(entry) if *entry.get() == value => {}
            Entry::Occupied(_) => {
                return Err(argument.refused("is given twice, under two names, with different values"));
            }
        }
    }
    Ok(values)
}

/// The argument that `key` means: one of `known`, or a property of one.
fn meant_by(key: &str, known: &'static [Argument]) -> Option<&'static Argument> {
    let key = folded(key);
    let mut all = known
        .iter()
        .flat_map(|argument| std::iter::once(argument).chain(argument.properties()));
    all.find(|argument| argument.is_meant_by(&key))
}
