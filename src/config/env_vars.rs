//! The table of settings: one row for each environment variable. It drives the readers, `--help` and docs/settings.md.

/// A setting: an environment variable, and the key of the settings file that is derived from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvVar {
    /// The variable's name. Users rely on it, so it never changes.
    pub name: &'static str,
    /// What the setting does, in one line.
    pub meaning: &'static str,
    /// The value if nothing is set; empty if there is no default.
    pub default: &'static str,
    /// A valid value, for error messages.
    pub example: &'static str,
    /// The group that the setting belongs to.
    group: Group,
    is_secret: bool,
}

/// A group of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    /// How to authenticate to the portal.
    Credentials,
    /// Settings that only `serve --http` uses.
    Http,
    /// Settings that only `serve --team` and the commands of a team use.
    Team,
    /// All others.
    General,
}

impl EnvVar {
    /// The setting's key in the settings file.
    pub fn key(&self) -> String {
        let own = self.name.trim_start_matches("BITRIX24_").trim_start_matches("MCP_");
        own.to_ascii_lowercase()
    }

    /// The name of the variable that the value is for: without `_FILE` for a file that holds the value.
    pub(super) fn setting(&self) -> &'static str {
        self.name.strip_suffix("_FILE").unwrap_or(self.name)
    }

    /// Identifies what the variable sets. Two variables with the same slot exclude each other: a secret and the file
    /// that holds the secret, or a webhook and the portal of an application.
    pub(super) fn slot(&self) -> &'static str {
        match self.setting() {
            name if name == PORTAL.name => WEBHOOK_URL.name,
            name => name,
        }
    }

    /// The variable that names a file with this value. Only secrets have one.
    pub fn file_twin(&self) -> Option<&'static EnvVar> {
        ALL.iter()
            .find(|twin| twin.name.strip_suffix("_FILE") == Some(self.name))
    }

    /// True if the value must not be written anywhere.
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// True if the value is a path.
    pub fn is_path(&self) -> bool {
        self.name.ends_with("_FILE") || self.name == TOKEN_STORE.name
    }

    /// True if the setting is about authenticating to the portal.
    pub fn is_credential(&self) -> bool {
        self.group == Group::Credentials
    }

    /// True if only `serve --http` uses the setting.
    pub fn is_for_http(&self) -> bool {
        matches!(self.group, Group::Http | Group::Team)
    }
}

/// Makes a constant for each row, and the list of all rows.
macro_rules! table {
    ($($constant:ident = $name:literal of $group:ident $($secret:ident)?, example $example:literal
        $(, default $default:literal)?:
        $meaning:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub const $constant: EnvVar = EnvVar {
                name: $name,
                meaning: $meaning,
                default: concat!($($default)?),
                example: $example,
                group: Group::$group,
                is_secret: !concat!($(stringify!($secret))?).is_empty(),
            };
        )+

        /// All settings, in the order of the documentation.
        pub const ALL: &[EnvVar] = &[$($constant),+];
    };
}

