//! Tool arguments as models really send them: other names, numbers as text, page settings beside the query.
//!
//! The schema stays strict; this is the lenient door behind it. What cannot be understood is refused with a sentence
//! that names the argument and shows a correct call. Pure.

use serde_json::Value;

use super::schema::JsonObject;
use crate::address_book::{GivenPagination, InvalidQuery};

const QUERY: &[&str] = &[
    "query",
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
const PAGINATION: &[&str] = &["pagination", "paging"];
const PAGE: &[&str] = &["page", "pagenumber", "pageno"];
const LIMIT: &[&str] = &["limit", "perpage", "pagesize", "maxresults", "count", "size", "top"];
const OFFSET: &[&str] = &["offset", "start", "skip"];

/// The arguments of a contact search, understood but not yet checked.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SearchArguments {
    pub(crate) text: String,
    pub(crate) pagination: GivenPagination,
}

/// The arguments as an object: also when they come as its JSON text, as an empty list, as null, or not at all.
pub(crate) fn object_from(arguments: Option<Value>) -> Result<JsonObject, InvalidQuery> {
    object_in(arguments).ok_or_else(|| InvalidQuery {
        field: "arguments",
        problem: "must be an object, like {\"query\":\"anna\"}".to_owned(),
    })
}

/// Understands the arguments of a contact search. Settings inside `pagination` win over the same ones beside it.
pub(crate) fn search(arguments: JsonObject) -> Result<SearchArguments, InvalidQuery> {
    let mut understood = SearchArguments::default();
    let mut nested = None;
    for (key, value) in arguments {
        if is_any_of(&key, QUERY) {
            understood.text = text_from(value)?;
        } else if is_any_of(&key, PAGINATION) {
            nested = Some(value);
        } else if let Some(slot) = slot_for(&mut understood.pagination, &key) {
            *slot = Some(value);
        } else {
            return Err(unknown("arguments", &key));
        }
    }
    for (key, value) in pagination_from(nested)? {
        match slot_for(&mut understood.pagination, &key) {
            Some(slot) => *slot = Some(value),
            None => return Err(unknown("pagination", &key)),
        }
    }
    Ok(understood)
}

fn slot_for<'a>(pagination: &'a mut GivenPagination, key: &str) -> Option<&'a mut Option<Value>> {
    if is_any_of(key, PAGE) {
        Some(&mut pagination.page)
    } else if is_any_of(key, LIMIT) {
        Some(&mut pagination.limit)
    } else if is_any_of(key, OFFSET) {
        Some(&mut pagination.offset)
    } else {
        None
    }
}

/// `pageSize`, `page_size` and `PAGE-SIZE` are one name.
fn is_any_of(key: &str, names: &[&str]) -> bool {
    let folded: String = key
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    names.contains(&folded.as_str())
}

fn text_from(value: Value) -> Result<String, InvalidQuery> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(InvalidQuery {
            field: "query",
            problem: "must be text: part of one name or address".to_owned(),
        }),
    }
}

fn pagination_from(value: Option<Value>) -> Result<JsonObject, InvalidQuery> {
    object_in(value).ok_or_else(|| InvalidQuery {
        field: "pagination",
        problem: "must be an object with page, limit or offset, like {\"limit\":20}".to_owned(),
    })
}

/// An object, the same as JSON text, or an empty list, which is how PHP writes an empty object.
fn object_in(value: Option<Value>) -> Option<JsonObject> {
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

fn unknown(field: &'static str, key: &str) -> InvalidQuery {
    const MAX_SHOWN: usize = 40;
    let key: String = key.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
    let known = if field == "pagination" {
        "page, limit, offset"
    } else {
        "query, pagination"
    };
    InvalidQuery {
        field,
        problem: format!("has no `{key}`; known are {known}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn understood(arguments: Value) -> SearchArguments {
        search(arguments.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn every_known_name_is_understood() {
        for name in QUERY {
            assert_eq!(understood(json!({*name: "anna"})).text, "anna", "{name}");
        }
        for (names, pick) in [
            (PAGE, (|p| p.page) as fn(GivenPagination) -> Option<Value>),
            (LIMIT, |p| p.limit),
            (OFFSET, |p| p.offset),
        ] {
            for name in names {
                assert_eq!(
                    pick(understood(json!({*name: 7})).pagination),
                    Some(json!(7)),
                    "flat {name}"
                );
                let nested = understood(json!({"pagination": {*name: 7}})).pagination;
                assert_eq!(pick(nested), Some(json!(7)), "nested {name}");
            }
        }
        assert_eq!(
            understood(json!({"pageSize": 3, "Page_Number": 2})).pagination.limit,
            Some(json!(3))
        );
    }

    #[test]
    fn pagination_may_be_text_null_or_an_empty_list_and_wins_over_flat_settings() {
        assert_eq!(
            understood(json!({"pagination": "{\"limit\":5}"})).pagination.limit,
            Some(json!(5))
        );
        assert_eq!(understood(json!({"pagination": null})), SearchArguments::default());
        assert_eq!(understood(json!({"pagination": []})), SearchArguments::default());
        assert_eq!(
            understood(json!({"pagination": {"limit": 5}, "limit": 9}))
                .pagination
                .limit,
            Some(json!(5))
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (arguments, field) in [
            (json!({"company": "Contoso"}), "arguments"),
            (json!({"query": ["a"]}), "query"),
            (json!({"query": true}), "query"),
            (json!({"pagination": 5}), "pagination"),
            (json!({"pagination": "x"}), "pagination"),
            (json!({"pagination": [1]}), "pagination"),
            (json!({"pagination": {"cursor": "x"}}), "pagination"),
        ] {
            assert_eq!(
                search(arguments.as_object().unwrap().clone()).unwrap_err().field,
                field,
                "{arguments}"
            );
        }
    }
}
