//! Where settings are read from: the environment and the settings file. Nothing else reads either; unknown keys of the
//! file are errors, and no message quotes a value.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::env_vars::{self, EnvVar};
use super::layer::{Given, Layer, LayerError, Origin, SecretSource};
use super::paths::begins_with_tilde;
use crate::portal::{may_hold_a_webhook, read_small_file};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileKeys {
    webhook_url: Option<SecretString>,
    webhook_url_file: Option<PathBuf>,
    portal: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    client_secret_file: Option<PathBuf>,
    access_token: Option<SecretString>,
    access_token_file: Option<PathBuf>,
    refresh_token: Option<SecretString>,
    refresh_token_file: Option<PathBuf>,
    token_store: Option<PathBuf>,
    oauth_server: Option<String>,
    rate_limit: Option<String>,
    cache_ttl: Option<String>,
    timeout: Option<String>,
    http_token: Option<SecretString>,
    http_token_file: Option<PathBuf>,
    allowed_hosts: Option<String>,
    allowed_origins: Option<String>,
    caller_limit: Option<String>,
    log: Option<String>,
}

impl Layer {
    /// Reads the environment. An empty variable counts as not set: clients that fill in forms leave such ones behind.
    ///
    /// # Errors
    /// [`LayerError::NotUnicode`] or [`LayerError::Twice`].
    pub fn from_environment() -> Result<Self, LayerError> {
        let secret = |text: &'static EnvVar, file: &'static EnvVar| {
            one_of(
                read(text)?.map(|given| given.map(|text| SecretSource::Text(text.into()))),
                read(file)?.map(|given| given.map(|path| SecretSource::File(path.into()))),
            )
        };
        Ok(Self {
            webhook: secret(&env_vars::WEBHOOK_URL, &env_vars::WEBHOOK_URL_FILE)?,
            portal: read(&env_vars::PORTAL)?,
            client_id: read(&env_vars::CLIENT_ID)?,
            client_secret: secret(&env_vars::CLIENT_SECRET, &env_vars::CLIENT_SECRET_FILE)?,
            access_token: secret(&env_vars::ACCESS_TOKEN, &env_vars::ACCESS_TOKEN_FILE)?,
            refresh_token: secret(&env_vars::REFRESH_TOKEN, &env_vars::REFRESH_TOKEN_FILE)?,
            token_store: read(&env_vars::TOKEN_STORE)?.map(|given| given.map(PathBuf::from)),
            oauth_server: read(&env_vars::OAUTH_SERVER)?,
            rate_limit: read(&env_vars::RATE_LIMIT)?,
            cache_ttl: read(&env_vars::CACHE_TTL)?,
            timeout: read(&env_vars::TIMEOUT)?,
            http_token: secret(&env_vars::HTTP_TOKEN, &env_vars::HTTP_TOKEN_FILE)?,
            allowed_hosts: read(&env_vars::ALLOWED_HOSTS)?,
            allowed_origins: read(&env_vars::ALLOWED_ORIGINS)?,
            caller_limit: read(&env_vars::CALLER_LIMIT)?,
            log: read(&env_vars::LOG)?,
        })
    }

    /// Reads a settings file in TOML.
    ///
    /// # Errors
    /// [`LayerError::File`], [`LayerError::Form`] or [`LayerError::Twice`].
    pub fn from_file(path: &Path) -> Result<Self, LayerError> {
        if may_hold_a_webhook(&path.to_string_lossy()) {
            return Err(LayerError::NotAPath);
        }
        let text = read_small_file(path).map_err(|reason| LayerError::File {
            path: path.to_owned(),
            reason,
        })?;
        let text = text.expose_secret();
        let keys: FileKeys = toml::from_str(text).map_err(|error| form_error(path, text, &error))?;
        let origin = |variable| Origin::File(path.to_owned(), variable);
        let plain = |value: Option<String>, variable| {
            value.map(|value| Given {
                value,
                origin: origin(variable),
            })
        };
        let secret = |text: Option<SecretString>, text_key, file: Option<PathBuf>, file_key| {
            let text = text.map(|text| Given {
                value: SecretSource::Text(text),
                origin: origin(text_key),
            });
            let file = file.map(|file| Given {
                value: SecretSource::File(file),
                origin: origin(file_key),
            });
            one_of(text, file)
        };
        Ok(Self {
            webhook: secret(
                keys.webhook_url,
                &env_vars::WEBHOOK_URL,
                keys.webhook_url_file,
                &env_vars::WEBHOOK_URL_FILE,
            )?,
            portal: plain(keys.portal, &env_vars::PORTAL),
            client_id: plain(keys.client_id, &env_vars::CLIENT_ID),
            client_secret: secret(
                keys.client_secret,
                &env_vars::CLIENT_SECRET,
                keys.client_secret_file,
                &env_vars::CLIENT_SECRET_FILE,
            )?,
            access_token: secret(
                keys.access_token,
                &env_vars::ACCESS_TOKEN,
                keys.access_token_file,
                &env_vars::ACCESS_TOKEN_FILE,
            )?,
            refresh_token: secret(
                keys.refresh_token,
                &env_vars::REFRESH_TOKEN,
                keys.refresh_token_file,
                &env_vars::REFRESH_TOKEN_FILE,
            )?,
            token_store: keys.token_store.map(|value| Given {
                value,
                origin: origin(&env_vars::TOKEN_STORE),
            }),
            oauth_server: plain(keys.oauth_server, &env_vars::OAUTH_SERVER),
            rate_limit: plain(keys.rate_limit, &env_vars::RATE_LIMIT),
            cache_ttl: plain(keys.cache_ttl, &env_vars::CACHE_TTL),
            timeout: plain(keys.timeout, &env_vars::TIMEOUT),
            http_token: secret(
                keys.http_token,
                &env_vars::HTTP_TOKEN,
                keys.http_token_file,
                &env_vars::HTTP_TOKEN_FILE,
            )?,
            allowed_hosts: plain(keys.allowed_hosts, &env_vars::ALLOWED_HOSTS),
            allowed_origins: plain(keys.allowed_origins, &env_vars::ALLOWED_ORIGINS),
            caller_limit: plain(keys.caller_limit, &env_vars::CALLER_LIMIT),
            log: plain(keys.log, &env_vars::LOG),
        })
    }
}

