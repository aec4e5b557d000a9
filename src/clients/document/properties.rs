//! Properties of every settings file: setting an entry changes nothing else, and removing it leaves nothing behind.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Document, Language};

const NAMES: &[&str] = &[
    "a",
    "b c",
    "ü",
    "mcpServers",
    "servers",
    "bitrix24-mail",
    "other",
    "x.y",
    "\"q\"",
    "env",
];
const TEXTS: &[&str] = &[
    "",
    "x",
    "a \"b\" \\ c",
    "// no comment",
    "{[#",
    "ü\n\t\u{1f600}",
    "https://example.com",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| json!(number)),
        proptest::sample::select(TEXTS).prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let entry = (proptest::sample::select(NAMES).prop_map(str::to_owned), inner);
    proptest::collection::vec(entry, 0..5).prop_map(|entries| entries.into_iter().collect())
}

/// A file with a table of servers, or without.
fn file() -> impl Strategy<Value = Map<String, Value>> {
    (
        object(value()),
        proptest::option::of(object(object(value()).prop_map(Value::from))),
    )
        .prop_map(|(mut all, servers)| {
            all.remove("servers");
            all.extend(servers.map(|mut servers| {
                servers.remove("bitrix24-mail");
                ("servers".to_owned(), Value::from(servers))
            }));
            all
        })
}

fn entry() -> impl Strategy<Value = Value> {
    (
        proptest::sample::select(TEXTS),
        proptest::collection::vec(proptest::sample::select(TEXTS), 1..3),
        object(proptest::sample::select(TEXTS).prop_map(Value::from)),
    )
        .prop_map(|(command, arguments, env)| json!({"command": command, "args": arguments, "env": env}))
}

/// How a program or a person lays a file out.
#[derive(Debug, Clone)]
struct Layout {
    line_end: &'static str,
    indent: &'static str,
    comments: bool,
    trailing_commas: bool,
    ends_with_line: bool,
}

fn layout() -> impl Strategy<Value = Layout> {
    let line_end = proptest::sample::select(&["", "\n", "\r\n"][..]);
    let indent = proptest::sample::select(&["", "  ", "    ", "\t"][..]);
    (line_end, indent, any::<[bool; 3]>()).prop_map(
        |(line_end, indent, [comments, trailing_commas, ends_with_line])| Layout {
            line_end,
            indent,
            comments: comments && !line_end.is_empty(),
            trailing_commas,
            ends_with_line,
        },
    )
}

fn json_text(value: &Value, layout: &Layout, depth: usize, text: &mut String) {
    let line = |text: &mut String, depth: usize| {
        text.push_str(layout.line_end);
        (0..depth).for_each(|_| text.push_str(layout.indent));
    };
    let (open, close, items): (_, _, Vec<(Option<&String>, &Value)>) = match value {
        Value::Object(object) => (
            '{',
            '}',
            object.iter().map(|(name, value)| (Some(name), value)).collect(),
        ),
        Value::Array(values) => ('[', ']', values.iter().map(|value| (None, value)).collect()),
        scalar => return text.push_str(&scalar.to_string()),
    };
    text.push(open);
    let count = items.len();
    for (index, (name, value)) in items.into_iter().enumerate() {
        line(text, depth + 1);
        if layout.comments && index % 2 == 0 {
            text.push_str("/* { */ // one, \"two\"");
            line(text, depth + 1);
        }
        if let Some(name) = name {
            let _ = write!(text, "{}: ", Value::from(name.as_str()));
        }
        json_text(value, layout, depth + 1, text);
        if index + 1 < count || layout.trailing_commas {
            text.push(',');
        }
    }
    if count > 0 {
        line(text, depth);
    }
    text.push(close);
}

fn key(name: &str) -> String {
    let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_bare {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

fn toml_value(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(toml_value).collect::<Vec<_>>().join(" , ")),
        Value::Object(values) => {
            let values = values
                .iter()
                .map(|(name, value)| format!("{}={}", key(name), toml_value(value)));
            format!("{{ {} }}", values.collect::<Vec<_>>().join(", "))
        }
        Value::Number(number) if number.is_f64() => format!("{:?}", number.as_f64().unwrap()),
        scalar => scalar.to_string(),
    }
}

