//! Which contacts are shown for a name that nobody bears for certain, and in what order. Pure.
//!
//! A contact is near if one of these holds. A near contact is `similar`, never certain, and ranks below nearly all
//! contacts in which each word of the question was found.
//!
//! | rule | example |
//! |---|---|
//! | all words of its name, two or more, were asked for, whatever else was | `Linda Park, Head of Sales`: Linda Park |
//! | it has a surname of the question that at most five people bear, and no other first name | `Tonia Quistgaard`: Antonia Quistgaard |
//! | all words of the question look alike, one of them strongly, or are the same but for spaces | `Anna Bowyer`: Anna Bayer |
//! | two words or more are strongly alike, and they are half of the question or more | `Anna Klein Hamburg Sales`: Klein, Anna Maria |
//!
//! Words are strongly alike by any [`Likeness`] but a beginning, an initial or the other gender.

use super::first_names;
use super::fit::{LONGEST_NAME, Reading, is_patronymic_in_any_case};
use super::likeness::{Likeness, loosely};
use super::spelling::{Word, is_syllable_or_word};
use super::texts::{Bearer, Known};
use super::{Fit, Why};

/// Points that the words of a pair of names have on average at least, where all are only alike.
const ALIKE: i32 = 78;
/// A word is rare if at most so many entries of the book have it.
const FEW: usize = 5;
/// Letters of a surname at least, in a script with an alphabet.
const LONG_ENOUGH: usize = 4;
/// Points of a word that is the same but for spaces.
const JOINED: i32 = 90;
/// Points of a near contact at most; nearly all contacts in which every word was found have more.
const MOST_POINTS: i32 = 70;

/// A word of the question beside one of the name.
#[derive(Debug, Clone, Copy)]
struct Pair {
    asked: usize,
    named: usize,
    points: i32,
    is_word: bool,
}

impl Reading {
    /// How near `bearer` is; `None` if it is not near.
    pub(in crate::address_book) fn near(&self, bearer: Bearer<'_>, known: &impl Known) -> Option<Fit> {
        let name = if bearer.name.is_empty() {
            bearer.local
        } else {
            bearer.name
        };
        let fit = |points| Fit {
            why: Why::Similar,
            points,
            is_rival: false,
            is_whole_name: false,
        };
        if self.has_other_spaces(name, known) {
            return Some(fit(MOST_POINTS));
        }
        let mut pairs = self.alike(name, known);
        // What has many words more is a text.
        if pairs.is_empty() || name.len() > pairs.len() + LONGEST_NAME + 1 {
            return None;
        }
        let alike = pairs.len();
        let is_near = self.has_whole(&pairs, name, known) || self.has_rare(&pairs, name, known) || {
            self.add_loose(&mut pairs, name, known);
            self.is_alike(&pairs) || (alike >= 2 && 2 * alike >= self.words.len())
        };
        is_near.then(|| fit(self.points(&pairs, name, known)))
    }

    /// True if the question is words of the name that stand together, but for spaces: Vandervelde and van der Velde.
    fn has_other_spaces(&self, name: &[u32], known: &impl Known) -> bool {
        let asked: String = self.words.iter().map(Word::plain).collect();
        let is_it = |from: usize| {
            let mut joined = String::new();
            let words = name.iter().skip(from).map_while(|number| known.word(*number));
            words.enumerate().any(|(at, word)| {
                joined.push_str(word.plain());
                joined == asked && at + self.words.len() > 1
            })
        };
        asked.chars().count() > LONG_ENOUGH && (0..name.len()).any(is_it)
    }

    /// True if all words of a name of two or more were asked for.
    fn has_whole(&self, pairs: &[Pair], name: &[u32], known: &impl Known) -> bool {
        let is_word = |number: &u32| !known.is_initial(*number);
        let words = name.iter().filter(|number| is_word(number)).count();
        let found = pairs.iter().filter(|pair| name.get(pair.named).is_some_and(is_word));
        words >= 2 && found.count() == words
    }

