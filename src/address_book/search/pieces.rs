//! What the portal is asked, so that a name is found in whatever spelling its contact has. Pure.
//!
//! The portal finds a literal piece of a name or an address, so it is asked for pieces that the spellings have in
//! common, most telling first: the words as they were typed; the same in the other script; halves of words, of which
//! one is intact whatever the other is mistyped, transliterated or accented like; other forms of a first name; and the
//! same for the other keyboard layout. What comes back is judged here, so a piece may bring too much. How many of them
//! are asked is the caller's to say.

mod spellings;

use super::diminutives;
use super::layout;
use super::spelling::{Word, is_apostrophe, split};
use spellings::{accented, core, halves, in_other_script, other_schemes, short_forms, with_accents};

/// Shorter pieces would bring the newest contacts whoever they are.
const SHORTEST: usize = 3;

/// A piece to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::address_book) struct Piece {
    pub(in crate::address_book) text: String,
    /// Set for a whole word: whoever bears the name in this spelling has the word.
    pub(in crate::address_book) spelling: Option<Spelling>,
}

/// How a name may be written, as far as its whole words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::address_book) enum Spelling {
    /// As it was typed.
    Typed,
    /// In the other script.
    OtherScript,
    /// As the other keyboard layout would have had it.
    OtherLayout,
}

/// The pieces to ask for, best first and each once. `words` are those of the question, as typed, in lower case.
pub(super) fn of_words(text: &str, words: &[String], other_layouts: &[String]) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let words = by_weight(words);
    let layouts: Vec<Vec<String>> = other_layouts.iter().map(|reading| by_weight(&split(reading))).collect();
    // Nobody is called like that: the other layout is what was meant.
    let is_mistyped = other_layouts
        .first()
        .is_some_and(|other| layout::is_likelier(other, &text.to_lowercase()));
    let typed = (Spelling::Typed, Some(&words));
    let layout = (Spelling::OtherLayout, layouts.first());
    let readings = if is_mistyped { [layout, typed] } else { [typed, layout] };
    let without_apostrophes = parts_of_words(text);
    for (spelling, words) in readings {
        for word in words.into_iter().flatten() {
            let part = without_apostrophes.iter().find(|(whole, _)| whole == word);
            pieces.push(part.map_or(word, |(_, part)| part).clone(), Some(spelling));
            let other_script = (spelling == Spelling::Typed).then_some(Spelling::OtherScript);
            pieces.push(in_other_script(word), other_script);
        }
    }
    let everything = || {
        let first = readings.into_iter().filter_map(|(_, words)| words);
        first.chain(layouts.iter().skip(1))
    };
    let in_part = |word: &String| {
        let (here, there) = (halves(word), halves(&in_other_script(word)));
        [accented(word), here, there].concat()
    };
    // Of the most telling word first: many names share the places.
    let telling = everything().next().and_then(|words| words.first());
    pieces.push_all(telling.into_iter().flat_map(in_part));
    // Where many bear each word, the whole name still brings its bearers.
    if words.len() > 1 {
        let typed = split(text);
        let other: Vec<String> = typed.iter().map(|word| in_other_script(word)).collect();
        for mut words in [typed, other] {
            pieces.push(words.join(" "), None);
            words.reverse();
            pieces.push(words.join(" "), None);
        }
    }
    for word in everything().flatten() {
        pieces.push_all(in_part(word));
        pieces.push_all(core(word));
    }
    for words in everything() {
        pieces.push_all(words.iter().flat_map(|word| short_forms(word)));
        pieces.push_all(words.iter().flat_map(|word| other_schemes(word)));
    }
    pieces.0
}

/// Words with apostrophes, which may be written without, and the longest part of each, which both ways have.
fn parts_of_words(text: &str) -> Vec<(String, String)> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && !is_apostrophe(c));
    words
        .filter(|word| word.contains(is_apostrophe))
        .filter_map(|word| {
            let longest = word.split(is_apostrophe).max_by_key(|part| part.chars().count())?;
            Some((word.replace(is_apostrophe, ""), longest.to_owned()))
        })
        .collect()
}

/// Words for a full-text search that takes each as a beginning and any of them as a match.
pub(super) fn beginnings(text: &str, words: &[String], other_layouts: &[String]) -> Vec<String> {
    let mut beginnings = Pieces::default();
    let mut all: Vec<String> = words.to_vec();
    // The index takes O'Rourke for two words.
    all.extend(parts_of_words(text).into_iter().map(|(_, part)| part));
    all.extend(other_layouts.iter().flat_map(|reading| split(reading)));
    let all = by_weight(&all);
    for word in &all {
        beginnings.push_all([word.clone(), in_other_script(word)]);
    }
    for word in &all {
        let spellings = [
            vec![word.clone(), in_other_script(word)],
            accented(word),
            other_schemes(word),
        ]
        .concat();
        let halves: Vec<String> = spellings
            .iter()
            .filter_map(|word| halves(word).into_iter().next())
            .collect();
        let guesses = halves.iter().flat_map(|half| with_accents(half));
        let guesses: Vec<String> = guesses.collect();
        beginnings.push_all(halves.into_iter().chain(guesses));
        beginnings.push_all(short_forms(word));
    }
    beginnings.0.into_iter().map(|piece| piece.text).collect()
}

#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    fn push(&mut self, text: String, spelling: Option<Spelling>) {
        let is_long_enough = text.chars().count() >= SHORTEST || text.chars().any(|c| c > '\u{2e80}');
        if is_long_enough && !self.0.iter().any(|known| known.text == text) {
            self.0.push(Piece { text, spelling });
        }
    }

    fn push_all(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            self.push(text, None);
        }
    }
}

/// Longest first: a surname tells more than a first name, and an initial nothing.
fn by_weight(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    // A first name that everybody knows finds many.
    words.sort_by_key(|word| {
        let is_first_name = diminutives::rows_of(&Word::new(word)).next().is_some();
        (is_first_name, std::cmp::Reverse(word.chars().count()))
    });
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let pieces = of_words(text, &split(text), &layout::other_readings(text));
        pieces.into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn the_most_telling_pieces_come_first() {
        assert_eq!(pieces("Ivan Petrov")[..4], ["petrov", "петров", "ivan", "иван"]);
        assert_eq!(pieces("Мюллер")[..2], ["мюллер", "myuller"]);
        assert_eq!(pieces("Bdfyjd")[..2], ["иванов", "ivanov"]);
    }

    #[test]
    fn no_piece_is_too_short_or_twice_there() {
        for text in [
            "Ivan Petrov",
            "I. Petrov",
            "Щербакова Юлия",
            "a b c",
            "Саша",
            "田中",
            "",
            "%%",
        ] {
            let pieces = pieces(text);
            let mut once = pieces.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), pieces.len(), "{text}");
            assert!(pieces.iter().all(|piece| piece.chars().count() >= 2), "{text}");
        }
        assert_eq!(pieces("田中"), ["田中"]);
    }

    #[test]
    fn spellings_share_a_piece() {
        for (asked, written) in [
            ("muller", "müller"),
            ("müller", "mueller"),
            ("lukasz", "łukasz"),
            ("ivanof", "ivanov"),
            ("shcherbakov", "щербаков"),
            ("хохлова", "hohlova"),
            ("юрий щербаков", "iurii scherbakov"),
            ("wojcik", "wójcik"),
            ("o'neill", "oneill"),
            ("oneill", "o'neill"),
        ] {
            assert!(
                pieces(asked).iter().any(|piece| written.contains(piece.as_str())),
                "{asked}: {:?}",
                pieces(asked)
            );
        }
    }
}
