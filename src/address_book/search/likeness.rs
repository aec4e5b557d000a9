//! How alike two words are. Pure.

use super::declension::{Forms, nominatives};
use super::first_names::{FirstName, Relation};
use super::spelling::{Word, is_syllable_or_word};

/// How a word of the question is like a word of the contact; the best way first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::address_book) enum Likeness {
    /// The same but for case, accents and umlauts written out.
    #[default]
    Same,
    /// The same sound in another script, where both write vowels.
    SoundsAlike,
    /// Declined, in one of these forms.
    Declined(Forms),
    /// The same sound in one script: Yuri and Yury; also Meyer and Meier, which are two names.
    SoundsHere,
    /// A short form of the same first name.
    ShortForm,
    /// The same first name in another language.
    OtherLanguage,
    /// The same but for so many mistakes: one or two.
    Mistyped(u8),
    /// The one is the beginning of the other.
    Beginning,
    /// The one is the initial of the other.
    Initial,
    /// A surname's other gender: Петров and Петрова.
    OtherGender,
    /// The same consonants in another script.
    Consonants,
}

impl Likeness {
    /// From 0 to 100.
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

    /// True if the word itself is meant, however it is spelt.
    pub(in crate::address_book) fn is_the_word(self) -> bool {
        matches!(self, Self::Same | Self::SoundsAlike)
    }
}

/// How `wanted` is like `found`; `None` if it is not.
pub(in crate::address_book) fn of_words(wanted: &Word, found: &Word) -> Option<Likeness> {
    if let Some(likeness) = of_sounds(wanted, found) {
        return Some(likeness);
    }
    if wanted.is_initial || found.is_initial {
        return is_initial_of(wanted, found).then_some(Likeness::Initial);
    }
    let declined =
        declined(wanted).filter(|(nominative, _)| of_sounds(nominative, found).is_some_and(Likeness::is_the_word));
    if let Some(forms) = declined.map(|(_, forms)| forms).reduce(Forms::or) {
        return Some(Likeness::Declined(forms));
    }
    if let Some(likeness) = of_names(&FirstName::new(wanted), found) {
        return Some(likeness);
    }
    if is_other_gender(wanted, found) {
        return Some(Likeness::OtherGender);
    }
    if let Some(mistakes) = MaybeMistyped::new(wanted).mistakes(found) {
        return Some(Likeness::Mistyped(mistakes));
    }
    if is_beginning(wanted, found) {
        return Some(Likeness::Beginning);
    }
    wanted.has_skeleton_of(found).then_some(Likeness::Consonants)
}

/// The nominatives of which a word of the question may be another case, each with its cases.
pub(in crate::address_book) fn declined(wanted: &Word) -> impl Iterator<Item = (Word, Forms)> {
    let nominatives = nominatives(wanted.plain()).into_iter();
    nominatives.map(|nominative| (Word::new(&nominative.text), nominative.forms))
}

/// How two words are forms of one first name.
pub(in crate::address_book) fn of_names(wanted: &FirstName, found: &Word) -> Option<Likeness> {
    Some(match wanted.relation(found)? {
        Relation::ShortForm => Likeness::ShortForm,
        Relation::OtherLanguage => Likeness::OtherLanguage,
    })
}

/// How two words are one word by their spelling: the same plain form, umlauts written out or not, or a shared key.
pub(in crate::address_book) fn of_sounds(wanted: &Word, found: &Word) -> Option<Likeness> {
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
    let begins = |initial: &str| !initial.is_empty() && word.keys().any(|key| key.starts_with(initial));
    word.plain().starts_with(initial.plain()) || initial.keys().any(begins)
}

/// Letters of a plain form in which mistakes are looked for, at least.
pub(in crate::address_book) const SHORTEST_MISTYPED: usize = 4;
/// A spelling of so many letters may have two mistakes.
pub(in crate::address_book) const LONG: usize = 8;

/// A word of the question, prepared for counting its mistakes in many other words.
#[derive(Debug)]
pub(in crate::address_book) struct MaybeMistyped<'a> {
    plain: Spelling<'a>,
    keys: Vec<Spelling<'a>>,
}

impl<'a> MaybeMistyped<'a> {
    pub(in crate::address_book) fn new(wanted: &'a Word) -> Self {
        Self {
            plain: Spelling::of(wanted.plain()),
            keys: wanted.keys().map(Spelling::of).collect(),
        }
    }

    /// Mistakes between the two words, if they are few for their length: one from five letters on, two from eight.
    pub(in crate::address_book) fn mistakes(&self, found: &Word) -> Option<u8> {
        let (wanted, found_plain) = (self.plain, Spelling::of(found.plain()));
        let shorter = wanted.length.min(found_plain.length);
        // Ann is not Anne mistyped, nor Anna Hanna.
        let first = |spelling: &Spelling<'_>| spelling.text.chars().next();
        let begin_alike = || {
            let keys = found.keys().map(Spelling::of);
            keys.into_iter()
                .any(|found| self.keys.iter().any(|wanted| first(wanted) == first(&found)))
        };
        if shorter < SHORTEST_MISTYPED
            || wanted.length.max(found_plain.length) < 5
            || (shorter == SHORTEST_MISTYPED && !begin_alike())
        {
            return None;
        }
        let by_key = found.keys().map(Spelling::of).flat_map(|found| {
            let of_each = move |wanted: &Spelling<'_>| wanted.few_mistakes(found);
            self.keys.iter().filter_map(of_each)
        });
        let by_letters = wanted.few_mistakes(found_plain);
        by_key.chain(by_letters).min().map(|mistakes| mistakes.max(1))
    }
}

