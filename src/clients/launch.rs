//! The process that a client starts for an entry: command, arguments, folder and environment.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::client::Client;
use super::entry;
use super::machine::{Machine, System, is_same_file};
use super::redactor::Redactor;
use super::references::{ValueSource, depends_on_current_folder, expand, expand_tilde};

/// A process as a client would start it.
#[derive(Debug, Default)]
pub(crate) struct Launch {
    pub(crate) command: String,
    /// The executable file of the command, if there is one.
    pub(crate) program: Option<PathBuf>,
    /// True if that file is this program.
    pub(crate) is_this: bool,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) folder: PathBuf,
    /// True if `folder` is the home folder in place of the one in which the client would start the process.
    pub(crate) is_elsewhere: bool,
    /// This program's variables, each with the source of its value.
    pub(crate) settings: Vec<(String, ValueSource)>,
    /// The file of variables (`envFile`).
    pub(crate) file: Option<PathBuf>,
    /// True if that file cannot be read.
    pub(crate) is_unreadable: bool,
    redactor: Redactor,
}

/// The variables that MCP clients pass on although they clear the environment.
const KEPT_BY_CODEX: &[&str] = &[
    "HOME",
    "LOGNAME",
    "PATH",
    "SHELL",
    "USER",
    "__CF_USER_TEXT_ENCODING",
    "LANG",
    "LC_ALL",
    "TERM",
    "TMPDIR",
    "TZ",
];
const KEPT_BY_CLAUDE_DESKTOP: &[&str] = &["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];
const KEPT_ON_WINDOWS: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
];

impl Launch {
    /// The process as the client starts it in the current folder. Unless that folder is trusted, the home folder
    /// takes its place: files beside a process can be run in ways that the entry does not show. `None` if the entry has
    /// no command.
    pub(crate) fn of(client: Client, entry: &Value, machine: &Machine, trusts_folder: bool) -> Option<Self> {
        let there = folder(client, entry, machine);
        if trusts_folder || is_same_file(&machine.folder, &machine.home) {
            return Self::in_folder(client, entry, machine, there);
        }
        let home = machine.at_home();
        let is_in_this_folder = match (there.canonicalize(), machine.folder.canonicalize()) {
            (Ok(there), Ok(here)) => there.starts_with(here),
            _ => true,
        };
        let own = entry.get("cwd").and_then(Value::as_str);
        let depends = own.is_some_and(|own| depends_on_current_folder(client, own, machine));
        let is_elsewhere = is_in_this_folder || depends;
        let folder = if is_elsewhere { home.folder.clone() } else { there };
        let launch = Self::in_folder(client, entry, &home, folder)?;
        Some(Self { is_elsewhere, ..launch })
    }

    fn in_folder(client: Client, entry: &Value, machine: &Machine, folder: PathBuf) -> Option<Self> {
        let expanded = |text: &str| expand_tilde(client, expand(client, text, machine).0, machine);
        let arguments = entry.get("args").and_then(Value::as_array);
        let mut launch = Self {
            command: expanded(entry.get("command")?.as_str()?),
            arguments: arguments
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(expanded)
                .collect(),
            environment: inherited(client, machine),
            folder,
            ..Self::default()
        };
        let passed: Vec<String> = launch
            .environment
            .keys()
            .filter(|name| is_ours(name))
            .cloned()
            .collect();
        passed
            .into_iter()
            .for_each(|name| launch.note(name, ValueSource::Environment));
        launch.pass_on(entry, machine);
        // Variables that are not this program's own may hold secrets too.
        let mut hidden = Vec::new();
        launch.read_file(client, entry, machine, &mut hidden);
        launch.add_values(client, entry, machine, &mut hidden);
        hidden.extend(launch.secrets());
        launch.redactor = Redactor::of(&hidden);
        // The client searches the PATH that it passes to the process.
        let path = launch.environment.get("PATH").map(String::as_str);
        launch.program = machine.find_program_on(path, &launch.command, &launch.folder);
        launch.is_this = launch
            .program
            .as_deref()
            .is_some_and(|program| machine.is_this_program(program));
        Some(launch)
    }

