//! Edits JSON with comments in place, by `jsonc-parser`: the files of every client but Codex.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::clients::byte_order_mark;
use crate::portal::with_lone_surrogates_as;

#[derive(Debug)]
pub(crate) struct JsonDocument {
    root: CstRootNode,
    /// The byte order marks before the text.
    marks: String,
    stand_ins: Vec<StandIn>,
}

/// A lone surrogate's escape, and the escape that takes its place while the text is edited.
#[derive(Debug)]
struct StandIn {
    stand_in: String,
    original: String,
}

/// What clients accept beyond JSON: comments and trailing commas.
fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

impl JsonDocument {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let (marks, bare) = byte_order_mark::split(text);
        let (bare_text, stand_ins) = with_stand_ins(bare);
        let root = CstRootNode::parse(&bare_text, &options()).map_err(|error| Problem::Syntax {
            language: "JSON",
            line: error.line_display(),
            what: lower_first(&error.kind().to_string()),
        })?;
        match root.value() {
            Some(value) if value.as_object().is_none() => Err(Problem::NoObject),
            _ => Ok(Self {
                root,
                marks: marks.to_owned(),
                stand_ins,
            }),
        }
    }

    pub(super) fn value(&self) -> Value {
        self.root.to_serde_value().unwrap_or_else(|| Value::Object(Map::new()))
    }

    pub(super) fn text(&self) -> String {
        let text = format!("{}{}", self.marks, self.root);
        self.stand_ins
            .iter()
            .fold(text, |text, StandIn { stand_in, original }| {
                text.replace(stand_in, original)
            })
    }

    pub(super) fn set(&self, path: &[&str], value: &Value) -> Result<(), Problem> {
        let Some((name, parents)) = path.split_last() else {
            return Ok(());
        };
        let mut object = self.root.object_value_or_set();
        for parent in parents {
            object = match property(&object, parent)? {
                None => {
                    object.append(parent, CstInputValue::Object(Vec::new()));
                    property(&object, parent)?.and_then(|new| new.object_value())
                }
                Some(there) => there.object_value(),
            }
            .ok_or_else(|| Problem::Shape((*parent).to_owned(), "an object"))?;
        }
        put(&object, name, value)
    }

    pub(super) fn remove(&self, path: &[&str]) -> Result<(), Problem> {
        let Some((name, parents)) = path.split_last() else {
            return Ok(());
        };
        let Some(mut object) = self.root.object_value() else {
            return Ok(());
        };
        for parent in parents {
            let Some(there) = property(&object, parent)? else {
                return Ok(());
            };
            object = there
                .object_value()
                .ok_or_else(|| Problem::Shape((*parent).to_owned(), "an object"))?;
        }
        let Some(unwanted) = property(&object, name)? else {
            return Ok(());
        };
        unwanted.remove();
        close_if_empty(&object.children());
        Ok(())
    }

    pub(super) fn add(&self, list: &str, value: &Value) -> Result<(), Problem> {
        let object = self.root.object_value_or_set();
        let list = match property(&object, list)? {
            None => object.append(list, CstInputValue::Array(Vec::new())).array_value(),
            Some(there) => there.array_value(),
        }
        .ok_or_else(|| Problem::Shape(list.to_owned(), "a list"))?;
        list.append(input(value));
        Ok(())
    }

    pub(super) fn remove_from(&self, list: &str, id: &Value) -> Result<(), Problem> {
        let Some(object) = self.root.object_value() else {
            return Ok(());
        };
        let Some(list) = property(&object, list)?.and_then(|there| there.array_value()) else {
            return Ok(());
        };
        for element in list.elements() {
            if element.to_serde_value().as_ref().and_then(|value| value.get("id")) == Some(id) {
                element.remove();
            }
        }
        close_if_empty(&list.children());
        Ok(())
    }
}

/// The text with stand-ins for lone surrogates. JavaScript writes half of a surrogate pair where a text was cut inside
/// an emoji, and reads it again; the parser refuses it.
fn with_stand_ins(text: &str) -> (Cow<'_, str>, Vec<StandIn>) {
    const PRIVATE_USE: RangeInclusive<u32> = 0xe000..=0xf8ff;
    let mut free = PRIVATE_USE
        .map(|code| format!("\\u{code:04x}"))
        .filter(|escape| !text.contains(escape.as_str()));
    let mut stand_ins: Vec<StandIn> = Vec::new();
    let edited = with_lone_surrogates_as(text, |original| {
        if let Some(known) = stand_ins.iter().find(|known| known.original == original) {
            return known.stand_in.clone();
        }
        let original = original.to_owned();
        let stand_in = free.next().unwrap_or_else(|| original.clone());
        stand_ins.push(StandIn {
            stand_in: stand_in.clone(),
            original,
        });
        stand_in
    });
    (edited.map_or(Cow::Borrowed(text), Cow::Owned), stand_ins)
}

/// The property of that name; an error if there are two: programs do not agree on which one counts.
fn property(object: &CstObject, name: &str) -> Result<Option<CstObjectProp>, Problem> {
    let mut named = object
        .properties()
        .into_iter()
        .filter(|property| property.decoded_name().as_deref() == Some(name));
    match (named.next(), named.next()) {
        (_, Some(_)) => Err(Problem::Twice(name.to_owned())),
        (first, None) => Ok(first),
    }
}

