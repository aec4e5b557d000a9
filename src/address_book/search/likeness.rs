//! The likeness of two words: whether one may mean the other, and why. Pure.

use super::declension::{Forms, nominatives};
use super::first_names::{FirstName, Relation};
use super::spelling::{Word, is_syllable_or_word};

/// How a word of the question resembles a word of the contact; the best likeness first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::address_book) enum Likeness {
    /// The same letters, apart from case, accents that one word lacks, and umlauts that one word writes out.
    #[default]
    Same,
    /// The same sound in two scripts that both write vowels.
    SoundsAlike,
    /// The question's word is declined: it has one of these genders and cases.
    Declined(Forms),
    /// The same sound, which does not prove that the name is the same. The words are in one script (Yuri and Yury are
    /// one name, Meyer and Meier are two), in a script without vowels, or of mixed scripts.
    SoundsHere,
    /// A short form of the same first name.
    ShortForm,
    /// The same first name in another language.
    OtherLanguage,
    /// Mistyped, with this number of mistakes: one or two.
    Mistyped(u8),
    /// The question's word is the beginning of the contact's word.
    Beginning,
    /// One word is the initial of the other.
    Initial,
    /// A surname's other gender: Петров and Петрова.
    OtherGender,
    /// The same consonants in another script.
    Consonants,
}

impl Likeness {
    /// How much the likeness is worth, from 0 to 100.
    pub(super) fn points(self) -> i32 {
        match self {
            Self::Same => 100,
            Self::SoundsAlike => 97,
            Self::Declined(_) => 95,
            Self::SoundsHere => 94,
            Self::ShortForm => 88,
            Self::OtherLanguage => 86,
            Self::Mistyped(1) => 82,
            Self::Initial => 76,
            Self::Beginning => 72,
            Self::Mistyped(_) => 68,
            Self::OtherGender => 55,
            Self::Consonants => 50,
        }
    }

    /// True if both are certainly one word: the same letters, or the same sound in two scripts.
    pub(in crate::address_book) fn is_the_word(self) -> bool {
        matches!(self, Self::Same | Self::SoundsAlike)
    }
}

/// How the question's word `wanted` resembles the contact's word `found`; `None` if the words are not alike.
pub(in crate::address_book) fn likeness_of_words(wanted: &Word, found: &Word) -> Option<Likeness> {
    if let Some(likeness) = likeness_by_spelling(wanted, found) {
        return Some(likeness);
    }
    if wanted.is_initial || found.is_initial {
        return is_initial_of(wanted, found).then_some(Likeness::Initial);
    }
    let declined = nominative_words(wanted)
        .filter(|(nominative, _)| likeness_by_spelling(nominative, found).is_some_and(Likeness::is_the_word));
    if let Some(forms) = declined.map(|(_, forms)| forms).reduce(Forms::or) {
        return Some(Likeness::Declined(forms));
    }
    if let Some(likeness) = likeness_of_first_names(&FirstName::new(wanted), found) {
        return Some(likeness);
    }
    if is_other_gender(wanted, found) {
        return Some(Likeness::OtherGender);
    }
    if let Some(mistakes) = MistakeCounter::new(wanted).mistakes(found) {
        return Some(Likeness::Mistyped(mistakes));
    }
    if is_beginning(wanted, found) {
        return Some(Likeness::Beginning);
    }
    wanted.has_skeleton_of(found).then_some(Likeness::Consonants)
}

/// The nominatives that a word of the question may be a declined form of, each with the genders and cases of that form.
pub(in crate::address_book) fn nominative_words(wanted: &Word) -> impl Iterator<Item = (Word, Forms)> {
    let nominatives = nominatives(wanted.plain()).into_iter();
    nominatives.map(|nominative| (Word::new(&nominative.text), nominative.forms))
}

/// The likeness of two forms of one first name; `None` if the words share no first name.
pub(in crate::address_book) fn likeness_of_first_names(wanted: &FirstName, found: &Word) -> Option<Likeness> {
    Some(match wanted.relation(found)? {
        Relation::ShortForm => Likeness::ShortForm,
        Relation::OtherLanguage => Likeness::OtherLanguage,
    })
}

/// The likeness of two spellings of one word: both have the same plain form, umlauts written out or not, or share a
/// sound. `None` for two different words.
pub(in crate::address_book) fn likeness_by_spelling(wanted: &Word, found: &Word) -> Option<Likeness> {
    if wanted.is_same(found) {
        return Some(Likeness::Same);
    }
    if wanted.is_initial != found.is_initial || !wanted.sounds_like(found) {
        return None;
    }
    Some(if wanted.is_initial || wanted.is_transliterated_from(found) {
        Likeness::SoundsAlike
    } else {
        Likeness::SoundsHere
    })
}

