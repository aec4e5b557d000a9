//! The next steps once an entry is installed or removed: where its secrets go, how to restart the client, how to check.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::client::{Client, input_reference};
use super::entry::{self, NAME};
use super::inputs::inputs_of;
use super::installation::{Action, Plan};
use super::machine::{Machine, System};
use crate::config::env_vars::{self, EnvVar};

/// Every next step for a plan, as sentences for people.
pub(crate) fn next_steps(plan: &Plan, machine: &Machine) -> Vec<String> {
    let client = plan.client;
    let mut steps = Vec::new();
    let Some(entry) = plan.entry.as_ref().filter(|_| plan.action != Action::Absent) else {
        return steps;
    };
    if plan.action == Action::Remove {
        steps.push(after_removal(client).to_owned());
        return steps;
    }
    steps.extend(where_secrets_go(client, entry, machine));
    if client == Client::VsCode && !inputs_of(client, entry).is_empty() {
        steps.push("VS Code asks once for each secret when the server starts, and keeps it encrypted.".to_owned());
    }
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
        Client::Cursor => "Restart Cursor; the server is in Cursor Settings, under Tools & MCP.",
        Client::VsCode => "Run `MCP: List Servers` in VS Code and start or stop it there.",
        Client::ClaudeDesktop => "Quit Claude Desktop, its tray icon too, and start it again.",
    }
}

fn after_removal(client: Client) -> &'static str {
    match client {
        Client::ClaudeCode => "Running sessions of `claude` keep the server until they end.",
        Client::Codex => "Running sessions of `codex` keep the server until they end.",
        Client::Cursor => "Restart Cursor to end the server.",
        Client::VsCode => "Reload the window of VS Code if the server still runs.",
        Client::ClaudeDesktop => "Quit Claude Desktop, its tray icon too, and start it again.",
    }
}

/// The step of creating a file that holds a secret.
fn creation_of(file: &Path, content: &str, machine: &Machine) -> String {
    let folder = file.parent().unwrap_or(Path::new("."));
    let file = file.display().to_string();
    if machine.system == System::Windows {
        return format!("Create {file}, readable only by you, with {content}.");
    }
    format!(
        "Create {file}, readable only by you, with {content}: `mkdir -p {folder} && (umask 077; cat > {file})`, paste, Ctrl-D.",
        folder = quoted(&folder.display().to_string()),
        file = quoted(&file)
    )
}

/// The path in quotes for a shell, if it needs quotes.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// The lines that a file of variables has to have: the secrets that the environment sets now, or else the webhook.
fn secrets_for_a_file(machine: &Machine) -> String {
    let secrets = env_vars::ALL.iter().filter(|variable| {
        variable.is_secret() && variable.is_credential() && machine.variable(variable.name).is_some()
    });
    let lines: Vec<String> = secrets.map(|variable| format!("{}=…", variable.name)).collect();
    if lines.is_empty() {
        return format!("the line {}=… (the webhook's URL)", env_vars::WEBHOOK_URL.name);
    }
    format!(
        "the line{} {}",
        if lines.len() > 1 { "s" } else { "" },
        lines.join(" and ")
    )
}

/// One step for each secret that the entry refers to and that is not set yet.
pub(crate) fn where_secrets_go(client: Client, entry: &Value, machine: &Machine) -> Vec<String> {
    let mut steps = Vec::new();
    if let Some(path) = entry.get("envFile").and_then(Value::as_str)
        && let Some(file) = missing_file(path, machine)
    {
        steps.push(format!(
            "{} Without that file {} may not start the server.",
            creation_of(&file, &secrets_for_a_file(machine), machine),
            client.title()
        ));
    }
    let object = entry.as_object();
    for name in object.map(entry::variable_names).unwrap_or_default() {
        let Some(variable) = entry::variable(&name) else {
            continue;
        };
        let value = entry
            .get("env")
            .and_then(|values| values.get(&name))
            .and_then(Value::as_str);
        if client == Client::VsCode && value == Some(input_reference(variable).as_str()) {
            continue;
        }
        if variable.is_secret() && machine.variable(&name).is_none() && value.is_none_or(|value| value.contains(&name))
        {
            steps.push(format!(
                "Set {name} where `{}` is started (or {name}_FILE, the path of a file that holds it, and install again).",
                client.name().trim_end_matches("-code")
            ));
        } else if name.ends_with("_FILE")
            && let Some(file) = value.and_then(|path| missing_file(path, machine))
        {
            steps.push(creation_of(&file, content_of(variable), machine));
        }
    }
    steps
}

/// The file that `path` names, if it does not exist yet and the path holds no secret.
fn missing_file(path: &str, machine: &Machine) -> Option<PathBuf> {
    let file = machine.absolute(path);
    (!entry::may_hold_a_secret(path) && !file.is_file()).then_some(file)
}

/// The content that the file named by this variable must have.
fn content_of(file: &EnvVar) -> &'static str {
    match *file {
        env_vars::WEBHOOK_URL_FILE => "the webhook's URL",
        env_vars::CLIENT_SECRET_FILE => "the application's client secret",
        env_vars::ACCESS_TOKEN_FILE => "an access token",
        env_vars::REFRESH_TOKEN_FILE => "a refresh token",
        _ => "the secret",
    }
}
