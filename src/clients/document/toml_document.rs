//! Edits TOML in place, by `toml_edit`: the file of Codex.
//!
//! A new entry is appended as a table, and a removed entry is cut out of the text, so that the rest stays byte for
//! byte, line ends included. Only a changed entry is written by the library.

mod values;

use std::ops::Range;

use serde_json::{Map, Value};
use toml_edit::{Document, DocumentMut, Item, Table, TableLike};

use super::problem::Problem;
use crate::clients::byte_order_mark;
use values::{in_line, json, object};

#[derive(Debug)]
pub(crate) struct TomlDocument {
    /// The byte order marks before the text.
    marks: String,
    text: String,
}

impl TomlDocument {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let (marks, bare) = byte_order_mark::split(text);
        parsed(bare)?;
        Ok(Self {
            marks: marks.to_owned(),
            text: bare.to_owned(),
        })
    }

    pub(super) fn value(&self) -> Value {
        parsed(&self.text).map_or_else(
            |_| Value::Object(Map::new()),
            |document| Value::Object(object(document.as_table())),
        )
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.marks, self.text)
    }

    pub(super) fn set(&mut self, path: &[&str], value: &Value) -> Result<(), Problem> {
        let document = parsed(&self.text)?;
        let is_new = at(document.as_item(), path)?.is_none();
        let parents = path.split_last().map_or(path, |(_, parents)| parents);
        let is_in_line = at(document.as_item(), parents)?.is_some_and(|parent| !parent.is_table());
        let text = match value {
            Value::Object(object) if is_new && !is_in_line => appended(&self.text, path, object),
            _ => match own_lines(&self.text, document.as_item(), path) {
                Some(lines) => replaced(&self.text, lines, |own| edited(own, path, value))?,
                None => edited(&self.text, path, value)?,
            },
        };
        // Nothing changes unless the new text holds the wanted value and the rest as it was.
        let (mut before, mut after) = (self.value(), Self::parse(&text)?.value());
        let (_, written) = (take(&mut before, path), take(&mut after, path));
        // A table that was created for the entry does not count as a change of the rest.
        let is_rest_as_before = is_new || before == after;
        if written.as_ref() != Some(value) || !is_rest_as_before {
            return Err(Problem::Shape(path.join("."), "a table that can be edited"));
        }
        self.text = text;
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &[&str]) -> Result<(), Problem> {
        let document = parsed(&self.text)?;
        let text = match at(document.as_item(), path)? {
            None => return Ok(()),
            Some(Item::Table(table)) if !table.is_dotted() => {
                let mut spans = Vec::new();
                spans_of(table, &mut spans);
                cut(&self.text, spans)
            }
            Some(_) => {
                let mut document = mutable(&self.text)?;
                if let Some((name, parents)) = path.split_last()
                    && let Some(parent) = table_at(document.as_item_mut(), parents)
                {
                    parent.remove(name);
                }
                with_line_ends_of(&self.text, document.to_string())
            }
        };
        parsed(&text)?;
        self.text = text;
        Ok(())
    }
}

fn parsed(text: &str) -> Result<Document<&str>, Problem> {
    Document::parse(text).map_err(|error| syntax(text, &error))
}

fn mutable(text: &str) -> Result<DocumentMut, Problem> {
    text.parse().map_err(|error| syntax(text, &error))
}

/// The problem with only the line and the first line of the library's message: the whole message quotes the text, which
/// may hold a secret.
fn syntax(text: &str, error: &toml_edit::TomlError) -> Problem {
    let start = error.span().map_or(0, |span| span.start);
    Problem::Syntax {
        language: "TOML",
        line: text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1,
        what: error.message().lines().next().unwrap_or_default().to_owned(),
    }
}

/// The item at `path`; `None` if there is none.
fn at<'a>(root: &'a Item, path: &[&str]) -> Result<Option<&'a Item>, Problem> {
    let mut item = root;
    for key in path {
        let table = item
            .as_table_like()
            .ok_or_else(|| Problem::Shape((*key).to_owned(), "in a table"))?;
        match table.get(key) {
            Some(found) => item = found,
            None => return Ok(None),
        }
    }
    Ok(Some(item))
}

fn table_at<'a>(root: &'a mut Item, path: &[&str]) -> Option<&'a mut dyn TableLike> {
    let mut item = root;
    for key in path {
        item = item.as_table_like_mut()?.get_mut(key)?;
    }
    item.as_table_like_mut()
}

