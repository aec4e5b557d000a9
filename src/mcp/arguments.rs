//! Tool arguments as models really send them: other names, numbers as text, page settings beside the query.
//!
//! Models see the schema of a tool's input struct, which stays strict. What they send is read leniently, in two steps:
//!
//! 1. `strict` turns the arguments into the form of the schema, by the tool's table of [`Argument`]s. It puts each
//!    value under the name of its field, leaves out null and unknown keys, and moves `limit`, `page` and `offset` into
//!    `pagination`. Each value goes through its function in `lenient`, so that two names of one argument are compared
//!    by what they mean. serde's `alias` could do neither, nor take `Page_Size` for `page_size`.
//! 2. `read` makes the input struct of it, by serde. Only a missing required field can fail there.
//!
//! What cannot be understood is refused with a sentence that names the argument and shows a correct call. Pure, but for
//! a line in the log about what `unknown` ignores.

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

/// The arguments of a call as an object, or why they are none.
pub(super) type GivenArguments = Result<JsonObject, InvalidQuery>;

/// The arguments as an object: also when they come as its JSON text, as an empty list, as null, or not at all.
pub(super) fn object_from(arguments: Option<Value>) -> GivenArguments {
    lenient::object(arguments).ok_or_else(|| InvalidQuery {
        field: "arguments",
        problem: "must be an object, like {\"query\":\"anna\"}".to_owned(),
    })
}

/// Reads arguments, whose `known` ones are those of the tool, into the tool's input.
pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject, known: &'static [Argument]) -> Result<T, InvalidQuery> {
    let arguments = strict(arguments, known)?;
    serde_json::from_value(arguments.into()).map_err(|error| InvalidQuery {
        field: "arguments",
        problem: error.to_string(),
    })
}
