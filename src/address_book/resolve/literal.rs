//! What is asked literally where the book was not read: for each name its address, or its longest word as typed.

use std::sync::Arc;

use serde_json::json;

use super::Source;
use crate::address_book::AddressBook;
use crate::address_book::index::Index;
use crate::address_book::page::Listing;
use crate::address_book::search::Wanted;
use crate::portal::Call;

/// The most characters of a text that is sent.
const MAX_LETTERS: usize = 64;
/// The most rows of an answer.
const LIMIT: u32 = 200;

impl AddressBook {
    /// Indexes what the portal finds for the names literally, asked in one request for each source; `None` if nothing
    /// could be asked.
    pub(super) async fn ask_literally(&self, wanted: &[Wanted], sources: &[Source]) -> Option<Arc<Index>> {
        let texts = texts(wanted);
        let (mut contacts, mut employees, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_answered = false;
        for source in sources.iter().filter(|_| !texts.is_empty()) {
            let call = |text: &String| Call {
                method: source.method(),
                parameters: json!({"query": text, "pagination": {"limit": LIMIT, "offset": 0}}),
            };
            let calls: Vec<Call> = texts.iter().map(call).collect();
            let answer = self.portal.call_all(self.portal.arrive(), &calls).await;
            let listings: Vec<Listing> = answer.map(|(listings, _)| listings).unwrap_or_default();
            for listing in listings.into_iter().filter_map(|listing| listing.checked().ok()) {
                is_answered = true;
                let (readable, unreadable) = listing.into_rows(LIMIT as usize).split();
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
        self.processors.run(index).await.map(Arc::new)
    }
}

/// What the portal is asked for, each text once.
fn texts(wanted: &[Wanted]) -> Vec<String> {
    let each = wanted.iter().flat_map(Wanted::each);
    let mut texts: Vec<String> = each.filter_map(|wanted| sendable(wanted.literal())).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// The longest part of a text without wildcards and control characters; `None` if it has none.
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
    fn the_longest_word_or_the_address_is_asked_for() {
        for (name, expected) in [
            ("Anna Schmidt", "Schmidt"),
            ("Anna O'Rourke", "Rourke"),
            ("Anna <a.s@x.example>", "a.s@x.example"),
            ("100%_real@shop.example", "real@shop.example"),
            ("Li", "Li"),
        ] {
            assert_eq!(texts(&[Wanted::new(name)]), [expected], "{name}");
        }
        assert!(texts(&[Wanted::new("%_*?")]).is_empty());
    }
}