    /// True if a rare surname was found, and of the other words, if both names have any, two may be one first name.
    fn has_rare(&self, pairs: &[Pair], name: &[u32], known: &impl Known) -> bool {
        let is_rare = |pair: &Pair| {
            let few = name.get(pair.named).is_some_and(|number| known.bearers(*number) <= FEW);
            few && pair.is_word && self.words.get(pair.asked).is_some_and(is_surname)
        };
        if !pairs.iter().any(is_rare) {
            return false;
        }
        let asked: Vec<&Word> = self.left_over(pairs).collect();
        let named = not_named(pairs, name.len()).filter_map(|at| known.word(*name.get(at)?));
        let named: Vec<&Word> = named.collect();
        asked.is_empty()
            || named.is_empty()
            || asked
                .iter()
                .any(|one| named.iter().any(|other| may_be_form(one, other)))
    }

    /// True if all words were found, and are alike on the whole.
    fn is_alike(&self, pairs: &[Pair]) -> bool {
        if self.left_over(pairs).next().is_some() {
            return false;
        }
        let points: i32 = pairs.iter().map(|pair| pair.points).sum();
        points >= ALIKE * i32::try_from(pairs.len()).unwrap_or(i32::MAX)
    }

    /// Words of the question that were not found, initials and patronymics aside.
    fn left_over<'a>(&'a self, pairs: &'a [Pair]) -> impl Iterator<Item = &'a Word> {
        let words = self.not_asked(pairs).filter_map(|at| self.words.get(at));
        words.filter(|word| !word.is_initial && !is_patronymic_in_any_case(word))
    }

