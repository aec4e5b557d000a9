//! Where a setting was given: the environment, or a key of the settings file.

use std::fmt;
use std::path::PathBuf;

use super::env_vars::EnvVar;

/// Where a setting was given. Messages show it in place of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingSource {
    /// An environment variable.
    Environment(&'static EnvVar),
    /// A key of the settings file, with the file's path.
    File(PathBuf, &'static EnvVar),
}

impl SettingSource {
    /// The row of the table of settings.
    pub(super) fn variable(&self) -> &'static EnvVar {
        match self {
            Self::Environment(variable) | Self::File(_, variable) => variable,
        }
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => f.write_str(variable.name),
            Self::File(path, variable) => write!(f, "`{}` in {}", variable.key(), path.display()),
        }
    }
}
