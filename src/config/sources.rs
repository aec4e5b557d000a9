//! Where settings are read from: the environment and the settings file. Nothing else reads either; unknown keys of the
//! file are errors, and no message quotes a value.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use toml::de::DeTable;

use super::env_vars::{self, EnvVar};
use super::layer::{Given, Layer, LayerError, Origin};
use super::paths::begins_with_tilde;
use crate::portal::{may_hold_a_webhook, read_small_file};

impl Layer {
    /// Reads the environment. An empty variable counts as not set: clients that fill in forms leave such ones behind.
    ///
    /// # Errors
    /// [`LayerError::NotUnicode`].
    pub fn from_environment() -> Result<Self, LayerError> {
        let given = env_vars::ALL.iter().filter_map(|variable| read(variable).transpose());
        given.collect::<Result<_, _>>().map(Self)
    }

    /// Reads a settings file in TOML.
    ///
    /// # Errors
    /// [`LayerError::NotAPath`], [`LayerError::File`] or [`LayerError::Form`].
    pub fn from_file(path: &Path) -> Result<Self, LayerError> {
        if may_hold_a_webhook(&path.to_string_lossy()) {
            return Err(LayerError::NotAPath);
        }
        let text = read_small_file(path).map_err(|reason| LayerError::File {
            path: path.to_owned(),
            reason,
        })?;
        let text = text.expose_secret();
        // toml's own message quotes the line, which may hold the webhook: keep the place and the kind of mistake.
        let wrong = |start: usize, problem: String| LayerError::Form {
            path: path.to_owned(),
            line: text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1,
            problem,
        };
        let table = DeTable::parse(text).map_err(|error| {
            let is_twice = error.message().starts_with("duplicate");
            let problem = if is_twice {
                "a key is given twice"
            } else {
                "it is not TOML"
            };
            wrong(error.span().map_or(0, |span| span.start), problem.to_owned())
        })?;
        let mut table = table.into_inner();
        let mut layer = Self::default();
        for variable in env_vars::ALL {
            if let Some(value) = table.remove(variable.key().as_str()) {
                let text = value.get_ref().as_str();
                let text = text.ok_or_else(|| wrong(value.span().start, "every value is text in quotes".to_owned()))?;
                layer.0.push(Given::new(text, Origin::File(path.to_owned(), variable)));
            }
        }
        match table.keys().next() {
            None => Ok(layer),
            Some(key) => {
                let known: Vec<_> = env_vars::ALL.iter().map(EnvVar::key).collect();
                let problem = format!("unknown key; known are {}", known.join(", "));
                Err(wrong(key.span().start, problem))
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn read(variable: &'static EnvVar) -> Result<Option<Given>, LayerError> {
    match std::env::var(variable.name) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(Given::new(&text, Origin::Environment(variable)))),
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
        let text = |variable| layer.text(variable).unwrap();
        assert_eq!(text(&env_vars::WEBHOOK_URL), "https://p.example/rest/1/a/");
        assert_eq!((text(&env_vars::TIMEOUT), text(&env_vars::LOG)), ("5s", "info"));
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
        let layer = file("webhook_url = \"https://p.example/rest/1/a/\"\nwebhook_url_file = \"w\"\n").unwrap();
        let error = layer.check_unique().unwrap_err();
        assert!(matches!(error, LayerError::Twice(..)), "{error}");
    }
}
