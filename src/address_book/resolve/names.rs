//! The names to resolve, checked once. Pure.

use crate::address_book::contact::Source;
use crate::address_book::query::{InvalidQuery, MAX_TEXT};
use crate::portal::clean;

/// The most names of one call.
pub const MAX_NAMES: usize = 50;

/// Checked names or addresses, and the sources to search for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Names {
    names: Vec<String>,
    sources: Vec<Source>,
}

impl Names {
    /// Checks 1 to [`MAX_NAMES`] names or addresses, to be searched for in `sources`; no source means all.
    ///
    /// # Errors
    /// [`InvalidQuery`] names the argument at fault.
    pub fn new(names: &[String], sources: &[Source]) -> Result<Self, InvalidQuery> {
        let refused = |problem: String| {
            Err(InvalidQuery {
                field: "names",
                problem,
            })
        };
        if names.is_empty() || names.len() > MAX_NAMES {
            return refused(format!(
                "must have 1 to {MAX_NAMES} names, not {}; ask for more in another call",
                names.len()
            ));
        }
        let mut checked = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            if name.chars().count() > MAX_TEXT {
                return refused(format!("has a name of more than {MAX_TEXT} characters at {}", at + 1));
            }
            let cleaned = clean(name, MAX_TEXT).text.into_owned();
            if !cleaned.chars().any(char::is_alphanumeric) {
                return refused(format!("has no name at {}; each must be a name or an address", at + 1));
            }
            checked.push(cleaned);
        }
        let is_wanted = |source: &Source| sources.is_empty() || sources.contains(source);
        Ok(Self {
            names: checked,
            sources: Source::ALL.iter().copied().filter(is_wanted).collect(),
        })
    }

    /// The names, cleaned.
    pub fn asked(&self) -> &[String] {
        &self.names
    }

    /// The sources to search.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}
