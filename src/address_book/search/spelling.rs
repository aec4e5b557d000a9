//! How a word is spelt, so that two spellings of one word can be told to be the same. Pure.
//!
//! A word has one plain form and a few keys. Plain forms are equal when only case, accents or an umlaut's expansion
//! differ. Keys are what a word sounds like ([`sounds`]); two words are the same in another script or scheme of
//! transliteration when they share a key.

mod sounds;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A word of a name, an address or a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, without accents, umlauts as their base letter.
    pub(super) plain: String,
    /// What it sounds like; never empty.
    pub(super) keys: Vec<String>,
    /// True for a single letter.
    pub(super) is_initial: bool,
}

impl Word {
    /// Reads one word in lower case.
    pub(super) fn new(lower: &str) -> Self {
        let plain = plain(lower);
        Self {
            keys: sounds::keys(lower),
            is_initial: plain.chars().count() == 1 && plain.chars().all(char::is_alphabetic),
            plain,
        }
    }

    /// True if both sound the same in some reading.
    pub(super) fn sounds_like(&self, other: &Self) -> bool {
        self.keys.iter().any(|key| other.keys.contains(key))
    }

    /// True if they differ in case, accents or the expansion of umlauts at most.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.plain == other.plain || expanded_eq(&self.plain, &other.plain)
    }
}

/// The words of a text in lower case: runs of letters and digits. An apostrophe within a word is no border.
pub(super) fn words(text: &str) -> Vec<Word> {
    split(text).iter().map(|word| Word::new(word)).collect()
}

/// The same as text, with their accents.
pub(super) fn split(text: &str) -> Vec<String> {
    let lower = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.nfc().collect::<String>().to_lowercase()
    };
    let is_apostrophe = |c: char| matches!(c, '\'' | '’' | 'ʼ' | '`' | '´' | '‘');
    lower
        .split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c) || is_apostrophe(c)))
        .map(|word| word.chars().filter(|c| !is_apostrophe(*c)).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

pub(super) fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// Lower case without accents. Cyrillic letters keep theirs, which make other letters of them; only ё is е.
pub(super) fn plain(lower: &str) -> String {
    if lower.is_ascii() {
        return lower.to_owned();
    }
    let mut plain = String::with_capacity(lower.len());
    for character in lower.nfc() {
        match character {
            'ё' => plain.push('е'),
            c if c.is_ascii() || is_cyrillic(c) => plain.push(c),
            c => match letter(c) {
                Some(letters) => plain.push_str(letters),
                None => plain.extend([c].into_iter().nfkd().filter(|c| !is_combining_mark(*c))),
            },
        }
    }
    plain
}

/// Letters that Unicode does not take apart.
fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        'þ' => "th",
        'ħ' => "h",
        _ => return None,
    })
}

/// `mueller` and `muller`, whichever of them has the umlaut written out.
fn expanded_eq(one: &str, other: &str) -> bool {
    let has = |word: &str| ["ue", "oe", "ae"].iter().any(|pair| word.contains(pair));
    (has(one) || has(other)) && contracted(one) == contracted(other)
}

fn contracted(word: &str) -> String {
    word.replace("ue", "u").replace("oe", "o").replace("ae", "a")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound_alike(one: &str, other: &str) -> bool {
        Word::new(one).sounds_like(&Word::new(other))
    }

    #[test]
    fn schemes_of_transliteration_lead_to_the_same_key() {
        for (cyrillic, spellings) in [
            ("щербаков", "shcherbakov scherbakov scherbakow schtscherbakow sherbakov"),
            ("хохлова", "khokhlova hohlova chochlowa"),
            ("юрий", "yuri yury yuriy iurii jurij juri"),
            ("дмитрий", "dmitry dmitriy dmitrii dmitri dmitrij"),
            ("евгений", "evgeny yevgeny evgenii yevgeniy jewgeni"),
            ("артём", "artyom artem artiom artjom"),
            ("соловьёв", "solovyov soloviev solovev solovjov"),
            ("сергеев", "sergeev sergeyev"),
            ("кузнецов", "kuznetsov kuznecov kusnezow"),
            ("цветкова", "tsvetkova cvetkova zwetkowa"),
            ("жуков", "zhukov žukov"),
            ("алексей", "aleksei alexey aleksey alexej"),
            ("мария", "maria mariya mariia marija"),
            ("наталья", "natalya natalia natalja"),
            ("илья", "ilya ilia ilja"),
            (
                "чайковский",
                "chaikovsky tchaikovsky tschaikowski chaykovskiy chaikovskii",
            ),
            ("галина", "galina halyna"),
            ("галаган", "halahan"),
            ("їжакевич", "yizhakevych izhakevich"),
            ("євген", "yevhen"),
            ("щур", "shchur"),
            ("мюллер", "müller mueller muller"),
            ("гёте", "goethe göte"),
            ("юрген", "jürgen juergen"),
            ("бьёрн", "björn bjorn bjoern"),
            ("шефер", "schäfer"),
        ]
        .map(|(word, spellings)| (word, spellings.split(' ').collect::<Vec<_>>()))
        {
            for spelling in spellings {
                assert!(
                    sound_alike(cyrillic, spelling),
                    "{cyrillic} {:?} is not {spelling} {:?}",
                    sounds::keys(cyrillic),
                    sounds::keys(spelling)
                );
            }
        }
    }

    #[test]
    fn other_names_sound_otherwise() {
        for (one, other) in [
            ("anna", "hanna"),
            ("диана", "дана"),
            ("иванов", "иванова"),
            ("petrov", "petrenko"),
            ("мария", "мара"),
            ("martin", "marin"),
        ] {
            assert!(
                !sound_alike(one, other),
                "{one} {:?} {other} {:?}",
                sounds::keys(one),
                sounds::keys(other)
            );
        }
    }

    #[test]
    fn accents_and_written_out_umlauts_are_the_same_word() {
        for (one, other) in [
            ("müller", "mueller"),
            ("muller", "müller"),
            ("größe", "groesse"),
            ("łukasz", "lukasz"),
            ("ёлкин", "елкин"),
        ] {
            assert!(Word::new(one).is_same(&Word::new(other)), "{one} {other}");
        }
        assert!(!Word::new("саша").is_same(&Word::new("sasha")));
    }

    #[test]
    fn words_are_split_at_everything_but_letters() {
        assert_eq!(
            split("O'Neill, Siobhán (R&D) И.С."),
            ["oneill", "siobhán", "r", "d", "и", "с"]
        );
        assert!(split(" «» -- ").is_empty());
    }
}