/// True if one word is a single letter, and the other begins with it in writing or in sound.
pub(in crate::address_book) fn is_initial_of(wanted: &Word, found: &Word) -> bool {
    let (initial, word) = match (wanted.is_initial, found.is_initial) {
        (true, false) => (wanted, found),
        (false, true) => (found, wanted),
        _ => return false,
    };
    let begins = |initial: &str| !initial.is_empty() && word.sounds().any(|sound| sound.starts_with(initial));
    word.plain().starts_with(initial.plain()) || initial.sounds().any(begins)
}

/// The shortest plain form, in letters, that may be mistyped.
pub(in crate::address_book) const SHORTEST_MISTYPED: usize = 4;
/// The shortest spelling, in letters, that may have two mistakes.
pub(in crate::address_book) const LONG_SPELLING: usize = 8;

/// Counts the mistakes between one word of the question and many other words.
#[derive(Debug)]
pub(in crate::address_book) struct MistakeCounter<'a> {
    plain: Measured<'a>,
    sounds: Vec<Measured<'a>>,
}

impl<'a> MistakeCounter<'a> {
    pub(in crate::address_book) fn new(wanted: &'a Word) -> Self {
        Self {
            plain: Measured::of(wanted.plain()),
            sounds: wanted.sounds().map(Measured::of).collect(),
        }
    }

    /// The number of mistakes between the two words, never 0: at most one if the longer word has five letters, at most
    /// two if it has eight. `None` if there are more.
    pub(in crate::address_book) fn mistakes(&self, found: &Word) -> Option<u8> {
        let (wanted, found_plain) = (self.plain, Measured::of(found.plain()));
        let shorter = wanted.length.min(found_plain.length);
        // Ann is too short to be a mistyped Anne. Anna and Hanna begin with different sounds.
        let first = |spelling: &Measured<'_>| spelling.text.chars().next();
        let begin_alike = || {
            let sounds = found.sounds().map(Measured::of);
            sounds
                .into_iter()
                .any(|found| self.sounds.iter().any(|wanted| first(wanted) == first(&found)))
        };
        if shorter < SHORTEST_MISTYPED
            || wanted.length.max(found_plain.length) < 5
            || (shorter == SHORTEST_MISTYPED && !begin_alike())
        {
            return None;
        }
        let by_sound = found.sounds().map(Measured::of).flat_map(|found| {
            let of_each = move |wanted: &Measured<'_>| wanted.few_mistakes(found);
            self.sounds.iter().filter_map(of_each)
        });
        let by_letters = wanted.few_mistakes(found_plain);
        by_sound.chain(by_letters).min().map(|mistakes| mistakes.max(1))
    }
}

/// A spelling with its length in letters and the set of its letters: one bit for each letter; some letters share a bit.
#[derive(Debug, Clone, Copy)]
struct Measured<'a> {
    text: &'a str,
    length: usize,
    letters: u32,
}

impl<'a> Measured<'a> {
    fn of(text: &'a str) -> Self {
        let (mut length, mut letters) = (0, 0);
        for letter in text.chars() {
            length += 1;
            letters |= 1 << (u32::from(letter) % 32);
        }
        Self { text, length, letters }
    }

    /// The mistakes between two spellings; `None` if there are too many for their length.
    fn few_mistakes(self, other: Measured<'_>) -> Option<u8> {
        let most = match self.length.max(other.length) {
            0..=3 => 0,
            4..LONG_SPELLING => 1,
            _ => 2,
        };
        // A mistake changes two bits at most: one for the letter that is lost, one for the new letter.
        let differ = (self.letters ^ other.letters).count_ones();
        if self.length.abs_diff(other.length) > most || differ as usize > 2 * most {
            return None;
        }
        let mistakes = mistakes(self.text, other.text);
        (mistakes <= most).then(|| u8::try_from(mistakes).unwrap_or(u8::MAX))
    }
}

/// The optimal string alignment distance of two spellings. Hyyrö's bit-parallel algorithm, in which each bit is a
/// letter of `one`, computes it if `one` has 1 to 64 letters; otherwise `strsim` does.
fn mistakes(one: &str, other: &str) -> usize {
    let length = one.chars().count();
    let last = length
        .checked_sub(1)
        .and_then(|last| 1_u64.checked_shl(u32::try_from(last).ok()?));
    let Some(last) = last else {
        return strsim::osa_distance(one, other);
    };
    let (mut rises, mut falls) = (u64::MAX, 0_u64);
    let (mut diagonal, mut equal_before) = (0_u64, 0_u64);
    let mut distance = length;
    for letter in other.chars() {
        let equal = one
            .chars()
            .rev()
            .fold(0, |bits, of_one| (bits << 1) | u64::from(of_one == letter));
        let swapped = ((!diagonal & equal) << 1) & equal_before;
        diagonal = ((equal & rises).wrapping_add(rises) ^ rises) | equal | falls | swapped;
        let more = falls | !(diagonal | rises);
        let fewer = diagonal & rises;
        distance += usize::from(more & last != 0);
        distance -= usize::from(fewer & last != 0);
        let more = (more << 1) | 1;
        rises = (fewer << 1) | !(diagonal | more);
        falls = more & diagonal;
        equal_before = equal;
    }
    distance
}

