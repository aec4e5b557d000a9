//! Which paths of an entry do not say by themselves where they are.

use std::path::Path;

use serde_json::Value;

use super::launch::{expanded, folder, with_home};
use super::machine::{Machine, is_same_file};
use super::{Client, entry};

/// Paths of an entry that begin in the current folder, as they are written: what is there is decided by the folder's author,
/// although the entry is the user's own. Sorted.
pub(in crate::cli) fn in_the_current_folder(client: Client, entry: &Value, machine: &Machine) -> Vec<String> {
    // The home folder is the user's own.
    if is_same_file(&machine.folder, &machine.home) {
        return Vec::new();
    }
    let starts_there = folder(client, entry, machine).starts_with(&machine.folder);
    let names_it = |text: &str| {
        let is_below = ["./", "../", ".\\", "..\\"].iter().any(|start| text.starts_with(start));
        text.contains("${workspaceFolder") || starts_there && is_below
    };
    let is_relative = |text: &str| {
        let text = with_home(client, expanded(client, text, machine).0, machine);
        starts_there && !Path::new(&text).is_absolute() && !text.starts_with('~')
    };
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let arguments = entry.get("args").and_then(Value::as_array);
    let arguments = arguments.into_iter().flatten().filter_map(Value::as_str);
    let variables = entry.get("env").and_then(Value::as_object);
    let variables = variables
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let is_path =
        |name: &str| name.starts_with("SSL_CERT_") || entry::variable(name).is_some_and(|variable| variable.is_path());
    // A name alone is searched on PATH.
    let command = text("command").filter(|command| command.contains(['/', '\\']));
    let paths = command
        .into_iter()
        .chain(text("envFile"))
        .chain(settings_file(arguments.clone()))
        .chain(
            variables
                .clone()
                .filter(|(name, _)| is_path(name))
                .map(|(_, value)| value),
        )
        .filter(|text| is_relative(text));
    let all = command.into_iter().chain(text("envFile"));
    let all = all.chain(arguments).chain(variables.map(|(_, value)| value));
    let mut found: Vec<String> = paths
        .chain(all.filter(|text| names_it(text)))
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// What is given with `--config`.
fn settings_file<'a>(arguments: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let next = arguments.clone().skip_while(|argument| *argument != "--config").nth(1);
    next.or_else(|| {
        arguments
            .clone()
            .find_map(|argument| argument.strip_prefix("--config="))
    })
}

/// A path of the entry that begins with `~`, which the client may hand over as it stands, and its key.
pub(in crate::cli) fn with_tilde(client: Client, entry: &Value) -> Option<(&'static str, &str)> {
    let keys = ["command", "cwd", "envFile"].into_iter();
    let mut paths = keys.filter_map(|key| Some((key, entry.get(key)?.as_str()?)));
    paths.find(|(_, path)| path.starts_with('~') && !client.replaces_tilde())
}
