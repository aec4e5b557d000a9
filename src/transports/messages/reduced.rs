//! Removes the parts of a message that nothing reads, before the message is parsed into rmcp's types. Pure.
//!
//! rmcp's types turn each JSON value into up to a kilobyte, and a waiting call keeps its `_meta`: 250 KiB of `[0],`
//! became 57 MB. So a text that is not certainly small is reduced first, without making values of it:
//!
//! | part | kept |
//! |---|---|
//! | the message | the members of JSON-RPC |
//! | `_meta` of a request or notification | the members that rmcp or this server reads: short strings and numbers, the client's capabilities |
//! | a result | the fields of an elicitation's result: `action` and the simple values of `content` |
//! | an error | its code and message |
//! | `params` of `initialize` | the fields that [`initialize`] keeps |
//! | an empty list where an object belongs | the empty object, which PHP writes as a list |
//! | everything else | all of it, if the message then has at most [`MAX_VALUES`] JSON values |

use std::borrow::Cow;

use rmcp::model::ErrorData;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::error_response::{ErrorResponse, not_json};
use super::initialize;
use super::members::{Members, is_empty_list};
use super::weight::Weight;
use crate::mcp::without_lone_surrogates;

/// The most JSON values of one message. A call with fifty names, each an object, has a few hundred.
const MAX_VALUES: usize = 1000;
/// The most bytes of one value in `_meta`. A traceparent has 55, a progress token may be a UUID.
const MAX_META_TEXT: usize = 256;

/// The reduced text, to be parsed in place of `text`. A text that holds no message stays as it is.
///
/// # Errors
/// The message has too many values, or it is an `initialize` with a field of the wrong type. A notification gets no
/// answer, so it loses its parameters instead.
pub(in crate::transports) fn reduced(text: &[u8]) -> Result<Cow<'_, [u8]>, ErrorResponse> {
    let weight = Weight::of(text);
    if weight.is_plain(text.len()) {
        return Ok(Cow::Borrowed(text));
    }
    let decoded = String::from_utf8_lossy(text);
    let trimmed = decoded.trim_start_matches('\u{feff}').trim();
    let mended = without_lone_surrogates(trimmed);
    let json = mended.as_deref().unwrap_or(trimmed);
    let Some(message) = Members::of(json) else {
        return if weight.values > MAX_VALUES {
            Err(too_many_values_unparsed(json))
        } else {
            Ok(Cow::Borrowed(text))
        };
    };
    let has_id = message.get("id").is_some();
    let is_initialize = has_id && message.string("method").as_deref() == Some("initialize");
    let initialize_params = if is_initialize && !initialize::names_its_revision(message.get("params")) {
        let parsed = initialize::parse_params(message.get("params"))
            .map_err(|problem| ErrorResponse::about_message(&message, ErrorData::invalid_params(problem, None)))?;
        to_raw_value(&parsed).ok()
    } else {
        None
    };
    let mut message = message.changed(|key, value| match key {
        "params" if initialize_params.is_some() => None,
        "params" => Some(parameters(value)),
        "result" => Some(result(value)),
        "error" => Some(with_members(value, |key, value| {
            ["code", "message"].contains(&key).then_some(value)
        })),
        "jsonrpc" | "id" | "method" => Some(value),
        _ => None,
    });
    if let Some(params) = initialize_params {
        message.push("params", params);
    }
    if weight.values > MAX_VALUES && values_of(&message) > MAX_VALUES {
        let is_notification = !has_id && message.string("method").is_some();
        if !is_notification {
            return Err(ErrorResponse::about_message(&message, too_many_values()));
        }
        message = message.changed(|key, value| ["jsonrpc", "method"].contains(&key).then_some(value));
    }
    Ok(Cow::Owned(message.into_value().get().to_owned().into_bytes()))
}

/// The error about a text that is no JSON object and has too many values to be parsed.
fn too_many_values_unparsed(text: &str) -> ErrorResponse {
    if text.starts_with('[') {
        return ErrorResponse::without_id(too_many_values());
    }
    ErrorResponse::about_text(text, not_json())
}

/// The message without its `_meta`, if that is no object; `None` otherwise.
pub(super) fn without_malformed_meta(message: &Members<'_>) -> Option<String> {
    let params = Members::of(message.get("params")?)?;
    params.get("_meta").filter(|meta| !meta.starts_with('{'))?;
    let params = params.changed(|key, value| (key != "_meta").then_some(value));
    let params = params.into_value();
    let mended = message.with("params", &params);
    Some(mended.into_value().get().to_owned())
}

fn too_many_values() -> ErrorData {
    let problem = format!("a message may have {MAX_VALUES} JSON values at most, and a call 50 names");
    ErrorData::invalid_request(problem, None)
}

/// At least the number of JSON values in `message`.
fn values_of(message: &Members<'_>) -> usize {
    raw(message).map_or(usize::MAX, |text| Weight::of(text.get().as_bytes()).values)
}

/// Members of `params` that are objects in every method that uses them.
const OBJECTS: [&str; 3] = ["arguments", "inputResponses", "notifications"];

