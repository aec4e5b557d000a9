//! Settings: environment over file over default, complete and checked. Flags come on top in `cli`.
//!
//! Two stages: [`Layer`] holds what was given and where; [`Settings`] what it means. A wrong value is refused with one
//! message that names the setting, what is wrong and a right example, and never shows a secret.

pub mod env_vars;
mod http;
mod layer;
pub mod paths;
mod sources;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;

pub use layer::{Given, Layer, LayerError, Maybe, Origin, SecretSource};

use crate::portal::{self, Application, Credentials, GivenSecret, RateLimit};
use crate::telemetry::Level;
use crate::transports::guard;
use env_vars::EnvVar;

/// Everything the program needs to know, from every source.
#[derive(Debug)]
pub struct Settings {
    /// For the portal client.
    pub portal: portal::Settings,
    /// How long an answer of the portal, and the address book in memory, count as fresh; zero: not at all.
    pub cache_ttl: Duration,
    /// Whom to let in over HTTP.
    pub guard: guard::Settings,
    /// What was given, and where, for `doctor`: names and places, no values.
    pub origins: Vec<Origin>,
    /// The files that hold secrets.
    pub secret_files: Vec<PathBuf>,
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
    /// There is no folder to keep tokens in.
    #[error("BITRIX24_TOKEN_STORE must be set: this user has no home folder to keep tokens in")]
    NoHome,
}

/// Shorter than this no portal answers; longer than this no client waits.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(50);

impl Settings {
    /// Reads the environment and, if one is named, the settings file.
    ///
    /// # Errors
    /// [`Error`] names the setting at fault. A missing or wrong webhook is no error here: the server must still answer
    /// its client, and the tool's failure then tells what to set.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        sources::check_certificate_paths()?;
        let home = paths::home();
        let environment = Layer::from_environment()?;
        let file = file
            .map(|file| Ok::<_, Error>(Layer::from_file(&paths::of_command_line(file)?)?))
            .transpose()?
            .unwrap_or_default();
        Self::from_layer(environment.over(file).with_paths_expanded(home.as_deref())?)
    }

    /// Checks what was given and fills in the defaults.
    ///
    /// # Errors
    /// [`Error::Value`].
    pub fn from_layer(layer: Layer) -> Result<Self, Error> {
        let origins = layer.origins().into_iter().cloned().collect();
        let secret_files = layer.secret_files();
        let rate_limit = match layer.rate_limit {
            None => Some(RateLimit::default()),
            Some(given) if given.value.trim().eq_ignore_ascii_case("off") => None,
            Some(given) => Some(parsed(given, env_vars::RATE_LIMIT.example)?),
        };
        let cache_ttl = match layer.cache_ttl {
            None => DEFAULT_CACHE_TTL,
            Some(given) if given.value.trim() == "0" => Duration::ZERO,
            Some(given) => duration_in(given, &(Duration::ZERO..=LONGEST_CACHE_TTL), &env_vars::CACHE_TTL)?,
        };
        let timeout = match layer.timeout {
            None => portal::Settings::DEFAULT_TIMEOUT,
            Some(given) => duration_in(given, &TIMEOUTS, &env_vars::TIMEOUT)?,
        };
        let log_level = match layer.log {
            None => Level::default(),
            Some(given) => parsed(given, env_vars::LOG.example)?,
        };
        let guard = http::guard(
            layer.http_token,
            layer.allowed_hosts,
            layer.allowed_origins,
            layer.caller_limit,
        )?;
        let credentials = match (layer.webhook, layer.portal) {
            (Some(webhook), Some(portal)) => {
                return Err(LayerError::Twice(webhook.origin, portal.origin).into());
            }
            (Some(Given { value, .. }), None) => match value {
                SecretSource::Text(url) => Credentials::from_webhook_url(url.expose_secret()),
                SecretSource::File(path) => Credentials::WebhookFile(path),
            },
            (None, Some(portal)) => {
                let portal: portal::Origin = parsed(portal, env_vars::PORTAL.example)?;
                let token_store = match layer.token_store {
                    Some(given) => given.value,
                    None => default_token_store(&portal, layer.client_id.as_ref())?,
                };
                let server = layer.oauth_server.map_or_else(
                    || {
                        Application::default_server().map_err(|error| Error::Value {
                            origin: Origin::Environment(&env_vars::OAUTH_SERVER),
                            problem: error.to_string(),
                            example: env_vars::OAUTH_SERVER.example,
                        })
                    },
                    |given| parsed(given, env_vars::OAUTH_SERVER.example),
                )?;
                Credentials::Application(Application {
                    portal,
                    client_id: layer.client_id.map(|given| given.value.trim().to_owned()),
                    client_secret: layer.client_secret.map(secret_in),
                    access_token: layer.access_token.map(secret_in),
                    refresh_token: layer.refresh_token.map(secret_in),
                    token_store,
                    server,
                })
            }
            (None, None) => Credentials::Missing,
        };
        Ok(Self {
            portal: portal::Settings {
                timeout,
                rate_limit,
                ..portal::Settings::new(credentials)
            },
            cache_ttl,
            guard,
            origins,
            secret_files,
            log_level,
        })
    }
}

/// Repeats of a question come within a conversation; a new contact must not stay hidden for long.
const DEFAULT_CACHE_TTL: Duration = Duration::from_secs(60);
const LONGEST_CACHE_TTL: Duration = Duration::from_secs(3600);

fn secret_in(given: Given<SecretSource>) -> GivenSecret {
    match given.value {
        SecretSource::Text(secret) => GivenSecret::Text(secret.expose_secret().trim().into()),
        SecretSource::File(path) => GivenSecret::File(path),
    }
}

/// One file for each portal and application, where programs of this system keep what they must not lose.
fn default_token_store(portal: &portal::Origin, client_id: Option<&Given<String>>) -> Result<PathBuf, Error> {
    let folder = paths::state_folder().ok_or(Error::NoHome)?;
    let client_id = client_id.map(|given| given.value.trim()).unwrap_or_default();
    let name = format!("{} {client_id}", portal.authority());
    let name = name
        .trim()
        .replace(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')), "_");
    Ok(folder.join(env!("CARGO_PKG_NAME")).join(format!("{name}.json")))
}

fn parsed<T: FromStr>(given: Given<String>, example: &'static str) -> Result<T, Error>
where
    T::Err: std::fmt::Display,
{
    given.value.parse().map_err(|error: T::Err| Error::Value {
        origin: given.origin,
        problem: error.to_string(),
        example,
    })
}

fn duration_in(given: Given<String>, range: &RangeInclusive<Duration>, variable: &EnvVar) -> Result<Duration, Error> {
    let problem = match humantime::parse_duration(given.value.trim()) {
        Ok(duration) if range.contains(&duration) => return Ok(duration),
        Ok(_) => format!(
            "must be from {} to {}",
            humantime::format_duration(*range.start()),
            humantime::format_duration(*range.end())
        ),
        Err(_) => "is not a duration".to_owned(),
    };
    Err(Error::Value {
        origin: given.origin,
        problem,
        example: variable.example,
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
        assert_eq!(
            env_vars::RATE_LIMIT.default.parse(),
            Ok(settings.portal.rate_limit.unwrap())
        );
        assert_eq!(
            humantime::parse_duration(env_vars::CACHE_TTL.default),
            Ok(settings.cache_ttl)
        );
        let server = Application::default_server().unwrap();
        assert_eq!(server.as_str(), env_vars::OAUTH_SERVER.default);
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
