//! Settings, complete and checked. The environment wins over the settings file, and the file over the defaults; `cli`
//! applies flags on top.
//!
//! There are two stages. A [`Layer`] holds the values as given, each with its source; [`Settings`] holds them parsed.
//! The error for a wrong value names the setting, the problem and a valid example, and never shows a secret.
//!
//! To add a setting, add a row to the table in [`env_vars`] and a `layer.read(&env_vars::NAME, parse)` below.

mod duration;
pub mod env_vars;
mod environment;
mod error;
mod file;
mod http;
mod layer;
pub mod paths;
mod rate;
mod source;
pub mod store;
pub mod team;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;
use tracing::level_filters::LevelFilter;

pub use error::{Error, InvalidPath};
pub use layer::{GivenSetting, Layer};
pub use source::SettingSource;
pub use store::StoreAddress;

use duration::duration_in;

use crate::portal::{self, Application, Credentials, GivenSecret, RateLimit};
use crate::telemetry;
use crate::transports::guard;

/// All settings, parsed.
#[derive(Debug)]
pub struct Settings {
    /// For the portal client.
    pub portal: portal::Settings,
    /// How long the portal's replies, and the address book in memory, count as fresh. Zero turns the cache off.
    pub cache_ttl: Duration,
    /// Which HTTP callers to admit.
    pub guard: guard::Settings,
    /// The store that processes share.
    pub store: store::Given,
    /// For `serve --team`.
    pub team: team::Given,
    /// Where each setting was given, without its value, for `doctor`.
    pub sources: Vec<SettingSource>,
    /// The files that hold secrets.
    pub secret_files: Vec<PathBuf>,
    /// The log level, before `-v` and `-q`.
    pub log_level: LevelFilter,
}

/// The accepted values of `BITRIX24_CACHE_TTL`. The upper bound keeps a new contact from staying hidden for long.
const CACHE_TTLS: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3600);
/// The accepted values of `BITRIX24_TIMEOUT`. No portal answers faster than the lower bound, and no client waits longer
/// than the upper bound.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(50);

impl Settings {
    /// Reads the environment and, if one is named, the settings file.
    ///
    /// # Errors
    /// [`Error`] names the setting at fault. A missing or wrong webhook is no error here: the server must still answer
    /// its client, and the failed tool call then says what to set.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        paths::check_certificate_paths()?;
        let environment = Layer::from_environment()?;
        let file = file
            .map(|file| Layer::from_file(&paths::of_command_line(file)?))
            .transpose()?
            .unwrap_or_default();
        let layer = environment.over(file);
        layer.check_unique()?;
        Self::from_layer(&layer.with_paths_expanded(paths::home().as_deref())?)
    }

    /// Parses the given values and fills in the defaults.
    ///
    /// # Errors
    /// [`Error::Value`] or [`Error::NoHome`].
    pub fn from_layer(layer: &Layer) -> Result<Self, Error> {
        let credentials = match (layer.secret(&env_vars::WEBHOOK_URL), layer.get(&env_vars::PORTAL)) {
            (Some(GivenSecret::Text(url)), _) => Credentials::from_webhook_url(url.expose_secret()),
            (Some(GivenSecret::File(path)), _) => Credentials::WebhookFile(path),
            (None, Some(_)) => Credentials::Application(application(layer)?),
            (None, None) => Credentials::Missing,
        };
        Ok(Self {
            portal: portal::Settings {
                timeout: layer.read(&env_vars::TIMEOUT, |text| duration_in(&TIMEOUTS, text))?,
                rate_limit: layer
                    .read(&env_vars::RATE_LIMIT, rate::parse)?
                    .map(|(per_second, burst)| RateLimit { per_second, burst }),
                ..portal::Settings::new(credentials)
            },
            cache_ttl: layer.read(&env_vars::CACHE_TTL, |text| match text {
                "0" => Ok(Duration::ZERO),
                _ => duration_in(&CACHE_TTLS, text),
            })?,
            guard: http::guard(layer)?,
            store: store::Given::read(layer)?,
            team: team::Given::read(layer)?,
            sources: layer.sources(),
            secret_files: layer.secret_files(),
            log_level: layer.read(&env_vars::LOG, telemetry::level)?,
        })
    }

    /// Where a team's server keeps its sign-ins: the store of the settings, or a file in the state folder.
    ///
    /// # Errors
    /// [`Error::Value`], [`Error::Missing`] without a portal, or [`Error::NoHome`].
    pub fn team_store(&self) -> Result<StoreAddress, Error> {
        match self.store.address()? {
            Some(address) => Ok(address),
            None => self.team.default_store(&self.portal.credentials),
        }
    }
}

fn application(layer: &Layer) -> Result<Application, Error> {
    let portal: portal::Origin = layer.read(&env_vars::PORTAL, str::parse)?;
    let client_id = layer.text(&env_vars::CLIENT_ID);
    let token_store = match layer.secret(&env_vars::TOKEN_STORE) {
        Some(GivenSecret::File(path)) => path,
        _ => default_token_store(&portal, client_id.unwrap_or_default())?,
    };
    Ok(Application {
        client_id: client_id.map(str::to_owned),
        client_secret: layer.secret(&env_vars::CLIENT_SECRET),
        access_token: layer.secret(&env_vars::ACCESS_TOKEN),
        refresh_token: layer.secret(&env_vars::REFRESH_TOKEN),
        token_store,
        server: layer.read(&env_vars::OAUTH_SERVER, str::parse)?,
        portal,
    })
}

/// The token file of this portal and application.
fn default_token_store(portal: &portal::Origin, client_id: &str) -> Result<PathBuf, Error> {
    paths::state_file(portal, client_id, "json").ok_or(Error::NoHome(env_vars::TOKEN_STORE.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transports::guard::CallerLimit;

    #[test]
    fn nothing_given_means_the_documented_defaults() {
        let settings = Settings::from_layer(&Layer::default()).unwrap();
        assert!(matches!(settings.portal.credentials, Credentials::Missing));
        assert_eq!(settings.portal.timeout, portal::Settings::DEFAULT_TIMEOUT);
        assert_eq!(settings.portal.rate_limit, Some(RateLimit::default()));
        assert_eq!(settings.guard.caller_limit, Some(CallerLimit::DEFAULT));
        let server = Application::default_server().unwrap();
        assert_eq!(server.as_str(), env_vars::OAUTH_SERVER.default);
    }

    #[test]
    fn a_given_limit_also_applies_to_programs_on_this_machine() {
        let given = GivenSetting::new("0.5 / 3", SettingSource::Environment(&env_vars::CALLER_LIMIT));
        let limit = Settings::from_layer(&Layer(vec![given])).unwrap().guard.caller_limit;
        let limit = limit.unwrap();
        assert_eq!((limit.per_second, limit.burst, limit.limits_loopback), (0.5, 3, true));
    }

    #[test]
    fn a_wrong_timeout_names_the_setting_the_mistake_and_an_example() {
        for (text, problem) in [
            ("soon", "is not a duration"),
            ("0s", "from 100ms"),
            ("2h", "from 100ms"),
        ] {
            let given = GivenSetting::new(text, SettingSource::Environment(&env_vars::TIMEOUT));
            let message = Settings::from_layer(&Layer(vec![given])).unwrap_err().to_string();
            assert!(
                message.starts_with("BITRIX24_TIMEOUT ") && message.contains(problem),
                "{message}"
            );
            assert!(message.ends_with("25s"), "{message}");
        }
    }
}
