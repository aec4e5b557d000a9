//! Tool arguments as models really send them: other names, numbers as text, page settings beside the query.
//!
//! The schema stays strict; this is the lenient door behind it. What cannot be understood is refused with a sentence
//! that names the argument and shows a correct call. Pure, but for a line in the log about what `unknown` ignores.

mod names;
mod unknown;

use serde_json::Value;

pub(crate) use names::names;
pub(super) use unknown::without_unknown;

use super::schema::JsonObject;
use crate::address_book::{GivenPagination, InvalidQuery, shown};

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
const OFFSET: &[&str] = &["offset", "nextoffset", "start", "skip"];

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

/// Understands the arguments of a contact search. Null means not given; a setting inside `pagination` wins over the
/// same one beside it; two names for one thing must agree.
pub(crate) fn search(arguments: JsonObject) -> Result<SearchArguments, InvalidQuery> {
    let mut text = None;
    let mut nested = None;
    let mut beside = GivenPagination::default();
    let is_pagination = |key: &str| [PAGE, LIMIT, OFFSET].iter().any(|names| is_any_of(key, names));
    let is_known = |key: &str| is_any_of(key, QUERY) || is_any_of(key, PAGINATION) || is_pagination(key);
    let arguments = without_unknown(arguments, is_known).map_err(|key| unknown("arguments", &key))?;
    for (key, value) in given(arguments) {
        if is_any_of(&key, QUERY) {
            fill(&mut text, "query", text_from(value)?)?;
        } else if is_any_of(&key, PAGINATION) {
            fill(&mut nested, "pagination", value)?;
        } else if let Some((name, slot)) = slot_for(&mut beside, &key) {
            fill(slot, name, value)?;
        }
    }
    let nested = without_unknown(pagination_from(nested)?, is_pagination);
    let mut inside = GivenPagination::default();
    for (key, value) in given(nested.map_err(|key| unknown("pagination", &key))?) {
        if let Some((name, slot)) = slot_for(&mut inside, &key) {
            fill(slot, name, value)?;
        }
    }
    Ok(SearchArguments {
        text: text.unwrap_or_default(),
        pagination: GivenPagination {
            page: inside.page.or(beside.page),
            limit: inside.limit.or(beside.limit),
            offset: inside.offset.or(beside.offset),
        },
    })
}

/// Models fill what they do not need with null.
fn given(arguments: JsonObject) -> impl Iterator<Item = (String, Value)> {
    arguments.into_iter().filter(|(_, value)| !value.is_null())
}

fn fill<T: PartialEq>(slot: &mut Option<T>, field: &'static str, value: T) -> Result<(), InvalidQuery> {
    if slot.as_ref().is_some_and(|known| *known != value) {
        return Err(InvalidQuery {
            field,
            problem: "is given twice, under two names, with different values".to_owned(),
        });
    }
    *slot = Some(value);
    Ok(())
}

fn slot_for<'a>(pagination: &'a mut GivenPagination, key: &str) -> Option<(&'static str, &'a mut Option<Value>)> {
    if is_any_of(key, PAGE) {
        Some(("pagination.page", &mut pagination.page))
    } else if is_any_of(key, LIMIT) {
        Some(("pagination.limit", &mut pagination.limit))
    } else if is_any_of(key, OFFSET) {
        Some(("pagination.offset", &mut pagination.offset))
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
    let key = shown(key);
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

    /// The schema and this reader are written apart; a property that only one of them knows would be a trap.
    #[test]
    fn every_property_of_the_schema_is_understood() {
        let tool = crate::mcp::list_mail_contacts::tool();
        let properties = tool.input_schema["properties"].as_object().unwrap();
        assert_eq!(properties.keys().collect::<Vec<_>>(), ["query", "pagination"]);
        assert_eq!(understood(json!({"query": "anna"})).text, "anna");
        for name in properties["pagination"]["properties"].as_object().unwrap().keys() {
            let pagination = understood(json!({"pagination": {name: 7}})).pagination;
            let given = [
                ("page", pagination.page),
                ("limit", pagination.limit),
                ("offset", pagination.offset),
            ];
            let filled: Vec<_> = given
                .iter()
                .filter(|(_, value)| value.is_some())
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(filled, [name.as_str()]);
        }
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
    fn null_means_not_given_and_names_may_agree() {
        for arguments in [
            json!({"query": "anna", "email": null}),
            json!({"email": null, "query": "anna"}),
            json!({"query": "anna", "name": "anna"}),
        ] {
            assert_eq!(understood(arguments.clone()).text, "anna", "{arguments}");
        }
        for arguments in [
            json!({"limit": 5, "max_results": null}),
            json!({"limit": 5, "pagination": {"limit": null}}),
            json!({"limit": 5, "pagination": null}),
        ] {
            assert_eq!(
                understood(arguments.clone()).pagination.limit,
                Some(json!(5)),
                "{arguments}"
            );
        }
    }

    #[test]
    fn what_is_unknown_is_ignored_beside_what_is_known() {
        assert_eq!(understood(json!({"toolCallId": "x"})), SearchArguments::default());
        let limited = understood(json!({"pagination": {"limit": 5, "cursor": "x"}, "company": "Contoso"}));
        assert_eq!(limited.pagination.limit, Some(json!(5)));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (arguments, field) in [
            (json!({"query": "anna", "name": "bob"}), "query"),
            (json!({"limit": 5, "page_size": 6}), "pagination.limit"),
            (json!({"pagination": {"offset": 5, "skip": 6}}), "pagination.offset"),
            (json!({"company": "Contoso"}), "arguments"),
            (json!({"query": ["a"]}), "query"),
            (json!({"query": true}), "query"),
            (json!({"pagination": 5}), "pagination"),
            (json!({"pagination": "x"}), "pagination"),
            (json!({"pagination": [1]}), "pagination"),
            (json!({"pagination": {"cursor": "x"}}), "pagination"),
            (json!({"query": "anna", "pagination": {"cursor": "x"}}), "pagination"),
            (json!({"company": "Contoso", "toolCallId": "x"}), "arguments"),
        ] {
            assert_eq!(
                search(arguments.as_object().unwrap().clone()).unwrap_err().field,
                field,
                "{arguments}"
            );
        }
    }
}
