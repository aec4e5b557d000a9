//! Near contacts: the contacts that are shown for a name that no contact certainly has. Pure.
//!
//! A contact is near if one of these rules holds. A near contact is `similar`, never certain, and ranks below nearly
//! all contacts in which each word of the question was found.
//!
//! | rule | question | near contact |
//! |---|---|---|
//! | the question has all words of the contact's name, at least two | `Linda Park, Head of Sales` | Linda Park |
//! | the contact has a surname of the question that at most five entries have, and no other first name | `Tonia Quistgaard` | Antonia Quistgaard |
//! | each word of the question looks like a word of the name, at least one strongly, or differs only in spaces | `Anna Bowyer` | Anna Bayer |
//! | at least two words, and at least half of the question's words, are strongly alike | `Anna Klein Hamburg Sales` | Klein, Anna Maria |
//!
//! Two words are strongly alike by any [`Likeness`] except a beginning, an initial and the other gender.

use super::contact_words::{BookWords, ContactWords, WordId};
use super::first_names;
use super::fit::LONGEST_NAME;
use super::likeness::{Likeness, resemblance};
use super::reading::Reading;
use super::spelling::{Word, is_syllable_or_word};
use super::verdict::Fit;

/// The least average of a contact's points if its words only look like those of the question.
const LEAST_AVERAGE: i32 = 78;
/// The most entries of the book that may have a word for the word to be rare.
const MAX_ENTRIES_IF_RARE: usize = 5;
/// The fewest letters of a surname, in a script with an alphabet.
const SHORTEST_SURNAME: usize = 4;
/// The fewest letters of a question that differs from a name only in spaces.
const SHORTEST_JOINED: usize = 5;
/// Points of words that differ only in spaces.
const POINTS_OF_JOINED: i32 = 90;
/// The most points of a near contact; nearly all contacts in which every word was found have more.
const MOST_POINTS: i32 = 70;

/// A word of the question paired with a word of the name.
#[derive(Debug, Clone, Copy)]
struct Pair {
    /// The place of the word in the question.
    in_question: usize,
    /// The place of the word in the name; `None` if question and name differ only in spaces, and the question has more
    /// words.
    in_name: Option<usize>,
    points: i32,
    /// True if both are the same word in some spelling.
    is_word: bool,
}

impl Pair {
    /// The paired word of `name`.
    fn word_of(self, name: &[WordId]) -> Option<&WordId> {
        name.get(self.in_name?)
    }
}

impl Reading {
    /// How near `contact` is; `None` if it is not near.
    pub(in crate::address_book) fn near(&self, contact: ContactWords<'_>, book: &impl BookWords) -> Option<Fit> {
        let name = if contact.name.is_empty() {
            contact.local
        } else {
            contact.name
        };
        if self.has_other_spaces(name, book) {
            return Some(Fit::similar(MOST_POINTS));
        }
        let mut pairs = self.strong_pairs(name, book);
        // A name with many other words is not a person's name.
        if pairs.is_empty() || name.len() > pairs.len() + LONGEST_NAME + 1 {
            return None;
        }
        let alike = pairs.len();
        let is_near = self.has_whole_name(&pairs, name, book) || self.has_rare_surname(&pairs, name, book) || {
            self.add_loose_pairs(&mut pairs, name, book);
            self.is_alike_on_average(&pairs) || (alike >= 2 && 2 * alike >= self.words.len())
        };
        is_near.then(|| Fit::similar(self.points(&pairs, name, book)))
    }

    /// True if the question and neighbouring words of the name differ only in spaces: Vandervelde and van der Velde.
    fn has_other_spaces(&self, name: &[WordId], book: &impl BookWords) -> bool {
        let asked: String = self.words.iter().map(Word::plain).collect();
        let has_joined = |from: usize| {
            let mut joined = String::new();
            let words = name.iter().skip(from).map_while(|id| book.word(*id));
            words.enumerate().any(|(at, word)| {
                joined.push_str(word.plain());
                joined == asked && at + self.words.len() > 1
            })
        };
        asked.chars().count() >= SHORTEST_JOINED && (0..name.len()).any(has_joined)
    }

    /// True if the name has at least two words that are no initials, and the question has all of these words.
    fn has_whole_name(&self, pairs: &[Pair], name: &[WordId], book: &impl BookWords) -> bool {
        let is_word = |id: &WordId| !book.is_initial(*id);
        let words = name.iter().filter(|id| is_word(id)).count();
        let found = pairs.iter().filter(|pair| pair.word_of(name).is_some_and(is_word));
        words >= 2 && found.count() == words
    }

