//! A client's settings file as a text to edit: one entry goes in or out, and every other byte stays.

mod json_document;
mod problem;
#[cfg(test)]
mod properties;
mod toml_document;

use serde_json::Value;

use json_document::JsonDocument;
pub(crate) use problem::Problem;
use toml_document::TomlDocument;

/// The language of a client's settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// JSON, in which people leave comments and trailing commas.
    Json,
    /// TOML.
    Toml,
}

/// A settings file, parsed so that it prints as it was.
#[derive(Debug)]
pub(crate) enum Document {
    Json(JsonDocument),
    Toml(TomlDocument),
}

impl Document {
    /// # Errors
    /// [`Problem::Syntax`], also for a text that is no object.
    pub(crate) fn parse(language: Language, text: &str) -> Result<Self, Problem> {
        Ok(match language {
            Language::Json => Self::Json(JsonDocument::parse(text)?),
            Language::Toml => Self::Toml(TomlDocument::parse(text)?),
        })
    }

    /// Everything under `path`, comments aside; `None` if it is not there.
    pub(crate) fn get(&self, path: &[&str]) -> Option<Value> {
        let all = match self {
            Self::Json(json) => json.value(),
            Self::Toml(toml) => toml.value(),
        };
        path.iter().try_fold(all, |value, key| value.get(key).cloned())
    }

    /// Puts `value` at `path`, at the end of its table if it is new. Of an object that is there, only what differs is
    /// touched.
    ///
    /// # Errors
    /// [`Problem::Shape`] if something on the way is no table, [`Problem::Twice`] if one could not tell which is meant.
    pub(crate) fn set(&mut self, path: &[&str], value: &Value) -> Result<(), Problem> {
        if self.get(path).as_ref() == Some(value) {
            return Ok(());
        }
        match self {
            Self::Json(json) => json.set(path, value),
            Self::Toml(toml) => toml.set(path, value),
        }
    }

    /// Takes out what is at `path`, if it is there.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub(crate) fn remove(&mut self, path: &[&str]) -> Result<(), Problem> {
        match self {
            Self::Json(json) => json.remove(path),
            Self::Toml(toml) => toml.remove(path),
        }
    }

    /// Puts `value` at the end of a list at the top, which is made if there is none. JSON only.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub(crate) fn add(&mut self, list: &str, value: &Value) -> Result<(), Problem> {
        match self {
            Self::Json(json) => json.add(list, value),
            Self::Toml(_) => Err(Problem::Shape(list.to_owned(), "a list")),
        }
    }

    /// Takes out of a list at the top what has that `id`. JSON only.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub(crate) fn remove_from(&mut self, list: &str, id: &Value) -> Result<(), Problem> {
        match self {
            Self::Json(json) => json.remove_from(list, id),
            Self::Toml(_) => Err(Problem::Shape(list.to_owned(), "a list")),
        }
    }

    /// The whole file.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Json(json) => json.text(),
            Self::Toml(toml) => toml.text(),
        }
    }
}
