//! What is asked literally where the book was not read: for each name its address, or its longest word as typed.

use std::sync::Arc;

use serde_json::json;

use super::judge::Evidence;
use super::{NotAsked, Source};
use crate::address_book::index::Index;
use crate::address_book::page::Listing;
use crate::address_book::search::Wanted;
use crate::address_book::{AddressBook, Contact, Error};
use crate::portal::{Blame, Call, Failed, MAX_CALLS};

/// The most characters of a text that is sent.
const MAX_LETTERS: usize = 64;
/// The most rows of an answer.
const LIMIT: u32 = 200;
/// Where employees share a question, so many letters of a word and so many words stay under a kilobyte.
const SHARED: (usize, usize) = (15, 16);

/// A question for the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) source: Source,
    pub(super) text: String,
    pub(super) limit: u32,
}

/// The questions for `wanted`, each once, contacts first: at most a batch of them.
///
/// Contacts are found by a literal piece: of too many, the two that begin most alike are asked for by that beginning.
/// Employees are found by any word that begins so, so that several words share a question.
pub(super) fn questions(wanted: &[Wanted], sources: &[Source]) -> Vec<Question> {
    let mut texts: Vec<String> = wanted.iter().filter_map(|wanted| sendable(wanted.literal())).collect();
    texts.sort_unstable();
    texts.dedup();
    let (letters, words) = SHARED;
    let asks = |source: Source| sources.contains(&source);
    let of_employees = usize::from(asks(Source::Employees)) * texts.len().div_ceil(words);
    let mut of_contacts = if asks(Source::Contacts) {
        texts.clone()
    } else {
        Vec::new()
    };
    while of_contacts.len() + of_employees > MAX_CALLS {
        share_a_place(&mut of_contacts);
    }
    let question = |source, text| Question {
        source,
        text,
        limit: LIMIT,
    };
    let contacts = of_contacts.iter().map(|text| question(Source::Contacts, text.clone()));
    let mut questions: Vec<Question> = contacts.collect();
    if asks(Source::Employees) {
        let a_place = if questions.len() + texts.len() > MAX_CALLS {
            words
        } else {
            1
        };
        let beginning = |text: &String| {
            text.chars()
                .take(if a_place > 1 { letters } else { MAX_LETTERS })
                .collect()
        };
        questions.extend(texts.chunks(a_place).map(|texts| {
            let texts: Vec<String> = texts.iter().map(beginning).collect();
            question(Source::Employees, texts.join(" "))
        }));
    }
    questions
}

/// Makes one text of the two neighbours that begin most alike.
fn share_a_place(texts: &mut Vec<String>) {
    let common = |one: &str, other: &str| -> String {
        let alike = one.chars().zip(other.chars()).take_while(|(one, other)| one == other);
        alike.map(|(letter, _)| letter).collect()
    };
    let neighbours = texts.iter().zip(texts.iter().skip(1));
    let beginnings = neighbours.map(|(one, other)| common(one, other)).enumerate();
    let Some((at, beginning)) = beginnings.max_by_key(|(_, beginning)| beginning.chars().count()) else {
        return texts.clear();
    };
    texts.splice(at..at + 2, [beginning]);
}

/// The longest part of a text without wildcards and control characters; `None` if it has none.
fn sendable(text: &str) -> Option<String> {
    let parts = text.split(|c: char| matches!(c, '%' | '_' | '*' | '?' | '\\') || c.is_control());
    let longest = parts.map(str::trim).max_by_key(|part| part.chars().count())?;
    let bounded: String = longest.chars().take(MAX_LETTERS).collect();
    Some(bounded.trim_end().to_owned()).filter(|text| !text.is_empty())
}

impl AddressBook {
    /// Asks the portal for what the names say literally: all in one request, or one for each source if that fails.
    /// Nothing is indexed if the contacts could not be asked.
    ///
    /// # Errors
    /// What would be the failure of every other request too.
    pub(super) async fn ask_literally(&self, wanted: &[Wanted], sources: &[Source]) -> Result<Evidence, Error> {
        let questions = questions(wanted, sources);
        let mut found = Found::new();
        match self.answers(&questions).await {
            Ok(listings) => found.add(&questions, listings),
            Err(failed) if failed.blame() == Blame::Everything => return Err(failed.into()),
            Err(_) => {
                for source in sources {
                    let mut questions = questions.clone();
                    questions.retain(|question| question.source == *source);
                    match self.answers(&questions).await {
                        Ok(listings) => found.add(&questions, listings),
                        Err(failed) => found.fail(*source, failed),
                    }
                }
            }
        }
        if found.not_asked.len() == sources.len() || found.lacks(Source::Contacts) {
            return Ok(Evidence::default());
        }
        let (is_whole, not_asked) = (found.is_whole, std::mem::take(&mut found.not_asked));
        let index = self
            .processors
            .run(move |_| Index::new(found.contacts.into(), found.employees.into(), found.unreadable));
        Ok(Evidence {
            indexes: index.await.map(Arc::new).into_iter().collect(),
            is_whole,
            not_asked,
        })
    }