/// Tables with headers down to `depth`, below it in line.
fn toml_text(object: &Map<String, Value>, path: &str, depth: usize, layout: &Layout, text: &mut String) {
    let end = if layout.line_end.is_empty() {
        "\n"
    } else {
        layout.line_end
    };
    let is_table = |value: &Value| value.is_object() && depth > 0;
    for (index, (name, value)) in object.iter().filter(|(_, value)| !is_table(value)).enumerate() {
        let comment = if layout.comments && index % 2 == 0 {
            " # [one]"
        } else {
            ""
        };
        let _ = write!(
            text,
            "{}{} = {}{comment}{end}",
            layout.indent,
            key(name),
            toml_value(value)
        );
    }
    for (name, value) in object.iter().filter(|(_, value)| is_table(value)) {
        let path = if path.is_empty() {
            key(name)
        } else {
            format!("{path}.{}", key(name))
        };
        let comment = if layout.comments {
            format!("# Two.{end}")
        } else {
            String::new()
        };
        let _ = write!(text, "{end}{comment}[{path}]{end}");
        toml_text(value.as_object().unwrap(), &path, depth - 1, layout, text);
    }
}

const PATH: &[&str] = &["servers", "bitrix24-mail"];

fn without_the_entry(document: &Document) -> Value {
    let mut all = document.get(&[]).unwrap();
    if let Some(servers) = all.get_mut("servers").and_then(Value::as_object_mut) {
        servers.remove("bitrix24-mail");
        if servers.is_empty() {
            all.as_object_mut().unwrap().remove("servers");
        }
    }
    all
}

/// Adds, changes and removes the entry, and checks the rest of the file each time. Returns the text at the end.
fn add_change_and_remove(language: Language, text: &str, entries: [&Value; 2]) -> Result<String, TestCaseError> {
    let mut document =
        Document::parse(language, text).map_err(|problem| TestCaseError::fail(format!("{problem}: {text}")))?;
    prop_assert_eq!(&document.text(), text, "it prints as it was");
    let rest = without_the_entry(&document);
    for entry in entries {
        document
            .set(PATH, entry)
            .map_err(|problem| TestCaseError::fail(format!("{problem}: {text}")))?;
        let with = document.text();
        document =
            Document::parse(language, &with).map_err(|problem| TestCaseError::fail(format!("{problem}: {with}")))?;
        prop_assert_eq!(document.get(PATH), Some(entry.clone()), "{}", &with);
        prop_assert_eq!(&without_the_entry(&document), &rest, "{}", &with);
        document.set(PATH, entry).unwrap();
        prop_assert_eq!(document.text(), with, "the same once more");
    }
    document.remove(PATH).unwrap();
    let without = document.text();
    let left =
        Document::parse(language, &without).map_err(|problem| TestCaseError::fail(format!("{problem}: {without}")))?;
    prop_assert_eq!(left.get(PATH), None);
    prop_assert_eq!(&without_the_entry(&left), &rest, "{}", &without);
    Ok(without)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_of_every_layout_keeps_all_else(all in file(), layout in layout(), one in entry(), two in entry()) {
        let mut text = String::new();
        json_text(&Value::from(all.clone()), &layout, 0, &mut text);
        if layout.ends_with_line {
            text.push_str(layout.line_end);
        }
        let without = add_change_and_remove(Language::Json, &text, [&one, &two])?;
        let has_others = all.get("servers").and_then(Value::as_object).is_some_and(|servers| !servers.is_empty());
        // As programs print it, to the byte.
        if has_others && !layout.line_end.is_empty() && !layout.indent.is_empty() {
            prop_assert_eq!(without, text);
        }
    }

    #[test]
    fn toml_of_every_layout_keeps_all_else(all in file(), layout in layout(), depth in 0_usize..4, one in entry(), two in entry()) {
        let mut text = String::new();
        toml_text(&all, "", depth, &layout, &mut text);
        let without = add_change_and_remove(Language::Toml, &text, [&one, &two])?;
        let is_in_line = depth == 0 && all.contains_key("servers");
        if !is_in_line {
            prop_assert_eq!(without, text);
        }
    }

    #[test]
    fn no_text_makes_the_editor_panic(text in r#"[\[\]{}",:.=#/ \na-c\r\t'0-9\\-]{0,60}"#) {
        for language in [Language::Json, Language::Toml] {
            if let Ok(mut document) = Document::parse(language, &text) {
                prop_assert_eq!(&document.text(), &text);
                if document.set(PATH, &json!({"command": "x"})).is_err() {
                    prop_assert_eq!(document.text(), text.clone(), "what is refused is left");
                }
                let _ = document.remove(PATH);
            }
        }
    }
}
