//! What one batch asks for all names together. Pure.
//!
//! A batch has fifty places. Every name has a place for its most telling piece before any has a second; employees are
//! searched by words, any of which matches, so that many names share a place; one place brings the newest contacts,
//! among whom misspelt names are found too. Only fifty names with both sources do not fit: then the two names that have
//! the longest piece in common are asked for by that piece.
//!
//! Nothing that is sent has a wildcard (`%`, `_`, `*`, `?`, `\`) or more than [`MAX_PIECE`] characters, for employees
//! [`MAX_WORDS_BYTES`] bytes.

use super::Source;
use crate::address_book::search::Wanted;
use crate::portal::MAX_CALLS;

/// The most characters of a piece of a name or an address.
pub(super) const MAX_PIECE: usize = 64;
/// The most bytes of the words that employees are asked for.
pub(super) const MAX_WORDS_BYTES: usize = 1_000;
/// Rows of what tells most, and of the newest contacts.
const MANY: u32 = 200;
/// Rows of a piece that brings strangers too.
const SOME: u32 = 100;
/// More pieces for one name find nobody new.
const MAX_PIECES: usize = 28;
/// Up to so many names, each has a place of its own for employees.
const FEW_NAMES: usize = 5;
/// Places for the employees of many names.
const MAX_EMPLOYEE_PLACES: usize = 6;

/// One question of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) source: Source,
    pub(super) text: String,
    pub(super) limit: u32,
    /// The names it is for.
    pub(super) names: Vec<usize>,
    /// True if without its answer these names are not looked up in this source.
    pub(super) is_telling: bool,
}

/// The questions for `wanted`, the most telling first: at most a batch of them.
pub(super) fn questions(wanted: &[Wanted], sources: &[Source]) -> Vec<Question> {
    let employees = if sources.contains(&Source::Employees) {
        for_employees(wanted, sources.contains(&Source::Contacts))
    } else {
        Vec::new()
    };
    let mut questions = Vec::new();
    if sources.contains(&Source::Contacts) {
        questions = for_contacts(wanted, MAX_CALLS.saturating_sub(employees.len()));
    }
    questions.extend(employees);
    questions.sort_by_key(|question| !question.is_telling);
    questions.truncate(MAX_CALLS);
    questions
}

fn for_contacts(wanted: &[Wanted], places: usize) -> Vec<Question> {
    let pieces: Vec<Vec<String>> = wanted
        .iter()
        .map(|wanted| {
            let pieces = wanted.pieces().into_iter().filter_map(|piece| sendable(&piece));
            pieces.take(MAX_PIECES).collect()
        })
        .collect();
    let mut questions: Vec<Question> = Vec::new();
    for (name, pieces) in pieces.iter().enumerate() {
        // A piece that is all wildcards leaves nothing to ask for but everybody.
        let piece = pieces.first().cloned().unwrap_or_default();
        ask(&mut questions, name, piece, true);
    }
    while questions.len() > places {
        share_a_place(&mut questions);
    }
    let most = pieces.iter().map(Vec::len).max().unwrap_or_default();
    for rank in 1..most {
        for (name, pieces) in pieces.iter().enumerate() {
            let Some(piece) = pieces.get(rank) else { continue };
            if questions.len() + 1 < places || questions.iter().any(|question| question.text == *piece) {
                ask(&mut questions, name, piece.clone(), false);
            }
        }
    }
    if questions.len() < places && !questions.iter().any(|question| question.text.is_empty()) {
        questions.push(Question {
            source: Source::Contacts,
            text: String::new(),
            limit: MANY,
            names: (0..wanted.len()).collect(),
            is_telling: false,
        });
    }
    questions
}

/// Adds a question, or the name to the one that is there.
fn ask(questions: &mut Vec<Question>, name: usize, text: String, is_telling: bool) {
    if let Some(known) = questions.iter_mut().find(|question| question.text == text) {
        if !known.names.contains(&name) {
            known.names.push(name);
        }
        if is_telling {
            (known.is_telling, known.limit) = (true, MANY);
        }
        return;
    }
    questions.push(Question {
        source: Source::Contacts,
        limit: if is_telling { MANY } else { SOME },
        text,
        names: vec![name],
        is_telling,
    });
}

