//! The arguments of `resolve_mail_recipients`. Pure.

use serde_json::Value;

use super::{JsonObject, fill, given, is_any_of, without_unknown};
use crate::address_book::{InvalidQuery, Names, Source, shown};

const NAMES: &[&str] = &[
    "names",
    "name",
    "recipients",
    "recipient",
    "people",
    "persons",
    "contacts",
    "to",
    "queries",
    "query",
    "emails",
    "addresses",
];
const SOURCES: &[&str] = &["sources", "source", "in", "where"];
const ASK_USER: &[&str] = &["askuser", "ask", "interactive", "elicit"];

/// Names that were understood and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamesArguments {
    pub(crate) names: Names,
    pub(crate) ask_user: bool,
}

/// Understands names as a list, as JSON text of one, or a single name; sources the same way.
pub(crate) fn names(arguments: JsonObject) -> Result<NamesArguments, InvalidQuery> {
    let (mut names, mut sources, mut ask_user) = (None, None, None);
    let is_known = |key: &str| [NAMES, SOURCES, ASK_USER].iter().any(|names| is_any_of(key, names));
    let arguments = without_unknown(arguments, is_known).map_err(|key| InvalidQuery {
        field: "arguments",
        problem: format!("has no `{}`; known are names, sources, ask_user", shown(&key)),
    })?;
    for (key, value) in given(arguments) {
        if is_any_of(&key, NAMES) {
            fill(&mut names, "names", texts_in("names", value)?)?;
        } else if is_any_of(&key, SOURCES) {
            fill(&mut sources, "sources", sources_in(value)?)?;
        } else if is_any_of(&key, ASK_USER) {
            fill(&mut ask_user, "ask_user", truth_in(&value)?)?;
        }
    }
    let names = names.ok_or_else(|| InvalidQuery {
        field: "names",
        problem: "is required, like {\"names\":[\"Anna Schmidt\"]}".to_owned(),
    })?;
    Ok(NamesArguments {
        names: Names::new(&names, &sources.unwrap_or_default())?,
        ask_user: ask_user.unwrap_or(false),
    })
}

/// A list of texts, the same as JSON text, or one text.
fn texts_in(field: &'static str, value: Value) -> Result<Vec<String>, InvalidQuery> {
    let refused = || InvalidQuery {
        field,
        problem: "must be a list of texts, like [\"Anna Schmidt\"]".to_owned(),
    };
    let list = match value {
        Value::Array(list) => list,
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(&text).map_err(|_| refused())?
        }
        Value::String(text) if text.trim_start().starts_with('{') => return Err(refused()),
        other => vec![other],
    };
    list.into_iter()
        .map(|name| match name {
            Value::String(name) => Ok(name),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(refused()),
        })
        .collect()
}

fn sources_in(value: Value) -> Result<Vec<Source>, InvalidQuery> {
    let names = texts_in("sources", value)?;
    let known = |name: &String| {
        let name = name.trim().to_ascii_lowercase();
        let source = Source::ALL
            .iter()
            .copied()
            .find(|source| source.as_str() == name || source.as_str().trim_end_matches('s') == name);
        source.ok_or_else(|| InvalidQuery {
            field: "sources",
            problem: format!("has no `{}`; known are contacts, employees", shown(name)),
        })
    };
    names.iter().map(known).collect()
}

fn truth_in(value: &Value) -> Result<bool, InvalidQuery> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(InvalidQuery {
            field: "ask_user",
            problem: format!("must be true or false, not {}", shown(other)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn understood(arguments: Value) -> NamesArguments {
        names(arguments.as_object().unwrap().clone()).unwrap()
    }

    #[test]
    fn names_may_be_a_list_its_json_text_or_one_name() {
        let expected = understood(json!({"names": ["Anna"]}));
        assert_eq!(expected.names.asked(), ["Anna"]);
        for arguments in [
            json!({"names": "Anna"}),
            json!({"names": "[\"Anna\"]"}),
            json!({"recipients": ["Anna"], "names": null}),
            json!({"Name": "Anna", "sources": [], "ask_user": "false"}),
            json!({"names": ["Anna"], "limit": 1, "toolCallId": "x"}),
        ] {
            assert_eq!(understood(arguments.clone()), expected, "{arguments}");
        }
    }

    #[test]
    fn every_property_of_the_schema_is_understood() {
        let tool = crate::mcp::resolve_mail_recipients::tool();
        let properties = tool.input_schema["properties"].as_object().unwrap();
        assert_eq!(properties.keys().collect::<Vec<_>>(), ["names", "sources", "ask_user"]);
        let understood = understood(json!({"names": ["A B"], "sources": ["employees"], "ask_user": true}));
        assert!(understood.ask_user);
        assert_eq!(
            understood.names,
            Names::new(&["A B".to_owned()], &[Source::Employees]).unwrap()
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        for (arguments, field) in [
            (json!({}), "names"),
            (json!({"names": []}), "names"),
            (json!({"names": vec!["Anna"; 51]}), "names"),
            (json!({"names": [" "]}), "names"),
            (json!({"names": ["%"]}), "names"),
            (json!({"names": ["a".repeat(256)]}), "names"),
            (json!({"names": [["Anna"]]}), "names"),
            (json!({"names": {"a": 1}}), "names"),
            (json!({"names": "[Anna"}), "names"),
            (json!({"names": "{\"a\":1}"}), "names"),
            (json!({"names": ["Anna"], "to": ["Bob"]}), "names"),
            (json!({"names": ["Anna"], "sources": ["crm"]}), "sources"),
            (json!({"names": ["Anna"], "ask_user": 1}), "ask_user"),
            (json!({"limit": 1}), "arguments"),
            (json!({"toolCallId": "x"}), "names"),
        ] {
            let refused = names(arguments.as_object().unwrap().clone()).unwrap_err();
            assert_eq!(refused.field, field, "{arguments}");
        }
    }
}