/// Reduces `params`.
fn parameters(value: Cow<'_, RawValue>) -> Cow<'_, RawValue> {
    let Some(members) = Members::of_or_empty(Some(value.get())) else {
        return value;
    };
    let changed = members.changed(|key, value| {
        Some(match key {
            "_meta" => meta(value)?,
            // Its `arguments` are an object too.
            "context" => parameters(value),
            key if OBJECTS.contains(&key) && is_empty_list(value.get()) => Members::default().into_value(),
            _ => value,
        })
    });
    changed.into_value()
}

/// Reduces a result to the fields of an elicitation's result, whose `content` has only simple values.
fn result(value: Cow<'_, RawValue>) -> Cow<'_, RawValue> {
    with_members(value, |key, value| match key {
        "action" => Some(value),
        "content" => Some(with_members(value, |_, value| {
            (!value.get().starts_with(['[', '{'])).then_some(value)
        })),
        _ => None,
    })
}

/// The object with each value replaced by the result of `change`; a value that is no object stays as it is.
fn with_members<'a>(
    value: Cow<'a, RawValue>,
    change: impl for<'b> Fn(&str, Cow<'b, RawValue>) -> Option<Cow<'b, RawValue>>,
) -> Cow<'a, RawValue> {
    match Members::of(value.get()) {
        Some(members) => members.changed(change).into_value(),
        None => value,
    }
}

