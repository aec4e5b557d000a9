//! Every environment variable this program reads, in one documented table.
//!
//! The table drives the readers, `--help` and docs/settings.md.

/// One environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name: a contract.
    pub name: &'static str,
    /// What it sets, in one line.
    pub meaning: &'static str,
    /// The value when it is not set; empty if there is none.
    pub default: &'static str,
    /// A value that would be right.
    pub example: &'static str,
    /// What it belongs to.
    part: Part,
}

/// What a variable belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Whom to call the portal as: one thing, given by one source.
    Credentials,
    /// What `serve --http` alone reads.
    Http,
    /// Everything else.
    General,
}

impl EnvVar {
    /// The same setting's key in the settings file.
    pub fn key(&self) -> String {
        let own = self.name.trim_start_matches("BITRIX24_").trim_start_matches("MCP_");
        own.to_ascii_lowercase()
    }

    /// The variable's name; a file's is that of the secret in it.
    pub(super) fn setting(&self) -> &'static str {
        self.name.strip_suffix("_FILE").unwrap_or(self.name)
    }

    /// What it gives, alone or instead of others: a secret in a variable or in a file, and the portal to call by a webhook
    /// or as an application.
    pub(super) fn slot(&self) -> &'static str {
        match self.setting() {
            name if name == PORTAL.name => WEBHOOK_URL.name,
            name => name,
        }
    }

    /// Its twin that names a file; every secret has one, and nothing else has.
    pub fn file_twin(&self) -> Option<&'static EnvVar> {
        ALL.iter()
            .find(|twin| twin.name.strip_suffix("_FILE") == Some(self.name))
    }

    /// True if its value must not be written anywhere.
    pub fn is_secret(&self) -> bool {
        self.file_twin().is_some()
    }

    /// True if its value is a path.
    pub fn is_path(&self) -> bool {
        self.name.ends_with("_FILE") || self.name == TOKEN_STORE.name
    }

    /// True if it tells whom to call the portal as.
    pub fn is_credential(&self) -> bool {
        self.part == Part::Credentials
    }

    /// True if it means something only with `serve --http`.
    pub fn is_for_http(&self) -> bool {
        self.part == Part::Http
    }
}

/// Makes a constant of each row, and the list of all.
macro_rules! table {
    ($($constant:ident = $name:literal of $part:ident, example $example:literal $(, default $default:literal)?:
        $meaning:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub const $constant: EnvVar = EnvVar {
                name: $name,
                meaning: $meaning,
                default: concat!($($default)?),
                example: $example,
                part: Part::$part,
            };
        )+

        /// Every variable, in the order of the documentation.
        pub const ALL: &[EnvVar] = &[$($constant),+];
    };
}

table! {
    WEBHOOK_URL = "BITRIX24_WEBHOOK_URL" of Credentials, example "https://example.bitrix24.com/rest/1/SECRET/":
        "The inbound webhook's URL, as its page in Bitrix24 shows it. A secret.";
    WEBHOOK_URL_FILE = "BITRIX24_WEBHOOK_URL_FILE" of Credentials, example "/run/secrets/bitrix24-webhook":
        "A file that holds the webhook's URL instead; read again when it changes.";
    PORTAL = "BITRIX24_PORTAL" of Credentials, example "https://example.bitrix24.com":
        "With an application instead of a webhook: the portal's address.";
    CLIENT_ID = "BITRIX24_CLIENT_ID" of Credentials, example "local.0123456789abcd.01234567":
        "The application's client id.";
    CLIENT_SECRET = "BITRIX24_CLIENT_SECRET" of Credentials, example "SECRET":
        "The application's client secret. A secret.";
    CLIENT_SECRET_FILE = "BITRIX24_CLIENT_SECRET_FILE" of Credentials, example "/run/secrets/bitrix24-client":
        "A file that holds it instead.";
    ACCESS_TOKEN = "BITRIX24_ACCESS_TOKEN" of Credentials, example "TOKEN":
        "An access token to start with, if nobody ran `login`. A secret.";
    ACCESS_TOKEN_FILE = "BITRIX24_ACCESS_TOKEN_FILE" of Credentials, example "/run/secrets/bitrix24-access":
        "A file that holds it instead.";
    REFRESH_TOKEN = "BITRIX24_REFRESH_TOKEN" of Credentials, example "TOKEN":
        "Its refresh token. A secret.";
    REFRESH_TOKEN_FILE = "BITRIX24_REFRESH_TOKEN_FILE" of Credentials, example "/run/secrets/bitrix24-refresh":
        "A file that holds it instead.";
    TOKEN_STORE = "BITRIX24_TOKEN_STORE" of Credentials, example "/var/lib/bitrix24-mail-mcp/tokens.json":
        "The file where refreshed tokens are kept; by default one for each portal and application in your state folder.";
    OAUTH_SERVER = "BITRIX24_OAUTH_SERVER" of Credentials, example "https://oauth.bitrix24.tech", default "https://oauth.bitrix.info":
        "The authorization server; https://oauth.bitrix24.tech for portals in Russia.";
    RATE_LIMIT = "BITRIX24_RATE_LIMIT" of General, example "5/250", default "2/50":
        "Requests a second, and how many at once, that the portal takes: 2/50, on Enterprise 5/250, off for a self-hosted portal.";
    CACHE_TTL = "BITRIX24_CACHE_TTL" of General, example "60s", default "60s":
        "How long an answer, and the address book in memory, count as fresh, up to 1h; 0 keeps nothing.";
    TIMEOUT = "BITRIX24_TIMEOUT" of General, example "25s", default "25s":
        "Time for one look-up with all its attempts, from 100ms to 50s.";
    HTTP_TOKEN = "BITRIX24_MCP_HTTP_TOKEN" of Http, example "$(openssl rand -hex 32)":
        "With --http: the bearer token that every request has to carry; needed beyond loopback and behind a proxy. A secret.";
    HTTP_TOKEN_FILE = "BITRIX24_MCP_HTTP_TOKEN_FILE" of Http, example "/run/secrets/bitrix24-mail-mcp-token":
        "A file that holds it instead; read again when it changes.";
    ALLOWED_HOSTS = "BITRIX24_MCP_ALLOWED_HOSTS" of Http, example "mcp.example.com,mcp.example.com:8443":
        "With --http: names under which clients may reach this server, beside loopback and its own address.";
    ALLOWED_ORIGINS = "BITRIX24_MCP_ALLOWED_ORIGINS" of Http, example "https://app.example.com,http://localhost:6274":
        "With --http: origins whose web pages may call and read the answers (CORS).";
    CALLER_LIMIT = "BITRIX24_MCP_CALLER_LIMIT" of Http, example "20/200", default "20/200":
        "With --http: calls a second, and how many at once, of one address, or off. Programs on this machine are limited only if it is set, and a proxy on it is believed whom it calls for (X-Forwarded-For).";
    LOG = "BITRIX24_MCP_LOG" of General, example "info", default "warn":
        "What is logged to stderr: off, error, warn, info, debug or trace.";
}

/// The table as Markdown, for docs/settings.md.
pub fn markdown_table() -> String {
    let mut table = String::from("| Environment | In the file | Default | Meaning |\n|---|---|---|---|\n");
    for variable in ALL {
        let default = match variable.default {
            "" => "none".to_owned(),
            default => format!("`{default}`"),
        };
        table.push_str(&format!(
            "| `{}` | `{}` | {default} | {} |\n",
            variable.name,
            variable.key(),
            variable.meaning
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