    /// True if a rare surname was found and no other words contradict it: the question or the name has no other words,
    /// or one word of each may be forms of one first name.
    fn has_rare_surname(&self, pairs: &[Pair], name: &[WordId], book: &impl BookWords) -> bool {
        let is_rare = |pair: &Pair| {
            let is_in_few = pair
                .word_of(name)
                .is_some_and(|id| book.count_entries(*id) <= MAX_ENTRIES_IF_RARE);
            is_in_few && pair.is_word && self.is_surname(pair.in_question)
        };
        if !pairs.iter().any(is_rare) {
            return false;
        }
        let asked: Vec<&Word> = self.left_over(pairs).collect();
        let named = unpaired_in_name(pairs, name.len()).filter_map(|at| book.word(*name.get(at)?));
        let named: Vec<&Word> = named.collect();
        asked.is_empty()
            || named.is_empty()
            || asked
                .iter()
                .any(|one| named.iter().any(|other| may_be_short_form(one, other)))
    }

    /// True if the question's word at `at` may be a surname: long enough, and neither a first name nor a patronymic.
    fn is_surname(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| {
            let letters = word.plain().chars();
            let is_long = letters.clone().count() >= SHORTEST_SURNAME
                || (letters.clone().count() > 1 && letters.clone().all(is_syllable_or_word));
            is_long && !self.is_patronymic(at) && !first_names::is_first_name(word)
        })
    }

    /// True if each word of the question, apart from initials and patronymics, is in a pair, and the pairs have at
    /// least [`LEAST_AVERAGE`] points on average.
    fn is_alike_on_average(&self, pairs: &[Pair]) -> bool {
        if self.left_over(pairs).next().is_some() {
            return false;
        }
        let points: i32 = pairs.iter().map(|pair| pair.points).sum();
        points >= LEAST_AVERAGE * i32::try_from(pairs.len()).unwrap_or(i32::MAX)
    }

    /// The words of the question that are in no pair, apart from initials and patronymics.
    fn left_over<'a>(&'a self, pairs: &'a [Pair]) -> impl Iterator<Item = &'a Word> {
        let places = self.unpaired_in_question(pairs).filter(|at| !self.is_patronymic(*at));
        let words = places.filter_map(|at| self.words.get(at));
        words.filter(|word| !word.is_initial)
    }

    /// The places of the question's words that are in no pair.
    fn unpaired_in_question<'a>(&self, pairs: &'a [Pair]) -> impl Iterator<Item = usize> + use<'a> {
        (0..self.words.len()).filter(|at| !pairs.iter().any(|pair| pair.in_question == *at))
    }

    /// Pairs of words that are strongly alike, best pairs first. Each word is in one pair at most.
    fn strong_pairs(&self, name: &[WordId], book: &impl BookWords) -> Vec<Pair> {
        let mut all: Vec<Pair> = Vec::new();
        let words = self.words.iter().enumerate().filter(|(_, word)| !word.is_initial);
        for (asked, _) in words {
            all.extend(name.iter().enumerate().filter_map(|(named, id)| {
                let likeness = book.likeness(asked, *id).filter(is_strong)?;
                Some(Pair {
                    in_question: asked,
                    in_name: Some(named),
                    points: likeness.points(),
                    is_word: likeness.is_the_word() || likeness == Likeness::SoundsHere,
                })
            }));
        }
        all.sort_by_key(|pair| -pair.points);
        let mut pairs: Vec<Pair> = Vec::with_capacity(all.len());
        for pair in all {
            if !pairs
                .iter()
                .any(|other| other.in_question == pair.in_question || other.in_name == pair.in_name)
            {
                pairs.push(pair);
            }
        }
        pairs
    }

    /// Adds pairs of the remaining words that differ only in spaces or look alike.
    fn add_loose_pairs(&self, pairs: &mut Vec<Pair>, name: &[WordId], book: &impl BookWords) {
        let asked: Vec<usize> = self.unpaired_in_question(pairs).collect();
        let named: Vec<usize> = unpaired_in_name(pairs, name.len()).collect();
        if asked.is_empty() || named.is_empty() {
            return;
        }
        let word_of = |at: usize| name.get(at).and_then(|id| book.word(*id));
        if asked.len() + named.len() > 2 {
            let one: String = asked
                .iter()
                .filter_map(|at| self.words.get(*at))
                .map(Word::plain)
                .collect();
            let other: String = named.iter().filter_map(|at| word_of(*at)).map(Word::plain).collect();
            if one == other {
                pairs.extend(asked.iter().enumerate().map(|(at, asked)| Pair {
                    in_question: *asked,
                    in_name: named.get(at).copied(),
                    points: POINTS_OF_JOINED,
                    is_word: false,
                }));
                return;
            }
        }
        for asked in asked {
            let Some(wanted) = self.words.get(asked) else { continue };
            let free = named
                .iter()
                .filter(|at| !pairs.iter().any(|pair| pair.in_name == Some(**at)));
            let alike = free.filter_map(|at| Some((resemblance(wanted, word_of(*at)?)?, *at)));
            if let Some((points, named)) = alike.max() {
                pairs.push(Pair {
                    in_question: asked,
                    in_name: Some(named),
                    points,
                    is_word: false,
                });
            }
        }
    }

    /// The points of the pairs, up to [`MOST_POINTS`], less a share for the words in no pair. The rarer a word, the
    /// more it weighs.
    fn points(&self, pairs: &[Pair], name: &[WordId], book: &impl BookWords) -> i32 {
        const OF_UNKNOWN: i32 = 6;
        let weight = |word: Option<&WordId>| word.map_or(OF_UNKNOWN, |id| rarity(book.count_entries(*id)));
        let (mut found, mut all) = (0, 0);
        for pair in pairs {
            found += weight(pair.word_of(name)) * pair.points;
            all += weight(pair.word_of(name));
        }
        all += self.unpaired_in_question(pairs).map(|_| OF_UNKNOWN).sum::<i32>();
        let left_over: i32 = unpaired_in_name(pairs, name.len()).map(|at| weight(name.get(at))).sum();
        MOST_POINTS * found / (100 * all + 30 * left_over).max(1)
    }
}