    async fn answers(&self, questions: &[Question]) -> Result<Vec<Listing>, Failed> {
        let calls: Vec<Call> = questions.iter().map(call).collect();
        let (listings, _): (Vec<Listing>, _) = self.portal.all_or_none(self.portal.arrive(), &calls).await?;
        let checked = listings.into_iter().map(Listing::checked);
        Ok(checked.collect::<Result<_, _>>()?)
    }
}

/// What the portal answered to literal questions.
#[derive(Debug)]
struct Found {
    contacts: Vec<Contact>,
    employees: Vec<Contact>,
    unreadable: Vec<Contact>,
    not_asked: Vec<NotAsked>,
    /// False if somebody may have been missed.
    is_whole: bool,
}

impl Found {
    fn new() -> Self {
        Self {
            contacts: Vec::new(),
            employees: Vec::new(),
            unreadable: Vec::new(),
            not_asked: Vec::new(),
            is_whole: true,
        }
    }

    fn add(&mut self, questions: &[Question], listings: Vec<Listing>) {
        for (question, listing) in questions.iter().zip(listings) {
            let rows = listing.into_rows(question.limit as usize);
            self.is_whole &= !rows.are_full;
            let (contacts, unreadable) = rows.split();
            self.unreadable.extend(unreadable);
            match question.source {
                Source::Contacts => self.contacts.extend(contacts),
                Source::Employees => self.employees.extend(contacts),
            }
        }
    }

    fn fail(&mut self, source: Source, failed: Failed) {
        // A method that the portal does not have finds nobody another time either.
        self.is_whole &= failed.error.http_status() == Some(404);
        let error = failed.into();
        self.not_asked.push(NotAsked { source, error });
    }

    fn lacks(&self, source: Source) -> bool {
        self.not_asked.iter().any(|failed| failed.source == source)
    }
}

fn call(question: &Question) -> Call {
    Call {
        method: question.source.method(),
        parameters: json!({"query": question.text, "pagination": {"limit": question.limit, "offset": 0}}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn asked(names: &[&str], source: Source) -> Vec<String> {
        let wanted: Vec<Wanted> = names.iter().map(|name| Wanted::new(name)).collect();
        let questions = questions(&wanted, Source::ALL).into_iter();
        let of_source = questions.filter(|question| question.source == source);
        of_source.map(|question| question.text).collect()
    }

    #[test]
    fn the_longest_word_or_the_address_is_asked_for() {
        for (name, expected) in [
            ("Anna Schmidt", "Schmidt"),
            ("Anna O'Rourke", "Rourke"),
            ("Anna <a.s@x.example>", "a.s@x.example"),
            ("100%_real@shop.example", "real@shop.example"),
            ("Li", "Li"),
        ] {
            assert_eq!(asked(&[name], Source::Contacts), [expected], "{name}");
            assert_eq!(asked(&[name], Source::Employees), [expected], "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_names_are_one_batch_and_none_is_left_out(
            names in prop::collection::vec("[a-zA-Zа-яё'. @_%*?-]{0,20}[a-zа-я]{3}|\\PC{0,80}", 1..=50),
        ) {
            let wanted: Vec<Wanted> = names.iter().map(|name| Wanted::new(name)).collect();
            let questions = questions(&wanted, Source::ALL);
            prop_assert!(questions.len() <= MAX_CALLS);
            let is_asked = |source, is_in: &dyn Fn(&str) -> bool| {
                questions.iter().any(|question| question.source == source && is_in(&question.text))
            };
            for text in wanted.iter().filter_map(|wanted| sendable(wanted.literal())) {
                prop_assert!(is_asked(Source::Contacts, &|asked| text.starts_with(asked)), "{}", text);
                let beginning: String = text.chars().take(SHARED.0).collect();
                prop_assert!(is_asked(Source::Employees, &|asked| asked.contains(&beginning)), "{}", text);
            }
            for Question { text, source, .. } in &questions {
                prop_assert!(!text.contains(['%', '_', '*', '?', '\\']) && !text.contains(char::is_control), "{}", text);
                prop_assert!(text.len() <= 1_024 && (*source == Source::Contacts || !text.is_empty()), "{}", text);
            }
        }
    }
}