/// Sets a property; in a present object only the differences are changed.
fn put(object: &CstObject, name: &str, value: &Value) -> Result<(), Problem> {
    let Some(there) = property(object, name)? else {
        object.append(name, input(value));
        return Ok(());
    };
    let (Some(inner), Value::Object(wanted)) = (there.object_value(), value) else {
        if there.value().and_then(|there| there.to_serde_value()).as_ref() != Some(value) {
            there.set_value(input(value));
        }
        return Ok(());
    };
    for stale in inner.properties() {
        if stale.decoded_name().is_none_or(|name| !wanted.contains_key(&name)) {
            stale.remove();
        }
    }
    for (name, value) in wanted {
        put(&inner, name, value)?;
    }
    close_if_empty(&inner.children());
    Ok(())
}

/// Writes an empty object or list as `{}` or `[]`, as programs print it, unless a comment is in it.
fn close_if_empty(children: &[CstNode]) {
    let is_blank = |node: &CstNode| node.is_whitespace() || node.is_newline();
    if children.iter().all(|node| node.is_token() || is_blank(node)) {
        children
            .iter()
            .filter(|node| is_blank(node))
            .cloned()
            .for_each(CstNode::remove);
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(object) => CstInputValue::Object(
            object
                .iter()
                .map(|(name, value)| (name.clone(), input(value)))
                .collect(),
        ),
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_lowercase().chain(characters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PATH: &[&str] = &["mcpServers", "ours"];

    fn with_and_without(text: &str) -> (String, String) {
        let json = JsonDocument::parse(text).unwrap();
        json.set(
            PATH,
            &json!({"command": "/bin/it", "args": ["--demo"], "env": {"A": "${A:-}"}}),
        )
        .unwrap();
        let with = json.text();
        let again = JsonDocument::parse(&with).unwrap();
        assert_eq!(again.value()["mcpServers"]["ours"]["args"], json!(["--demo"]), "{with}");
        again.remove(PATH).unwrap();
        (with, again.text())
    }

    #[test]
    fn an_entry_goes_in_and_out_again_and_every_other_byte_stays() {
        for text in [
            // As JSON.stringify(…, null, 2) prints it, which is what most clients do.
            "{\n  \"mcpServers\": {},\n  \"numStartups\": 3\n}",
            "{\n  \"mcpServers\": {\n    \"other\": {\n      \"command\": \"x\"\n    }\n  }\n}\n",
            "{\n\t// Mine.\n\t\"mcpServers\": {\n\t\t\"other\": { \"command\": \"x\" }, // keep\n\t},\n}\n",
            "{\r\n    \"mcpServers\": {\r\n        \"other\": {}\r\n    }\r\n}\r\n",
            "\u{feff}{\n  \"mcpServers\": {\n    \"other\": {}\n  }\n}",
            "// Only a comment.\n{\n  \"mcpServers\": {\n    \"other\": {}\n    // the last\n  }\n}\n",
        ] {
            let (with, without) = with_and_without(text);
            assert_eq!(without, text, "after\n{with}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_stays_as_it_is() {
        for half in [
            "\\ud83d",
            "\\uDE00",
            "\\ude00\\ud83d",
            "\\ud83dx\\ud83d\\ude00 \\ue000 \\\\ud83d \\n\\ud83d",
        ] {
            let text = format!("{{\n  \"{half}\": \"{half} ü\",\n  \"mcpServers\": {{}}\n}}\n");
            let (with, without) = with_and_without(&text);
            assert!(with.contains(&format!("\"{half} ü\"")), "{with}");
            assert_eq!(without, text);
        }
    }

    #[test]
    fn a_file_of_one_line_keeps_what_is_in_it() {
        let (_, without) = with_and_without(r#"{"mcpServers":{"other":{"command":"x"}},"a":1}"#);
        let value = JsonDocument::parse(&without).unwrap().value();
        assert_eq!(value, json!({"mcpServers": {"other": {"command": "x"}}, "a": 1}));
    }

    #[test]
    fn an_empty_file_becomes_an_object() {
        for text in ["", " \n", "{}", "{ }\n"] {
            let (with, without) = with_and_without(text);
            assert_eq!(
                JsonDocument::parse(&without).unwrap().value(),
                json!({"mcpServers": {}}),
                "{text:?} {with}"
            );
        }
    }

    #[test]
    fn only_differences_are_changed() {
        let text = "{\n  \"mcpServers\": {\n    \"ours\": {\n      // Mine.\n      \"timeout\": 60,\n      \"command\": \"/old\",\n      \"args\": [ ] // odd\n    }\n  }\n}\n";
        let json = JsonDocument::parse(text).unwrap();
        let mut entry = json.value()["mcpServers"]["ours"].clone();
        entry["command"] = json!("/new");
        json.set(PATH, &entry).unwrap();
        assert_eq!(json.text(), text.replace("/old", "/new"));
    }

    #[test]
    fn a_text_that_cannot_be_edited_is_refused_with_its_place() {
        for (text, line) in [
            ("{\n \"a\": 1\n \"b\": 2\n}", 2),
            ("{\"a\": }", 1),
            ("{'a': 1}", 1),
            ("{\n", 1),
        ] {
            let Err(Problem::Syntax { line: at, .. }) = JsonDocument::parse(text) else {
                panic!("{text}")
            };
            assert_eq!(at, line, "{text}");
        }
        assert_eq!(JsonDocument::parse("[]").unwrap_err(), Problem::NoObject);
        for (text, problem) in [
            (
                r#"{"mcpServers": []}"#,
                Problem::Shape("mcpServers".to_owned(), "an object"),
            ),
            (
                r#"{"mcpServers": {}, "mcpServers": {}}"#,
                Problem::Twice("mcpServers".to_owned()),
            ),
        ] {
            let json = JsonDocument::parse(text).unwrap();
            assert_eq!(json.set(PATH, &json!({})).unwrap_err(), problem);
            assert_eq!(json.text(), text);
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(matches!(JsonDocument::parse(&deep), Err(Problem::Syntax { .. })));
    }
}
