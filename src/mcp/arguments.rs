//! Tool arguments as models really send them: other names, numbers as text, page settings beside the query.
//!
//! The input struct of a tool is the only list of its arguments. Its schema, which stays strict, is what models see;
//! the arguments are read into the struct itself, leniently, in two steps:
//!
//! 1. `named` puts each value under the name of its field. The other names of a field stand at the field, as
//!    `#[schemars(extend("x-other-names" = […]))]`: serde's `alias` cannot take two names that agree, nor `Page_Size`
//!    for `page_size`. This step also leaves out null and unknown keys, moves `limit`, `page` and `offset` into
//!    `pagination`, and takes an object given as JSON text for the object.
//! 2. serde reads each value by the type of its field, which is one of those in `lenient`.
//!
//! What cannot be understood is refused with a sentence that names the argument and shows a correct call. Pure, but for
//! a line in the log about what `unknown` ignores.

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

/// The arguments of a call as an object, or why they are none.
pub(super) type GivenArguments = Result<JsonObject, InvalidQuery>;

/// The arguments as an object: also when they come as its JSON text, as an empty list, as null, or not at all.
pub(super) fn object_from(arguments: Option<Value>) -> GivenArguments {
    object_in(arguments).ok_or_else(|| InvalidQuery {
        field: "arguments",
        problem: "must be an object, like {\"query\":\"anna\"}".to_owned(),
    })
}

/// Reads arguments into the input of a tool, whose arguments are the `known` ones.
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
