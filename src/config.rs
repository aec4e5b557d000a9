//! Settings: environment over file over default, complete and checked. Flags come on top in `cli`.
//!
//! Two stages: [`Layer`] holds what was given and where; [`Settings`] what it means. A wrong value is refused with one
//! message that names the setting, what is wrong and a right example, and never shows a secret.

pub mod env_vars;
mod layer;

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;

pub use layer::{Given, Layer, LayerError, Origin, WebhookSource};

use crate::portal::{self, Credentials};
use crate::telemetry::{self, Level};

/// Everything the program needs to know, from every source.
#[derive(Debug)]
pub struct Settings {
    /// For the portal client.
    pub portal: portal::Settings,
    /// The log level, before `-v` and `-q`.
    pub log_level: Level,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A source could not be read.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// A value is wrong.
    #[error("{origin} {problem}, for example {example}")]
    Value {
        /// The setting.
        origin: Origin,
        /// What is wrong.
        problem: String,
        /// A right value.
        example: &'static str,
    },
}

/// Shorter than this no portal answers; longer than this no client waits.
const TIMEOUTS: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(50);

impl Settings {
    /// Reads the environment and, if one is named, the settings file.
    ///
    /// # Errors
    /// [`Error`] names the setting at fault. A missing or wrong webhook is no error here: the server must still answer
    /// its client, and the tool's failure then tells what to set.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        let environment = Layer::from_environment()?;
        let file = file.map(Layer::from_file).transpose()?.unwrap_or_default();
        Self::from_layer(environment.over(file))
    }

    /// Checks what was given and fills in the defaults.
    ///
    /// # Errors
    /// [`Error::Value`].
    pub fn from_layer(layer: Layer) -> Result<Self, Error> {
        let credentials = match layer.webhook.map(|given| given.value) {
            None => Credentials::Missing,
            Some(WebhookSource::Url(url)) => Credentials::from_webhook_url(url.expose_secret()),
            Some(WebhookSource::File(path)) => Credentials::WebhookFile(path),
        };
        let timeout = match layer.timeout {
            None => portal::Settings::DEFAULT_TIMEOUT,
            Some(given) => timeout_from(given)?,
        };
        let log_level = match layer.log {
            None => Level::default(),
            Some(Given { value, origin }) => value.parse().map_err(|error: telemetry::UnknownLevel| Error::Value {
                origin,
                problem: error.to_string(),
                example: env_vars::LOG.example,
            })?,
        };
        Ok(Self {
            portal: portal::Settings { credentials, timeout },
            log_level,
        })
    }
}

fn timeout_from(given: Given<String>) -> Result<Duration, Error> {
    let Given { value, origin } = given;
    match humantime::parse_duration(value.trim()) {
        Ok(timeout) if TIMEOUTS.contains(&timeout) => Ok(timeout),
        Ok(_) => Err("must be from 100ms to 50s"),
        Err(_) => Err("is not a duration"),
    }
    .map_err(|problem| Error::Value {
        origin,
        problem: problem.to_owned(),
        example: env_vars::TIMEOUT.example,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Option<Given<String>> {
        Some(Given {
            value: text.to_owned(),
            origin: Origin::Environment(&env_vars::TIMEOUT),
        })
    }

    #[test]
    fn nothing_given_means_the_documented_defaults() {
        let settings = Settings::from_layer(Layer::default()).unwrap();
        assert_eq!(
            humantime::format_duration(settings.portal.timeout).to_string(),
            env_vars::TIMEOUT.default
        );
        assert_eq!(Ok(settings.log_level), env_vars::LOG.default.parse());
        assert!(matches!(settings.portal.credentials, Credentials::Missing));
    }

    #[test]
    fn a_wrong_timeout_names_the_setting_the_mistake_and_an_example() {
        for (text, problem) in [
            ("soon", "is not a duration"),
            ("0s", "from 100ms"),
            ("2h", "from 100ms"),
        ] {
            let message = Settings::from_layer(Layer {
                timeout: given(text),
                ..Layer::default()
            })
            .unwrap_err()
            .to_string();
            assert!(
                message.starts_with("BITRIX24_TIMEOUT ") && message.contains(problem),
                "{message}"
            );
            assert!(message.ends_with("25s"), "{message}");
        }
    }
}
