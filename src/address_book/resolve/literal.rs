//! Literal requests, for contacts that the book may lack: for each name its address, or its longest word as typed.

use std::sync::Arc;

use crate::address_book::contact::Source;
use crate::address_book::index::Index;
use crate::address_book::listing::Listing;
use crate::address_book::processors::Processors;
use crate::address_book::query::{MAX_LIMIT, list_parameters};
use crate::address_book::search::Question;
use crate::portal::{Call, Portal};

/// The most characters of a text that is sent to the portal.
const MAX_LETTERS: usize = 64;

/// Requests the names as they were typed, in one batch for each source, and indexes the rows. `None` if no batch
/// succeeded.
pub(super) async fn ask_literally(
    portal: &Portal,
    processors: &Processors,
    wanted: &[Question],
    sources: &[Source],
) -> Option<Arc<Index>> {
    let texts = texts(wanted);
    let (mut contacts, mut employees, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_answered = false;
    for source in sources.iter().filter(|_| !texts.is_empty()) {
        let call = |text: &String| Call {
            method: source.method(),
            parameters: list_parameters(text, MAX_LIMIT, 0),
        };
        let calls: Vec<Call> = texts.iter().map(call).collect();
        let answer = portal.call_all(portal.arrive(), &calls).await;
        let listings: Vec<Listing> = answer.map(|(listings, _)| listings).unwrap_or_default();
        for listing in listings.into_iter().filter_map(|listing| listing.checked().ok()) {
            is_answered = true;
            let (readable, unreadable) = listing.into_rows(MAX_LIMIT as usize).split();
            damaged.extend(unreadable);
            match source {
                Source::Contacts => contacts.extend(readable),
                Source::Employees => employees.extend(readable),
            }
        }
    }
    if !is_answered {
        return None;
    }
    let index = move |_: &dyn Fn() -> bool| Index::new(contacts.into(), employees.into(), damaged);
    processors.run(index).await.map(Arc::new)
}

/// The texts to send, each once.
fn texts(wanted: &[Question]) -> Vec<String> {
    let each = wanted.iter().flat_map(Question::each_recipient);
    let mut texts: Vec<String> = each.filter_map(|wanted| sendable(wanted.literal())).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// The longest part of `text` without wildcards and control characters, cut to [`MAX_LETTERS`]; `None` if it is empty.
fn sendable(text: &str) -> Option<String> {
    let parts = text.split(|c: char| matches!(c, '%' | '_' | '*' | '?' | '\\') || c.is_control());
    let longest = parts.map(str::trim).max_by_key(|part| part.chars().count())?;
    let bounded: String = longest.chars().take(MAX_LETTERS).collect();
    Some(bounded.trim_end().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_or_the_address_is_sent() {
        for (name, expected) in [
            ("Anna Schmidt", "Schmidt"),
            ("Anna O'Rourke", "Rourke"),
            ("Anna <a.s@x.example>", "a.s@x.example"),
            ("100%_real@shop.example", "real@shop.example"),
            ("Li", "Li"),
        ] {
            assert_eq!(texts(&[Question::new(name)]), [expected], "{name}");
        }
        assert!(texts(&[Question::new("%_*?")]).is_empty());
    }
}
