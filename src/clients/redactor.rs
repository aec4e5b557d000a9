//! Hides in a server's messages the values that the server was given.
//!
//! [`crate::portal`] hides any six successive letters of a webhook's secret in a portal's texts, in many encodings.
//! That would hide too much here: the values are an entry's arguments and variables, and parts of them are ordinary
//! words, which a user needs to see in the server's own message.

use std::path::Path;

/// Texts to hide, the longest first.
#[derive(Debug, Default)]
pub(super) struct Redactor(Vec<String>);

/// Bytes of the shortest text that is hidden: shorter texts are parts of ordinary words.
const SHORTEST: usize = 6;

impl Redactor {
    /// Hides `texts`, each of their words, and the parts of a webhook's path (user id and secret); not absolute file
    /// paths.
    pub(super) fn of(texts: &[String]) -> Self {
        let words = texts.iter().flat_map(|text| text.split_whitespace());
        let webhooks = texts.iter().filter_map(|text| text.split_once("rest/"));
        let parts = webhooks.flat_map(|(_, rest)| rest.split('/'));
        let all = texts.iter().map(String::as_str).chain(words).chain(parts);
        let secrets = all.filter(|text| text.len() >= SHORTEST && !Path::new(text).is_absolute());
        let mut hidden: Vec<String> = secrets.map(str::to_owned).collect();
        // The longest first: a whole text must go before its parts.
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(hidden)
    }

    /// `text` with `…` in place of every hidden text.
    pub(super) fn redact(&self, text: &str) -> String {
        let hide = |text: String, hidden: &String| text.replace(hidden.as_str(), "…");
        self.0.iter().fold(text.to_owned(), hide)
    }
}
