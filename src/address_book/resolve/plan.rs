//! What one batch asks for all names together. Pure.
//!
//! A batch has fifty places. Every name has a place for its most telling piece before any has a second; employees are
//! searched by words, any of which matches, so that many names share a place; one place brings the newest contacts,
//! among whom misspelt names are found too, and who tell which domains are usual. Nearly fifty names do not fit: then the
//! two names that have the longest piece in common are asked for by that piece, until all do.
//!
//! Nothing that is sent has a wildcard (`%`, `_`, `*`, `?`, `\`) or more than [`MAX_PIECE`] characters, for employees
//! [`employees::MAX_WORDS_BYTES`] bytes.

mod employees;

use super::Source;
use crate::address_book::search::{Piece, Spelling, Wanted};
use crate::portal::MAX_CALLS;

/// The most characters of a piece of a name or an address.
pub(super) const MAX_PIECE: usize = 64;
/// Rows of what tells most, and of the newest contacts.
const MANY: u32 = 200;
/// Rows of a piece that brings strangers too.
const SOME: u32 = 100;
/// More pieces for one name find nobody new.
const MAX_PIECES: usize = 32;

/// One question of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) source: Source,
    pub(super) text: String,
    pub(super) limit: u32,
    /// The names it is for.
    pub(super) names: Vec<usize>,
    /// The names of which it has a whole word, and in which spelling: unless its answer is full, it brings everybody who
    /// is written so.
    pub(super) spellings: Vec<(usize, Spelling)>,
    /// True if without its answer these names are not looked up in this source.
    pub(super) is_telling: bool,
}

/// The questions for `wanted`, the most telling first: at most a batch of them.
pub(super) fn questions(wanted: &[Wanted], sources: &[Source]) -> Vec<Question> {
    let employees = if sources.contains(&Source::Employees) {
        employees::questions(wanted, sources.contains(&Source::Contacts))
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
    let pieces: Vec<Vec<Piece>> = wanted.iter().map(pieces_of).collect();
    let mut questions: Vec<Question> = Vec::new();
    for (name, pieces) in pieces.iter().enumerate() {
        // A piece that is all wildcards leaves nothing to ask for but everybody.
        let nothing = Piece {
            text: String::new(),
            spelling: None,
        };
        ask(&mut questions, name, pieces.first().cloned().unwrap_or(nothing), true);
    }
    // One place is for the newest contacts.
    let places_for_names = places.saturating_sub(1).max(1);
    while questions.len() > places_for_names {
        share_a_place(&mut questions);
    }
    let most = pieces.iter().map(Vec::len).max().unwrap_or_default();
    for rank in 1..most {
        for (name, pieces) in pieces.iter().enumerate() {
            let Some(piece) = pieces.get(rank) else { continue };
            if questions.len() < places_for_names || questions.iter().any(|question| question.text == piece.text) {
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
            spellings: Vec::new(),
            is_telling: false,
        });
    }
    questions
}

/// Adds a question, or the name to the one that is there.
fn ask(questions: &mut Vec<Question>, name: usize, piece: Piece, is_telling: bool) {
    let known = questions.iter().position(|question| question.text == piece.text);
    let at = known.unwrap_or_else(|| {
        questions.push(Question {
            source: Source::Contacts,
            text: piece.text,
            limit: SOME,
            names: Vec::new(),
            spellings: Vec::new(),
            is_telling: false,
        });
        questions.len() - 1
    });
    let Some(question) = questions.get_mut(at) else { return };
    if !question.names.contains(&name) {
        question.names.push(name);
    }
    question
        .spellings
        .extend(piece.spelling.map(|spelling| (name, spelling)));
    question.is_telling |= is_telling;
    if question.is_telling || !question.spellings.is_empty() {
        question.limit = MANY;
    }
}

/// Makes one question of the two that have the longest piece in common.
fn share_a_place(questions: &mut Vec<Question>) {
    let mut best: Option<(usize, usize, usize, String)> = None;
    for (at, one) in questions.iter().enumerate() {
        for (other_at, other) in questions.iter().enumerate().skip(at + 1) {
            let common = longest_common(&one.text, &other.text);
            let length = common.chars().count();
            if best.as_ref().is_none_or(|(_, _, longest, _)| length > *longest) {
                best = Some((at, other_at, length, common));
            }
        }
    }
    let Some((at, other_at, _, common)) = best else {
        questions.pop();
        return;
    };
    let other = questions.remove(other_at);
    if let Some(one) = questions.get_mut(at) {
        one.text = common;
        one.names.extend(other.names);
        one.spellings.extend(other.spellings);
    }
}

/// The longest piece that both have; the table of lengths of common endings has one row here.
fn longest_common(one: &str, other: &str) -> String {
    let letters: Vec<char> = other.chars().collect();
    let mut endings = vec![0_usize; letters.len() + 1];
    let (mut longest, mut end) = (0, 0);
    for letter in one.chars() {
        let mut before = 0;
        for (at, (other, ending)) in letters.iter().zip(endings.iter_mut().skip(1)).enumerate() {
            let here = *ending;
            *ending = if *other == letter { before + 1 } else { 0 };
            before = here;
            if *ending > longest {
                (longest, end) = (*ending, at + 1);
            }
        }
    }
    letters.iter().skip(end - longest).take(longest).collect()
}

/// The pieces of a name that are worth a question, best first.
pub(super) fn pieces_of(wanted: &Wanted) -> Vec<Piece> {
    let sendable_piece = |piece: &Piece| {
        Some(Piece {
            text: sendable(&piece.text)?,
            spelling: piece.spelling,
        })
    };
    wanted
        .pieces()
        .iter()
        .filter_map(sendable_piece)
        .take(MAX_PIECES)
        .collect()
}

/// The longest part of a piece that can be sent; `None` if nothing of it can.
fn sendable(piece: &str) -> Option<String> {
    let parts = piece.split(|c: char| matches!(c, '%' | '_' | '*' | '?' | '\\') || c.is_control());
    let longest = parts.max_by_key(|part| part.chars().count()).unwrap_or_default();
    let bounded: String = longest.trim().chars().take(MAX_PIECE).collect();
    Some(bounded.trim_end().to_owned()).filter(|piece| !piece.is_empty())
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
                    assert!(text.len() <= employees::MAX_WORDS_BYTES, "{text}");
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
        assert_eq!(questions.len(), MAX_CALLS);
        let (newest, pieces): (Vec<&Question>, Vec<&Question>) = questions
            .iter()
            .filter(|question| question.source == Source::Contacts)
            .partition(|question| question.text.is_empty());
        assert_eq!(newest.len(), 1, "they tell which domains are usual");
        for question in pieces {
            assert!(question.text.chars().count() >= 4, "{question:?}");
            assert!(question.names.len() <= 3, "{question:?}");
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
