//! Settings of a server that a team shares.

use std::ops::RangeInclusive;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::duration::duration_in;
use super::env_vars::{self, EnvVar};
use super::error::Error;
use super::layer::Layer;
use super::paths;
use super::source::SettingSource;
use super::store::StoreAddress;
use crate::portal::{Application, Credentials, GivenSecret};
use crate::team::{Lifetimes, MetadataHosts, PublicUrl, ServerKeys, Settings};

/// The settings of a team as they are given. A server for one person needs none of them.
#[derive(Debug)]
pub struct Given {
    /// The address by which clients and browsers reach the server.
    pub public_url: Option<PublicUrl>,
    server_key: Option<(GivenSecret, SettingSource)>,
    /// The hosts whose metadata documents are fetched.
    pub client_metadata: MetadataHosts,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// A setting of one person's credentials, which a team's server does not use.
    of_one_person: Option<SettingSource>,
}

/// The accepted values of `BITRIX24_MCP_ACCESS_LIFETIME`. Some clients refresh a token that is about to expire before
/// every call.
const ACCESS_LIFETIMES: RangeInclusive<Duration> = Duration::from_secs(5 * 60)..=Duration::from_secs(DAY);
/// The accepted values of `BITRIX24_MCP_SIGN_IN_LIFETIME`. Bitrix24's own tokens live for 180 days.
const SIGN_IN_LIFETIMES: RangeInclusive<Duration> = Duration::from_secs(DAY)..=Duration::from_secs(180 * DAY);
/// The accepted values of `BITRIX24_MCP_REFRESH_GRACE`.
const REFRESH_GRACES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(30 * 60);
const DAY: u64 = 24 * 3600;

/// The settings that belong to one person's credentials.
const OF_ONE_PERSON: [&EnvVar; 4] = [
    &env_vars::WEBHOOK_URL,
    &env_vars::ACCESS_TOKEN,
    &env_vars::REFRESH_TOKEN,
    &env_vars::TOKEN_STORE,
];

impl Given {
    pub(super) fn read(layer: &Layer) -> Result<Self, Error> {
        let public_url = match layer.get(&env_vars::PUBLIC_URL) {
            Some(_) => Some(layer.read(&env_vars::PUBLIC_URL, str::parse)?),
            None => None,
        };
        let server_key = layer.get(&env_vars::SERVER_KEY);
        let of_one_person = OF_ONE_PERSON.iter().find_map(|variable| layer.get(variable));
        Ok(Self {
            public_url,
            server_key: server_key.map(|given| (given.value.clone(), given.source.clone())),
            client_metadata: layer.read(&env_vars::CLIENT_METADATA, str::parse)?,
            lifetimes: Lifetimes {
                access_token: layer.read(&env_vars::ACCESS_LIFETIME, |text| duration_in(&ACCESS_LIFETIMES, text))?,
                idle_sign_in: layer.read(&env_vars::SIGN_IN_LIFETIME, |text| {
                    duration_in(&SIGN_IN_LIFETIMES, text)
                })?,
                refresh_grace: layer.read(&env_vars::REFRESH_GRACE, |text| duration_in(&REFRESH_GRACES, text))?,
                ..Lifetimes::default()
            },
            of_one_person: of_one_person.map(|given| given.source.clone()),
        })
    }

    /// The settings of a team's server at the portal of `credentials`.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::NotWithTeam`] or [`Error::Value`].
    pub fn complete(&self, credentials: &Credentials) -> Result<Settings, Error> {
        if let Some(source) = &self.of_one_person {
            return Err(Error::NotWithTeam(source.clone()));
        }
        let application = self.application(credentials)?;
        Ok(Settings {
            public_url: self.public_url.clone().ok_or(Error::Missing(&env_vars::PUBLIC_URL))?,
            portal: application.portal.clone(),
            oauth_server: application.server.clone(),
            client_id: (application.client_id.clone()).ok_or(Error::Missing(&env_vars::CLIENT_ID))?,
            client_secret: (application.client_secret.clone()).ok_or(Error::Missing(&env_vars::CLIENT_SECRET))?,
            server_keys: self.server_keys()?,
            client_metadata: self.client_metadata.clone(),
            lifetimes: self.lifetimes,
        })
    }

    /// The server's keys.
    ///
    /// # Errors
    /// [`Error::Missing`] or [`Error::Value`].
    pub fn server_keys(&self) -> Result<ServerKeys, Error> {
        let (given, source) = (self.server_key.as_ref()).ok_or(Error::Missing(&env_vars::SERVER_KEY))?;
        let text = given
            .read()
            .map_err(|error| Error::of_value(source, format!("cannot be used: {error}")))?;
        text.expose_secret()
            .parse()
            .map_err(|error| Error::of_value(source, error))
    }

