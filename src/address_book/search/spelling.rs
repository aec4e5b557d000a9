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
    /// Lower case with accents, if it has any.
    accented: Option<String>,
    /// What it sounds like; never empty.
    pub(super) keys: Vec<String>,
    /// True for a single letter.
    pub(super) is_initial: bool,
    script: Script,
}

/// Which letters a word is made of, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Cyrillic,
    /// Cyrillic and Latin together: letters that only look like others.
    Mixed,
    /// Latin, or any other.
    Other,
}

impl Script {
    fn of(word: &str) -> Self {
        match (
            word.chars().any(is_cyrillic),
            word.contains(|c: char| c.is_ascii_alphabetic()),
        ) {
            (true, true) => Self::Mixed,
            (true, false) => Self::Cyrillic,
            (false, _) => Self::Other,
        }
    }
}

impl Word {
    /// Reads one word in lower case.
    pub(super) fn new(lower: &str) -> Self {
        let plain = plain(lower);
        Self {
            keys: sounds::keys(lower),
            is_initial: plain.chars().count() == 1 && plain.chars().all(char::is_alphabetic),
            accented: (plain != lower).then(|| lower.to_owned()),
            script: Script::of(lower),
            plain,
        }
    }

    /// True if both sound the same in some reading.
    pub(super) fn sounds_like(&self, other: &Self) -> bool {
        self.keys.iter().any(|key| other.keys.contains(key))
    }

    /// True if the one is in Cyrillic and the other is not.
    pub(super) fn is_transliterated_from(&self, other: &Self) -> bool {
        self.script != other.script && ![self.script, other.script].contains(&Script::Mixed)
    }

    /// True if they differ in case, in accents that one of them lacks, or in umlauts that one of them writes out.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        if self.plain == other.plain {
            return self.accented.is_none() || other.accented.is_none() || self.accented == other.accented;
        }
        let has_umlaut = |word: &Self| {
            word.accented
                .as_ref()
                .is_some_and(|word| word.contains(['ä', 'ö', 'ü', 'ø', 'æ']))
        };
        (has_umlaut(self) || has_umlaut(other)) && contracted(&self.plain) == contracted(&other.plain)
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
    lower
        .split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c) || is_apostrophe(c)))
        .map(|word| word.replace(is_apostrophe, ""))
        .filter(|word| !word.is_empty())
        .collect()
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | 'ʼ' | '`' | '´' | '‘')
}

/// Letters and what stands for them, longest first.
pub(super) type Scheme = &'static [(&'static str, &'static str)];

/// A text by a scheme; letters that are not in it stay.
pub(super) fn transcribed(text: &str, scheme: Scheme) -> String {
    let mut transcript = String::with_capacity(text.len());
    let mut rest = text;
    'letters: while let Some(first) = rest.chars().next() {
        for (letters, others) in scheme {
            if let Some(after) = rest.strip_prefix(letters) {
                transcript.push_str(others);
                rest = after;
                continue 'letters;
            }
        }
        transcript.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    transcript
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
                // Marks of other scripts are letters there.
                None => plain.extend([c].into_iter().nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'))),
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
            ("джен", "jon"),
            ("marie", "mario"),
            ("хан", "chan"),
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
        for (one, other) in [
            ("саша", "sasha"),
            ("michael", "michal"),
            ("joe", "jo"),
            ("lán", "lân"),
            ("मीना", "मोना"),
            ("たかだ", "たかた"),
        ] {
            assert!(!Word::new(one).is_same(&Word::new(other)), "{one} {other}");
        }
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