/// Makes one question of the two that have the longest piece in common.
fn share_a_place(questions: &mut Vec<Question>) {
    let mut best = (0, 0, 0, String::new());
    for (at, one) in questions.iter().enumerate() {
        for (other_at, other) in questions.iter().enumerate().skip(at + 1) {
            let common = longest_common(&one.text, &other.text);
            let length = common.chars().count();
            if best.1 == 0 || length > best.2 {
                best = (at, other_at, length, common);
            }
        }
    }
    let (at, other_at, _, common) = best;
    if other_at == 0 {
        questions.truncate(questions.len().saturating_sub(1));
        return;
    }
    let other = questions.remove(other_at);
    if let Some(one) = questions.get_mut(at) {
        one.text = common;
        one.names.extend(other.names);
    }
}

fn longest_common(one: &str, other: &str) -> String {
    let letters: Vec<char> = one.chars().collect();
    for length in (1..=letters.len()).rev() {
        for piece in letters.windows(length) {
            let piece: String = piece.iter().collect();
            if other.contains(&piece) {
                return piece;
            }
        }
    }
    String::new()
}

/// The longest part of a piece that can be sent; `None` if nothing of it can.
fn sendable(piece: &str) -> Option<String> {
    let parts = piece.split(|c: char| matches!(c, '%' | '_' | '*' | '?' | '\\') || c.is_control());
    let longest = parts.max_by_key(|part| part.chars().count()).unwrap_or_default();
    let bounded: String = longest.trim().chars().take(MAX_PIECE).collect();
    Some(bounded.trim_end().to_owned()).filter(|piece| !piece.is_empty())
}

