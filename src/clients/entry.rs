//! The entry of this server in a client's settings file: the command to start and its settings, in each client's own
//! form.
//!
//! A secret is never copied into an entry. The entry refers to the secret, in the form that the client understands.

use serde_json::{Map, Value, json};

use super::client::{Client, Reference};
use super::machine::Machine;
use crate::config::env_vars::{self, EnvVar};
use crate::portal::may_hold_a_webhook;

/// How a client has to start the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The entry's name in the client's settings.
    pub(crate) name: &'static str,
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) settings: Vec<Setting>,
    /// True if the environment sets credentials.
    has_credentials: bool,
}

/// A setting that the server is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) variable: &'static EnvVar,
    pub(crate) value: SettingValue,
}

/// Where the value of a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingValue {
    /// In the entry.
    Text(String),
    /// In the environment variable of the same name.
    Environment,
}

/// The name of the entry for a real portal.
pub(crate) const NAME: &str = "bitrix24-mail";
/// The name of the entry for the demo portal; a client may have both.
pub(crate) const DEMO_NAME: &str = "bitrix24-mail-demo";

/// Variables that are not this program's own and decide whether the portal can be reached and where tokens are stored.
/// An entry for Codex, which clears the environment, names each that is set.
const OTHERS: &[&str] = &[
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "XDG_STATE_HOME",
];

impl Entry {
    /// An entry with the settings that the environment sets now: secrets by reference, other values as they are.
    pub(crate) fn new(name: &'static str, arguments: Vec<String>, machine: &Machine) -> Self {
        let is_live = name == NAME;
        let mut settings: Vec<Setting> = env_vars::ALL
            .iter()
            .filter(|variable| is_live && !variable.is_for_http())
            .filter(|variable| !is_left_out(variable, machine))
            .filter_map(|variable| {
                let value = machine.variable(variable.name)?;
                let value = if variable.is_secret() {
                    SettingValue::Environment
                } else if variable.is_path() {
                    SettingValue::Text(machine.absolute(value.trim()).display().to_string())
                } else {
                    SettingValue::Text(value.trim().to_owned())
                };
                Some(Setting { variable, value })
            })
            .collect();
        let has_credentials = settings.iter().any(|setting| setting.variable.is_credential());
        // With arguments (`--config`) the settings file may hold the credentials.
        if is_live && !has_credentials && arguments.is_empty() {
            settings.insert(
                0,
                Setting {
                    variable: &env_vars::WEBHOOK_URL,
                    value: SettingValue::Environment,
                },
            );
        }
        Self {
            name,
            program: machine.program.display().to_string(),
            arguments,
            settings,
            has_credentials,
        }
    }

    /// The entry in the client's own form. It keeps what the user added to the present entry `there`.
    pub(crate) fn written(&self, client: Client, there: Option<&Value>, machine: &Machine) -> Value {
        let mut entry = there.and_then(Value::as_object).cloned().unwrap_or_default();
        if client.names_transport() {
            entry.insert("type".to_owned(), json!("stdio"));
        }
        entry.insert("command".to_owned(), json!(self.program));
        set_or_remove(&mut entry, "args", json!(self.arguments));

        // Credentials belong together: those of the present entry stay unless the environment sets others, and then all
        // go.
        let keeps_credentials = !self.has_credentials
            && (entry.contains_key("envFile") || variable_names(&entry).iter().any(|name| is_credential(name)));
        let settings = self
            .settings
            .iter()
            .filter(|setting| !(keeps_credentials && setting.variable.is_credential()));
        let stays = |name: &str| match variable(name) {
            None => true,
            Some(known) if known.is_credential() => keeps_credentials,
            Some(known) => !self.settings.iter().any(|setting| setting.variable == known),
        };
        let mut values = entry.get("env").and_then(Value::as_object).cloned().unwrap_or_default();
        values.retain(|name, _| stays(name));
        let mut passed = entry
            .get("env_vars")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        passed.retain(|item| passed_name(item).is_none_or(stays));
        if !keeps_credentials {
            entry.shift_remove("envFile");
        }
        for Setting { variable, value } in settings {
            match value {
                SettingValue::Text(text) => {
                    values.insert(variable.name.to_owned(), json!(text));
                }
                SettingValue::Environment => match client.reference(variable, machine) {
                    Reference::Value(name, text) => {
                        values.insert(name.to_owned(), json!(text));
                    }
                    Reference::Passed => passed.push(json!(variable.name)),
                    Reference::EnvFile(path) => {
                        entry
                            .entry("envFile")
                            .or_insert_with(|| json!(path.display().to_string()));
                    }
                },
            }
        }
        if client == Client::Codex {
            let is_new = |name: &&&str| !passed.iter().any(|item| passed_name(item) == Some(**name));
            let others = OTHERS.iter().filter(|name| machine.variable(name).is_some());
            let new: Vec<Value> = others.filter(is_new).map(|name| json!(name)).collect();
            passed.extend(new);
        }
        set_or_remove(&mut entry, "env_vars", json!(passed));
        set_or_remove(&mut entry, "env", Value::Object(values));
        Value::Object(entry)
    }
}

/// True for a value that should not be secret and looks as if it held a secret: a webhook, or a password in an address.
pub(crate) fn may_hold_a_secret(text: &str) -> bool {
    let has_password = text.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
    has_password || may_hold_a_webhook(&text.replace("://", "/"))
}

fn is_left_out(variable: &EnvVar, machine: &Machine) -> bool {
    !variable.is_secret() && machine.variable(variable.name).is_some_and(may_hold_a_secret)
}

/// Settings of the environment that are not copied into the entry, since a secret may be in them.
pub(crate) fn left_out(name: &str, machine: &Machine) -> Vec<&'static EnvVar> {
    let settings = env_vars::ALL.iter().filter(|variable| !variable.is_for_http());
    settings
        .filter(|variable| name == NAME && is_left_out(variable, machine))
        .collect()
}

/// True if the value is a secret itself; also for a reference with a default, which may be the secret.
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

/// The entry with every value hidden that differs from `ours`, the entry that this program would write: a user may have
/// put a secret anywhere. Names stay.
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

/// True for an entry that is switched off in the client.
pub(crate) fn is_switched_off(entry: &Value) -> bool {
    entry.get("disabled") == Some(&Value::Bool(true)) || entry.get("enabled") == Some(&Value::Bool(false))
}

/// Sets a key; removes the key instead if `value` is an empty list or object.
fn set_or_remove(entry: &mut Map<String, Value>, key: &str, value: Value) {
    let is_empty = match &value {
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        _ => false,
    };
    if is_empty {
        entry.shift_remove(key);
    } else {
        entry.insert(key.to_owned(), value);
    }
}

/// The names of the variables that an entry sets or passes on.
pub(crate) fn variable_names(entry: &Map<String, Value>) -> Vec<String> {
    let values = entry.get("env").and_then(Value::as_object);
    let passed = entry.get("env_vars").and_then(Value::as_array);
    let passed = passed.into_iter().flatten().filter_map(passed_name).map(str::to_owned);
    values.into_iter().flat_map(Map::keys).cloned().chain(passed).collect()
}

/// The name in an item of `env_vars`: the item is the name itself, or an object with `name`.
pub(crate) fn passed_name(passed: &Value) -> Option<&str> {
    passed.as_str().or_else(|| passed.get("name")?.as_str())
}

/// This program's variable of that name.
pub(crate) fn variable(name: &str) -> Option<&'static EnvVar> {
    env_vars::ALL.iter().find(|variable| variable.name == name)
}

fn is_credential(name: &str) -> bool {
    variable(name).is_some_and(EnvVar::is_credential)
}