/// The places of the words that are in no pair, out of the `words` words of a name.
fn unpaired_in_name(pairs: &[Pair], words: usize) -> impl Iterator<Item = usize> {
    (0..words).filter(|at| !pairs.iter().any(|pair| pair.in_name == Some(*at)))
}

/// True if one word may be a short form of the other although no table lists it: both begin with the same two letters,
/// or one contains the first three letters of the other.
fn may_be_short_form(one: &Word, other: &Word) -> bool {
    let alike = |one: &str, other: &str| {
        let beginning =
            |text: &str, letters: usize| text.char_indices().nth(letters).map_or(text.len(), |(end, _)| end);
        let (two, three) = (one.get(..beginning(one, 2)), one.get(..beginning(one, 3)));
        two.is_some_and(|two| other.starts_with(two)) || three.is_some_and(|three| other.contains(three))
    };
    let pairs = |one: &str, other: &str| alike(one, other) || alike(other, one);
    one.sounds().any(|one| other.sounds().any(|other| pairs(one, other)))
}

/// True for a likeness that counts without another word beside it.
pub(in crate::address_book) fn is_strong(likeness: &Likeness) -> bool {
    !matches!(
        likeness,
        Likeness::Beginning | Likeness::Initial | Likeness::OtherGender
    )
}

/// How rare a word is: from 1, for a word that 512 or more entries have, to 10, for a word of a single entry.
fn rarity(entries: usize) -> i32 {
    10_i32.saturating_sub_unsigned(entries.max(1).ilog2()).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::{Question, ReferenceContact};
    use super::*;

    /// True if the contact is near and not certain, in a book where `entries` entries have each word.
    fn is_near(asked: &str, name: &str, entries: usize) -> bool {
        let question = Question::new(asked);
        let contact = ReferenceContact::new(name, "u1@x.example");
        let is_certain = contact.fit(&question).is_some_and(|fit| fit.is_certain());
        !is_certain && contact.near(&question, &|_| entries).is_some()
    }

    #[test]
    fn a_contact_is_near_by_a_rare_surname_beside_a_first_name_that_begins_alike() {
        for (asked, name) in [
            ("Lenni Quistgaard", "Leopold Quistgaard"),
            ("Tonia Quistgaard", "Antonia Quistgaard"),
        ] {
            assert!(is_near(asked, name, MAX_ENTRIES_IF_RARE), "{asked}: {name}");
        }
        assert!(!is_near(
            "Lenni Quistgaard",
            "Leopold Quistgaard",
            MAX_ENTRIES_IF_RARE + 1
        ));
        for (asked, name) in [
            ("Timothy Quistgaard", "Jane Quistgaard"),
            ("Robert Hansen", "Robert Quistgaard"),
            ("Иван Сергеевич Лапин", "Пётр Сергеевич Орлов"),
        ] {
            assert!(!is_near(asked, name, 1), "{asked}: {name}");
        }
    }

    #[test]
    fn a_contact_is_near_if_the_question_has_all_words_of_its_name() {
        for (asked, name) in [
            ("Linda Park, Head of Sales", "Linda Park"),
            ("Park, Linda (EXT) [Fabrikam]", "Linda Park"),
            ("Linda \"Lin\" Park", "Park, Linda"),
        ] {
            assert!(is_near(asked, name, 1_000), "{asked}: {name}");
        }
        for (asked, name) in [
            ("Linda, Head of Sales", "Linda"),
            ("Linda Park, Head of Sales", "Linda Johnson"),
        ] {
            assert!(!is_near(asked, name, 1_000), "{asked}: {name}");
        }
    }

    #[test]
    fn a_contact_is_near_by_words_that_look_alike_or_differ_in_spaces() {
        for (asked, name) in [
            ("Anna Mosk", "Anna Musk"),
            ("Anna Bowyer", "Anna Bayer"),
            ("Anna Vandervelde", "Anna van der Velde"),
            ("Angus Mac Intyre", "Angus MacIntyre"),
            ("Anna De la Cruz", "Anna Delacruz"),
        ] {
            assert!(is_near(asked, name, 1_000), "{asked}: {name}");
        }
        for (asked, name) in [
            ("Anna Klein", "Anna Gross"),
            ("Maria Petrova", "Marina Petrenko"),
            ("Li Wu", "Lu Wei"),
        ] {
            assert!(!is_near(asked, name, 1_000), "{asked}: {name}");
        }
    }
}
