//! Tool arguments as models really send them: other names, numbers as text, page settings beside the query.
//!
//! Models see the schema of a tool's input struct, which stays strict. The arguments are read leniently, in two steps:
//!
//! 1. `strict` turns the arguments into the form of the schema, by the tool's table of [`Argument`]s. It puts each
//!    value under the name of its field, leaves out null and unknown keys, and moves `limit`, `page` and `offset` into
//!    `pagination`. Each value goes through its function in `lenient`, so that two names of one argument are compared
//!    by what they mean. serde's `alias` can neither compare two names nor read `Page_Size` as `page_size`.
//! 2. serde reads the strict form into the input struct, which fails only if a required field is missing.
//!
//! An argument that cannot be read is refused with a sentence that names the argument and the problem. Pure, except
//! that `unknown` logs the keys that it ignores.

mod argument;
pub(super) mod lenient;
mod search;
mod unknown;

use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) use argument::{Argument, Form};
pub(super) use search::{Pagination, SEARCH};
pub(super) use unknown::without_unknown;

use super::schema::JsonObject;
use crate::address_book::InvalidQuery;
use argument::strict;

/// The arguments of a call as an object, or the error if they are not an object.
pub(super) type GivenArguments = Result<JsonObject, InvalidQuery>;

/// Returns the arguments as an object, also if they are its JSON text, an empty list, null or absent.
pub(super) fn object_from(arguments: Option<Value>) -> GivenArguments {
    lenient::object(arguments).ok_or_else(|| InvalidQuery {
        field: "arguments",
        problem: "must be an object, like {\"query\":\"anna\"}".to_owned(),
    })
}

/// Reads the arguments of a call into the input of a tool. `known` are the arguments that the tool has.
pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject, known: &'static [Argument]) -> Result<T, InvalidQuery> {
    let arguments = strict(arguments, known)?;
    serde_json::from_value(arguments.into()).map_err(|error| InvalidQuery {
        field: "arguments",
        problem: error.to_string(),
    })
}
