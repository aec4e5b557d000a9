//! Warnings about an installed entry: what may keep it from working.

use std::path::Path;

use serde_json::Value;

use super::byte_order_mark::{self, ByteOrderMark};
use super::client::Client;
use super::entry;
use super::installation::{Action, Plan};
use super::machine::{Machine, System};

/// Every warning about a plan, as sentences for people; none for a removal.
pub(crate) fn warnings(plan: &Plan, machine: &Machine) -> Vec<String> {
    let client = plan.client;
    let title = client.title();
    let mut warnings = Vec::new();
    if matches!(plan.action, Action::Remove | Action::Absent) {
        return warnings;
    }
    if client.find_on(machine).is_none() {
        warnings.push(format!(
            "{title} was not found on this machine; the entry will work once {title} is installed"
        ));
    }
    for variable in entry::left_out(plan.name, machine) {
        warnings.push(format!(
            "{} was left out: it looks as if it held a secret",
            variable.name
        ));
    }
    if plan.entry.as_ref().is_some_and(entry::is_switched_off) {
        warnings.push(format!("the entry is switched off; switch it on in {title}"));
    }
    if let Some(other) = &plan.replaces {
        warnings.push(format!("before this, the entry started {other}"));
    }
    warnings.extend(about_the_mark(plan));
    warnings.extend(about_folders(client, machine));
    let text = plan.file.text().unwrap_or_default();
    let (_, text) = byte_order_mark::split(text);
    let is_strict = text.trim().is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if !client.accepts_comments() && !is_strict {
        warnings.push(format!(
            "{} has comments or trailing commas; {title} may refuse to read it",
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
            && entry::holds_secret(variable, value)
        {
            warnings.push(format!(
                "the secret of {name} is in the file itself; take it out and set {name} or {name}_FILE, then install again"
            ));
        }
    }
    warnings
}

/// The warning about a byte order mark.
fn about_the_mark(plan: &Plan) -> Option<String> {
    let (file, title) = (plan.file.path().display(), plan.client.title());
    let effect = match plan.client.byte_order_mark() {
        _ if plan.removes_mark => return Some(format!("the byte order mark at the start of {file} is removed")),
        _ if !plan.file.has_byte_order_mark() => return None,
        ByteOrderMark::Read => return None,
        ByteOrderMark::Doubtful => "may not read such a file",
        ByteOrderMark::Refused => "cannot read such a file and starts no server from it",
    };
    Some(format!(
        "{file} begins with a byte order mark; {title} {effect}: add --remove-bom to remove the mark"
    ))
}

/// The warning about a variable that names the client's settings folder by a relative path.
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
        "{name} is not an absolute path; {} may read another file than {}",
        client.title(),
        client.file(machine).display()
    ))
}

fn is_in_build_folder(program: &Path) -> bool {
    let mut folders = program.components().rev().skip(1).map(|part| part.as_os_str());
    folders.next().is_some_and(|name| name == "release" || name == "debug") && folders.any(|name| name == "target")
}
