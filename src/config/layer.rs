//! Settings as they were given, each with its source; no value is checked yet.

use std::fmt::Display;
use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::env_vars::EnvVar;
use super::error::Error;
use super::source::SettingSource;
use crate::portal::GivenSecret;

/// A value and where it was given. Any text may turn out to be a secret, so the type shows none.
#[derive(Debug, Clone)]
pub struct GivenSetting {
    /// The unchecked text, trimmed; a [path](EnvVar::is_path) as a path.
    pub value: GivenSecret,
    /// Where the value was given.
    pub source: SettingSource,
}

impl GivenSetting {
    pub(super) fn new(text: &str, source: SettingSource) -> Self {
        let text = text.trim();
        let value = match source.variable().is_path() {
            true => GivenSecret::File(text.into()),
            false => GivenSecret::Text(text.into()),
        };
        Self { value, source }
    }

    fn variable(&self) -> &'static EnvVar {
        self.source.variable()
    }
}

/// The settings of the environment, of the settings file, or of both with the environment first. Each source is in the
/// order of the table.
#[derive(Debug, Default)]
pub struct Layer(pub(super) Vec<GivenSetting>);

impl Layer {
    /// This layer, and the settings of `below` that this layer does not give. A webhook or an application in this layer
    /// hides the other kind of credentials below.
    #[must_use]
    pub fn over(mut self, mut below: Self) -> Self {
        let is_hidden = |given: &GivenSetting| {
            let slot = given.variable().slot();
            self.0.iter().any(|own| own.variable().slot() == slot)
        };
        below.0.retain(|given| !is_hidden(given));
        self.0.append(&mut below.0);
        self
    }

    /// Refuses two settings with the same [slot](EnvVar::slot), such as a webhook and the portal of an application.
    pub(super) fn check_unique(&self) -> Result<(), Error> {
        for (index, given) in self.0.iter().enumerate() {
            let mut later = self.0.iter().skip(index + 1);
            if let Some(other) = later.find(|other| other.variable().slot() == given.variable().slot()) {
                return Err(Error::Twice(given.source.clone(), other.source.clone()));
            }
        }
        Ok(())
    }

    /// The setting given for `variable`: its value, or the [file](EnvVar::file_twin) that holds the value.
    pub(super) fn get(&self, variable: &EnvVar) -> Option<&GivenSetting> {
        self.0.iter().find(|given| given.variable().setting() == variable.name)
    }

    /// The value given for `variable`, or the file that holds the value.
    pub(super) fn secret(&self, variable: &EnvVar) -> Option<GivenSecret> {
        Some(self.get(variable)?.value.clone())
    }

    /// The text as it was given. `None` if nothing or a path was given.
    pub(super) fn text(&self, variable: &EnvVar) -> Option<&str> {
        match &self.get(variable)?.value {
            GivenSecret::Text(text) => Some(text.expose_secret()),
            GivenSecret::File(_) => None,
        }
    }

    /// The given text, or the default, parsed by `parse`.
    pub(super) fn read<T, E: Display>(
        &self,
        variable: &'static EnvVar,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Error> {
        parse(self.text(variable).unwrap_or(variable.default)).map_err(|problem| match self.get(variable) {
            Some(given) => Error::of_value(&given.source, problem),
            None => Error::of_value(&SettingSource::Environment(variable), problem),
        })
    }

    /// The files that hold secrets: each file named in place of a secret, and the settings file if a secret is in it.
    pub fn secret_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = Vec::new();
        for given in &self.0 {
            let file = match (&given.value, &given.source) {
                (GivenSecret::File(path), _) if given.variable().name.ends_with("_FILE") => path,
                (GivenSecret::Text(_), SettingSource::File(path, variable)) if variable.is_secret() => path,
                _ => continue,
            };
            if !files.contains(file) {
                files.push(file.clone());
            }
        }
        files
    }

    /// Where each setting was given. A setting that is not listed has its default.
    pub fn sources(&self) -> Vec<SettingSource> {
        self.0.iter().map(|given| given.source.clone()).collect()
    }
}
