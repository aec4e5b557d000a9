//! Checks of tool results: against the output schema, and that a failure is complete.

use bitrix24_mail_mcp::demo;
use bitrix24_mail_mcp::fixit::{Audience, Fix, lookup};
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use crate::support::harness::text_of;

/// A tool's output schema, closed at every level: properties that the schema does not name are errors.
pub(crate) fn closed_output_schema(tool: &str) -> jsonschema::Validator {
    fn close(schema: &mut Value) {
        // A map declares the schema of its values itself.
        if schema["type"] == "object" && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }
        match schema {
            Value::Object(object) => object.values_mut().for_each(close),
            Value::Array(list) => list.iter_mut().for_each(close),
            _ => {}
        }
    }
    let tools = bitrix24_mail_mcp::mcp::tools();
    let tool = tools.iter().find(|known| known.name == tool).unwrap();
    let mut schema = Value::Object((**tool.output_schema.as_ref().unwrap()).clone());
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

/// Asserts that structured content fits the schema of `list_mail_contacts` and has these keys.
pub(crate) fn assert_valid(structured: &Value, keys: &[&str]) {
    let problems: Vec<_> = closed_output_schema("list_mail_contacts")
        .iter_errors(structured)
        .map(|error| error.to_string())
        .collect();
    assert!(problems.is_empty(), "{problems:?} in {structured}");
    let found: Vec<_> = structured.as_object().unwrap().keys().collect();
    assert_eq!(found, keys, "{structured}");
}

pub(crate) fn assert_valid_failure(structured: &Value) {
    assert_valid(structured, &["error"]);
}

/// Asserts that a failed result has every fact in its text and in its structure; returns its row of advice.
pub(crate) fn assert_complete_failure(result: &CallToolResult, context: &str) -> Option<&'static Fix> {
    assert_eq!(result.is_error, Some(true), "{context}: {result:?}");
    let structured = result.structured_content.as_ref().unwrap();
    assert!(
        structured.get("contacts").is_none(),
        "{context}: a failure is never an empty list"
    );
    let error = &structured["error"];
    let text = text_of(result);
    let code = error["code"].as_str().unwrap();
    let status = error
        .get("http_status")
        .map(|status| u16::try_from(status.as_u64().unwrap()).unwrap());

    assert!(!error["message"].as_str().unwrap().is_empty(), "{context}");
    let mut facts: Vec<String> = ["code", "message", "meaning", "who", "retry", "docs"]
        .iter()
        .map(|key| {
            error[key]
                .as_str()
                .unwrap_or_else(|| panic!("{context}: no {key}"))
                .to_owned()
        })
        .collect();
    facts.extend(status.map(|status| format!("HTTP {status}")));
    facts.extend(
        error["fix"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| step.as_str().unwrap().to_owned()),
    );
    facts.extend(
        error
            .get("retry_after_seconds")
            .map(|seconds| format!("after {seconds} s")),
    );
    for problem in error["validation"].as_array().into_iter().flatten() {
        facts.push(problem["field"].as_str().unwrap().to_owned());
        facts.push(problem["message"].as_str().unwrap().to_owned());
    }
    for fact in facts {
        assert!(text.contains(&fact), "{context}: the text lacks {fact:?}:\n{text}");
    }
    assert!(
        error["fix"].as_array().is_some_and(|steps| !steps.is_empty()),
        "{context}"
    );
    for forbidden in ["<html", "<b>", "<!DOCTYPE", demo::SECRET] {
        let all = format!("{structured}{text}");
        assert!(!all.contains(forbidden), "{context}: {forbidden:?} in {all}");
    }
    lookup(Audience::OnePerson, code, status)
}
