//! Schemas derived from types, in the form that every measured client accepts.
//!
//! Some clients drop a whole tool list because of one construct. So a schema has no references, no formats of schemars,
//! no null in the types of optional fields and no titles, and its root is an object.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

/// A JSON object: a schema, or the arguments of a call.
pub(crate) type JsonObject = Map<String, Value>;

/// The description of a tool, with its schemas. No tool writes, so all have the same annotations.
pub(crate) fn tool<I: JsonSchema, O: JsonSchema>(
    name: &'static str,
    title: &'static str,
    description: &'static str,
) -> Tool {
    let mut input = derived::<I>();
    // Models invent fewer arguments if the schema forbids other ones.
    close(&mut input);
    Tool::new(name, description, input)
        .with_title(title)
        .with_raw_output_schema(Arc::new(derived::<O>()))
        .with_annotations(
            ToolAnnotations::with_title(title)
                .read_only(true)
                .destructive(false)
                .idempotent(true)
                .open_world(true),
        )
}

fn derived<T: JsonSchema>() -> JsonObject {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    clean(&mut schema);
    let mut schema = std::mem::take(schema.ensure_object());
    // The doc comment of the type would repeat the tool's description.
    schema.remove("description");
    schema
}

/// Removes what some clients do not accept, from the inside out.
fn clean(schema: &mut Schema) {
    schemars::transform::transform_subschemas(&mut clean, schema);
    let Some(object) = schema.as_object_mut() else { return };
    for noise in ["title", "format", "default"] {
        object.remove(noise);
    }
    for optional in ["type", "enum"] {
        if let Some(Value::Array(values)) = object.get_mut(optional) {
            values.retain(|value| *value != "null" && !value.is_null());
            if optional == "type" && values.len() == 1 {
                let only = values.swap_remove(0);
                object.insert(optional.to_owned(), only);
            }
        }
    }
    merge_documented_enum(object);
    drop_null_branch(object);
}

/// Replaces `oneOf` of constants, which schemars writes for an enum with documented values, by the shorter `enum`.
fn merge_documented_enum(object: &mut JsonObject) {
    let Some(Value::Array(branches)) = object.get("oneOf") else {
        return;
    };
    let values: Option<Vec<Value>> = branches.iter().map(|branch| branch.get("const").cloned()).collect();
    if let Some(values) = values {
        object.remove("oneOf");
        object.insert("type".to_owned(), "string".into());
        object.insert("enum".to_owned(), values.into());
    }
}

/// Replaces `anyOf [object, null]`, which schemars writes for an optional object, by the object: this server omits
/// absent fields and sends no null.
fn drop_null_branch(object: &mut JsonObject) {
    let Some(Value::Array(branches)) = object.get_mut("anyOf") else {
        return;
    };
    branches.retain(|branch| branch.get("type") != Some(&Value::from("null")));
    if branches.len() != 1 {
        return;
    }
    let only = branches.pop();
    object.remove("anyOf");
    if let Some(Value::Object(only)) = only {
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
}

/// Forbids properties that the schema does not name, also in inner objects.
fn close(schema: &mut JsonObject) {
    if schema.get("type").is_some_and(|kind| kind == "object") {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for property in properties.values_mut().filter_map(Value::as_object_mut) {
            close(property);
        }
    }
}
