//! Converts TOML values to JSON, and JSON values to TOML.

use serde_json::{Map, Value};
use toml_edit::{Array, InlineTable, Item, TableLike};

pub(super) fn object(table: &dyn TableLike) -> Map<String, Value> {
    let values = table
        .iter()
        .filter_map(|(name, item)| Some((name.to_owned(), json(item)?)));
    values.collect()
}

pub(super) fn json(item: &Item) -> Option<Value> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(json_value(value)),
        Item::Table(table) => Some(Value::Object(object(table))),
        Item::ArrayOfTables(tables) => Some(Value::Array(
            tables.iter().map(|table| Value::Object(object(table))).collect(),
        )),
    }
}

fn json_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::from(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Value::from(*number.value()),
        toml_edit::Value::Boolean(value) => Value::from(*value.value()),
        toml_edit::Value::Datetime(time) => Value::from(time.value().to_string()),
        toml_edit::Value::Array(values) => values.iter().map(json_value).collect(),
        toml_edit::Value::InlineTable(table) => Value::Object(object(table)),
    }
}

pub(super) fn in_line(value: &Value) -> toml_edit::Value {
    match value {
        Value::Null => "".into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        // The library would write several lines, with other line ends than the file may have.
        Value::String(text) if text.contains('\n') => {
            let in_line = value.to_string().parse();
            in_line.unwrap_or_else(|_| text.as_str().into())
        }
        Value::String(text) => text.as_str().into(),
        Value::Array(values) => values.iter().map(in_line).collect::<Array>().into(),
        Value::Object(object) => {
            let values = object.iter().map(|(name, value)| (name.as_str(), in_line(value)));
            values.collect::<InlineTable>().into()
        }
    }
}
