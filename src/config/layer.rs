//! What was given, and where: one layer per source, nothing checked yet but the form.
//!
//! The only reader of the environment and of the settings file. Unknown keys of the file are errors.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::env_vars::{self, EnvVar};
use crate::portal::{may_hold_a_webhook, read_small_file};

/// Where a setting came from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An environment variable.
    Environment(&'static EnvVar),
    /// A key of the settings file.
    File(PathBuf, &'static EnvVar),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => f.write_str(variable.name),
            Self::File(path, variable) => write!(f, "`{}` in {}", variable.key, path.display()),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone)]
pub struct Given<T> {
    /// The value, unchecked.
    pub value: T,
    /// Its source.
    pub origin: Origin,
}

/// A secret, or the file that holds it.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// The secret itself.
    Text(SecretString),
    /// Its file.
    File(PathBuf),
}

/// Something that every source may give, or nothing.
pub type Maybe<T> = Option<Given<T>>;

/// The settings of one source; all optional.
#[derive(Debug, Default)]
pub struct Layer {
    /// The webhook, or its file.
    pub webhook: Maybe<SecretSource>,
    /// The portal of an application.
    pub portal: Maybe<String>,
    /// The application.
    pub client_id: Maybe<String>,
    /// Its secret.
    pub client_secret: Maybe<SecretSource>,
    /// A token to start with.
    pub access_token: Maybe<SecretSource>,
    /// Its refresh token.
    pub refresh_token: Maybe<SecretSource>,
    /// Where tokens are kept.
    pub token_store: Maybe<PathBuf>,
    /// Who exchanges tokens.
    pub oauth_server: Maybe<String>,
    /// What the portal takes.
    pub rate_limit: Maybe<String>,
    /// How long answers are good.
    pub cache_ttl: Maybe<String>,
    /// Time for one look-up.
    pub timeout: Maybe<String>,
    /// Log level.
    pub log: Maybe<String>,
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A variable is not valid Unicode.
    #[error("{0} is not valid Unicode text")]
    NotUnicode(&'static str),
    /// A secret is given twice in one source.
    #[error("{0} and {1} are both set; remove one of them")]
    Twice(Origin, Origin),
    /// A URL was given in place of the settings file; it may be the webhook's, so it is not shown.
    #[error("--config takes the path of a file, not a URL")]
    NotAPath,
    /// The settings file cannot be read.
    #[error("the settings file {path} cannot be used: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why, as a phrase.
        reason: &'static str,
    },
    /// The settings file is not what it should be. The text may hold a secret, so only the place is told.
    #[error("the settings file {path} is wrong at line {line}: {problem}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Line from 1.
        line: usize,
        /// What is wrong, without the text itself.
        problem: String,
    },
}

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
            log: plain(keys.log, &env_vars::LOG),
        })
    }

    /// This layer, with `below` where this one is silent. Credentials are one thing: a webhook or an application here
    /// hides the other kind below.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let (hides_webhook, hides_application) = (self.portal.is_some(), self.webhook.is_some());
        let application = |below: Maybe<String>| below.filter(|_| !hides_application);
        Self {
            webhook: self.webhook.or(below.webhook.filter(|_| !hides_webhook)),
            portal: self.portal.or(application(below.portal)),
            client_id: self.client_id.or(below.client_id),
            client_secret: self.client_secret.or(below.client_secret),
            access_token: self.access_token.or(below.access_token),
            refresh_token: self.refresh_token.or(below.refresh_token),
            token_store: self.token_store.or(below.token_store),
            oauth_server: self.oauth_server.or(below.oauth_server),
            rate_limit: self.rate_limit.or(below.rate_limit),
            cache_ttl: self.cache_ttl.or(below.cache_ttl),
            timeout: self.timeout.or(below.timeout),
            log: self.log.or(below.log),
        }
    }

    /// Every setting that was given, and where; the rest has its default.
    pub fn origins(&self) -> Vec<&Origin> {
        fn of<T>(given: &Maybe<T>) -> Option<&Origin> {
            given.as_ref().map(|given| &given.origin)
        }
        [
            of(&self.webhook),
            of(&self.portal),
            of(&self.client_id),
            of(&self.client_secret),
            of(&self.access_token),
            of(&self.refresh_token),
            of(&self.token_store),
            of(&self.oauth_server),
            of(&self.rate_limit),
            of(&self.cache_ttl),
            of(&self.timeout),
            of(&self.log),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl<T> Given<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Given<U> {
        Given {
            value: change(self.value),
            origin: self.origin,
        }
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
