//! Whether a text reads as an instruction to a model. Pure.
//!
//! No rule can decide this in general. The rules here search a text for the phrases of [`phrases`] and compare letters
//! by their look. So the rules miss every other instruction, and mark an ordinary name that has one of the phrases: a
//! sender called `Do not tell the user`.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::{look, phrases};

/// The most other words between two parts of a phrase.
const MAX_WORDS_BETWEEN: usize = 3;
/// The most other octets between two pieces of a phrase without blanks: as many as fifteen Chinese characters have.
const MAX_OCTETS_BETWEEN: usize = 45;
/// The fewest words of a text that may have a phrase. Two words are enough if they are long (`Ignore instructions`; in
/// Arabic less long) or have the Turkish ı.
const LEAST_WORDS: usize = 3;
const LEAST_LETTERS_OF_TWO: usize = 16;
const LEAST_LETTERS_OF_LONGER: usize = 10;
const LEAST_LETTERS_OF_LONGER_ARABIC: usize = 8;
/// The shortest word, in octets, that may be a phrase without its blanks; the fewest parts of such a phrase.
const LEAST_JOINED: usize = 16;
const LEAST_JOINED_PARTS: usize = 3;
/// The shortest first part of a phrase, in octets, that is searched for within a word.
const LEAST_JOINED_OPENER: usize = 5;
/// How many letters of the first part of a phrase its index key has.
const OPENER: usize = 3;

/// True if `text` reads as an instruction to a model.
pub(super) fn are_in(text: &str) -> bool {
    if !may_be_in(text) {
        return false;
    }
    let readable = look::readable(text);
    let words: Vec<&str> = look::words(&readable).collect();
    let known = &*PHRASES;
    known.are_ordered_in_a_role(&readable, &words)
        || known.are_in_words(&words)
        || known.are_in_pieces(&readable, &words)
        || MARKS_WITHIN_WORDS.iter().any(|marks| {
            readable.contains(*marks)
                && known.are_in_words(&look::words(&without(marks, &readable)).collect::<Vec<_>>())
        })
}

/// Signs that may be put between the letters of one word, as in `Ign-ore`. The second set has dots and underscores too,
/// which mostly separate words.
const MARKS_WITHIN_WORDS: [&[char]; 2] = [
    &['-', '*', '\'', '~', '^', '·'],
    &['-', '*', '\'', '~', '^', '·', '.', '_'],
];

fn without(marks: &[char], text: &str) -> String {
    text.chars().filter(|character| !marks.contains(character)).collect()
}

/// False if the octets of a text show that the text is too short for a phrase. This decides nearly all names without a
/// copy.
fn may_be_in(text: &str) -> bool {
    let (mut words, mut letters, mut all_letters, mut longest) = (0, 0, 0, 0);
    let (mut may_be_turkish, mut has_arabic) = (false, false);
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {}
            // Scripts without blanks, and other forms of letters.
            b':' | 0xE1.. => return true,
            0..=0x7F => {
                letters = 0;
                continue;
            }
            0x80..=0xBF => continue,
            // Signs, marks and phonetic letters occur between words and within them.
            0xC2 | 0xCA..=0xCD => letters = 0,
            0xC4 => may_be_turkish = true,
            0xD8 | 0xD9 => has_arabic = true,
            _ => {}
        }
        words += usize::from(letters == 0);
        letters += 1;
        all_letters += 1;
        longest = longest.max(letters);
        if letters >= LEAST_JOINED {
            return true;
        }
    }
    let are_long = || all_letters >= LEAST_LETTERS_OF_TWO && longest >= LEAST_LETTERS_OF_LONGER;
    let is_of_short =
        || (has_arabic && longest >= LEAST_LETTERS_OF_LONGER_ARABIC) || (may_be_turkish && text.contains('ı'));
    words >= LEAST_WORDS || (words == 2 && (are_long() || is_of_short()))
}

/// True for a character that may be Hangul, Chinese or Japanese: U+1100 or a later one.
fn is_of_pieces(character: char) -> bool {
    character >= '\u{1100}'
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::new);

/// All phrases, as [`look::readable`] writes them.
struct Phrases {
    words: Vec<Phrase>,
    /// Indexes into `words` by the first letters of each first part.
    by_opener: HashMap<String, Vec<usize>>,
    pieces: Vec<Phrase>,
    roles: Vec<String>,
    orders: Vec<Phrase>,
    fillers: Vec<String>,
}

/// The places of a phrase in order.
type Phrase = Vec<Place>;

/// One place of a phrase.
struct Place {
    /// The alternatives; none for the end of the text.
    parts: Vec<Part>,
    /// True if only fillers may come between the previous place and this one.
    is_next: bool,
}

struct Part {
    text: String,
    /// True if any ending may follow.
    is_stem: bool,
}

