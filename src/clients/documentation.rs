//! The generated part of docs/clients.md: each client's file, what `install` writes there, and an install link.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::client::Client;
use super::document::Language;
use super::entry::{Entry, NAME};
use super::inputs::inputs_of;
use super::installation::snippet;
use super::machine::{Machine, System};
use crate::config::env_vars;

/// The characters that JavaScript's `encodeURIComponent` encodes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The machine that the examples are written for.
fn machine() -> Machine {
    Machine {
        system: System::Linux,
        home: PathBuf::from("/home/you"),
        folder: PathBuf::from("/home/you"),
        program: PathBuf::from("/usr/local/bin/bitrix24-mail-mcp"),
        environment: BTreeMap::new(),
    }
}

/// A table of all clients, then one folded section for each client with the entry that `install` writes.
pub(crate) fn markdown() -> String {
    let machine = machine();
    let mut text =
        String::from("| client | its file | how the entry gets the webhook | one click |\n|---|---|---|---|\n");
    for &client in Client::ALL {
        let link = match link(client, &machine) {
            Some(link) => format!("[install]({link})"),
            None => "".to_owned(),
        };
        text.push_str(&format!(
            "| `{}` | {} | {} | {link} |\n",
            client.name(),
            client.usual_file(),
            webhook_source(client)
        ));
    }
    for &client in Client::ALL {
        let entry = Entry::new(NAME, Vec::new(), &machine).written(client, None, &machine);
        let language = match client.language() {
            Language::Json => "json",
            Language::Toml => "toml",
        };
        text.push_str(&format!(
            "\n<details>\n<summary>{}: what `install {}` writes</summary>\n\n```{language}\n{}\n```\n\n</details>\n",
            client.title(),
            client.name(),
            snippet(client, NAME, &entry).trim_end()
        ));
    }
    text
}

/// How the client's entry gets the webhook.
fn webhook_source(client: Client) -> &'static str {
    match client {
        Client::ClaudeCode => "from the environment of `claude`",
        Client::Codex => "from the environment of `codex`, which passes on only what is named",
        Client::Cursor => {
            "from a file of variables (`envFile`); by the link, from `~/.config/bitrix24-mail-mcp/webhook-url`"
        }
        Client::VsCode => "VS Code asks once and keeps it encrypted",
        Client::ClaudeDesktop => "from a file that holds the URL; or by the bundle (`.mcpb`), which asks",
    }
}

/// The link that installs the server in this client; `None` for a client without such links. The entry of a link starts
/// the program from PATH.
fn link(client: Client, machine: &Machine) -> Option<String> {
    let encoded = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    let mut machine = machine.clone();
    machine.program = PathBuf::from(env!("CARGO_PKG_NAME"));
    let entry = Entry::new(NAME, Vec::new(), &machine).written(client, None, &machine);
    match client {
        Client::VsCode => {
            let inputs: Vec<Value> = inputs_of(client, &entry).iter().map(|input| input.question()).collect();
            Some(format!(
                "https://insiders.vscode.dev/redirect/mcp/install?name={NAME}&inputs={}&config={}",
                encoded(&Value::Array(inputs).to_string()),
                encoded(&entry.to_string())
            ))
        }
        Client::Cursor => {
            // Cursor expands `${userHome}` in `env`; it may not do so in `envFile`.
            let file = "${userHome}/.config/bitrix24-mail-mcp/webhook-url";
            let entry = json!({
                "type": "stdio",
                "command": machine.program,
                "env": {env_vars::WEBHOOK_URL_FILE.name: file},
            });
            let config = encoded(&STANDARD.encode(entry.to_string()));
            Some(format!("https://cursor.com/en/install-mcp?name={NAME}&config={config}"))
        }
        Client::ClaudeCode | Client::Codex | Client::ClaudeDesktop => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_links_decode_to_the_entries() {
        let machine = machine();
        let link = link(Client::Cursor, &machine).unwrap();
        let (_, config) = link.split_once("config=").unwrap();
        let config = percent_encoding::percent_decode_str(config).decode_utf8().unwrap();
        let entry: Value = serde_json::from_slice(&STANDARD.decode(config.as_bytes()).unwrap()).unwrap();
        assert_eq!(entry["command"], "bitrix24-mail-mcp");

        let link = super::link(Client::VsCode, &machine).unwrap();
        let query: BTreeMap<_, _> = url::Url::parse(&link).unwrap().query_pairs().into_owned().collect();
        let entry: Value = serde_json::from_str(&query["config"]).unwrap();
        let inputs: Value = serde_json::from_str(&query["inputs"]).unwrap();
        assert_eq!(entry["env"]["BITRIX24_WEBHOOK_URL"], "${input:bitrix24-webhook-url}");
        assert_eq!(inputs[0]["id"], "bitrix24-webhook-url");
        assert_eq!(inputs[0]["password"], true);
    }
}