/// The text with the entry appended as a table, after a blank line.
fn appended(text: &str, path: &[&str], object: &Map<String, Value>) -> String {
    let mut table = Table::new();
    for (name, value) in object {
        table.insert(name, Item::Value(in_line(value)));
    }
    for key in path.iter().rev() {
        let mut parent = Table::new();
        parent.set_implicit(true);
        parent.insert(key, Item::Table(table));
        table = parent;
    }
    let document = DocumentMut::from(table);
    let separator = match text {
        "" => "",
        _ if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let end = with_line_ends_of(text, format!("{separator}{document}"));
    format!("{text}{end}")
}

/// The lines of a table and of the tables below it. `None` if another table is among these lines.
fn own_lines(text: &str, root: &Item, path: &[&str]) -> Option<Range<usize>> {
    let table = at(root, path).ok()??.as_table().filter(|table| !table.is_dotted())?;
    let mut spans = Vec::new();
    spans_of(table, &mut spans);
    let start = spans.iter().map(|span| span.start).min()?;
    let end = spans.iter().map(|span| span.end).max()?;
    let lines = start..after_line(text, end);
    let mut own = TomlDocument::parse(text.get(lines.clone())?).ok()?.value();
    // Another table in between would be in `own`.
    let entry = take(&mut own, path)?;
    let mut all = Value::Object(object(root.as_table()?));
    let is_alone = own.as_object()?.len() <= 1 && own.pointer(&format!("/{}", path.first()?))?.as_object()?.is_empty();
    (is_alone && take(&mut all, path)? == entry).then_some(lines)
}

fn replaced(
    text: &str,
    lines: Range<usize>,
    edit: impl FnOnce(&str) -> Result<String, Problem>,
) -> Result<String, Problem> {
    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    let own = edit(part(lines.clone()))?;
    Ok([part(0..lines.start), &own, part(lines.end..text.len())].concat())
}

/// Removes the value at `path` and returns it.
fn take(value: &mut Value, path: &[&str]) -> Option<Value> {
    let (name, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(value, |value, key| value.get_mut(key))?;
    parent.as_object_mut()?.shift_remove(*name)
}

/// The text with the value at `path` set; in a present table only the differences are changed.
fn edited(text: &str, path: &[&str], value: &Value) -> Result<String, Problem> {
    let mut document = mutable(text)?;
    let Some((name, parents)) = path.split_last() else {
        return Ok(text.to_owned());
    };
    let parent =
        table_at(document.as_item_mut(), parents).ok_or_else(|| Problem::Shape(parents.join("."), "a table"))?;
    put(parent, name, value);
    Ok(with_line_ends_of(text, document.to_string()))
}

fn put(table: &mut dyn TableLike, name: &str, wanted: &Value) {
    if let (Some(there), Value::Object(wanted)) = (table.get_mut(name).and_then(Item::as_table_like_mut), wanted) {
        let stale: Vec<String> = there
            .iter()
            .map(|(name, _)| name.to_owned())
            .filter(|name| !wanted.contains_key(name))
            .collect();
        for name in stale {
            there.remove(&name);
        }
        for (name, value) in wanted {
            put(there, name, value);
        }
        return;
    }
    if table.get(name).and_then(json) != Some(wanted.clone()) {
        table.insert(name, Item::Value(in_line(wanted)));
    }
}

/// Collects the byte ranges of a table, from its header to its last value, and of the tables below it.
fn spans_of(table: &Table, spans: &mut Vec<Range<usize>>) {
    if let Some(header) = table.span() {
        let end = last_value(table).map_or(header.end, |end| end.max(header.end));
        spans.push(header.start..end);
    }
    for (_, item) in table.iter() {
        match item {
            Item::Table(table) if table.is_dotted() => {}
            Item::Table(table) => spans_of(table, spans),
            Item::ArrayOfTables(tables) => tables.iter().for_each(|table| spans_of(table, spans)),
            Item::Value(_) | Item::None => {}
        }
    }
}

fn last_value(table: &Table) -> Option<usize> {
    let ends = table.iter().filter_map(|(_, item)| match item {
        Item::Value(value) => value.span().map(|span| span.end),
        Item::Table(table) if table.is_dotted() => last_value(table),
        _ => None,
    });
    ends.max()
}

/// The text without the lines of these byte ranges, and without the blank line before each.
fn cut(text: &str, mut spans: Vec<Range<usize>>) -> String {
    spans.sort_by_key(|span| span.start);
    let mut rest = String::with_capacity(text.len());
    let mut from = 0;
    for span in spans {
        let before = text.get(from..span.start).unwrap_or_default();
        let before = before
            .strip_suffix("\r\n")
            .or_else(|| before.strip_suffix('\n'))
            .unwrap_or(before);
        // Before the first line of a text there is no line end.
        let is_blank = before.is_empty() || before.ends_with('\n');
        rest.push_str(if is_blank {
            before
        } else {
            text.get(from..span.start).unwrap_or_default()
        });
        from = after_line(text, span.end).max(from);
    }
    rest.push_str(text.get(from..).unwrap_or_default());
    rest
}

/// The start of the line after the one at `position`.
fn after_line(text: &str, position: usize) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    position + rest.find('\n').map_or(rest.len(), |at| at + 1)
}

/// Returns `written` with the line ends of `text`: the library writes only line feeds.
fn with_line_ends_of(text: &str, written: String) -> String {
    if text.contains("\r\n") {
        written.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PATH: &[&str] = &["mcp_servers", "bitrix24-mail"];

    fn entry() -> Value {
        json!({"command": "/bin/it", "args": ["--demo"], "env_vars": ["A"], "env": {"B": "c \"d\""}})
    }

    #[test]
    fn an_entry_goes_in_and_out_again_and_every_other_byte_stays() {
        for text in [
            "",
            "model = \"x\"\n",
            "model = \"x\"",
            "# Only a comment.\n",
            "model = \"x\"\n\n[mcp_servers.other]\ncommand = 'y' # why\n\n# The end.\n",
            "model = \"x\"\r\n\r\n[mcp_servers.other]\r\ncommand = 'y'\r\n",
            "[mcp_servers]\n\n[profiles.a]\nmodel = \"z\"\n\n\n",
            "mcp_servers.other.command = \"y\"\n",
            "mcp_servers = { other = { command = \"y\" } }\n",
        ] {
            let mut toml = TomlDocument::parse(text).unwrap();
            toml.set(PATH, &entry()).unwrap();
            let with = toml.text();
            assert_eq!(
                TomlDocument::parse(&with).unwrap().value()["mcp_servers"]["bitrix24-mail"],
                entry(),
                "{with}"
            );
            let mut again = TomlDocument::parse(&with).unwrap();
            again.remove(PATH).unwrap();
            let expected = if text.ends_with('\n') || text.is_empty() {
                text.to_owned()
            } else {
                format!("{text}\n")
            };
            assert_eq!(again.text(), expected, "after\n{with}");
        }
    }

    #[test]
    fn the_entry_reads_as_a_person_would_write_it() {
        let mut toml = TomlDocument::parse("model = \"x\"\n").unwrap();
        toml.set(PATH, &entry()).unwrap();
        assert_eq!(
            toml.text(),
            "model = \"x\"\n\n[mcp_servers.bitrix24-mail]\ncommand = \"/bin/it\"\nargs = [\"--demo\"]\nenv_vars = [\"A\"]\nenv = { B = 'c \"d\"' }\n"
        );
    }

    #[test]
    fn an_entry_in_the_middle_with_tables_below_it_is_cut_out() {
        let text = "[mcp_servers.bitrix24-mail]\ncommand = \"x\"\n\n[mcp_servers.bitrix24-mail.env]\nA = \"b\"\n\n# Other.\n[mcp_servers.other]\ncommand = \"y\"\n";
        let mut toml = TomlDocument::parse(text).unwrap();
        toml.remove(PATH).unwrap();
        assert_eq!(toml.text(), "\n# Other.\n[mcp_servers.other]\ncommand = \"y\"\n");
    }

    #[test]
    fn only_differences_are_changed() {
        let text = "[mcp_servers.bitrix24-mail]\ncommand = \"/old\" # mine\nstartup_timeout_sec = 20\nargs = [ ]\n\n[mcp_servers.bitrix24-mail.env]\nA = 'b'\n";
        let mut toml = TomlDocument::parse(text).unwrap();
        let mut changed = toml.value()["mcp_servers"]["bitrix24-mail"].clone();
        changed["command"] = json!("/new");
        toml.set(PATH, &changed).unwrap();
        assert_eq!(
            toml.text(),
            text.replace("\"/old\" # mine", "\"/new\""),
            "the comment goes with the value"
        );
    }

    #[test]
    fn a_change_of_the_entry_leaves_the_order_and_the_line_ends_of_the_rest() {
        let own =
            "[mcp_servers.bitrix24-mail]\r\ncommand = \"/old\"\r\n\r\n[mcp_servers.bitrix24-mail.env]\r\nA = 'b'\r\n";
        for (before, after) in [
            ("a.b = 1\nc = 2\na.d = 3 # three\n\n", "\n[z]\nx = 1\n[a.e]\n"),
            (
                "[mcp_servers.one]\r\ncommand = 'x'\n",
                "[mcp_servers.two]\ncommand   = 'y'\n",
            ),
        ] {
            let text = format!("{before}{own}{after}");
            let mut toml = TomlDocument::parse(&text).unwrap();
            let mut changed = toml.value()["mcp_servers"]["bitrix24-mail"].clone();
            changed["command"] = json!("/new");
            toml.set(PATH, &changed).unwrap();
            assert_eq!(toml.text(), text.replace("/old", "/new"));
        }
    }

    #[test]
    fn a_text_that_cannot_be_edited_is_refused_with_its_place() {
        let Err(Problem::Syntax { line, .. }) = TomlDocument::parse("a = 1\nb = \n") else {
            panic!("read")
        };
        assert_eq!(line, 2);
        assert!(
            TomlDocument::parse("mcp_servers = 1\n")
                .unwrap()
                .set(PATH, &entry())
                .is_err()
        );
        assert!(TomlDocument::parse(&format!("a = {}", "[".repeat(100_000))).is_err());
    }
}
