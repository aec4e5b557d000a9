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

/// The inbound webhook: portal, user and secret in one.
pub const WEBHOOK_URL: EnvVar = EnvVar {
    name: "BITRIX24_WEBHOOK_URL",
    key: "webhook_url",
    meaning: "The inbound webhook's URL, as its page in Bitrix24 shows it. A secret.",
    default: "",
    example: "https://example.bitrix24.com/rest/1/SECRET/",
    part: Part::Credentials,
};

/// The same from a file.
pub const WEBHOOK_URL_FILE: EnvVar = EnvVar {
    name: "BITRIX24_WEBHOOK_URL_FILE",
    key: "webhook_url_file",
    meaning: "A file that holds the webhook's URL instead; read again when it changes.",
    default: "",
    example: "/run/secrets/bitrix24-webhook",
    part: Part::Credentials,
};

/// The portal, for an application.
pub const PORTAL: EnvVar = EnvVar {
    name: "BITRIX24_PORTAL",
    key: "portal",
    meaning: "With an application instead of a webhook: the portal's address.",
    default: "",
    example: "https://example.bitrix24.com",
    part: Part::Credentials,
};

/// The application.
pub const CLIENT_ID: EnvVar = EnvVar {
    name: "BITRIX24_CLIENT_ID",
    key: "client_id",
    meaning: "The application's client id.",
    default: "",
    example: "local.0123456789abcd.01234567",
    part: Part::Credentials,
};

/// The application's secret.
pub const CLIENT_SECRET: EnvVar = EnvVar {
    name: "BITRIX24_CLIENT_SECRET",
    key: "client_secret",
    meaning: "The application's client secret. A secret.",
    default: "",
    example: "SECRET",
    part: Part::Credentials,
};

/// The same from a file.
pub const CLIENT_SECRET_FILE: EnvVar = EnvVar {
    name: "BITRIX24_CLIENT_SECRET_FILE",
    key: "client_secret_file",
    meaning: "A file that holds it instead.",
    default: "",
    example: "/run/secrets/bitrix24-client",
    part: Part::Credentials,
};

/// A token to start with.
pub const ACCESS_TOKEN: EnvVar = EnvVar {
    name: "BITRIX24_ACCESS_TOKEN",
    key: "access_token",
    meaning: "An access token to start with, if nobody ran `login`. A secret.",
    default: "",
    example: "TOKEN",
    part: Part::Credentials,
};

/// The same from a file.
pub const ACCESS_TOKEN_FILE: EnvVar = EnvVar {
    name: "BITRIX24_ACCESS_TOKEN_FILE",
    key: "access_token_file",
    meaning: "A file that holds it instead.",
    default: "",
    example: "/run/secrets/bitrix24-access",
    part: Part::Credentials,
};

/// Its refresh token.
pub const REFRESH_TOKEN: EnvVar = EnvVar {
    name: "BITRIX24_REFRESH_TOKEN",
    key: "refresh_token",
    meaning: "Its refresh token. A secret.",
    default: "",
    example: "TOKEN",
    part: Part::Credentials,
};

/// The same from a file.
pub const REFRESH_TOKEN_FILE: EnvVar = EnvVar {
    name: "BITRIX24_REFRESH_TOKEN_FILE",
    key: "refresh_token_file",
    meaning: "A file that holds it instead.",
    default: "",
    example: "/run/secrets/bitrix24-refresh",
    part: Part::Credentials,
};

/// Where tokens are kept.
pub const TOKEN_STORE: EnvVar = EnvVar {
    name: "BITRIX24_TOKEN_STORE",
    key: "token_store",
    meaning: "The file where refreshed tokens are kept; by default one for each portal and application in your state folder.",
    default: "",
    example: "/var/lib/bitrix24-mail-mcp/tokens.json",
    part: Part::Credentials,
};

/// Who exchanges tokens.
pub const OAUTH_SERVER: EnvVar = EnvVar {
    name: "BITRIX24_OAUTH_SERVER",
    key: "oauth_server",
    meaning: "The authorization server; https://oauth.bitrix24.tech for portals in Russia.",
    default: "https://oauth.bitrix.info",
    example: "https://oauth.bitrix24.tech",
    part: Part::Credentials,
};

