//! Whether a text speaks to a model. Pure.
//!
//! That cannot be told in general. This knows the phrases of [`phrases`](super::phrases), by how a text reads rather than
//! how it is spelled, and is silent on everything else: it catches the lazy, and never alarms falsely.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::{names, phrases, spelling};

/// Other words between two parts of a phrase.
const MAX_WORDS_BETWEEN: usize = 3;
/// Other octets between two pieces of one, without blanks: as many as fifteen Chinese characters have.
const MAX_OCTETS_BETWEEN: usize = 45;
/// The fewest words of a phrase, of letters of any kind, and of ASCII and Cyrillic ones. (Turkish says it in two.)
const LEAST_WORDS: usize = 2;
const LEAST_PLAIN_WORDS: usize = 3;
/// A word of so many letters may be a phrase without its blanks, one of at least so many parts.
const LEAST_JOINED: usize = 16;
const LEAST_JOINED_PARTS: usize = 3;
/// The shortest first part of a phrase that is looked for within a word.
const LEAST_JOINED_OPENER: usize = 5;
/// Letters that tell the phrases with the same first part from the others.
const OPENER: usize = 3;

/// True if `text` reads as an instruction to a model.
pub(super) fn are_in(text: &str) -> bool {
    if !may_be_in(text) {
        return false;
    }
    let readable = spelling::readable(text);
    let words: Vec<&str> = names::words(&readable).collect();
    let known = &*PHRASES;
    known.are_ordered_in_a_role(&readable, &words)
        || known.are_in_words(&words)
        || known.are_in_pieces(&readable, &words)
}

/// Nearly all names are too short for a phrase, which is found out without a copy of them.
fn may_be_in(text: &str) -> bool {
    let (mut words, mut letters, mut least) = (0, 0, LEAST_PLAIN_WORDS);
    for character in text.chars() {
        if !matches!(character, '\0'..='\x7f' | '\u{400}'..='\u{52f}') {
            if is_of_pieces(character) {
                return true;
            }
            least = LEAST_WORDS;
        }
        if spelling::is_alphanumeric(character) {
            words += usize::from(letters == 0);
            letters += 1;
            if letters >= LEAST_JOINED {
                return true;
            }
        } else if character == ':' {
            return true;
        } else {
            letters = 0;
        }
    }
    words >= least
}

/// True from Hangul on: scripts without blanks, and letters in other forms.
fn is_of_pieces(character: char) -> bool {
    character >= '\u{1100}'
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::new);

/// All phrases, in the look of their letters.
struct Phrases {
    words: Vec<Phrase>,
    /// By the first letters of each first part.
    by_opener: HashMap<String, Vec<usize>>,
    pieces: Vec<Phrase>,
    roles: Vec<String>,
    orders: Vec<String>,
}

/// Parts in their order, each with its alternatives.
type Phrase = Vec<Vec<Part>>;

struct Part {
    text: String,
    /// Any ending may follow.
    is_stem: bool,
}

impl Phrases {
    fn new() -> Self {
        let words: Vec<Phrase> = phrases::WORDS.iter().map(|row| phrase(row)).collect();
        let mut by_opener: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, phrase) in words.iter().enumerate() {
            for part in phrase.iter().take(1).flatten() {
                let places = by_opener.entry(opener(&part.text).to_owned()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        let read = |list: &str| list.split_whitespace().map(spelling::readable).collect();
        Self {
            words,
            by_opener,
            pieces: phrases::PIECES.iter().map(|row| phrase(row)).collect(),
            roles: read(phrases::ROLES),
            orders: read(phrases::ORDERS),
        }
    }

    fn are_ordered_in_a_role(&self, readable: &str, words: &[&str]) -> bool {
        let Some((role, rest)) = words.split_first() else {
            return false;
        };
        let is_one_of = |list: &[String], word: &str| list.iter().any(|known| known == word);
        let opening = readable.trim_start_matches(|c: char| !c.is_alphanumeric());
        let follows = opening.strip_prefix(role).unwrap_or_default();
        is_one_of(&self.roles, role)
            && follows.trim_start_matches([']', '>', '*', ' ']).starts_with(':')
            && rest.iter().any(|word| is_one_of(&self.orders, word))
    }

    fn are_in_words(&self, words: &[&str]) -> bool {
        let mut starts = words.iter().enumerate();
        starts.any(|(start, word)| {
            let mut phrases = self.by_opener.get(opener(word)).into_iter().flatten();
            phrases.any(|at| {
                let phrase = self.words.get(*at).map(Vec::as_slice).unwrap_or_default();
                is_at_start_of(words.get(start..).unwrap_or_default(), phrase)
            })
        })
    }

    fn are_in_pieces(&self, readable: &str, words: &[&str]) -> bool {
        let spelled_out: String = words.iter().filter(|word| is_single(word)).copied().collect();
        let is_joined = |word: &&str| word.len() >= LEAST_JOINED;
        let mut joined = words.iter().copied().chain([spelled_out.as_str()]).filter(is_joined);
        let is_whole = |phrase: &&Phrase| phrase.len() >= LEAST_JOINED_PARTS;
        readable.contains(is_of_pieces) && self.pieces.iter().any(|phrase| is_within(readable, phrase, 0))
            || joined.any(|word| {
                let mut phrases = self.words.iter().filter(is_whole);
                phrases.any(|phrase| is_within(word, phrase, LEAST_JOINED_OPENER))
            })
    }
}

fn phrase(row: &str) -> Phrase {
    let part = |text: &str| Part {
        text: spelling::readable(text.trim_end_matches('*')),
        is_stem: text.ends_with('*'),
    };
    row.split(' ')
        .map(|parts| parts.split('|').map(part).collect())
        .collect()
}

fn opener(word: &str) -> &str {
    let end = word.char_indices().nth(OPENER).map_or(word.len(), |(end, _)| end);
    word.get(..end).unwrap_or_default()
}

fn is_single(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// True if the first of `words` begins the phrase, and the others hold the rest.
fn is_at_start_of(words: &[&str], phrase: &[Vec<Part>]) -> bool {
    let (mut rest, mut between) = (words.iter(), 0);
    phrase.iter().all(|alternatives| {
        let mut near = rest.by_ref().take(between + 1);
        between = MAX_WORDS_BETWEEN;
        near.any(|word| alternatives.iter().any(|part| part.is(word)))
    })
}

/// True if the pieces of the phrase stand in `text`, one soon after another; the first has at least so many octets.
fn is_within(text: &str, phrase: &[Vec<Part>], least_opener: usize) -> bool {
    let Some((first, others)) = phrase.split_first() else {
        return false;
    };
    let openers = first.iter().filter(|part| part.text.len() >= least_opener);
    let mut starts = openers.flat_map(|part| text.match_indices(part.text.as_str()));
    starts.any(|(start, found)| {
        let mut rest = text.get(start + found.len()..).unwrap_or_default();
        others.iter().all(|alternatives| {
            let ends = alternatives.iter().filter_map(|part| {
                let at = rest.find(part.text.as_str())?;
                (at <= MAX_OCTETS_BETWEEN).then_some(at + part.text.len())
            });
            match ends.min().and_then(|end| rest.get(end..)) {
                Some(after) => {
                    rest = after;
                    true
                }
                None => false,
            }
        })
    })
}

impl Part {
    fn is(&self, word: &str) -> bool {
        word == self.text || (self.is_stem && word.starts_with(&self.text))
    }
}
