//! The domains that an address book was seen to use often.
//!
//! A page of a search seldom has three addresses of one company, so what earlier answers told is remembered: a count for
//! each frequent domain, for each of the few people whose credentials a process has had. No address is kept.

use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap;

use super::Domains;
use super::domains::{Counted, Known, TIMES};

/// Frequent domains that are remembered of one address book.
const MAX_DOMAINS: usize = 1_000;
/// Address books that are remembered.
const MAX_BOOKS: usize = 8;

/// Frequent domains by whose address book it is.
#[derive(Debug, Default)]
pub(in crate::address_book) struct Memory(Mutex<HashMap<u64, Arc<Known>>>);

impl Memory {
    /// The domains of `addresses` beside those that the address book of `identity` was seen to use often.
    pub(in crate::address_book) fn domains<'a>(
        &self,
        identity: u64,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Domains {
        let counted = Counted::of(addresses);
        let known = self.learnt(identity, &counted.counts);
        counted.judged_by(known)
    }

    /// What is known with what `counts` tell; of that, only as much is remembered as there is room for.
    fn learnt(&self, identity: u64, counts: &HashMap<String, usize>) -> Arc<Known> {
        // The map is whole after every step.
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if books.len() >= MAX_BOOKS && !books.contains_key(&identity) {
            books.clear();
        }
        let book = books.entry(identity).or_insert_with(|| Arc::new(Known::none(TIMES)));
        let news = book.news_in(counts);
        // So it is for nearly every page.
        if news.is_empty() {
            return Arc::clone(book);
        }
        let (mut kept, new): (Vec<_>, Vec<_>) = news.iter().partition(|(domain, _)| book.count(domain) > 0);
        let room = MAX_DOMAINS.saturating_sub(book.len());
        let all = (new.len() > room).then(|| Arc::new(book.with(&news)));
        kept.extend(new.into_iter().take(room));
        *book = Arc::new(book.with(&kept));
        all.unwrap_or_else(|| Arc::clone(book))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_book::cautions::{Caution, of_contact};

    #[test]
    fn what_an_earlier_answer_told_is_remembered_of_the_same_book_alone() {
        let memory = Memory::default();
        let forged = "olga@c0ntoso.com";
        let is_lookalike = |identity| {
            let domains = memory.domains(identity, [forged]);
            of_contact(None, forged, &domains).contains(&Caution::LookalikeDomain)
        };
        assert!(!is_lookalike(1));
        memory.domains(1, ["a@contoso.com", "b@contoso.com", "c@contoso.com"]);
        assert!(is_lookalike(1));
        assert!(!is_lookalike(2));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let memory = Memory::default();
        let addresses: Vec<String> = (0..6_000)
            .map(|at| format!("p{at}@company{}.example", at / 3))
            .collect();
        for identity in 0..20 {
            memory.domains(identity, addresses.iter().map(String::as_str));
        }
        let books = memory.0.lock().unwrap();
        assert!(books.len() <= MAX_BOOKS);
        assert!(books.values().all(|known| known.len() <= MAX_DOMAINS));
    }
}
