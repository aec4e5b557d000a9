//! Why settings or paths cannot be used. No message shows the value of a setting, which may be a secret.

use std::fmt::Display;
use std::path::PathBuf;

use super::env_vars::EnvVar;
use super::source::SettingSource;

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A variable is not valid Unicode.
    #[error("{0} is not valid Unicode text")]
    NotUnicode(&'static str),
    /// Two values are given where only one can be used, such as a secret and the file that holds it.
    #[error("{0} and {1} are both set; remove one of them")]
    Twice(SettingSource, SettingSource),
    /// A URL was given in place of the settings file. The URL may be the webhook's, so the message does not show it.
    #[error("--config takes the path of a file, not a URL")]
    NotAPath,
    /// A path on the command line cannot be used.
    #[error("the path {0} {1}")]
    Path(PathBuf, InvalidPath),
    /// A variable of the TLS library holds a path with `~`, which that library does not expand.
    #[error("{0} has a path that begins with `~`, which the TLS library does not replace by the home folder")]
    NotReplaced(&'static str),
    /// The settings file cannot be read.
    #[error("the settings file {path} cannot be used: {reason}")]
    File {
        /// The settings file.
        path: PathBuf,
        /// Why the file cannot be read, as a phrase.
        reason: &'static str,
    },
    /// The settings file has a mistake. Its text may hold a secret, so the message names only the line.
    #[error("the settings file {path} is wrong at line {line}: {problem}")]
    Form {
        /// The settings file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, without text of the file.
        problem: String,
    },
    /// A value is wrong.
    #[error("{setting} {problem}, for example {example}")]
    Value {
        /// Where the value was given.
        setting: SettingSource,
        /// What is wrong, as a phrase that follows the setting's name.
        problem: String,
        /// A valid value.
        example: &'static str,
    },
    /// A setting that a team's server needs is not given.
    #[error("{} must be set for a team's server, for example {}", .0.name, .0.example)]
    Missing(&'static EnvVar),
    /// A setting cannot be used together with `--team`.
    #[error("{0} cannot be used with --team, where each employee signs in; remove it")]
    NotWithTeam(SettingSource),
    /// No folder was found for the file that this setting names.
    #[error("{0} must be set: this user has no home folder to keep it in")]
    NoHome(&'static str),
}

impl Error {
    /// The error of a wrong value that was given in `setting`.
    pub(super) fn of_value(setting: &SettingSource, problem: impl Display) -> Self {
        Self::Value {
            setting: setting.clone(),
            problem: problem.to_string(),
            example: setting.variable().example,
        }
    }
}

/// Why a path cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// `~name`.
    #[error("begins with `~` and a name: the home folders of other users are not looked up")]
    OtherHome,
    /// `~`, but this user has no home folder.
    #[error("begins with `~`, and this user has no home folder")]
    NoHome,
    /// `$NAME`, `${NAME}` or `%NAME%`.
    #[error("begins with a variable that was not replaced by its value")]
    Variable,
    /// `"x"` or `'x'`, as `docker --env-file` passes quoted values on.
    #[error("begins with a quotation mark that was not removed")]
    Quote,
}