table! {
    WEBHOOK_URL = "BITRIX24_WEBHOOK_URL" of Credentials secret, example "https://example.bitrix24.com/rest/1/SECRET/":
        "The inbound webhook's URL, as its page in Bitrix24 shows it. A secret.";
    WEBHOOK_URL_FILE = "BITRIX24_WEBHOOK_URL_FILE" of Credentials, example "/run/secrets/bitrix24-webhook":
        "A file that holds the webhook's URL instead; read again when it changes.";
    PORTAL = "BITRIX24_PORTAL" of Credentials, example "https://example.bitrix24.com":
        "With an application instead of a webhook: the portal's address.";
    CLIENT_ID = "BITRIX24_CLIENT_ID" of Credentials, example "local.0123456789abcd.01234567":
        "The application's client id.";
    CLIENT_SECRET = "BITRIX24_CLIENT_SECRET" of Credentials secret, example "SECRET":
        "The application's client secret. A secret.";
    CLIENT_SECRET_FILE = "BITRIX24_CLIENT_SECRET_FILE" of Credentials, example "/run/secrets/bitrix24-client":
        "A file that holds the client secret instead.";
    ACCESS_TOKEN = "BITRIX24_ACCESS_TOKEN" of Credentials secret, example "TOKEN":
        "An access token to start with, if nobody ran `login`. A secret.";
    ACCESS_TOKEN_FILE = "BITRIX24_ACCESS_TOKEN_FILE" of Credentials, example "/run/secrets/bitrix24-access":
        "A file that holds the access token instead.";
    REFRESH_TOKEN = "BITRIX24_REFRESH_TOKEN" of Credentials secret, example "TOKEN":
        "The refresh token that belongs to the access token. A secret.";
    REFRESH_TOKEN_FILE = "BITRIX24_REFRESH_TOKEN_FILE" of Credentials, example "/run/secrets/bitrix24-refresh":
        "A file that holds the refresh token instead.";
    TOKEN_STORE = "BITRIX24_TOKEN_STORE" of Credentials, example "/var/lib/bitrix24-mail-mcp/tokens.json":
        "The file where refreshed tokens are kept; by default one for each portal and application in your state folder.";
    OAUTH_SERVER = "BITRIX24_OAUTH_SERVER" of Credentials, example "https://oauth.bitrix24.tech", default "https://oauth.bitrix.info":
        "The authorization server; https://oauth.bitrix24.tech for portals in Russia.";
    RATE_LIMIT = "BITRIX24_RATE_LIMIT" of General, example "5/250", default "2/50":
        "The portal's request limit, as requests a second / largest burst: 2/50, on Enterprise 5/250; off for a self-hosted portal.";
    CACHE_TTL = "BITRIX24_CACHE_TTL" of General, example "60s", default "60s":
        "How long a reply of the portal and the address book in memory count as fresh, up to 1h; 0 turns the cache off.";
    TIMEOUT = "BITRIX24_TIMEOUT" of General, example "25s", default "25s":
        "Time limit for one look-up with all its attempts, from 100ms to 50s.";
    HTTP_TOKEN = "BITRIX24_MCP_HTTP_TOKEN" of Http secret, example "$(openssl rand -hex 32)":
        "With --http: the bearer token that every request must carry; required beyond loopback and behind a proxy. With --team it opens /metrics alone. A secret.";
    HTTP_TOKEN_FILE = "BITRIX24_MCP_HTTP_TOKEN_FILE" of Http, example "/run/secrets/bitrix24-mail-mcp-token":
        "A file that holds the bearer token instead; read again when it changes.";
    ALLOWED_HOSTS = "BITRIX24_MCP_ALLOWED_HOSTS" of Http, example "mcp.example.com,mcp.example.com:8443":
        "With --http: host names by which clients may reach this server, besides loopback and its own address.";
    ALLOWED_ORIGINS = "BITRIX24_MCP_ALLOWED_ORIGINS" of Http, example "https://app.example.com,http://localhost:6274":
        "With --http: origins whose web pages may call this server and read its answers (CORS).";
    CALLER_LIMIT = "BITRIX24_MCP_CALLER_LIMIT" of Http, example "20/200", default "20/200":
        "With --http: the limit for each client address, as calls a second / largest burst, or off. It limits programs on this machine only if you set it. Behind a proxy on this machine, the client address is the last entry of X-Forwarded-For.";
    TRUSTED_PROXIES = "BITRIX24_MCP_TRUSTED_PROXIES" of Http, example "10.0.0.0/8,192.0.2.7":
        "With --http: proxies beside those on this machine whose X-Forwarded-For is believed, as addresses or networks.";
    PUBLIC_URL = "BITRIX24_MCP_PUBLIC_URL" of Team, example "https://mcp.example.com":
        "With --team: the https address by which clients and browsers reach this server, without a path; http only on loopback. If you change it, every client has to sign in again.";
    SERVER_KEY = "BITRIX24_MCP_SERVER_KEY" of Team secret, example "$(bitrix24-mail-mcp team key)":
        "With --team: the key that seals the employees' tokens in the store; several with blanks between them to rotate it, the newest first. A secret.";
    SERVER_KEY_FILE = "BITRIX24_MCP_SERVER_KEY_FILE" of Team, example "/run/secrets/bitrix24-mail-mcp-key":
        "A file that holds the server key instead.";
    STORE = "BITRIX24_MCP_STORE" of General secret, example "sqlite:/var/lib/bitrix24-mail-mcp/team.sqlite or postgres://user:password@db.example.com/team?sslmode=verify-full":
        "With --team: where sign-ins are kept, as sqlite: and the path of a file, or as the postgres:// address of a database that replicas share; by default a file for each portal and application in your state folder. Without --team: processes with the same store share the portal's limits, and nothing else. A secret.";
    STORE_FILE = "BITRIX24_MCP_STORE_FILE" of General, example "/run/secrets/bitrix24-mail-mcp-store":
        "A file that holds the address of the store instead.";
    STORE_CONNECTIONS = "BITRIX24_MCP_STORE_CONNECTIONS" of General, example "8", default "8":
        "The most connections of one process to a PostgreSQL store, from 1 to 100.";
    REPLICAS = "BITRIX24_MCP_REPLICAS" of General, example "2", default "2":
        "How many processes share the store, from 1 to 1000. While the store does not answer, each of them uses this share of the portal's limit.";
    CLIENT_METADATA = "BITRIX24_MCP_CLIENT_METADATA" of Team, example "on", default "off":
        "With --team: the hosts whose Client ID Metadata Documents are fetched: off, on for claude.ai and chatgpt.com, or host names. Clients register themselves without it.";
    ACCESS_LIFETIME = "BITRIX24_MCP_ACCESS_LIFETIME" of Team, example "1h", default "1h":
        "With --team: how long a client's access token is valid, from 5m to 1day; clients refresh it by themselves.";
    SIGN_IN_LIFETIME = "BITRIX24_MCP_SIGN_IN_LIFETIME" of Team, example "60days", default "60days":
        "With --team: after this time without use a client has to sign in again, from 1day to 180days.";
    REFRESH_GRACE = "BITRIX24_MCP_REFRESH_GRACE" of Team, example "2m", default "2m":
        "With --team: how long a used refresh token still works, for clients that lose an answer or refresh twice at once, from 1s to 30m.";
    LOG = "BITRIX24_MCP_LOG" of General, example "info", default "warn":
        "The level of the log on stderr: off, error, warn, info, debug or trace.";
}

/// The table in Markdown, for docs/settings.md.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_secrets_can_be_in_a_file_of_their_own() {
        for variable in ALL {
            assert_eq!(
                variable.is_secret(),
                variable.file_twin().is_some(),
                "{}",
                variable.name
            );
        }
    }
}