/// What the portal takes.
pub const RATE_LIMIT: EnvVar = EnvVar {
    name: "BITRIX24_RATE_LIMIT",
    key: "rate_limit",
    meaning: "Requests a second, and how many at once, that the portal takes: 2/50, on Enterprise 5/250, off for a self-hosted portal.",
    default: "2/50",
    example: "5/250",
    part: Part::General,
};

/// How long answers, and the address book in memory, count as fresh.
pub const CACHE_TTL: EnvVar = EnvVar {
    name: "BITRIX24_CACHE_TTL",
    key: "cache_ttl",
    meaning: "How long an answer, and the address book in memory, count as fresh, up to 1h; 0 keeps nothing.",
    default: "60s",
    example: "60s",
    part: Part::General,
};

/// The deadline of a look-up.
pub const TIMEOUT: EnvVar = EnvVar {
    name: "BITRIX24_TIMEOUT",
    key: "timeout",
    meaning: "Time for one look-up with all its attempts, from 100ms to 50s.",
    default: "25s",
    example: "25s",
    part: Part::General,
};

/// What callers over HTTP have to show.
pub const HTTP_TOKEN: EnvVar = EnvVar {
    name: "BITRIX24_MCP_HTTP_TOKEN",
    key: "http_token",
    meaning: "With --http: the bearer token that every request has to carry; needed beyond loopback and behind a proxy. A secret.",
    default: "",
    example: "$(openssl rand -hex 32)",
    part: Part::Http,
};

/// The same from a file.
pub const HTTP_TOKEN_FILE: EnvVar = EnvVar {
    name: "BITRIX24_MCP_HTTP_TOKEN_FILE",
    key: "http_token_file",
    meaning: "A file that holds it instead; read again when it changes.",
    default: "",
    example: "/run/secrets/bitrix24-mail-mcp-token",
    part: Part::Http,
};

/// The names of an HTTP server.
pub const ALLOWED_HOSTS: EnvVar = EnvVar {
    name: "BITRIX24_MCP_ALLOWED_HOSTS",
    key: "allowed_hosts",
    meaning: "With --http: names under which clients may reach this server, beside loopback and its own address.",
    default: "",
    example: "mcp.example.com,mcp.example.com:8443",
    part: Part::Http,
};

/// Web pages that may call.
pub const ALLOWED_ORIGINS: EnvVar = EnvVar {
    name: "BITRIX24_MCP_ALLOWED_ORIGINS",
    key: "allowed_origins",
    meaning: "With --http: origins whose web pages may call and read the answers (CORS).",
    default: "",
    example: "https://app.example.com,http://localhost:6274",
    part: Part::Http,
};

/// How often one caller may call.
pub const CALLER_LIMIT: EnvVar = EnvVar {
    name: "BITRIX24_MCP_CALLER_LIMIT",
    key: "caller_limit",
    meaning: "With --http: calls a second, and how many at once, of one address, or off. Programs on this machine are limited only if it is set, and a proxy on it is believed whom it calls for (X-Forwarded-For).",
    default: "20/200",
    example: "20/200",
    part: Part::Http,
};

/// The log level.
pub const LOG: EnvVar = EnvVar {
    name: "BITRIX24_MCP_LOG",
    key: "log",
    meaning: "What is logged to stderr: off, error, warn, info, debug or trace.",
    default: "warn",
    example: "info",
    part: Part::General,
};

/// Every variable, in the order of the documentation.
pub const ALL: &[EnvVar] = &[
    WEBHOOK_URL,
    WEBHOOK_URL_FILE,
    PORTAL,
    CLIENT_ID,
    CLIENT_SECRET,
    CLIENT_SECRET_FILE,
    ACCESS_TOKEN,
    ACCESS_TOKEN_FILE,
    REFRESH_TOKEN,
    REFRESH_TOKEN_FILE,
    TOKEN_STORE,
    OAUTH_SERVER,
    RATE_LIMIT,
    CACHE_TTL,
    TIMEOUT,
    HTTP_TOKEN,
    HTTP_TOKEN_FILE,
    ALLOWED_HOSTS,
    ALLOWED_ORIGINS,
    CALLER_LIMIT,
    LOG,
];

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
