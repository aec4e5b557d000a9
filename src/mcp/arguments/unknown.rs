//! Argument keys that a tool does not have: which are ignored and which are refused; also which spellings are one key.
//!
//! The hosts of models add keys for their own use, and models invent some.
//!
//! | unknown key | |
//! |---|---|
//! | one of [`HOST_KEYS`], or one that begins with `_` | always ignored |
//! | any other, beside a known key whose value is not null | ignored |
//! | any other, without such a key | refused, so that the model learns which keys there are |
//!
//! The log names each ignored key once.

use std::collections::BTreeSet;

use parking_lot::{Mutex, const_mutex};
use serde_json::Value;

use crate::mcp::schema::JsonObject;

/// Keys that agents and workflow hosts add to every call for their own use, [`folded`].
const HOST_KEYS: &[&str] = &[
    "toolcallid",
    "sessionid",
    "action",
    "chatinput",
    "taskprogress",
    "explanation",
];

/// The key in the form used for comparison: `pageSize`, `page_size` and `PAGE-SIZE` are one name.
pub(crate) fn folded(key: &str) -> String {
    key.chars()
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Removes the keys that are ignored.
///
/// # Errors
/// Returns the first key that is refused.
pub(crate) fn without_unknown(
    mut arguments: JsonObject,
    is_known: impl Fn(&str) -> bool,
) -> Result<JsonObject, String> {
    let is_host_key = |key: &str| key.starts_with('_') || HOST_KEYS.contains(&folded(key).as_str());
    // Models send null for an argument that they do not use.
    let is_given = |(key, value): (&String, &Value)| !value.is_null() && !is_host_key(key) && is_known(key);
    let has_known = arguments.iter().any(is_given);
    let mut refused = None;
    arguments.retain(|key, value| {
        if !is_host_key(key) && is_known(key) {
            return true;
        }
        if !has_known && !is_host_key(key) && !value.is_null() {
            refused.get_or_insert_with(|| key.clone());
        } else if IGNORED.is_new(key) {
            tracing::warn!(
                mcp.argument = shown(key),
                "ignored an unknown argument; logged once for each name"
            );
        }
        false
    });
    refused.map_or(Ok(arguments), Err)
}

/// The keys that this process has logged.
static IGNORED: Seen = Seen(const_mutex(BTreeSet::new()));

/// Holds up to [`MAX_KEYS`] keys, so that callers that invent keys can fill neither the log nor memory.
struct Seen(Mutex<BTreeSet<String>>);

/// How many keys are logged at most. A host adds a handful.
const MAX_KEYS: usize = 32;

impl Seen {
    /// True for a key that is new, and one of the first [`MAX_KEYS`].
    fn is_new(&self, key: &str) -> bool {
        let mut seen = self.0.lock();
        seen.len() < MAX_KEYS && !seen.contains(shown(key)) && seen.insert(shown(key).to_owned())
    }
}

/// The key as the log shows it: only a key that looks like a name, since a caller may write anything into it.
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
    fn keys_of_hosts_are_always_ignored() {
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
    fn an_unknown_key_is_ignored_beside_a_known_one_and_refused_alone() {
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
    fn the_log_names_each_key_once_and_no_more_than_a_few() {
        let seen = Seen(Mutex::default());
        assert!(seen.is_new("toolCallId") && !seen.is_new("toolCallId"));
        for unusual in ["anna@example.com", "ключ", "a b", "", "a\nb", &"x".repeat(41)] {
            assert_eq!(shown(unusual), "(an unusual name)");
        }
        assert!(seen.is_new("a b") && !seen.is_new("c d"), "all of these are one");
        let news = (0..1_000).filter(|number| seen.is_new(&format!("key{number}")));
        assert_eq!(news.count(), MAX_KEYS - 2);
    }
}
