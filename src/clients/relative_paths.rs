//! Paths of an entry that depend on the current folder, or begin with `~`.

use std::path::Path;

use serde_json::Value;

use super::client::Client;
use super::entry;
use super::launch::Launch;
use super::machine::{Machine, is_same_file};
use super::references::{depends_on_current_folder, refers_to_current_folder};

/// Texts of an entry, and values of its process's environment, that name something in the current folder, as they are
/// written and sorted. `doctor` does not read the current folder for them, so the client may see something else.
pub(crate) fn in_the_current_folder(
    client: Client,
    entry: &Value,
    launch: Option<&Launch>,
    machine: &Machine,
) -> Vec<String> {
    // The home folder is the user's own.
    if is_same_file(&machine.folder, &machine.home) {
        return Vec::new();
    }
    let arguments = entry.get("args").and_then(Value::as_array);
    let arguments = arguments.into_iter().flatten().filter_map(Value::as_str);
    let values = entry.get("env").and_then(Value::as_object);
    let values = values.into_iter().flatten().filter_map(|(_, value)| value.as_str());
    let command = entry.get("command").and_then(Value::as_str);
    let file = entry.get("envFile").and_then(Value::as_str);
    let texts = command.into_iter().chain(file).chain(arguments.clone()).chain(values);
    let named = texts.filter(|text| is_below(text) || refers_to_current_folder(client, text, machine));
    // A bare name is searched on PATH.
    let command = command.filter(|command| command.contains(['/', '\\']));
    let paths = command.into_iter().chain(file).chain(settings_file(arguments));
    let paths = paths.filter(|text| depends_on_current_folder(client, text, machine));
    let mut found: Vec<String> = named.chain(paths).map(str::to_owned).collect();
    found.extend(launch.into_iter().flat_map(relative_values));
    found.sort();
    found.dedup();
    // Claude Desktop does not start its servers in the current folder.
    found.retain(|text| client != Client::ClaudeDesktop || refers_to_current_folder(client, text, machine));
    found
}

fn is_below(text: &str) -> bool {
    ["./", "../", ".\\", "..\\"].iter().any(|start| text.starts_with(start))
}

/// Values of the process's environment that are relative paths.
fn relative_values(launch: &Launch) -> impl Iterator<Item = String> {
    let is_relative = |name: &str, path: &Path| {
        let is_path = entry::variable(name).is_some_and(|variable| variable.is_path()) || name.starts_with("SSL_CERT_");
        let is_of_loader = name.starts_with("LD_") || name.starts_with("DYLD_");
        // A library's bare name is searched in the system's folders.
        let is_named = path.components().count() > 1 || path == Path::new(".");
        let text = path.to_string_lossy();
        !text.trim().is_empty()
            && !path.is_absolute()
            && !text.starts_with('~')
            && (is_path || is_of_loader && is_named)
    };
    let values = launch.environment.iter();
    values
        .filter(move |(name, value)| std::env::split_paths(value).any(|path| is_relative(name, &path)))
        .map(|(_, value)| value.clone())
}

/// The path that `--config` names.
fn settings_file<'a>(arguments: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let next = arguments.clone().skip_while(|argument| *argument != "--config").nth(1);
    next.or_else(|| {
        arguments
            .clone()
            .find_map(|argument| argument.strip_prefix("--config="))
    })
}

/// The first path of the entry that begins with `~`, and its key; `None` also for a client that replaces `~`. Other
/// clients may pass the `~` on.
pub(crate) fn with_tilde(client: Client, entry: &Value) -> Option<(&'static str, &str)> {
    let keys = ["command", "cwd", "envFile"].into_iter();
    let mut paths = keys.filter_map(|key| Some((key, entry.get(key)?.as_str()?)));
    paths.find(|(_, path)| path.starts_with('~') && !client.replaces_tilde())
}
