//! What a server is given and may repeat, but nobody should see.

use std::path::Path;

/// Texts that are taken out of what a server says.
#[derive(Debug, Default)]
pub(super) struct Redactor(Vec<String>);

/// Shorter ones are parts of ordinary words.
const SHORTEST: usize = 6;

impl Redactor {
    /// These texts, their words, and the part of a webhook that counts; a path is no secret.
    pub(super) fn of(texts: &[String]) -> Self {
        let words = texts.iter().flat_map(|text| text.split_whitespace());
        let webhooks = texts.iter().filter_map(|text| text.split_once("rest/"));
        let parts = webhooks.flat_map(|(_, rest)| rest.split('/'));
        let all = texts.iter().map(String::as_str).chain(words).chain(parts);
        let secrets = all.filter(|text| text.len() >= SHORTEST && !Path::new(text).is_absolute());
        let mut hidden: Vec<String> = secrets.map(str::to_owned).collect();
        // A part goes after the whole.
        hidden.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self(hidden)
    }

    /// The text without them.
    pub(super) fn redact(&self, text: &str) -> String {
        let hide = |text: String, hidden: &String| text.replace(hidden.as_str(), "…");
        self.0.iter().fold(text.to_owned(), hide)
    }
}
