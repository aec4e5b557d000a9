//! How a word is spelt, so that two spellings of one word can be told to be the same. Pure.
//!
//! A word has one plain form and a few keys. Plain forms are equal when only case, accents or an umlaut's expansion
//! differ. Keys are what a word sounds like ([`sounds`]); two words are the same in another script or scheme of
//! transliteration when they share a key.

mod sounds;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Letters of a word that are looked at, and of each form of it; some letters become eighteen.
const MAX_LETTERS: usize = 64;

/// A word of a name, an address or a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::address_book) struct Word {
    /// The plain form, the form with accents if there are any, and the keys with [`BETWEEN`] between them.
    texts: Box<str>,
    accented_from: u16,
    keys_from: u16,
    script: Script,
    /// True for a single letter.
    pub(in crate::address_book) is_initial: bool,
}

/// No character of a word.
const BETWEEN: char = '\0';

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
    pub(in crate::address_book) fn new(lower: &str) -> Self {
        let lower = beginning(lower);
        let mut texts = plain(lower);
        let end = |texts: &String| u16::try_from(texts.len()).unwrap_or(u16::MAX);
        let is_initial = is_single_letter(&texts);
        let accented_from = end(&texts);
        if texts != lower {
            texts.push_str(lower);
        }
        let keys_from = end(&texts);
        for (at, key) in sounds::keys(lower).iter().enumerate() {
            texts.extend((at > 0).then_some(BETWEEN));
            texts.push_str(key);
        }
        Self {
            texts: texts.into_boxed_str(),
            accented_from,
            keys_from,
            script: Script::of(lower),
            is_initial,
        }
    }

    /// Lower case, without accents, umlauts as their base letter.
    pub(in crate::address_book) fn plain(&self) -> &str {
        self.texts.get(..usize::from(self.accented_from)).unwrap_or_default()
    }

    /// Lower case with accents, if it has any.
    fn accented(&self) -> Option<&str> {
        let accented = self
            .texts
            .get(usize::from(self.accented_from)..usize::from(self.keys_from))?;
        (!accented.is_empty()).then_some(accented)
    }

    /// What it sounds like; never empty.
    pub(in crate::address_book) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        let keys = self.texts.get(usize::from(self.keys_from)..).unwrap_or_default();
        keys.split(BETWEEN)
    }

    /// The plain form and the keys, each once.
    pub(in crate::address_book) fn spellings(&self) -> impl Iterator<Item = &str> + Clone {
        let plain = self.plain();
        std::iter::once(plain).chain(self.keys().filter(move |key| *key != plain))
    }

    /// The plain form with umlauts that are written out as their base letter.
    pub(in crate::address_book) fn contracted(&self) -> String {
        contracted(self.plain())
    }

    pub(in crate::address_book) fn has_key(&self, wanted: &str) -> bool {
        self.keys().any(|key| key == wanted)
    }

    /// True if both sound the same in some reading.
    pub(super) fn sounds_like(&self, other: &Self) -> bool {
        self.keys().any(|key| other.has_key(key))
    }

    /// True if the one is in Cyrillic and the other is not.
    pub(super) fn is_transliterated_from(&self, other: &Self) -> bool {
        self.script != other.script && ![self.script, other.script].contains(&Script::Mixed)
    }

    /// True if they differ in case, in accents that one of them lacks, or in umlauts that one of them writes out.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        if self.plain() == other.plain() {
            let (one, other) = (self.accented(), other.accented());
            return one.is_none() || other.is_none() || one == other;
        }
        let has_umlaut = |word: &Self| {
            let accented = word.accented();
            accented.is_some_and(|word| word.contains(['ä', 'ö', 'ü', 'ø', 'æ']))
        };
        (has_umlaut(self) || has_umlaut(other)) && self.contracted() == other.contracted()
    }
}

fn is_single_letter(plain: &str) -> bool {
    let mut letters = plain.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// As much of a word as is looked at.
pub(in crate::address_book) fn beginning(word: &str) -> &str {
    let end = word.char_indices().nth(MAX_LETTERS);
    end.and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

/// The words of a text in lower case with their accents: runs of letters and digits. An apostrophe within a word is no
/// border.
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
type Scheme = &'static [(&'static str, &'static str)];

/// What every scheme has.
const EVERYWHERE: Scheme = &[("x", "ks"), ("w", "v"), ("y", "i"), ("j", "i")];

/// A text by a scheme; letters that are not in it stay.
fn transcribed(text: &str, scheme: Scheme) -> String {
    let mut transcript = String::with_capacity(text.len());
    let mut rest = text;
    'letters: while let Some(first) = rest.chars().next() {
        for (letters, others) in scheme.iter().chain(EVERYWHERE) {
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

/// Lower case without accents, as many letters as are looked at. Cyrillic letters keep their accents, which make other
/// letters of them; only ё is е.
pub(super) fn plain(lower: &str) -> String {
    let lower = beginning(lower);
    if lower.is_ascii() {
        return lower.to_owned();
    }
    let mut plain = String::with_capacity(lower.len());
    for character in lower.nfc() {
        if plain.len() > MAX_LETTERS * char::MAX.len_utf8() {
            break;
        }
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
    plain.truncate(beginning(&plain).len());
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