impl Phrases {
    fn new() -> Self {
        let words: Vec<Phrase> = phrases::WORDS.iter().map(|row| phrase(row)).collect();
        let mut by_opener: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, phrase) in words.iter().enumerate() {
            for part in phrase.iter().take(1).flat_map(|place| &place.parts) {
                let places = by_opener.entry(opener(&part.text).to_owned()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        let read = |list: &str| list.split_whitespace().map(look::readable).collect();
        Self {
            words,
            by_opener,
            pieces: phrases::PIECES.iter().map(|row| phrase(row)).collect(),
            roles: read(phrases::ROLES),
            orders: phrases::ORDERS.iter().map(|row| phrase(row)).collect(),
            fillers: read(phrases::FILLERS),
        }
    }

    fn are_ordered_in_a_role(&self, readable: &str, words: &[&str]) -> bool {
        let Some((role, rest)) = words.split_first() else {
            return false;
        };
        let opening = readable.trim_start_matches(|c: char| !c.is_alphanumeric());
        let follows = opening.strip_prefix(role).unwrap_or_default();
        self.roles.iter().any(|known| known == role)
            && follows.trim_start_matches([']', '>', '*', ' ']).starts_with(':')
            && (0..rest.len()).any(|start| {
                let words = rest.get(start..).unwrap_or_default();
                self.orders.iter().any(|order| self.is_at_start_of(words, order))
            })
    }

    fn are_in_words(&self, words: &[&str]) -> bool {
        let mut starts = words.iter().enumerate();
        starts.any(|(start, word)| {
            let mut phrases = self.by_opener.get(opener(word)).into_iter().flatten();
            phrases.any(|at| {
                let phrase = self.words.get(*at).map(Vec::as_slice).unwrap_or_default();
                self.is_at_start_of(words.get(start..).unwrap_or_default(), phrase)
            })
        })
    }

    /// True if the phrase begins at the first of `words`, and the words after that fill its other places.
    fn is_at_start_of(&self, words: &[&str], phrase: &[Place]) -> bool {
        let (mut rest, mut most_between) = (words.iter(), 0);
        phrase.iter().all(|place| {
            if place.parts.is_empty() {
                return rest.len() == 0;
            }
            let mut between = 0;
            let found = rest.by_ref().find_map(|word| {
                if place.parts.iter().any(|part| part.is(word)) {
                    return Some(true);
                }
                between += usize::from(!place.is_next || !self.fillers.iter().any(|filler| filler == word));
                let is_too_far = between > if place.is_next { 0 } else { most_between };
                is_too_far.then_some(false)
            });
            most_between = MAX_WORDS_BETWEEN;
            found == Some(true)
        })
    }

    fn are_in_pieces(&self, readable: &str, words: &[&str]) -> bool {
        let spelled_out: String = words.iter().filter(|word| is_single(word)).copied().collect();
        let is_joined = |word: &&str| word.len() >= LEAST_JOINED;
        let mut joined = words.iter().copied().chain([spelled_out.as_str()]).filter(is_joined);
        let is_whole = |phrase: &&Phrase| phrase.len() >= LEAST_JOINED_PARTS;
        [readable, &spelled_out]
            .into_iter()
            .any(|text| text.contains(is_of_pieces) && self.pieces.iter().any(|phrase| is_within(text, phrase, 0)))
            || joined.any(|word| {
                let mut phrases = self.words.iter().filter(is_whole);
                phrases.any(|phrase| is_within(word, phrase, LEAST_JOINED_OPENER))
            })
    }
}

fn phrase(row: &str) -> Phrase {
    let part = |text: &str| Part {
        text: look::readable(text.trim_end_matches('*')),
        is_stem: text.ends_with('*'),
    };
    let place = |text: &str| {
        let alternatives = text.trim_start_matches('+');
        Place {
            parts: alternatives.split('|').filter(|text| *text != "$").map(part).collect(),
            is_next: alternatives != text,
        }
    };
    row.split(' ').map(place).collect()
}

fn opener(word: &str) -> &str {
    let end = word.char_indices().nth(OPENER).map_or(word.len(), |(end, _)| end);
    word.get(..end).unwrap_or_default()
}

fn is_single(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// True if `text` has the pieces of the phrase in order, with at most [`MAX_OCTETS_BETWEEN`] between two. Only first
/// pieces of at least `least_opener` octets count.
fn is_within(text: &str, phrase: &[Place], least_opener: usize) -> bool {
    let Some((first, others)) = phrase.split_first() else {
        return false;
    };
    let openers = first.parts.iter().filter(|part| part.text.len() >= least_opener);
    let mut starts = openers.flat_map(|part| text.match_indices(part.text.as_str()));
    starts.any(|(start, found)| {
        let mut rest = text.get(start + found.len()..).unwrap_or_default();
        others.iter().all(|place| {
            if place.parts.is_empty() {
                return rest.is_empty();
            }
            let most_between = if place.is_next { 0 } else { MAX_OCTETS_BETWEEN };
            let ends = place.parts.iter().filter_map(|part| {
                let at = rest.find(part.text.as_str())?;
                (at <= most_between).then_some(at + part.text.len())
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
