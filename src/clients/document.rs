//! The text of a client's settings file, edited in place: one entry is set or removed, and every other byte stays.

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
    /// JSON with comments and trailing commas.
    Json,
    /// TOML.
    Toml,
}

/// A parsed settings file that prints exactly as it was read.
#[derive(Debug)]
pub(crate) enum Document {
    Json(JsonDocument),
    Toml(TomlDocument),
}

impl Document {
    /// Parses the text of a settings file.
    ///
    /// # Errors
    /// [`Problem::Syntax`], or [`Problem::NoObject`] for JSON that is not an object.
    pub(crate) fn parse(language: Language, text: &str) -> Result<Self, Problem> {
        Ok(match language {
            Language::Json => Self::Json(JsonDocument::parse(text)?),
            Language::Toml => Self::Toml(TomlDocument::parse(text)?),
        })
    }

    /// The value at `path`, without comments; `None` if there is none.
    pub(crate) fn get(&self, path: &[&str]) -> Option<Value> {
        let all = match self {
            Self::Json(json) => json.value(),
            Self::Toml(toml) => toml.value(),
        };
        path.iter().try_fold(all, |value, key| value.get(key).cloned())
    }

    /// Sets `value` at `path`; a new key goes to the end of its table. In a present object only the differences are
    /// changed.
    ///
    /// # Errors
    /// [`Problem::Shape`] if `path` leads through something that is not a table, [`Problem::Twice`] if a key of `path`
    /// occurs twice.
    pub(crate) fn set(&mut self, path: &[&str], value: &Value) -> Result<(), Problem> {
        if self.get(path).as_ref() == Some(value) {
            return Ok(());
        }
        match self {
            Self::Json(json) => json.set(path, value),
            Self::Toml(toml) => toml.set(path, value),
        }
    }

    /// Removes the value at `path`, if there is one.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub(crate) fn remove(&mut self, path: &[&str]) -> Result<(), Problem> {
        match self {
            Self::Json(json) => json.remove(path),
            Self::Toml(toml) => toml.remove(path),
        }
    }

    /// Appends `value` to a list at the top level, which is created if there is none. JSON only.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub(crate) fn add(&mut self, list: &str, value: &Value) -> Result<(), Problem> {
        match self {
            Self::Json(json) => json.add(list, value),
            Self::Toml(_) => Err(Problem::Shape(list.to_owned(), "a list")),
        }
    }

    /// Removes the elements with this `id` from a list at the top level. JSON only.
    ///
    /// # Errors
    /// As [`Document::set`].
    pub(crate) fn remove_from(&mut self, list: &str, id: &Value) -> Result<(), Problem> {
        match self {
            Self::Json(json) => json.remove_from(list, id),
            Self::Toml(_) => Err(Problem::Shape(list.to_owned(), "a list")),
        }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Json(json) => json.text(),
            Self::Toml(toml) => toml.text(),
        }
    }
}
