//! What was given, and where: one layer per source, nothing checked yet.

use std::fmt::{self, Display};
use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::Error;
use super::env_vars::EnvVar;
use super::paths::InvalidPath;
use crate::portal::GivenSecret;

/// Where a setting came from, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An environment variable.
    Environment(&'static EnvVar),
    /// A key of the settings file.
    File(PathBuf, &'static EnvVar),
}

impl Origin {
    pub(super) fn variable(&self) -> &'static EnvVar {
        match self {
            Self::Environment(variable) | Self::File(_, variable) => variable,
        }
    }

    /// The error of a wrong value.
    pub(super) fn wrong(&self, problem: impl Display) -> Error {
        Error::Value {
            origin: self.clone(),
            problem: problem.to_string(),
            example: self.variable().example,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => f.write_str(variable.name),
            Self::File(path, variable) => write!(f, "`{}` in {}", variable.key(), path.display()),
        }
    }
}

/// A value and where it came from. Any text may turn out to be a secret, so none is shown.
#[derive(Debug, Clone)]
pub struct Given {
    /// The text without blanks around it, unchecked; a [path](EnvVar::is_path) as such.
    pub value: GivenSecret,
    /// Its source.
    pub origin: Origin,
}

impl Given {
    pub(super) fn new(text: &str, origin: Origin) -> Self {
        let text = text.trim();
        let value = match origin.variable().is_path() {
            true => GivenSecret::File(text.into()),
            false => GivenSecret::Text(text.into()),
        };
        Self { value, origin }
    }

    fn variable(&self) -> &'static EnvVar {
        self.origin.variable()
    }
}

/// The settings of one source, or of several, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Layer(pub(super) Vec<Given>);

/// Why a source could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// A variable is not valid Unicode.
    #[error("{0} is not valid Unicode text")]
    NotUnicode(&'static str),
    /// A secret is given twice in one source.
    #[error("{0} and {1} are both set; remove one of them")]
    Twice(Origin, Origin),
    /// A URL was given in place of the settings file; it may be the webhook's, so it is not shown.
    #[error("--config takes the path of a file, not a URL")]
    NotAPath,
    /// The settings file has a path that cannot be used.
    #[error("the settings file {0} {1}")]
    Path(PathBuf, InvalidPath),
    /// A variable of the TLS library has a path that it would take as it stands.
    #[error("{0} begins with `~`, which the TLS library does not replace by the home folder")]
    NotReplaced(&'static str),
    /// The settings file cannot be read.
    #[error("the settings file {path} cannot be used: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why, as a phrase.
        reason: &'static str,
    },
    /// The settings file is not what it should be. The text may hold a secret, so only the place is told.
    #[error("the settings file {path} is wrong at line {line}: {problem}")]
    Form {
        /// The file.
        path: PathBuf,
        /// Line from 1.
        line: usize,
        /// What is wrong, without the text itself.
        problem: String,
    },
}

impl Layer {
    /// This layer, with `below` where this one is silent. Credentials are one thing: a webhook or an application here
    /// hides the other kind below.
    #[must_use]
    pub fn over(mut self, mut below: Self) -> Self {
        let hides = |given: &Given| {
            self.0
                .iter()
                .any(|own| own.variable().slot() == given.variable().slot())
        };
        below.0.retain(|given| !hides(given));
        self.0.append(&mut below.0);
        self
    }

    /// Refuses two values where one alone can be meant.
    pub(super) fn check_unique(&self) -> Result<(), LayerError> {
        for (place, given) in self.0.iter().enumerate() {
            let mut later = self.0.iter().skip(place + 1);
            if let Some(other) = later.find(|other| other.variable().slot() == given.variable().slot()) {
                return Err(LayerError::Twice(given.origin.clone(), other.origin.clone()));
            }
        }
        Ok(())
    }

    /// What gives `variable`, in itself or in its [file](EnvVar::file_twin).
    pub(super) fn get(&self, variable: &EnvVar) -> Option<&Given> {
        self.0.iter().find(|given| given.variable().setting() == variable.name)
    }

    /// The secret, or its file.
    pub(super) fn secret(&self, variable: &EnvVar) -> Option<GivenSecret> {
        Some(self.get(variable)?.value.clone())
    }

    /// The text as it was given.
    pub(super) fn text(&self, variable: &EnvVar) -> Option<&str> {
        match &self.get(variable)?.value {
            GivenSecret::Text(text) => Some(text.expose_secret()),
            GivenSecret::File(_) => None,
        }
    }

    /// The text as it was given, or the default, as `parse` reads it.
    pub(super) fn read<T, E: Display>(
        &self,
        variable: &'static EnvVar,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Error> {
        parse(self.text(variable).unwrap_or(variable.default)).map_err(|problem| match self.get(variable) {
            Some(given) => given.origin.wrong(problem),
            None => Origin::Environment(variable).wrong(problem),
        })
    }

    /// The files that hold secrets: those that are named for one, and the settings file if one is in it.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        for given in &self.0 {
            let file = match (&given.value, &given.origin) {
                (GivenSecret::File(path), _) if given.variable().name.ends_with("_FILE") => path,
                (GivenSecret::Text(_), Origin::File(path, variable)) if variable.is_secret() => path,
                _ => continue,
            };
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        files
    }

    /// Every setting that was given, and where; the rest has its default.
    pub fn origins(&self) -> Vec<Origin> {
        self.0.iter().map(|given| given.origin.clone()).collect()
    }
}
