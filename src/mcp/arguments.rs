//! Tool arguments as models really send them: other names, numbers as text, page settings beside the query.
//!
//! The input struct of a tool is the only list of its arguments. Models see its schema, which stays strict; the
//! arguments are read into the struct leniently, in two steps:
//!
//! 1. `named` puts each value under the name of its field. The other names of a field are declared at the field, as
//!    `#[schemars(extend("x-other-names" = […]))]`: serde's `alias` cannot take two names that agree, nor `Page_Size`
//!    for `page_size`. This step also leaves out null and unknown keys, moves `limit`, `page` and `offset` into
//!    `pagination`, and reads an object that is given as JSON text.
//! 2. serde reads each value by the type of its field, which is one of the types in `lenient`.
//!
//! An argument that cannot be read is refused with a sentence that names the argument and the problem. Pure, except
//! that `unknown` logs the keys that it ignores.

mod lenient;
mod named;
mod unknown;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use lenient::{Pagination, QUERY, SearchText, SourceList, TextList, Truth};
pub(super) use named::Argument;
pub(super) use unknown::without_unknown;

use super::schema::JsonObject;
use crate::address_book::InvalidQuery;
use named::{named, object_in};

/// The arguments of a call as an object, or the error if they are not an object.
pub(super) type GivenArguments = Result<JsonObject, InvalidQuery>;

/// Returns the arguments as an object, also if they are its JSON text, an empty list, null or absent.
pub(super) fn object_from(arguments: Option<Value>) -> GivenArguments {
    object_in(arguments).ok_or_else(|| InvalidQuery {
        field: "arguments",
        problem: "must be an object, like {\"query\":\"anna\"}".to_owned(),
    })
}

/// Reads the arguments of a call into the input of a tool. `known` are the arguments that the tool has.
pub(super) fn read<T: DeserializeOwned + PartialEq>(
    arguments: JsonObject,
    known: &'static [Argument],
) -> Result<T, InvalidQuery> {
    let means_the_same = |name: &str, one: &Value, other: &Value| {
        let alone = |value: &Value| {
            let object = JsonObject::from_iter([(name.to_owned(), value.clone())]);
            serde_json::from_value::<T>(object.into()).ok()
        };
        alone(one).is_some_and(|one| alone(other) == Some(one))
    };
    let arguments = named(arguments, known, &means_the_same)?;
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        let path = error.path().to_string();
        let argument = known.iter().find(|argument| argument.path == path);
        InvalidQuery {
            field: argument.map_or("arguments", |argument| &argument.path),
            problem: error.into_inner().to_string(),
        }
    })
}
