//! Settings of the store that processes share: the sign-ins of a team, and the portal's limits.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::env_vars;
use super::error::Error;
use super::layer::Layer;
use super::paths;
use super::source::SettingSource;
use crate::portal::GivenSecret;

/// The settings of a store as they are given.
#[derive(Debug)]
pub struct Given {
    address: Option<(GivenSecret, SettingSource)>,
    /// The most connections of this process to a database server: `BITRIX24_MCP_STORE_CONNECTIONS`.
    pub connections: usize,
    /// How many processes share the store: `BITRIX24_MCP_REPLICAS`.
    pub replicas: u32,
}

/// Where a store is.
#[derive(Debug, Clone)]
pub enum StoreAddress {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A database of PostgreSQL: its address, which may hold a password.
    Postgres(GivenSecret),
}

/// The accepted values of `BITRIX24_MCP_STORE_CONNECTIONS`.
const CONNECTIONS: RangeInclusive<usize> = 1..=100;
/// The accepted values of `BITRIX24_MCP_REPLICAS`.
const REPLICAS: RangeInclusive<u32> = 1..=1000;

impl Given {
    pub(super) fn read(layer: &Layer) -> Result<Self, Error> {
        let address = layer.get(&env_vars::STORE);
        Ok(Self {
            address: address.map(|given| (given.value.clone(), given.source.clone())),
            connections: layer.read(&env_vars::STORE_CONNECTIONS, |text| number_in(&CONNECTIONS, text))?,
            replicas: layer.read(&env_vars::REPLICAS, |text| number_in(&REPLICAS, text))?,
        })
    }

    /// True if `BITRIX24_MCP_STORE` is set.
    pub fn is_set(&self) -> bool {
        self.address.is_some()
    }

    /// Where the store is. `None` if `BITRIX24_MCP_STORE` is not set.
    ///
    /// # Errors
    /// [`Error::Value`]. It does not show the address.
    pub fn address(&self) -> Result<Option<StoreAddress>, Error> {
        let Some((given, source)) = &self.address else {
            return Ok(None);
        };
        let wrong = |problem: &str| Error::of_value(source, problem);
        let text = given.read().map_err(|error| {
            let problem = format!("cannot be used: {error}; give the path of a file with the address");
            wrong(&problem)
        })?;
        let text = text.expose_secret().trim();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Some(StoreAddress::Postgres(given.clone())));
        }
        let path = text.strip_prefix("sqlite:").filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| wrong("must be sqlite: and the path of a file, or a postgres:// address"))?;
        let path = paths::expanded_from(source, Path::new(path), paths::home().as_deref())?;
        Ok(Some(StoreAddress::Sqlite(path)))
    }
}

fn number_in<T>(range: &RangeInclusive<T>, text: &str) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("must be a number from {} to {}", range.start(), range.end())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::env_vars::EnvVar;
    use super::super::layer::GivenSetting;
    use super::*;

    fn given(variable: &'static EnvVar, text: &str) -> Result<Given, Error> {
        let setting = GivenSetting::new(text, SettingSource::Environment(variable));
        Given::read(&Layer(vec![setting]))
    }

    fn at(text: &str) -> Result<Option<StoreAddress>, Error> {
        given(&env_vars::STORE, text)?.address()
    }

    #[test]
    fn a_store_is_a_file_of_sqlite_or_a_database_of_postgresql() {
        let Ok(Some(StoreAddress::Sqlite(path))) = at("sqlite:/var/lib/team.sqlite") else {
            panic!("no file");
        };
        assert_eq!(path, Path::new("/var/lib/team.sqlite"));
        for address in ["postgres://u:canary@db/team", "postgresql:///team"] {
            let Ok(Some(StoreAddress::Postgres(given))) = at(address) else {
                panic!("no database");
            };
            assert_eq!(given.read().unwrap().expose_secret(), address);
            assert!(!format!("{given:?}").contains("canary"));
        }
        assert!(matches!(Given::read(&Layer::default()).unwrap().address(), Ok(None)));
    }

    #[test]
    fn a_wrong_address_is_answered_with_both_forms_and_not_shown() {
        for wrong in [
            "/var/lib/canary.sqlite",
            "sqlite:",
            "mysql://canary",
            "postgres:canary",
            "",
        ] {
            let error = at(wrong).unwrap_err().to_string();
            for part in [
                "BITRIX24_MCP_STORE must be sqlite:",
                "or a postgres:// address",
                env_vars::STORE.example,
            ] {
                assert!(error.contains(part), "{error}");
            }
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn numbers_are_within_their_bounds() {
        let defaults = Given::read(&Layer::default()).unwrap();
        assert_eq!((defaults.connections, defaults.replicas), (8, 2));
        for (variable, most) in [(&env_vars::STORE_CONNECTIONS, 100), (&env_vars::REPLICAS, 1000)] {
            assert!(given(variable, "1").is_ok() && given(variable, &most.to_string()).is_ok());
            for wrong in ["0", "-1", "1.5", "many", &(most + 1).to_string()] {
                let error = given(variable, wrong).unwrap_err().to_string();
                let expected = format!("{} must be a number from 1 to {most}", variable.name);
                assert!(error.starts_with(&expected), "{error}");
            }
        }
    }
}
