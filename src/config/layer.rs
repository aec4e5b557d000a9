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

/// The settings of one source; all optional.
#[derive(Debug, Default)]
pub struct Layer {
    /// The webhook, or its file.
    pub webhook: Option<Given<WebhookSource>>,
    /// Time for one look-up.
    pub timeout: Option<Given<String>>,
    /// Log level.
    pub log: Option<Given<String>>,
}

/// The two ways to give a webhook.
#[derive(Debug, Clone)]
pub enum WebhookSource {
    /// The URL itself.
    Url(SecretString),
    /// A file that holds it.
    File(PathBuf),
}

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A variable is not valid Unicode.
    #[error("{0} is not valid Unicode text")]
    NotUnicode(&'static str),
    /// The webhook is given twice in one source.
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
    webhook_url: Option<String>,
    webhook_url_file: Option<PathBuf>,
    timeout: Option<String>,
    log: Option<String>,
}

impl Layer {
    /// Reads the environment. An empty variable counts as not set: clients that fill in forms leave such ones behind.
    ///
    /// # Errors
    /// [`LayerError::NotUnicode`] or [`LayerError::Twice`].
    pub fn from_environment() -> Result<Self, LayerError> {
        let url = read(&env_vars::WEBHOOK_URL)?.map(|given| given.map(|text| WebhookSource::Url(text.into())));
        let file = read(&env_vars::WEBHOOK_URL_FILE)?.map(|given| given.map(|text| WebhookSource::File(text.into())));
        Ok(Self {
            webhook: one_of(url, file)?,
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
        let url = keys.webhook_url.map(|url| Given {
            value: WebhookSource::Url(url.into()),
            origin: origin(&env_vars::WEBHOOK_URL),
        });
        let file = keys.webhook_url_file.map(|file| Given {
            value: WebhookSource::File(file),
            origin: origin(&env_vars::WEBHOOK_URL_FILE),
        });
        Ok(Self {
            webhook: one_of(url, file)?,
            timeout: keys.timeout.map(|value| Given {
                value,
                origin: origin(&env_vars::TIMEOUT),
            }),
            log: keys.log.map(|value| Given {
                value,
                origin: origin(&env_vars::LOG),
            }),
        })
    }

    /// This layer, with `below` where this one is silent.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            webhook: self.webhook.or(below.webhook),
            timeout: self.timeout.or(below.timeout),
            log: self.log.or(below.log),
        }
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
        assert!(matches!(layer.webhook.unwrap().value, WebhookSource::Url(_)));
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