    /// Places of the words of the question that are in no pair.
    fn not_asked<'a>(&self, pairs: &'a [Pair]) -> impl Iterator<Item = usize> + use<'a> {
        (0..self.words.len()).filter(|at| !pairs.iter().any(|pair| pair.asked == *at))
    }

    /// Pairs of a word of the question and a word of the name that are strongly alike, best first, each word once.
    fn alike(&self, name: &[u32], known: &impl Known) -> Vec<Pair> {
        let mut all: Vec<Pair> = Vec::new();
        let words = self.words.iter().enumerate().filter(|(_, word)| !word.is_initial);
        for (asked, _) in words {
            all.extend(name.iter().enumerate().filter_map(|(named, number)| {
                let likeness = known.likeness(asked, *number).filter(is_strong)?;
                Some(Pair {
                    asked,
                    named,
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
                .any(|other| other.asked == pair.asked || other.named == pair.named)
            {
                pairs.push(pair);
            }
        }
        pairs
    }

    /// Pairs the words that are left over, if they are the same but for spaces or look alike.
    fn add_loose(&self, pairs: &mut Vec<Pair>, name: &[u32], known: &impl Known) {
        let asked: Vec<usize> = self.not_asked(pairs).collect();
        let named: Vec<usize> = not_named(pairs, name.len()).collect();
        if asked.is_empty() || named.is_empty() {
            return;
        }
        let word_of = |at: usize| name.get(at).and_then(|number| known.word(*number));
        if asked.len() + named.len() > 2 {
            let one: String = asked
                .iter()
                .filter_map(|at| self.words.get(*at))
                .map(Word::plain)
                .collect();
            let other: String = named.iter().filter_map(|at| word_of(*at)).map(Word::plain).collect();
            if one == other {
                let places = asked.iter().zip(named.iter().chain(std::iter::repeat(&usize::MAX)));
                pairs.extend(places.map(|(asked, named)| Pair {
                    asked: *asked,
                    named: *named,
                    points: JOINED,
                    is_word: false,
                }));
                return;
            }
        }
        for asked in asked {
            let Some(wanted) = self.words.get(asked) else { continue };
            let free = named.iter().filter(|at| !pairs.iter().any(|pair| pair.named == **at));
            let alike = free.filter_map(|at| Some((loosely(wanted, word_of(*at)?)?, *at)));
            if let Some((points, named)) = alike.max() {
                pairs.push(Pair {
                    asked,
                    named,
                    points,
                    is_word: false,
                });
            }
        }
    }

    /// The share of both names that was found in the other, up to [`MOST_POINTS`]; the rarer a word, the more it
    /// weighs.
    fn points(&self, pairs: &[Pair], name: &[u32], known: &impl Known) -> i32 {
        const OF_UNKNOWN: i32 = 6;
        let weight = |named: usize| {
            name.get(named)
                .map_or(OF_UNKNOWN, |number| rarity(known.bearers(*number)))
        };
        let (mut found, mut all) = (0, 0);
        for pair in pairs {
            found += weight(pair.named) * pair.points;
            all += weight(pair.named);
        }
        all += self.not_asked(pairs).map(|_| OF_UNKNOWN).sum::<i32>();
        let left_over: i32 = not_named(pairs, name.len()).map(weight).sum();
        MOST_POINTS * found / (100 * all + 30 * left_over).max(1)
    }
}

/// Places of the words of a name, so many, that are in no pair.
fn not_named(pairs: &[Pair], words: usize) -> impl Iterator<Item = usize> {
    (0..words).filter(|at| !pairs.iter().any(|pair| pair.named == *at))
}

/// True for a word that may be a surname: long enough, and no first name or patronymic.
fn is_surname(word: &Word) -> bool {
    let letters = word.plain().chars();
    let is_long = letters.clone().count() >= LONG_ENOUGH
        || (letters.clone().count() > 1 && letters.clone().all(is_syllable_or_word));
    is_long && !is_patronymic_in_any_case(word) && !first_names::is_first_name(word)
}

/// True if one word may be a short form of the other that no table has: both begin with the same two letters, or one
/// holds the first three letters of the other.
fn may_be_form(one: &Word, other: &Word) -> bool {
    let alike = |one: &str, other: &str| {
        let beginning =
            |text: &str, letters: usize| text.char_indices().nth(letters).map_or(text.len(), |(end, _)| end);
        let (two, three) = (one.get(..beginning(one, 2)), one.get(..beginning(one, 3)));
        two.is_some_and(|two| other.starts_with(two)) || three.is_some_and(|three| other.contains(three))
    };
    let pairs = |one: &str, other: &str| alike(one, other) || alike(other, one);
    one.keys().any(|one| other.keys().any(|other| pairs(one, other)))
}

/// True for a likeness that counts without another word beside it.
pub(in crate::address_book) fn is_strong(likeness: &Likeness) -> bool {
    !matches!(
        likeness,
        Likeness::Beginning | Likeness::Initial | Likeness::OtherGender
    )
}

/// From 1 for a word that thousands bear to 10 for one that a single person bears.
fn rarity(bearers: usize) -> i32 {
    10_i32.saturating_sub_unsigned(bearers.max(1).ilog2()).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::{Somebody, Wanted};
    use super::*;

    /// True if the contact bears no such name and is near, in a book where so many bear each word.
    fn is_near(asked: &str, name: &str, bearers: usize) -> bool {
        let wanted = Wanted::new(asked);
        let somebody = Somebody::new(name, "u1@x.example");
        let is_sure = somebody.fit(&wanted).is_some_and(|fit| fit.is_sure());
        !is_sure && somebody.near(&wanted, &|_| bearers).is_some()
    }

    #[test]
    fn somebody_is_near_by_a_rare_surname_beside_a_first_name_that_begins_alike() {
        for (asked, name) in [
            ("Lenni Quistgaard", "Leopold Quistgaard"),
            ("Tonia Quistgaard", "Antonia Quistgaard"),
        ] {
            assert!(is_near(asked, name, FEW), "{asked}: {name}");
        }
        assert!(!is_near("Lenni Quistgaard", "Leopold Quistgaard", FEW + 1));
        for (asked, name) in [
            ("Timothy Quistgaard", "Jane Quistgaard"),
            ("Robert Hansen", "Robert Quistgaard"),
            ("Иван Сергеевич Лапин", "Пётр Сергеевич Орлов"),
        ] {
            assert!(!is_near(asked, name, 1), "{asked}: {name}");
        }
    }

    #[test]
    fn somebody_is_near_by_all_words_of_the_own_name() {
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
    fn somebody_is_near_by_words_that_look_alike_and_by_other_spaces() {
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
