//! `rest.documentation.openapi`: a raw OpenAPI document, without `result` and `time`.
//!
//! It lists the installed methods, whatever the caller's scopes are.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::method::Method;
use super::state::State;

/// Methods of the installed modules; a quirk may remove one.
const PATHS: &[&str] = &[
    "/mail.recipient.listcontacts",
    "/mail.recipient.listemployees",
    "/rest.documentation.openapi",
    "/documentation",
    "/batch",
];

/// The whole answer.
pub(super) fn answer(state: &State) -> Answer {
    Answer::json(200, &document(state))
}

/// The document.
pub(super) fn document(state: &State) -> Value {
    let quirk = state.settings.quirk;
    let paths: Map<String, Value> = PATHS
        .iter()
        .filter(|path| Method::find(path.trim_start_matches('/'), quirk).is_some())
        .map(|path| ((*path).to_owned(), operation(path)))
        .collect();
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Bitrix24 REST V3 API", "version": "1.0.0"},
        "servers": [{"url": format!("{}/rest/api/", state.origin())}],
        "paths": paths,
    })
}

fn operation(path: &str) -> Value {
    json!({"post": {
        "operationId": path.trim_start_matches('/'),
        "responses": {"200": {"description": "Success", "content": {"application/json": {}}}},
    }})
}