fn one_of<T>(first: Option<Given<T>>, second: Option<Given<T>>) -> Result<Option<Given<T>>, LayerError> {
    match (first, second) {
        (Some(first), Some(second)) => Err(LayerError::Twice(first.origin, second.origin)),
        (first, second) => Ok(first.or(second)),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn read(variable: &'static EnvVar) -> Result<Option<Given<String>>, LayerError> {
    match std::env::var(variable.name) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(Given {
            value,
            origin: Origin::Environment(variable),
        })),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(LayerError::NotUnicode(variable.name)),
    }
}

/// The folder that the user has chosen for what programs keep between runs.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(super) fn state_home() -> Option<PathBuf> {
    std::env::var_os("XDG_STATE_HOME").map(PathBuf::from)
}

/// The TLS library reads these itself, and finds no certificates at a path with `~`.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(super) fn check_certificate_paths() -> Result<(), LayerError> {
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        let paths = std::env::var_os(name).unwrap_or_default();
        if std::env::split_paths(&paths).any(|path| begins_with_tilde(&path)) {
            return Err(LayerError::NotReplaced(name));
        }
    }
    Ok(())
}

/// toml's own message quotes the line, which may hold the webhook: keep the place and the kind of mistake.
fn form_error(path: &Path, text: &str, error: &toml::de::Error) -> LayerError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
    let known: Vec<_> = env_vars::ALL.iter().map(|variable| variable.key).collect();
    let problem = if error.message().starts_with("unknown field") {
        format!("unknown key; known are {}", known.join(", "))
    } else if error.message().starts_with("duplicate") {
        "a key is given twice".to_owned()
    } else if error.message().starts_with("invalid type") {
        "every value is text in quotes".to_owned()
    } else {
        "it is not TOML".to_owned()
    };
    LayerError::Form {
        path: path.to_owned(),
        line,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(text: &str) -> Result<Layer, LayerError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, text).unwrap();
        Layer::from_file(&path)
    }

    #[test]
    fn a_file_gives_every_setting() {
        let layer = file("webhook_url = \"https://p.example/rest/1/a/\"\ntimeout = \"5s\"\nlog = \"info\"\n").unwrap();
        assert!(matches!(layer.webhook.unwrap().value, SecretSource::Text(_)));
        assert_eq!(layer.timeout.unwrap().value, "5s");
        assert_eq!(layer.log.unwrap().value, "info");
    }

    #[test]
    fn a_wrong_file_names_the_line_and_never_quotes_it() {
        for (text, expected) in [
            (
                "log = \"info\"\nwebhook = \"https://p.example/rest/1/canary/\"\n",
                "line 2: unknown key",
            ),
            // A key of an earlier version.
            (
                "log = \"info\"\nmerge = \"canary\"\n",
                "line 2: unknown key; known are webhook_url",
            ),
            (
                "webhook_url = https://p.example/rest/1/canary/\n",
                "line 1: it is not TOML",
            ),
            ("timeout = 25\n", "line 1: every value is text"),
        ] {
            let message = file(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn a_webhook_given_twice_is_refused() {
        let error = file("webhook_url = \"https://p.example/rest/1/a/\"\nwebhook_url_file = \"w\"\n").unwrap_err();
        assert!(matches!(error, LayerError::Twice(..)), "{error}");
    }
}