    /// Where the sign-ins are kept if no store is set: in the file of this portal and application in the state folder.
    ///
    /// # Errors
    /// [`Error::Missing`] without a portal, or [`Error::NoHome`].
    pub(super) fn default_store(&self, credentials: &Credentials) -> Result<StoreAddress, Error> {
        let application = self.application(credentials)?;
        let client_id = application.client_id.as_deref().unwrap_or_default();
        let path = paths::state_file(&application.portal, client_id, "sqlite");
        path.map(StoreAddress::Sqlite)
            .ok_or(Error::NoHome(env_vars::STORE.name))
    }

    fn application<'a>(&self, credentials: &'a Credentials) -> Result<&'a Application, Error> {
        match credentials {
            Credentials::Application(application) => Ok(application),
            _ => match &self.of_one_person {
                Some(source) => Err(Error::NotWithTeam(source.clone())),
                None => Err(Error::Missing(&env_vars::PORTAL)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layer::GivenSetting;
    use crate::config::{Settings, env_vars};

    fn layer(given: &[(&'static EnvVar, &str)]) -> Layer {
        let setting =
            |(variable, text): &(&'static EnvVar, &str)| GivenSetting::new(text, SettingSource::Environment(variable));
        Layer(given.iter().map(setting).collect())
    }

    fn complete(given: &[(&'static EnvVar, &str)]) -> Result<crate::team::Settings, Error> {
        let settings = Settings::from_layer(&layer(given))?;
        settings.team.complete(&settings.portal.credentials)
    }

    /// The settings of a team's server in the order in which they are asked for.
    fn all(key: &str) -> Vec<(&'static EnvVar, String)> {
        [
            (&env_vars::PORTAL, "https://p.example"),
            (&env_vars::PUBLIC_URL, "https://mcp.example.com"),
            (&env_vars::CLIENT_ID, "local.1"),
            (&env_vars::CLIENT_SECRET, "s3cr3t"),
            (&env_vars::SERVER_KEY, key),
        ]
        .map(|(variable, text)| (variable, text.to_owned()))
        .to_vec()
    }

    #[test]
    fn each_missing_setting_is_named_and_one_persons_credentials_are_refused() {
        let key = ServerKeys::generate().unwrap();
        let all = all(key.expose_secret());
        for given in 0..all.len() {
            let some: Vec<_> = all
                .iter()
                .take(given)
                .map(|(variable, text)| (*variable, text.as_str()))
                .collect();
            let error = complete(&some).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("{} must be set", all[given].0.name)),
                "{error}"
            );
        }
        let mut given: Vec<_> = all.iter().map(|(variable, text)| (*variable, text.as_str())).collect();
        let settings = complete(&given).unwrap();
        assert_eq!(settings.public_url.resource(), "https://mcp.example.com/mcp");
        assert_eq!(settings.lifetimes, Lifetimes::default());
        for of_one_person in OF_ONE_PERSON {
            given.push((of_one_person, "https://p.example/rest/1/canary/"));
            let error = complete(&given).unwrap_err().to_string();
            assert!(
                error.contains(of_one_person.name) && error.contains("--team") && !error.contains("canary"),
                "{error}"
            );
            given.pop();
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_an_example_and_not_shown() {
        for (variable, text) in [
            (&env_vars::PUBLIC_URL, "https://mcp.example.com/canary"),
            (&env_vars::PUBLIC_URL, "http://canary.example"),
            (&env_vars::CLIENT_METADATA, "canary"),
            (&env_vars::ACCESS_LIFETIME, "1s"),
            (&env_vars::SIGN_IN_LIFETIME, "200days"),
            (&env_vars::REFRESH_GRACE, "1h"),
            (&env_vars::TRUSTED_PROXIES, "canary"),
        ] {
            let error = Settings::from_layer(&layer(&[(variable, text)]))
                .unwrap_err()
                .to_string();
            assert!(
                error.starts_with(variable.name) && error.ends_with(variable.example),
                "{error}"
            );
            assert!(!error.contains("canary"), "{error}");
        }
        let mut given = all("canary");
        let given: Vec<_> = given
            .iter_mut()
            .map(|(variable, text)| (*variable, text.as_str()))
            .collect();
        let error = complete(&given).unwrap_err().to_string();
        assert!(
            error.starts_with("BITRIX24_MCP_SERVER_KEY ") && !error.contains("canary"),
            "{error}"
        );
    }
}