/// A spelling, its length, and a bit for every letter that is there; some letters share one.
#[derive(Debug, Clone, Copy)]
struct Spelling<'a> {
    text: &'a str,
    length: usize,
    letters: u32,
}

impl<'a> Spelling<'a> {
    fn of(text: &'a str) -> Self {
        let (mut length, mut letters) = (0, 0);
        for letter in text.chars() {
            length += 1;
            letters |= 1 << (u32::from(letter) % 32);
        }
        Self { text, length, letters }
    }

    fn few_mistakes(self, other: Spelling<'_>) -> Option<u8> {
        let may_be = match self.length.max(other.length) {
            0..=3 => 0,
            4..LONG => 1,
            _ => 2,
        };
        // A mistake changes two bits at most: one letter goes, another comes.
        let differ = (self.letters ^ other.letters).count_ones();
        if self.length.abs_diff(other.length) > may_be || differ as usize > 2 * may_be {
            return None;
        }
        let mistakes = mistakes(self.text, other.text);
        (mistakes <= may_be).then(|| u8::try_from(mistakes).unwrap_or(u8::MAX))
    }
}

/// The optimal string alignment distance of two spellings of 64 letters at most, by Hyyrö's bit-parallel algorithm: each
/// bit is a letter of `one`.
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

/// How many percent of the letters of two words are the same, from 60 to 99; `None` below.
pub(super) fn loosely(wanted: &Word, found: &Word) -> Option<i32> {
    const LEAST: usize = 60;
    let percent = |one: &str, other: &str| {
        let (one, other) = (Spelling::of(one), Spelling::of(other));
        let longer = one.length.max(other.length);
        let most = longer * (100 - LEAST) / 100;
        let differ = (one.letters ^ other.letters).count_ones() as usize;
        if one.length.abs_diff(other.length) > most || differ > 2 * most {
            return None;
        }
        let mistakes = mistakes(one.text, other.text);
        (mistakes <= most).then(|| i32::try_from((100 * (longer - mistakes)) / longer.max(1)).unwrap_or_default())
    };
    let by_keys = wanted
        .keys()
        .flat_map(|one| found.keys().map(move |other| percent(one, other)));
    let best = by_keys.chain([percent(wanted.plain(), found.plain())]).flatten().max();
    best.map(|points| points.min(99))
}

/// Surnames of a man and a woman of one family: -ов and -ова, -ский and -ская.
fn is_other_gender(wanted: &Word, found: &Word) -> bool {
    wanted
        .keys()
        .any(|key| other_genders(key).any(|other| found.has_key(&other)))
}

/// The keys of a surname in the other gender.
pub(in crate::address_book) fn other_genders(key: &str) -> impl Iterator<Item = String> {
    const ENDINGS: &[(&str, &str)] = &[("v", "va"), ("n", "na"), ("ski", "skaia"), ("ski", "skai")];
    const SHORTEST: usize = 3;
    let both_ways = ENDINGS.iter().flat_map(|(his, hers)| [(his, hers), (hers, his)]);
    both_ways.filter_map(move |(ending, other)| {
        let stem = key.strip_suffix(ending)?;
        (stem.chars().count() >= SHORTEST).then(|| format!("{stem}{other}"))
    })
}

/// Letters of a beginning at least: three, or one where a letter is a syllable or a word (Chinese, Japanese, Korean).
pub(in crate::address_book) fn least_of_beginning(spelling: &str) -> usize {
    match spelling.chars().next() {
        Some(first) if is_syllable_or_word(first) => 1,
        _ => 3,
    }
}

/// True if `found` begins with `wanted`, as it is written or as it sounds.
pub(in crate::address_book) fn is_beginning(wanted: &Word, found: &Word) -> bool {
    let begins =
        |wanted: &str, found: &str| wanted.chars().count() >= least_of_beginning(wanted) && found.starts_with(wanted);
    begins(wanted.plain(), found.plain())
        || wanted
            .keys()
            .any(|wanted| found.keys().any(|found| begins(wanted, found)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn mistakes_are_counted_as_by_the_plain_algorithm(one in "[abcя]{0,66}", other in "[abcя]{0,12}") {
            prop_assert_eq!(mistakes(&one, &other), strsim::osa_distance(&one, &other));
            prop_assert_eq!(mistakes(&other, &one), strsim::osa_distance(&one, &other));
        }
    }

    fn likeness(one: &str, other: &str) -> Option<Likeness> {
        of_words(&Word::new(one), &Word::new(other))
    }

    #[test]
    fn words_are_alike_in_the_best_way_there_is() {
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
