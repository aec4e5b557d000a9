//! The only reader of environment variables.

use std::path::PathBuf;

use super::env_vars::{self, EnvVar};
use super::error::Error;
use super::layer::{GivenSetting, Layer};
use super::source::SettingSource;

impl Layer {
    /// Reads the settings in the environment. An empty variable counts as not set: clients leave such variables behind
    /// for form fields that the user did not fill in.
    ///
    /// # Errors
    /// [`Error::NotUnicode`].
    pub fn from_environment() -> Result<Self, Error> {
        let given = env_vars::ALL.iter().filter_map(|variable| read(variable).transpose());
        given.collect::<Result<_, _>>().map(Self)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn read(variable: &'static EnvVar) -> Result<Option<GivenSetting>, Error> {
    match std::env::var(variable.name) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(GivenSetting::new(&text, SettingSource::Environment(variable)))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::NotUnicode(variable.name)),
    }
}

/// The paths in a variable, separated as in PATH.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(super) fn paths_in(name: &str) -> Vec<PathBuf> {
    let paths = std::env::var_os(name).unwrap_or_default();
    std::env::split_paths(&paths).collect()
}

/// `XDG_STATE_HOME`: the folder in which programs keep their state between runs.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(super) fn state_home() -> Option<PathBuf> {
    std::env::var_os("XDG_STATE_HOME").map(PathBuf::from)
}
