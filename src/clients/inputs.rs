//! The questions by which VS Code asks its user for the secrets of an entry: the list `inputs` in its settings file.

use serde_json::{Value, json};

use super::client::{Client, input_id, input_reference};
use super::document::Document;
use super::entry;

/// One question, for one secret of an entry.
pub(super) struct Input {
    pub(super) id: Value,
    /// The text by which the entry refers to the answer.
    pub(super) reference: String,
    about: &'static str,
}

impl Input {
    pub(super) fn question(&self) -> Value {
        json!({"type": "promptString", "id": self.id, "description": self.about, "password": true})
    }
}

/// The questions that an entry refers to; empty for other clients than VS Code.
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

/// The ids of the questions in a settings file.
pub(super) fn ids_in(document: &Document) -> Vec<Value> {
    let inputs = document.get(&["inputs"]);
    let inputs = inputs.as_ref().and_then(Value::as_array);
    inputs
        .into_iter()
        .flatten()
        .filter_map(|input| input.get("id").cloned())
        .collect()
}