/// Reduces `_meta` to the members that are read. A malformed member is removed; `None` if `_meta` itself is malformed.
fn meta(value: Cow<'_, RawValue>) -> Option<Cow<'_, RawValue>> {
    let members = Members::of_or_empty(Some(value.get()))?;
    let kept = members.changed(|key, value| {
        let name = key.strip_prefix("io.modelcontextprotocol/").unwrap_or(key);
        match name {
            "clientCapabilities" => raw(&initialize::capabilities(Some(value.get())).ok()?),
            "clientInfo" => raw(&initialize::client(Some(value.get())).ok()?),
            "progressToken" | "traceparent" | "protocolVersion" | "logLevel" | "subscriptionId" => {
                let text = value.get();
                (!text.starts_with(['[', '{']) && text.len() <= MAX_META_TEXT).then_some(value)
            }
            _ => None,
        }
    });
    Some(kept.into_value())
}

fn raw<'a>(value: &impl Serialize) -> Option<Cow<'a, RawValue>> {
    to_raw_value(value).ok().map(Cow::Owned)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(text: &str) -> Value {
        serde_json::from_slice(&reduced(text.as_bytes()).unwrap()).unwrap()
    }

    fn refused(text: &str) -> Value {
        serde_json::to_value(reduced(text.as_bytes()).unwrap_err()).unwrap()
    }

    /// A JSON value that holds 5001 others.
    fn heavy() -> String {
        format!("[{}0]", "[0],".repeat(5000))
    }

    #[test]
    fn a_plain_message_stays_as_it_is() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","x":[0],"params":{"_meta":{"y":1}}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            "not json",
            "",
        ] {
            assert!(matches!(reduced(text.as_bytes()), Ok(Cow::Borrowed(_))), "{text}");
        }
    }

    #[test]
    fn only_the_members_of_meta_that_are_read_are_kept() {
        let heavy = heavy();
        let text = format!(
            r#"{{"jsonrpc":"2.0","id":"a","method":"tools/call","x":{heavy},"params":{{"name":"b","_meta":{{"progressToken":"t",
            "traceparent":"00-1","x":{heavy},"io.modelcontextprotocol/protocolVersion":"2026-07-28",
            "io.modelcontextprotocol/clientInfo":{{"name":"c","version":"1","icons":{heavy}}},
            "io.modelcontextprotocol/clientCapabilities":{{"experimental":{{"x":{heavy}}},"elicitation":[]}},
            "io.modelcontextprotocol/logLevel":{heavy}}},"arguments":{{"query":"d"}}}}}}"#
        );
        let meta = json!({
            "progressToken": "t",
            "traceparent": "00-1",
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "c", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
        });
        assert_eq!(
            read(&text),
            json!({"jsonrpc": "2.0", "id": "a", "method": "tools/call",
                "params": {"name": "b", "_meta": meta, "arguments": {"query": "d"}}})
        );
        // The same with escapes in the keys, and in a notification.
        let text = format!(r#"{{"method":"b","params":{{"\u005fmeta":{{"progres\u0073Token":7,"x":{heavy}}}}}}}"#);
        assert_eq!(
            read(&text),
            json!({"method": "b", "params": {"_meta": {"progressToken": 7}}})
        );
        let long = "x".repeat(5000);
        let text = format!(r#"{{"id":1,"result":{{"_meta":{{"y":"{long}"}},"action":"accept"}}}}"#);
        assert_eq!(read(&text), json!({"id": 1, "result": {"action": "accept"}}));
        let text = format!(r#"{{"id":1,"method":"ping","params":{{"_meta":{{"progressToken":"{long}"}}}}}}"#);
        assert_eq!(read(&text), json!({"id": 1, "method": "ping", "params": {"_meta": {}}}));
    }

    #[test]
    fn a_message_with_too_many_values_anywhere_is_refused_with_its_id() {
        let heavy = heavy();
        let members = format!("{{{}}}", vec![r#""":0"#; 1000].join(","));
        let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
        for value in [heavy.as_str(), members.as_str(), deep.as_str()] {
            for part in [
                format!(r#""method":"tools/call","params":{{"name":"a","arguments":{{"x":{value}}}}}"#),
                format!(r#""method":"no/such","params":{{"x":{value}}}"#),
                format!(r#""method":"no/such","params":{value}"#),
                format!(r#""result":{{"content":{value}}}"#),
                format!(r#""error":{{"code":1,"message":{value}}}"#),
                format!(r#""method":{value}"#),
            ] {
                let refused = refused(&format!(r#"{{"jsonrpc":"2.0",{part},"id":18446744073709551616}}"#));
                assert_eq!(refused["error"]["code"], -32600, "{part:.60}");
                assert!(
                    refused["error"]["message"].as_str().unwrap().contains("1000"),
                    "{refused}"
                );
                assert_eq!(refused["id"].is_number(), part.contains("method"), "{refused}");
            }
            let without_id = refused(&format!(r#"{{"jsonrpc":"2.0","result":{{"content":{value}}}}}"#));
            assert_eq!(
                (&without_id["error"]["code"], without_id.get("id")),
                (&json!(-32600), None)
            );
            let broken = refused(&format!(r#"{{"jsonrpc":"2.0","id":7,"method":"a","params":{value}"#));
            assert_eq!((&broken["error"]["code"], &broken["id"]), (&json!(-32700), &json!(7)));
            let list = refused(&format!("[{value}]"));
            assert_eq!((&list["error"]["code"], list.get("id")), (&json!(-32600), None));
        }
        // The parts of a response that are read are kept.
        let response = |part: &str| format!(r#"{{"jsonrpc":"2.0","id":0,{part}}}"#);
        let text = response(&format!(r#""error":{{"code":1,"message":"a","data":{heavy}}}"#));
        assert_eq!(
            read(&text),
            json!({"jsonrpc": "2.0", "id": 0, "error": {"code": 1, "message": "a"}})
        );
        let text = response(&format!(
            r#""result":{{"action":"accept","x":{heavy},"content":{{"a":"b","x":{heavy}}}}}"#
        ));
        let result = json!({"action": "accept", "content": {"a": "b"}});
        assert_eq!(read(&text), json!({"jsonrpc": "2.0", "id": 0, "result": result}));
        // A notification gets no answer, so only its parameters are dropped.
        let text = format!(r#"{{"jsonrpc":"2.0","method":"a","params":{{"x":{heavy}}},"error":{heavy}}}"#);
        assert_eq!(read(&text), json!({"jsonrpc": "2.0", "method": "a"}));
    }

    #[test]
    fn the_largest_call_that_makes_sense_is_within_the_bound() {
        let name = json!({"name": "Иванова-Петрова, Анна Мария".repeat(5), "email": "a@example.com", "company": "x"});
        let arguments = json!({"names": vec![name; 50], "sources": ["contacts", "employees"], "ask_user": true});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "resolve_mail_recipients", "arguments": arguments}});
        assert_eq!(read(&call.to_string()), call);
    }

    #[test]
    fn an_empty_list_is_the_empty_object_where_an_object_belongs_and_nowhere_else() {
        for (given, expected) in [
            (json!([]), json!({})),
            (
                json!({"_meta": [], "arguments": []}),
                json!({"_meta": {}, "arguments": {}}),
            ),
            (
                json!({"context": {"arguments": []}}),
                json!({"context": {"arguments": {}}}),
            ),
            (json!({"context": []}), json!({"context": {}})),
            (json!({"inputResponses": []}), json!({"inputResponses": {}})),
            (json!({"arguments": {"names": []}}), json!({"arguments": {"names": []}})),
            (json!({"ref": []}), json!({"ref": []})),
            (json!([[]]), json!([[]])),
        ] {
            let message = |params| json!({"id": 1, "method": "a", "params": params});
            assert_eq!(read(&message(given).to_string()), message(expected));
        }
    }

    pub(in crate::transports::messages) fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            ".{0,5}".prop_map(Value::from)
        ];
        leaf.prop_recursive(5, 100, 10, |inner| {
            let members = prop::collection::hash_map(".{0,3}", inner.clone(), 0..10);
            prop_oneof![
                prop::collection::vec(inner, 0..10).prop_map(Value::from),
                members.prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_arguments_of_a_call_are_left_as_they_are(arguments in any_value()) {
            // So many values in `_meta` that the message is reduced.
            let meta = json!({"x": vec![0; 64]});
            let call = |meta| json!({"id": 1, "method": "tools/call", "params": {"a": arguments, "_meta": meta}});
            let reduced = reduced(call(meta).to_string().as_bytes()).map(|text| text.into_owned());
            prop_assert_eq!(reduced.unwrap(), call(json!({})).to_string().into_bytes());
        }
    }
}