/// The share of the longer word's letters that are no mistake, in percent, from 60 to 99; `None` below 60.
pub(super) fn resemblance(wanted: &Word, found: &Word) -> Option<i32> {
    const LEAST: usize = 60;
    let percent = |one: &str, other: &str| {
        let (one, other) = (Measured::of(one), Measured::of(other));
        let longer = one.length.max(other.length);
        let most = longer * (100 - LEAST) / 100;
        let differ = (one.letters ^ other.letters).count_ones() as usize;
        if one.length.abs_diff(other.length) > most || differ > 2 * most {
            return None;
        }
        let mistakes = mistakes(one.text, other.text);
        (mistakes <= most).then(|| i32::try_from((100 * (longer - mistakes)) / longer.max(1)).unwrap_or_default())
    };
    let by_sounds = wanted
        .sounds()
        .flat_map(|one| found.sounds().map(move |other| percent(one, other)));
    let best = by_sounds
        .chain([percent(wanted.plain(), found.plain())])
        .flatten()
        .max();
    best.map(|points| points.min(99))
}

/// True if one word is the man's and the other the woman's form of a surname: -ов and -ова, -ский and -ская.
fn is_other_gender(wanted: &Word, found: &Word) -> bool {
    wanted
        .sounds()
        .any(|sound| other_genders(sound).any(|other| found.has_sound(&other)))
}

/// The sounds of a surname in the other gender; none if its ending shows no gender.
pub(in crate::address_book) fn other_genders(sound: &str) -> impl Iterator<Item = String> {
    const ENDINGS: &[(&str, &str)] = &[("v", "va"), ("n", "na"), ("ski", "skaia"), ("ski", "skai")];
    const SHORTEST: usize = 3;
    let both_ways = ENDINGS.iter().flat_map(|(his, hers)| [(his, hers), (hers, his)]);
    both_ways.filter_map(move |(ending, other)| {
        let stem = sound.strip_suffix(ending)?;
        (stem.chars().count() >= SHORTEST).then(|| format!("{stem}{other}"))
    })
}

/// The fewest letters that count as a beginning of a word: three, or one in Chinese, Japanese and Korean, where a
/// letter is a syllable or a word.
pub(in crate::address_book) fn shortest_beginning(spelling: &str) -> usize {
    match spelling.chars().next() {
        Some(first) if is_syllable_or_word(first) => 1,
        _ => 3,
    }
}

/// True if `found` begins with `wanted`, as it is written or as it sounds.
pub(in crate::address_book) fn is_beginning(wanted: &Word, found: &Word) -> bool {
    let begins =
        |wanted: &str, found: &str| wanted.chars().count() >= shortest_beginning(wanted) && found.starts_with(wanted);
    begins(wanted.plain(), found.plain())
        || wanted
            .sounds()
            .any(|wanted| found.sounds().any(|found| begins(wanted, found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn mistakes_are_the_osa_distance(one in "[abcя]{0,66}", other in "[abcя]{0,12}") {
            prop_assert_eq!(mistakes(&one, &other), strsim::osa_distance(&one, &other));
            prop_assert_eq!(mistakes(&other, &one), strsim::osa_distance(&one, &other));
        }
    }

    fn likeness(one: &str, other: &str) -> Option<Likeness> {
        likeness_of_words(&Word::new(one), &Word::new(other))
    }

    #[test]
    fn two_words_have_their_best_likeness() {
        for (one, other, expected) in [
            ("müller", "muller", Some(Likeness::Same)),
            ("мюллер", "müller", Some(Likeness::SoundsAlike)),
            ("meyer", "meier", Some(Likeness::SoundsHere)),
            ("анна", "аnnа", Some(Likeness::SoundsHere)),
            ("bob", "robert", Some(Likeness::ShortForm)),
            ("bob", "roberto", Some(Likeness::OtherLanguage)),
            ("ivanof", "иванов", Some(Likeness::Mistyped(1))),
            ("schmitd", "schmidt", Some(Likeness::Mistyped(1))),
            ("konstantinopl", "konstantinopol", Some(Likeness::Mistyped(1))),
            ("alex", "alexia", Some(Likeness::Beginning)),
            ("j", "john", Some(Likeness::Initial)),
            ("ю", "yuri", Some(Likeness::Initial)),
            ("petrov", "петрова", Some(Likeness::OtherGender)),
            ("anna", "hanna", None),
            ("anne", "hanne", None),
            ("klein", "stein", None),
            ("ivanov", "petrov", None),
            ("an", "antonia", None),
            ("田中", "田中太郎", Some(Likeness::Beginning)),
        ] {
            assert_eq!(likeness(one, other), expected, "{one} {other}");
        }
    }
}
