//! Questions that VS Code asks for the secrets of an entry (`inputs` in its file).

use serde_json::{Value, json};

use super::client::{Client, input_id, input_reference};
use super::document::Document;
use super::entry;

/// A question that VS Code asks, for a secret of an entry.
pub(super) struct Input {
    pub(super) id: Value,
    /// How the entry refers to the answer.
    pub(super) reference: String,
    about: &'static str,
}

impl Input {
    pub(super) fn question(&self) -> Value {
        json!({"type": "promptString", "id": self.id, "description": self.about, "password": true})
    }
}

pub(super) fn inputs_of(client: Client, entry: &Value) -> Vec<Input> {
    let values = entry.get("env").and_then(Value::as_object);
    let asked = values.into_iter().flatten().filter_map(|(name, value)| {
        let variable = entry::variable(name)?;
        let reference = input_reference(variable);
        let is_asked = client == Client::VsCode && *value == reference;
        is_asked.then(|| Input {
            id: json!(input_id(variable)),
            reference,
            about: variable.meaning,
        })
    });
    asked.collect()
}

pub(super) fn ids_in(document: &Document) -> Vec<Value> {
    let inputs = document.get(&["inputs"]);
    let inputs = inputs.as_ref().and_then(Value::as_array);
    inputs
        .into_iter()
        .flatten()
        .filter_map(|input| input.get("id").cloned())
        .collect()
}
