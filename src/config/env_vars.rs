//! Every environment variable this program reads, in one documented table.
//!
//! The table drives the readers, `--help` and the README.

/// One environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name: a contract.
    pub name: &'static str,
    /// The same setting's key in the settings file.
    pub key: &'static str,
    /// What it sets, in one line.
    pub meaning: &'static str,
    /// The value when it is not set; empty if there is none.
    pub default: &'static str,
    /// A value that would be right.
    pub example: &'static str,
}

/// The inbound webhook: portal, user and secret in one.
pub const WEBHOOK_URL: EnvVar = EnvVar {
    name: "BITRIX24_WEBHOOK_URL",
    key: "webhook_url",
    meaning: "The inbound webhook's URL, as its page in Bitrix24 shows it. A secret.",
    default: "",
    example: "https://example.bitrix24.com/rest/1/SECRET/",
};

/// The same from a file.
pub const WEBHOOK_URL_FILE: EnvVar = EnvVar {
    name: "BITRIX24_WEBHOOK_URL_FILE",
    key: "webhook_url_file",
    meaning: "A file that holds the webhook's URL instead; read again when it changes.",
    default: "",
    example: "/run/secrets/bitrix24-webhook",
};

/// The deadline of a look-up.
pub const TIMEOUT: EnvVar = EnvVar {
    name: "BITRIX24_TIMEOUT",
    key: "timeout",
    meaning: "Time for one look-up, from 100ms to 50s.",
    default: "25s",
    example: "25s",
};

/// The log level.
pub const LOG: EnvVar = EnvVar {
    name: "BITRIX24_MCP_LOG",
    key: "log",
    meaning: "What is logged to stderr: off, error, warn, info, debug or trace.",
    default: "warn",
    example: "info",
};

/// Every variable, in the order of the documentation.
pub const ALL: &[EnvVar] = &[WEBHOOK_URL, WEBHOOK_URL_FILE, TIMEOUT, LOG];

/// The table as Markdown, for the README.
pub fn markdown_table() -> String {
    let mut table = String::from("| Environment | In the file | Default | Meaning |\n|---|---|---|---|\n");
    for variable in ALL {
        let default = match variable.default {
            "" => "none".to_owned(),
            default => format!("`{default}`"),
        };
        table.push_str(&format!(
            "| `{}` | `{}` | {default} | {} |\n",
            variable.name, variable.key, variable.meaning
        ));
    }
    table
}

/// The table as plain text, for `--help`.
pub fn help_text() -> String {
    let mut text = String::from("Environment:\n");
    for variable in ALL {
        text.push_str(&format!("  {}\n          {}", variable.name, variable.meaning));
        if !variable.default.is_empty() {
            text.push_str(&format!(" [default: {}]", variable.default));
        }
        text.push('\n');
    }
    text
}
