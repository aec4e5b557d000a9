//! Arguments that no tool has: hosts add some, models invent others.
//!
//! | key | |
//! |---|---|
//! | one of [`OF_HOSTS`], or `_` at its beginning | always ignored |
//! | any other, beside a known one that is not null | ignored |
//! | any other, alone | refused, so that the model learns what there is |
//!
//! What is ignored is said once in the log.

use std::collections::BTreeSet;

use parking_lot::{Mutex, const_mutex};
use serde_json::Value;

use crate::mcp::schema::JsonObject;

/// What agents and workflow hosts add to every call for themselves.
const OF_HOSTS: &[&str] = &[
    "toolcallid",
    "sessionid",
    "action",
    "chatinput",
    "taskprogress",
    "explanation",
];

/// The key in the form in which two are compared: `pageSize`, `page_size` and `PAGE-SIZE` are one name.
pub(crate) fn folded(key: &str) -> String {
    key.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Leaves out what is ignored.
///
/// # Errors
/// A key that is refused.
pub(crate) fn without_unknown(
    mut arguments: JsonObject,
    is_known: impl Fn(&str) -> bool,
) -> Result<JsonObject, String> {
    let is_hosts = |key: &str| key.starts_with('_') || OF_HOSTS.contains(&folded(key).as_str());
    // Null means that an argument is not given.
    let is_given = |(key, value): (&String, &Value)| !value.is_null() && !is_hosts(key) && is_known(key);
    let has_known = arguments.iter().any(is_given);
    let mut refused = None;
    arguments.retain(|key, value| {
        if !is_hosts(key) && is_known(key) {
            return true;
        }
        if !has_known && !is_hosts(key) && !value.is_null() {
            refused.get_or_insert_with(|| key.clone());
        } else if IGNORED.is_news(key) {
            tracing::warn!(
                mcp.argument = shown(key),
                "ignored an unknown argument; logged once for each name"
            );
        }
        false
    });
    refused.map_or(Ok(arguments), Err)
}

/// Keys that the log has seen in this process.
static IGNORED: Seen = Seen(const_mutex(BTreeSet::new()));

/// The first keys that it is asked about, so that callers who invent them cannot fill log and memory.
struct Seen(Mutex<BTreeSet<String>>);

/// A host adds a handful.
const MOST: usize = 32;

impl Seen {
    /// True the first time for each of the first [`MOST`] keys.
    fn is_news(&self, key: &str) -> bool {
        let mut seen = self.0.lock();
        seen.len() < MOST && !seen.contains(shown(key)) && seen.insert(shown(key).to_owned())
    }
}

/// The key, if it looks like the name of an argument: a caller may write anything else into it.
fn shown(key: &str) -> &str {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if (1..=40).contains(&key.len()) && key.bytes().all(is_usual) {
        key
    } else {
        "(an unusual name)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn left(arguments: Value) -> Result<Value, String> {
        let arguments = arguments.as_object().unwrap().clone();
        without_unknown(arguments, |key| key == "query" || key == "_query").map(Value::Object)
    }

    #[test]
    fn what_hosts_add_is_always_ignored() {
        for key in [
            "toolCallId",
            "sessionId",
            "action",
            "chatInput",
            "task_progress",
            "explanation",
            "tool_call_id",
            "SessionID",
            "_meta",
            "_",
            "_query",
        ] {
            assert_eq!(left(json!({key: {"a": 1}})), Ok(json!({})), "{key}");
            assert_eq!(
                left(json!({key: "x", "query": "anna"})),
                Ok(json!({"query": "anna"})),
                "{key}"
            );
            assert_eq!(left(json!({key: "x", "limit": 1})), Err("limit".to_owned()), "{key}");
        }
    }

    #[test]
    fn what_is_unknown_is_ignored_beside_what_is_known_and_refused_alone() {
        for (arguments, expected) in [
            (json!({"querry": "anna", "query": "bob"}), Ok(json!({"query": "bob"}))),
            (json!({"query": null, "company": "x"}), Err("company".to_owned())),
            (json!({"query": null, "company": null}), Ok(json!({"query": null}))),
            (json!({"company": "x", "limit": 1}), Err("company".to_owned())),
            (json!({"actions": "x"}), Err("actions".to_owned())),
            (json!({"company": null}), Ok(json!({}))),
            (json!({"": 1}), Err(String::new())),
            (json!({}), Ok(json!({}))),
        ] {
            assert_eq!(left(arguments.clone()), expected, "{arguments}");
        }
    }

    #[test]
    fn the_log_hears_of_each_name_once_and_of_no_more_than_a_few() {
        let seen = Seen(Mutex::default());
        assert!(seen.is_news("toolCallId") && !seen.is_news("toolCallId"));
        for odd in ["anna@example.com", "ключ", "a b", "", "a\nb", &"x".repeat(41)] {
            assert_eq!(shown(odd), "(an unusual name)");
        }
        assert!(seen.is_news("a b") && !seen.is_news("c d"), "all of these are one");
        let news = (0..1_000).filter(|number| seen.is_news(&format!("key{number}")));
        assert_eq!(news.count(), MOST - 2);
    }
}
