//! How alike two words are. Pure.

use super::diminutives;
use super::spelling::Word;

/// In what way a word of the question is a word of the contact; best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    /// But for case, accents and umlauts written out.
    #[default]
    Same,
    /// In another script.
    SoundsAlike,
    /// In another spelling of the same script: Yuri and Yury, but also Meyer and Meier, who are two.
    SoundsHere,
    /// Another form of the same first name.
    OneName,
    /// But for a mistake or two.
    Mistyped(u8),
    /// The one is the beginning of the other.
    Beginning,
    /// The one is the initial of the other.
    Initial,
    /// A surname's other gender: Петров and Петрова.
    OtherGender,
}

impl Likeness {
    /// From 0 to 100.
    pub(super) fn points(self) -> i32 {
        match self {
            Self::Same => 100,
            Self::SoundsAlike => 97,
            Self::SoundsHere => 94,
            Self::OneName => 88,
            Self::Mistyped(1) => 82,
            Self::Initial => 76,
            Self::Beginning => 72,
            Self::Mistyped(_) => 68,
            Self::OtherGender => 55,
        }
    }

    /// True if the word itself is meant, however it is spelt.
    pub(super) fn is_the_word(self) -> bool {
        matches!(self, Self::Same | Self::SoundsAlike)
    }
}

/// How `wanted` is like `found`; `None` if it is not.
pub(super) fn of_words(wanted: &Word, found: &Word) -> Option<Likeness> {
    if wanted.is_same(found) {
        return Some(Likeness::Same);
    }
    if wanted.is_initial && found.is_initial {
        return wanted.sounds_like(found).then_some(Likeness::SoundsAlike);
    }
    if wanted.is_initial || found.is_initial {
        return is_initial_of(wanted, found).then_some(Likeness::Initial);
    }
    if wanted.sounds_like(found) {
        let is_sure = wanted.is_transliterated_from(found);
        return Some(if is_sure {
            Likeness::SoundsAlike
        } else {
            Likeness::SoundsHere
        });
    }
    if diminutives::are_one_name(wanted, found) {
        return Some(Likeness::OneName);
    }
    if is_other_gender(wanted, found) {
        return Some(Likeness::OtherGender);
    }
    if let Some(mistakes) = mistakes(wanted, found) {
        return Some(Likeness::Mistyped(mistakes));
    }
    is_beginning(wanted, found).then_some(Likeness::Beginning)
}

fn is_initial_of(wanted: &Word, found: &Word) -> bool {
    let (initial, word) = if wanted.is_initial {
        (wanted, found)
    } else {
        (found, wanted)
    };
    let has_key = |initial: &String| word.keys.iter().any(|key| key.starts_with(initial.as_str()));
    word.plain.starts_with(&initial.plain) || initial.keys.iter().any(|key| !key.is_empty() && has_key(key))
}

/// Mistakes between two words, if they are few for their length: one from five letters on, two from eight.
fn mistakes(wanted: &Word, found: &Word) -> Option<u8> {
    let length = |word: &str| word.chars().count();
    let few = |one: &str, other: &str| {
        let (one_length, other_length) = (length(one), length(other));
        let may_be = match one_length.max(other_length) {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        };
        if one_length.abs_diff(other_length) > may_be {
            return None;
        }
        let mistakes = strsim::osa_distance(one, other);
        (mistakes <= may_be).then(|| u8::try_from(mistakes).unwrap_or(u8::MAX))
    };
    // Ann is not Anne mistyped, nor Anna Hanna.
    let (shorter, longer) = {
        let (one, other) = (length(&wanted.plain), length(&found.plain));
        (one.min(other), one.max(other))
    };
    let begin_alike = wanted.plain.chars().next() == found.plain.chars().next();
    if shorter < 4 || longer < 5 || (shorter == 4 && !begin_alike) {
        return None;
    }
    let by_key = wanted
        .keys
        .iter()
        .flat_map(|one| found.keys.iter().filter_map(move |other| few(one, other)));
    let by_letters = few(&wanted.plain, &found.plain);
    by_key.chain(by_letters).min().map(|mistakes| mistakes.max(1))
}

/// Surnames of a man and a woman of one family: -ов and -ова, -ский and -ская.
fn is_other_gender(wanted: &Word, found: &Word) -> bool {
    const ENDINGS: &[(&str, &str)] = &[("v", "va"), ("n", "na"), ("ski", "skaia"), ("ski", "skai")];
    const SHORTEST: usize = 3;
    let are_of_one_stem = |man: &str, woman: &str| {
        ENDINGS.iter().any(|(his, hers)| {
            let stem = man.strip_suffix(his);
            stem == woman.strip_suffix(hers) && stem.is_some_and(|stem| stem.chars().count() >= SHORTEST)
        })
    };
    wanted.keys.iter().any(|one| {
        let mut others = found.keys.iter();
        others.any(|other| are_of_one_stem(one, other) || are_of_one_stem(other, one))
    })
}

fn is_beginning(wanted: &Word, found: &Word) -> bool {
    // A letter of a script without spaces is a syllable or a word.
    let is_long_enough = |spelling: &str| match spelling.chars().next() {
        Some(first) if first > '\u{2e80}' => true,
        _ => spelling.chars().count() >= 3,
    };
    let begins = |wanted: &String, found: &String| is_long_enough(wanted) && found.starts_with(wanted.as_str());
    begins(&wanted.plain, &found.plain)
        || wanted
            .keys
            .iter()
            .any(|wanted| found.keys.iter().any(|found| begins(wanted, found)))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("bob", "robert", Some(Likeness::OneName)),
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