    /// A text from the process, without the secrets that the process was given.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        self.redactor.redact(text)
    }

    /// Values of this program's variables that are secrets, and arguments that are neither options nor paths.
    fn secrets(&self) -> impl Iterator<Item = String> {
        let is_secret = |name: &str| entry::variable(name).is_some_and(|variable| variable.is_secret());
        let secrets = self.environment.iter().filter(move |(name, _)| is_secret(name));
        let arguments = self
            .arguments
            .iter()
            .filter_map(|argument| match argument.split_once('=') {
                Some((_, value)) => Some(value.to_owned()),
                None => Some(argument.clone()).filter(|text| !text.starts_with('-')),
            });
        secrets.map(|(_, value)| value.clone()).chain(arguments)
    }

    fn note(&mut self, name: String, origin: ValueSource) {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, origin));
    }

    fn pass_on(&mut self, entry: &Value, machine: &Machine) {
        let names = entry.get("env_vars").and_then(Value::as_array);
        for name in names.into_iter().flatten().filter_map(entry::passed_name) {
            let value = machine.environment.get(name);
            if let Some(value) = value {
                self.environment.insert(name.to_owned(), value.clone());
            }
            if is_ours(name) {
                let is_set = machine.variable(name).is_some();
                self.note(
                    name.to_owned(),
                    if is_set {
                        ValueSource::Environment
                    } else {
                        ValueSource::Unset
                    },
                );
            }
        }
    }

    fn read_file(&mut self, client: Client, entry: &Value, machine: &Machine, others: &mut Vec<String>) {
        let Some(file) = entry.get("envFile").and_then(Value::as_str) else {
            return;
        };
        let file = expand_tilde(client, expand(client, file, machine).0, machine);
        let path = self.folder.join(file);
        let text = crate::portal::read_small_file(&path);
        self.file = Some(path);
        let Ok(text) = text else {
            self.is_unreadable = true;
            return;
        };
        for (name, value) in variables_in(secrecy::ExposeSecret::expose_secret(&text)) {
            if is_ours(&name) {
                self.note(
                    name.clone(),
                    if value.is_empty() {
                        ValueSource::Unset
                    } else {
                        ValueSource::File
                    },
                );
            } else {
                others.push(value.clone());
            }
            self.environment.insert(name, value);
        }
    }

    fn add_values(&mut self, client: Client, entry: &Value, machine: &Machine, others: &mut Vec<String>) {
        for (name, written) in entry.get("env").and_then(Value::as_object).into_iter().flatten() {
            let Some((value, origin)) = written.as_str().map(|text| expand(client, text, machine)) else {
                continue;
            };
            if is_ours(name) {
                let is_secret = entry::variable(name).is_some_and(|variable| entry::holds_secret(variable, written));
                self.note(
                    name.clone(),
                    match origin {
                        _ if is_secret => ValueSource::SecretInEntry,
                        ValueSource::Environment if value.trim().is_empty() => ValueSource::Unset,
                        origin => origin,
                    },
                );
            } else {
                others.push(value.clone());
            }
            self.environment.insert(name.clone(), value);
        }
    }
}

/// The folder in which the client starts the process.
fn folder(client: Client, entry: &Value, machine: &Machine) -> PathBuf {
    let folder = match client {
        Client::ClaudeDesktop if machine.system != System::Windows => PathBuf::from("/"),
        _ => machine.folder.clone(),
    };
    match entry.get("cwd").and_then(Value::as_str) {
        Some(own) if matches!(client, Client::Codex | Client::VsCode) => {
            folder.join(expand_tilde(client, expand(client, own, machine).0, machine))
        }
        _ => folder,
    }
}

fn is_ours(name: &str) -> bool {
    entry::variable(name).is_some_and(|variable| !variable.is_for_http())
}

/// The environment that the client passes on, before the entry adds to it.
fn inherited(client: Client, machine: &Machine) -> BTreeMap<String, String> {
    let kept: Option<&[&str]> = match (client, machine.system) {
        (client, _) if !client.clears_environment() => None,
        (_, System::Windows) => Some(KEPT_ON_WINDOWS),
        (Client::Codex, _) => Some(KEPT_BY_CODEX),
        _ => Some(KEPT_BY_CLAUDE_DESKTOP),
    };
    let mut inherited = machine.environment.clone();
    inherited.retain(|name, _| match kept {
        Some(kept) => kept.contains(&name.as_str()),
        None => client != Client::ClaudeCode || !name.starts_with("OTEL_"),
    });
    inherited
}

/// The lines of a file of variables: `NAME=value`, with quotes and `export` allowed.
fn variables_in(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
            let value = value.trim();
            let unquoted = ['"', '\'']
                .into_iter()
                .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            Some((name.trim().to_owned(), unquoted.unwrap_or(value).to_owned()))
        })
        .collect()
}

/// The address and the headers of an entry for a server over HTTP; `None` for other entries.
pub(crate) fn remote(client: Client, entry: &Value, machine: &Machine) -> Option<(String, BTreeMap<String, String>)> {
    let expanded = |text: &str| expand(client, text, machine).0;
    let url = expanded(entry.get("url")?.as_str()?);
    let headers = ["headers", "http_headers"]
        .into_iter()
        .filter_map(|key| entry.get(key)?.as_object());
    let mut all: BTreeMap<String, String> = headers
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), expanded(value.as_str()?))))
        .collect();
    // An entry of Codex names the variable that holds the token.
    if let Some(token) = entry.get("bearer_token_env_var").and_then(Value::as_str)
        && let Some(token) = machine.variable(token)
    {
        all.insert("Authorization".to_owned(), format!("Bearer {token}"));
    }
    Some((url, all))
}
