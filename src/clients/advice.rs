//! What a person is told about an entry: what is odd, and what to do next.

use std::path::Path;

use serde_json::{Value, json};

use super::entry::{self, NAME};
use super::file::BYTE_ORDER_MARK;
use super::installation::{Action, Plan};
use super::machine::{Machine, System};
use super::{ByteOrderMark, Client};
use crate::config::env_vars::{self, EnvVar};

/// The entry to show: of what is in it only what this program would write itself, and of all else the names. Somebody may
/// have put a secret anywhere.
pub(crate) fn without_values(entry: &Value, ours: &Value) -> Value {
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
pub(crate) fn holds_secret(variable: &EnvVar, value: &Value) -> bool {
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
pub(crate) fn warnings(plan: &Plan, machine: &Machine) -> Vec<String> {
    let client = plan.client;
    let title = client.title();
    let mut warnings = Vec::new();
    if matches!(plan.action, Action::Remove | Action::Absent) {
        return warnings;
    }
    if client.found(machine).is_none() {
        warnings.push(format!(
            "{title} was not found on this machine; the entry will work once it is installed"
        ));
    }
    for variable in entry::left_out(plan.name, machine) {
        warnings.push(format!(
            "{} was left out: it looks as if it held a secret",
            variable.name
        ));
    }
    if plan.entry.as_ref().is_some_and(is_switched_off) {
        warnings.push(format!("the entry is switched off; switch it on in {title}"));
    }
    if let Some(other) = &plan.replaces {
        warnings.push(format!("the entry started {other} before"));
    }
    warnings.extend(about_the_mark(plan));
    warnings.extend(about_folders(client, machine));
    let text = plan.file.text().unwrap_or_default();
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    let is_strict = text.trim().is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if !client.forgives_comments() && !is_strict {
        warnings.push(format!(
            "comments or trailing commas are in {}; {title} may refuse to read it",
            plan.file.path().display()
        ));
    }
    if is_in_build_folder(&machine.program) {
        warnings.push(format!(
            "{} is in a build folder; `cargo install --locked --path .` puts it where it stays, then install again",
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

fn about_the_mark(plan: &Plan) -> Option<String> {
    let (file, title) = (plan.file.path().display(), plan.client.title());
    let comes_of_it = match plan.client.byte_order_mark() {
        _ if plan.removes_mark => return Some(format!("the byte order mark at the start of {file} is taken off")),
        _ if !plan.file.has_byte_order_mark() => return None,
        ByteOrderMark::Read => return None,
        ByteOrderMark::Doubtful => "may not read",
        ByteOrderMark::Refused => "reads no server of",
    };
    Some(format!(
        "{file} begins with a byte order mark; {title} {comes_of_it} such a file: add --remove-bom to have the mark taken off"
    ))
}

/// What is odd about the variables that say where the client keeps its settings.
pub(crate) fn about_folders(client: Client, machine: &Machine) -> Option<String> {
    let names: &[&str] = match (client, machine.system) {
        (Client::ClaudeCode, _) => &["CLAUDE_CONFIG_DIR"],
        (Client::Codex, _) => &["CODEX_HOME"],
        (Client::VsCode, System::Linux) => &["VSCODE_PORTABLE", "VSCODE_APPDATA", "XDG_CONFIG_HOME"],
        (Client::VsCode, _) => &["VSCODE_PORTABLE", "VSCODE_APPDATA"],
        (Client::ClaudeDesktop, System::Linux) => &["XDG_CONFIG_HOME"],
        _ => &[],
    };
    let is_whole = |name: &&&str| machine.variable(name).is_none_or(|path| Path::new(path).is_absolute());
    let name = names.iter().find(|name| !is_whole(name))?;
    Some(format!(
        "{name} is not a whole path; {} may look elsewhere than in {}",
        client.title(),
        client.file(machine).display()
    ))
}

fn is_in_build_folder(program: &Path) -> bool {
    let mut folders = program.components().rev().skip(1).map(|part| part.as_os_str());
    folders.next().is_some_and(|name| name == "release" || name == "debug") && folders.any(|name| name == "target")
}

/// What to do now.
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
    if client == Client::VsCode && !super::installation::inputs_of(client, entry).is_empty() {
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
        Client::ClaudeCode => "Sessions of `claude` that run now have the server until they end.",
        Client::Codex => "Sessions of `codex` that run now have the server until they end.",
        Client::Cursor => "Restart Cursor to end the server.",
        Client::VsCode => "Reload the window of VS Code if the server still runs.",
        Client::ClaudeDesktop => "Quit Claude Desktop, its tray icon too, and start it again.",
    }
}

/// True for an entry that its client does not start.
pub(crate) fn is_switched_off(entry: &Value) -> bool {
    entry.get("disabled") == Some(&Value::Bool(true)) || entry.get("enabled") == Some(&Value::Bool(false))
}

/// How a file that holds a secret is made.
fn making(file: &Path, content: &str, machine: &Machine) -> String {
    let folder = file.parent().unwrap_or(Path::new("."));
    let file = file.display().to_string();
    if machine.system == System::Windows {
        return format!("Make {file}, readable by you alone, with {content}.");
    }
    format!(
        "Make {file}, readable by you alone, with {content}: `mkdir -p {folder} && (umask 077; cat > {file})`, paste, Ctrl-D.",
        folder = quoted(&folder.display().to_string()),
        file = quoted(&file)
    )
}

/// For a shell, where the path needs it.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if path.chars().all(is_plain) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// The secrets that a file of variables has to have: those that are given now, or the webhook.
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

/// One step for each secret that the entry refers to and that is not where it should be yet.
pub(crate) fn where_secrets_go(client: Client, entry: &Value, machine: &Machine) -> Vec<String> {
    let mut steps = Vec::new();
    if let Some(file) = entry.get("envFile").and_then(Value::as_str)
        && !entry::may_hold_a_secret(file)
        && !machine.meant(file).is_file()
    {
        steps.push(format!(
            "{} Without that file {} may not start the server.",
            making(&machine.meant(file), &secrets_for_a_file(machine), machine),
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
            continue;
        }
        if variable.is_secret() && machine.variable(&name).is_none() && value.is_none_or(|value| value.contains(&name))
        {
            steps.push(format!(
                "Set {name} where `{}` is started (or {name}_FILE, the path of a file that holds it, and install again).",
                client.name().trim_end_matches("-code")
            ));
        } else if name.ends_with("_FILE")
            && let Some(file) = value
            && !entry::may_hold_a_secret(file)
            && !machine.meant(file).is_file()
        {
            steps.push(making(&machine.meant(file), what_it_holds(variable), machine));
        }
    }
    steps
}

fn what_it_holds(file: &EnvVar) -> &'static str {
    match file.key().as_str() {
        "webhook_url_file" => "the webhook's URL",
        "client_secret_file" => "the application's client secret",
        "access_token_file" => "an access token",
        "refresh_token_file" => "a refresh token",
        _ => "the secret",
    }
}
