//! References in the texts of an entry, followed as the client follows them: `${NAME}`, `${env:NAME}`, `~`.

use std::path::Path;

use super::client::Client;
use super::machine::Machine;
use crate::config::paths;

/// Where the value of a variable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueSource {
    /// The entry itself.
    Entry,
    /// The entry itself, and the value is a secret.
    SecretInEntry,
    /// The client's environment, assumed to be like the environment of this shell.
    Environment,
    /// Nowhere: the variable is not set in the client's environment.
    Unset,
    /// The file of variables that the entry names.
    File,
    /// The client asks its user.
    Asked,
}

impl ValueSource {
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Entry => "in the entry",
            Self::SecretInEntry => "its secret is in the entry itself",
            Self::Environment => "from the environment",
            Self::Unset => "not set in the environment",
            Self::File => "from the file of variables",
            Self::Asked => "asked by the client",
        }
    }

    pub(crate) fn has_value(self) -> bool {
        !matches!(self, Self::Unset | Self::Asked)
    }
}

/// `text` with its references replaced, and where the value comes from.
pub(super) fn expand(client: Client, text: &str, machine: &Machine) -> (String, ValueSource) {
    let mut value = String::new();
    let mut origin = ValueSource::Entry;
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        value.push_str(before);
        let Some((reference, after)) = from.split_once('}') else {
            rest = from;
            value.push_str("${");
            continue;
        };
        match expand_reference(client, reference, machine) {
            Some((found, found_origin)) => {
                value.push_str(&found);
                origin = found_origin;
            }
            None => value.push_str(&format!("${{{reference}}}")),
        }
        rest = after;
    }
    value.push_str(rest);
    (value, origin)
}

/// The value of one reference (without `${` and `}`); `None` if the client leaves it as it is written.
fn expand_reference(client: Client, reference: &str, machine: &Machine) -> Option<(String, ValueSource)> {
    let variable = |name: &str| machine.environment.get(name).cloned();
    match client {
        Client::ClaudeCode => match reference.split_once(":-") {
            Some((name, default)) => Some((
                variable(name).unwrap_or_else(|| default.to_owned()),
                ValueSource::Environment,
            )),
            // If the variable is unset and has no default, Claude Code leaves the reference as written.
            None => variable(reference).map(|value| (value, ValueSource::Environment)),
        },
        Client::Cursor | Client::VsCode => match (reference.split_once(':'), reference) {
            (Some(("env", name)), _) => Some((variable(name).unwrap_or_default(), ValueSource::Environment)),
            (Some(("input", _)), _) if client == Client::VsCode => Some((String::new(), ValueSource::Asked)),
            (None, "userHome") => Some((machine.home.display().to_string(), ValueSource::Entry)),
            (None, "workspaceFolder") => Some((machine.folder.display().to_string(), ValueSource::Entry)),
            (None, "pathSeparator" | "/") => Some((std::path::MAIN_SEPARATOR.to_string(), ValueSource::Entry)),
            _ => None,
        },
        Client::Codex | Client::ClaudeDesktop => None,
    }
}

/// `text` with the home folder in place of a leading `~`, if the client replaces it.
pub(super) fn expand_tilde(client: Client, text: String, machine: &Machine) -> String {
    match paths::expanded(Path::new(&text), Some(&machine.home)) {
        Ok(path) if client.replaces_tilde() && text.starts_with('~') => path.display().to_string(),
        _ => text,
    }
}

/// True for a path that means another file in another folder: it is relative, or refers to the current folder.
pub(super) fn depends_on_current_folder(client: Client, path: &str, machine: &Machine) -> bool {
    let text = expand_tilde(client, expand(client, path, machine).0, machine);
    refers_to_current_folder(client, path, machine) || !Path::new(&text).is_absolute() && !text.starts_with('~')
}

/// True if a reference in the text depends on the current folder.
pub(super) fn refers_to_current_folder(client: Client, text: &str, machine: &Machine) -> bool {
    expand(client, text, machine).0 != expand(client, text, &machine.at_home()).0
}