fn for_employees(wanted: &[Wanted], beside_contacts: bool) -> Vec<Question> {
    let words: Vec<Vec<String>> = wanted
        .iter()
        .map(|wanted| wanted.beginnings().iter().filter_map(|word| sendable(word)).collect())
        .collect();
    let is_few = wanted.len() <= FEW_NAMES || !beside_contacts;
    let places = match (is_few, beside_contacts) {
        (true, _) => wanted.len(),
        // Each name of the contacts needs a place too.
        (false, _) => MAX_CALLS.saturating_sub(wanted.len()).clamp(1, MAX_EMPLOYEE_PLACES),
    };
    let places = places.clamp(1, MAX_CALLS);
    let a_place = wanted.len().div_ceil(places).max(1);
    let mut questions = Vec::new();
    for (chunk, words) in words.chunks(a_place).enumerate() {
        let first = chunk * a_place;
        let mut text = String::new();
        let mut left_out = Vec::new();
        let most = words.iter().map(Vec::len).max().unwrap_or_default();
        for rank in 0..most {
            for (name, words) in words.iter().enumerate() {
                let Some(word) = words.get(rank) else { continue };
                let is_there = text.split(' ').any(|known| known == word);
                if is_there {
                    continue;
                }
                if text.len() + word.len() < MAX_WORDS_BYTES {
                    text.push_str(if text.is_empty() { "" } else { " " });
                    text.push_str(word);
                } else if rank == 0 {
                    left_out.push(first + name);
                }
            }
        }
        if text.trim().is_empty() {
            continue;
        }
        questions.push(Question {
            source: Source::Employees,
            text,
            limit: MANY,
            names: (first..first + words.len())
                .filter(|name| !left_out.contains(name))
                .collect(),
            is_telling: true,
        });
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wanted(names: &[&str]) -> Vec<Wanted> {
        names.iter().map(|name| Wanted::new(name)).collect()
    }

    /// Fifty people with fifty surnames.
    fn fifty() -> Vec<Wanted> {
        const BEGINNINGS: [&str; 5] = ["kar", "mel", "nov", "tis", "rud"];
        const ENDINGS: [&str; 10] = [
            "enko", "owitz", "ek", "insky", "ova", "ersen", "as", "ulin", "ix", "ynets",
        ];
        let surnames = BEGINNINGS
            .iter()
            .flat_map(|beginning| ENDINGS.iter().map(move |ending| format!("{beginning}{ending}")));
        surnames
            .map(|surname| Wanted::new(&format!("Anna {surname}")))
            .collect()
    }

    fn assert_sendable(questions: &[Question], names: usize) {
        assert!(questions.len() <= MAX_CALLS, "{}", questions.len());
        for question in questions {
            let text = &question.text;
            assert!(!text.contains(['%', '_', '*', '?', '\\']), "{text}");
            assert!(!text.contains(char::is_control), "{text:?}");
            match question.source {
                Source::Contacts => assert!(text.chars().count() <= MAX_PIECE, "{text}"),
                Source::Employees => {
                    assert!(text.len() <= MAX_WORDS_BYTES, "{text}");
                    assert!(!text.trim().is_empty(), "blank means everybody");
                }
            }
            assert!((1..=MANY).contains(&question.limit));
            assert!(question.names.iter().all(|name| *name < names));
        }
    }

    /// Names by source that no telling question is about.
    fn left_out(questions: &[Question], names: usize, source: Source) -> Vec<usize> {
        let is_asked = |name: &usize| {
            questions
                .iter()
                .any(|question| question.source == source && question.is_telling && question.names.contains(name))
        };
        (0..names).filter(|name| !is_asked(name)).collect()
    }

    #[test]
    fn fifty_names_fit_one_batch_in_both_sources() {
        let wanted = fifty();
        let questions = questions(&wanted, Source::ALL);
        assert_sendable(&questions, wanted.len());
        assert!(left_out(&questions, 50, Source::Contacts).is_empty());
        assert!(left_out(&questions, 50, Source::Employees).is_empty());
        let shared = questions
            .iter()
            .filter(|question| question.source == Source::Contacts && question.names.len() > 1);
        for question in shared {
            assert!(question.text.chars().count() > 2, "{question:?}");
        }
    }

    #[test]
    fn one_name_has_its_pieces_and_the_newest_contacts() {
        let questions = questions(&wanted(&["Ivan Petrov"]), Source::ALL);
        let texts: Vec<_> = questions.iter().map(|question| question.text.as_str()).collect();
        assert_eq!(texts[0], "petrov");
        assert!(
            texts.contains(&"ivan petrov") && texts.contains(&"иван") && texts.contains(&""),
            "{texts:?}"
        );
        let employees = questions.iter().find(|question| question.source == Source::Employees);
        assert!(
            employees.unwrap().text.starts_with("petrov петров ivan"),
            "{employees:?}"
        );
    }

    #[test]
    fn a_name_of_wildcards_asks_for_its_longest_part() {
        for (name, expected) in [
            ("100%_real@shop.example", "real@shop.example"),
            ("under_score", "under"),
        ] {
            let questions = questions(&wanted(&[name]), &[Source::Contacts]);
            assert_eq!(questions[0].text, expected, "{name}");
        }
    }

    #[test]
    fn a_source_that_is_not_wanted_is_not_asked() {
        for source in Source::ALL {
            let questions = questions(&wanted(&["anna", "bob"]), &[*source]);
            assert!(questions.iter().all(|question| question.source == *source));
        }
    }

    proptest! {
        #[test]
        fn any_names_are_at_most_one_batch_without_wildcards(
            names in prop::collection::vec(any::<String>(), 1..=50),
            both in any::<bool>(),
        ) {
            let wanted: Vec<_> = names.iter().map(|name| Wanted::new(name)).collect();
            let sources: &[Source] = if both { Source::ALL } else { &[Source::Employees] };
            assert_sendable(&questions(&wanted, sources), names.len());
        }

        #[test]
        fn any_name_like_text_is_asked_about_in_both_sources(
            names in prop::collection::vec("[a-zA-Zа-яёґїÀ-ž'. @_%*?-]{0,30}[a-zа-я]{3}", 1..=50),
        ) {
            let wanted: Vec<_> = names.iter().map(|name| Wanted::new(name)).collect();
            let questions = questions(&wanted, Source::ALL);
            assert_sendable(&questions, names.len());
            prop_assert_eq!(left_out(&questions, names.len(), Source::Contacts), Vec::<usize>::new());
        }
    }
}
