//! Why the text of a settings file cannot be edited.

/// Why a text cannot be edited. The text may hold secrets, so a problem names only the place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Problem {
    #[error("it is not {language} (line {line}): {what}")]
    Syntax {
        language: &'static str,
        line: usize,
        what: String,
    },
    #[error("`{0}` in it is not {1}")]
    Shape(String, &'static str),
    #[error("it is not a JSON object")]
    NoObject,
    #[error("`{0}` is in it twice")]
    Twice(String),
}
