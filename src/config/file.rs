//! Reads the settings file. An unknown key is an error, and no message quotes a value.

use std::path::Path;

use secrecy::ExposeSecret;
use toml::de::DeTable;

use super::env_vars::{self, EnvVar};
use super::error::Error;
use super::layer::{GivenSetting, Layer};
use super::source::SettingSource;
use crate::portal::{may_hold_a_webhook, read_small_file};

impl Layer {
    /// Reads a settings file in TOML.
    ///
    /// # Errors
    /// [`Error::NotAPath`], [`Error::File`] or [`Error::Form`].
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        if may_hold_a_webhook(&path.to_string_lossy()) {
            return Err(Error::NotAPath);
        }
        let text = read_small_file(path).map_err(|reason| Error::File {
            path: path.to_owned(),
            reason,
        })?;
        let text = text.expose_secret();
        // toml's own message quotes the line, which may hold the webhook. Keep only the line number and the kind of
        // mistake.
        let wrong = |start: usize, problem: String| Error::Form {
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
                let text =
                    text.ok_or_else(|| wrong(value.span().start, "the value must be text in quotes".to_owned()))?;
                let source = SettingSource::File(path.to_owned(), variable);
                layer.0.push(GivenSetting::new(text, source));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(text: &str) -> Result<Layer, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, text).unwrap();
        Layer::from_file(&path)
    }

    #[test]
    fn keys_of_the_file_become_settings() {
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
            ("timeout = 25\n", "line 1: the value must be text"),
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
        assert!(matches!(error, Error::Twice(..)), "{error}");
    }
}
