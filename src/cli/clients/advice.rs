//! What a person is told about an entry: what is odd, and what to do next.

use std::path::Path;

use serde_json::{Value, json};

use super::Client;
use super::entry::{self, NAME};
use super::installation::{Action, Plan};
use super::machine::Machine;
use crate::config::env_vars::EnvVar;

/// The entry to show: of what is in it only what this program would write itself, and of all else the names. Somebody may
/// have put a secret anywhere.
pub(in crate::cli) fn without_values(entry: &Value, ours: &Value) -> Value {
    match (entry, ours) {
        (entry, ours) if entry == ours => entry.clone(),
        (Value::Object(values), ours) => values
            .iter()
            .map(|(name, value)| {
                (
                    name.clone(),
                    without_values(value, ours.get(name).unwrap_or(&Value::Null)),
                )
            })
            .collect(),
        (Value::Array(values), ours) => {
            let is_ours = |value: &Value| ours.as_array().is_some_and(|ours| ours.contains(value));
            let shown = |value: &Value| if is_ours(value) { value.clone() } else { json!("…") };
            values.iter().map(shown).collect()
        }
        _ => json!("…"),
    }
}

/// True for a secret that is in the entry itself, also as what a reference stands for by default.
pub(in crate::cli) fn holds_secret(variable: &EnvVar, value: &Value) -> bool {
    let is_reference = |text: &str| {
        let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        name.is_some_and(|name| name.split_once(":-").is_none_or(|(_, default)| default.is_empty()))
    };
    let has_text = match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty() && !is_reference(text.trim()),
        _ => true,
    };
    variable.is_secret() && has_text
}

/// What may keep the entry from working.
pub(in crate::cli) fn warnings(plan: &Plan, machine: &Machine) -> Vec<String> {
    let client = plan.client;
    let title = client.title();
    let mut warnings = Vec::new();
    if matches!(plan.action, Action::Remove | Action::Absent) {
        return warnings;
    }
    if client.found(machine).is_none() {
        warnings.push(format!(
            "{title} was not found on this machine; the entry waits until it is installed"
        ));
    }
    for variable in entry::left_out(plan.name, machine) {
        warnings.push(format!(
            "{} was left out: it looks as if it held a secret",
            variable.name
        ));
    }
    if let Some(other) = &plan.replaces {
        warnings.push(format!("the entry started {other} before"));
    }
    let text = plan.file.text().unwrap_or_default();
    let text = text.trim_start_matches('\u{feff}');
    let is_strict = text.trim().is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if !client.forgives_comments() && !is_strict {
        warnings.push(format!(
            "comments or trailing commas are in {}; {title} may refuse to read it",
            plan.file.path().display()
        ));
    }
    if is_in_build_folder(&machine.program) {
        warnings.push(format!(
            "{} is in a build folder; `cargo install --path .` puts it where it stays, then install again",
            machine.program.display()
        ));
    }
    let values = plan
        .entry
        .as_ref()
        .and_then(|entry| entry.get("env"))
        .and_then(Value::as_object);
    for (name, value) in values.into_iter().flatten() {
        if let Some(variable) = entry::variable(name)
            && holds_secret(variable, value)
        {
            warnings.push(format!(
                "the secret of {name} is in the file itself; take it out and set {name} or {name}_FILE, then install again"
            ));
        }
    }
    warnings
}

fn is_in_build_folder(program: &Path) -> bool {
    let mut folders = program.components().rev().skip(1).map(|part| part.as_os_str());
    folders.next().is_some_and(|name| name == "release" || name == "debug") && folders.any(|name| name == "target")
}

/// What to do now.
pub(in crate::cli) fn next_steps(plan: &Plan, machine: &Machine) -> Vec<String> {
    let client = plan.client;
    let mut steps = Vec::new();
    let Some(entry) = plan.entry.as_ref().filter(|_| plan.action != Action::Absent) else {
        return steps;
    };
    if plan.action == Action::Remove {
        steps.push(restart(client).to_owned());
        return steps;
    }
    steps.extend(where_secrets_go(client, entry, machine));
    steps.push(restart(client).to_owned());
    let demo = if plan.name == NAME { "" } else { " --demo" };
    steps.push(format!(
        "Check it: `bitrix24-mail-mcp doctor --client {}{demo}`. Undo it: `bitrix24-mail-mcp install {} --remove{demo}`.",
        client.name(),
        client.name()
    ));
    steps
}

fn restart(client: Client) -> &'static str {
    match client {
        Client::ClaudeCode => "Start a new session of `claude`; `/mcp` there shows the server.",
        Client::Codex => "Start a new session of `codex`; `/mcp` there shows the server.",
        Client::Cursor => "Restart Cursor; the server is under Settings > MCP.",
        Client::VsCode => "Run `MCP: List Servers` in VS Code and start or stop it there.",
        Client::ClaudeDesktop => "Quit Claude Desktop, its tray icon too, and start it again.",
    }
}

/// One step for each secret that the entry refers to and that is not where it should be yet.
fn where_secrets_go(client: Client, entry: &Value, machine: &Machine) -> Vec<String> {
    let mut steps = Vec::new();
    if let Some(file) = entry.get("envFile").and_then(Value::as_str)
        && !entry::may_hold_a_secret(file)
        && !Path::new(file).is_file()
    {
        steps.push(format!(
            "Make {file}, readable by you alone, with the line BITRIX24_WEBHOOK_URL=… (the webhook's URL). Without that file {} may not start the server.",
            client.title()
        ));
    }
    let object = entry.as_object();
    for name in object.map(entry::given).unwrap_or_default() {
        let Some(variable) = entry::variable(&name) else {
            continue;
        };
        let value = entry
            .get("env")
            .and_then(|values| values.get(&name))
            .and_then(Value::as_str);
        if client == Client::VsCode && value == Some(super::input_reference(variable).as_str()) {
            steps.push(format!(
                "VS Code asks once for {name} when the server starts, and keeps it encrypted."
            ));
        } else if variable.is_secret()
            && machine.variable(&name).is_none()
            && value.is_none_or(|value| value.contains(&name))
        {
            steps.push(format!(
                "Set {name} where `{}` is started (or {name}_FILE, the path of a file that holds it, and install again).",
                client.name().trim_end_matches("-code")
            ));
        } else if name.ends_with("_FILE")
            && let Some(file) = value
            && !entry::may_hold_a_secret(file)
            && !Path::new(file).is_file()
        {
            steps.push(format!(
                "Put {} into {file}, readable by you alone.",
                what_it_holds(variable)
            ));
        }
    }
    steps
}

fn what_it_holds(file: &EnvVar) -> &'static str {
    match file.key {
        "webhook_url_file" => "the webhook's URL",
        "client_secret_file" => "the application's client secret",
        "access_token_file" => "an access token",
        "refresh_token_file" => "a refresh token",
        _ => "the secret",
    }
}
