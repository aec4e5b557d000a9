//! A batch of REST 3.0 (portal contract, section 11): all methods are looked up first, then the items run in order, and
//! the first error is the answer to the whole batch. The length is not limited: the portal's source has no limit, and
//! batches of 51 items have been accepted; the documents name an error for long batches, which the quirk `short-batch`
//! returns.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::answer::{Answer, message_for};
use super::credentials::Caller;
use super::method::Method;
use super::quirks::Quirk;
use super::state::State;
use super::{dispatch, php};

/// The longest batch under [`Quirk::ShortBatch`]; the vendor's libraries send up to this many items.
const MAX_ITEMS_OF_SHORT_BATCH: usize = 50;

struct Item<'a> {
    method: &'a str,
    query: &'a Value,
    alias: Option<String>,
}

/// Runs a batch; returns the results in the order of the items.
pub(super) fn run(state: &State, caller: &Caller, body: &Value) -> Result<Value, Answer> {
    let language = state.settings.language;
    let invalid = || Answer::v3(400, language, "INVALIDSELECTEXCEPTION");
    let quirk = state.settings.quirk;
    if quirk == Some(Quirk::ShortBatch)
        && body
            .as_array()
            .is_some_and(|items| items.len() > MAX_ITEMS_OF_SHORT_BATCH)
    {
        let code = "ERROR_BATCH_LENGTH_EXCEEDED";
        return Err(Answer::flat(400, code, message_for(language, code)));
    }
    let items = read(body).ok_or_else(invalid)?;
    let methods: Option<Vec<Method>> = items
        .iter()
        .map(|item| Method::find(item.method, quirk).filter(|method| *method != Method::Batch))
        .collect();
    let methods = methods.ok_or_else(|| Answer::v3(404, language, "METHODNOTFOUNDEXCEPTION"))?;
    let mut results: Vec<Value> = Vec::new();
    for (item, method) in items.iter().zip(methods) {
        let arguments = match resolve(item.query, &items, &results).ok_or_else(invalid)? {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        results.push(dispatch::batch_item(state, caller, method, &arguments)?);
    }
    Ok(results.into())
}

/// The items of a batch; `None` for a body in the form of the old API, an item without method or query, or a repeated
/// alias.
fn read(body: &Value) -> Option<Vec<Item<'_>>> {
    let mut aliases = HashSet::new();
    body.as_array()?
        .iter()
        .map(|item| {
            let alias = item.get("as").map(|alias| php::to_text(Some(alias)));
            let is_new = alias.clone().is_none_or(|alias| aliases.insert(alias));
            let query = item
                .get("query")
                .filter(|query| query.is_object() || query.is_array())?;
            let method = item.get("method")?.as_str()?;
            is_new.then_some(Item { method, query, alias })
        })
        .collect()
}

/// Replaces `{"$ref": "alias.path"}` by a value of an earlier result, and `{"$refArray": "alias.list.key"}` by that key
/// of each element. `None` for a path that leads nowhere.
fn resolve(value: &Value, items: &[Item<'_>], results: &[Value]) -> Option<Value> {
    match value {
        Value::Object(object) => {
            if let Some(path) = object.get("$ref") {
                return follow(path.as_str()?, items, results).cloned();
            }
            if let Some(path) = object.get("$refArray") {
                let (list, key) = path.as_str()?.rsplit_once('.')?;
                let list = follow(list, items, results)?.as_array()?;
                return list.iter().map(|element| element.get(key).cloned()).collect();
            }
            let resolved: Option<Map<_, _>> = object
                .iter()
                .map(|(key, value)| Some((key.clone(), resolve(value, items, results)?)))
                .collect();
            resolved.map(Value::Object)
        }
        Value::Array(list) => list.iter().map(|value| resolve(value, items, results)).collect(),
        plain => Some(plain.clone()),
    }
}

/// Follows a path: an alias or index names a result, and further keys lead into it.
fn follow<'a>(path: &str, items: &[Item<'_>], results: &'a [Value]) -> Option<&'a Value> {
    let mut segments = path.split('.');
    let first = segments.next()?;
    let at = items
        .iter()
        .position(|item| item.alias.as_deref() == Some(first))
        .or_else(|| first.parse().ok())?;
    segments.try_fold(results.get(at)?, |value, segment| match value {
        Value::Array(list) => list.get(segment.parse::<usize>().ok()?),
        value => value.get(segment),
    })
}
