//! How near a contact is that does not bear the name: enough to be shown, never to be sure. Pure.
//!
//! Somebody is near by
//!
//! - a whole word that few people bear;
//! - all words of a name of two or more, whatever else was asked;
//! - words of which one is alike, and the others look alike or are the same but for spaces.

use super::first_names;
use super::fit::{Reading, is_patronymic_in_any_case};
use super::likeness::{Likeness, loosely};
use super::spelling::Word;
use super::texts::{Bearer, Known};
use super::{Fit, Why};

/// Points of words that are alike on the whole.
const ALIKE: i32 = 78;
/// A word that at most so many people of the book bear says much of who is meant.
const FEW: usize = 5;
/// Letters of such a word at least, in a script with an alphabet.
const LONG_ENOUGH: usize = 4;
/// Points of a word that is the same but for spaces.
const JOINED: i32 = 90;
/// Points of somebody near are below those of somebody of whom every word was found.
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
    /// How near `bearer` is; `None` if somebody else is meant.
    pub(in crate::address_book) fn near(&self, bearer: Bearer<'_>, known: &impl Known) -> Option<Fit> {
        let name = if bearer.name.is_empty() {
            bearer.local
        } else {
            bearer.name
        };
        let mut pairs = self.alike(name, known);
        if pairs.is_empty() {
            return None;
        }
        let alike = pairs.len();
        let is_near = self.has_whole(&pairs, name, known) || self.has_rare(&pairs, name, known) || {
            self.add_loose(&mut pairs, name, known);
            self.is_alike(&pairs) || (alike >= 2 && 2 * alike >= self.words.len())
        };
        is_near.then(|| Fit {
            why: Why::Similar,
            points: self.points(&pairs, name, known),
            is_rival: false,
            is_all: false,
        })
    }

    /// True if all words of a name of two or more were asked for.
    fn has_whole(&self, pairs: &[Pair], name: &[u32], known: &impl Known) -> bool {
        let is_word = |number: &u32| !known.is_initial(*number);
        let words = name.iter().filter(|number| is_word(number)).count();
        let found = pairs.iter().filter(|pair| name.get(pair.named).is_some_and(is_word));
        words >= 2 && found.count() == words
    }

    /// True if a word was found that few bear, and of the others one begins as one of the name.
    fn has_rare(&self, pairs: &[Pair], name: &[u32], known: &impl Known) -> bool {
        let is_rare = |pair: &Pair| {
            let few = name.get(pair.named).is_some_and(|number| known.bearers(*number) <= FEW);
            few && pair.is_word && self.words.get(pair.asked).is_some_and(is_surname)
        };
        if !pairs.iter().any(is_rare) {
            return false;
        }
        let asked: Vec<&Word> = self.left_over(pairs).collect();
        let named: Vec<&Word> = left_over(pairs, name).filter_map(|number| known.word(number)).collect();
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

    /// Words that were not found and had to be.
    fn left_over<'a>(&'a self, pairs: &'a [Pair]) -> impl Iterator<Item = &'a Word> {
        let words = self.words.iter().enumerate();
        let others = words.filter(|(at, _)| !pairs.iter().any(|pair| pair.asked == *at));
        others
            .map(|(_, word)| word)
            .filter(|word| !word.is_initial && !is_patronymic_in_any_case(word))
    }

    /// The words of the question that are like words of the name, the likest first, each word once.
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

    /// Adds the words that are left over and are the same but for spaces, or look alike.
    fn add_loose(&self, pairs: &mut Vec<Pair>, name: &[u32], known: &impl Known) {
        let asked: Vec<usize> = (0..self.words.len())
            .filter(|at| !pairs.iter().any(|pair| pair.asked == *at))
            .collect();
        let named: Vec<usize> = (0..name.len())
            .filter(|at| !pairs.iter().any(|pair| pair.named == *at))
            .collect();
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

    /// The share of both names that is in the other, where words weigh the more the fewer bear them.
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
        let asked = (0..self.words.len()).filter(|at| !pairs.iter().any(|pair| pair.asked == *at));
        all += asked.map(|_| OF_UNKNOWN).sum::<i32>();
        let named = (0..name.len()).filter(|at| !pairs.iter().any(|pair| pair.named == *at));
        let left_over: i32 = named.map(weight).sum();
        MOST_POINTS * found / (100 * all + 30 * left_over).max(1)
    }
}

fn left_over<'a>(pairs: &'a [Pair], name: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    let numbers = name.iter().enumerate();
    numbers
        .filter(|(at, _)| !pairs.iter().any(|pair| pair.named == *at))
        .map(|(_, number)| *number)
}

/// True for a word that is long enough to tell a family, and no first name.
fn is_surname(word: &Word) -> bool {
    let letters = word.plain().chars();
    let is_long = letters.clone().count() >= LONG_ENOUGH
        || (letters.clone().count() > 1 && letters.clone().all(|c| c > '\u{2e80}'));
    is_long && !is_patronymic_in_any_case(word) && !first_names::is_first_name(word)
}

/// True if the one may be a short form of the other that no table has: they begin alike, or the one has the beginning of
/// the other in it.
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

/// True for a likeness that makes two words alike by itself.
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
