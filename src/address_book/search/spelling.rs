//! How a word is spelt, so that two spellings of one word can be told to be the same. Pure.
//!
//! A word has one plain form and a few keys. Plain forms are equal when only case, accents or an umlaut's expansion
//! differ. Keys are what a word sounds like, in an alphabet of our own that all common schemes of transliteration lead
//! to (GOST, passport, BGN, German, informal); two words are the same in another script or scheme when they share a key.
//!
//! | letters | sound |
//! |---|---|
//! | щ, shch, sch, schtsch, ш, sh, sz | `S` |
//! | ч, ch, tch, tsch, cz | `C` |
//! | ж, zh | `Z` |
//! | ц, ts, tz | `c` |
//! | х, kh, h | `h` |
//! | й, ы, і, ї, и, i, y, j | `i`; doubled only once |
//! | я, ya, ja, ia; ю, yu, ju, iu | `ia`; `iu` |
//! | е, ё, э, є, ye, yo, je, jo, ie, io | `e` |
//! | x, кс; ph; th; w; c, ck, q | `ks`; `f`; `t`; `v`; `k` |
//! | ь, ъ, apostrophes | nothing |
//!
//! What a scheme spells in two ways gives a second key: ch is х in German, г is h in Ukrainian, ü is ю or у in Russian.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Readings beyond these would only be found by an attacker.
const MAX_KEYS: usize = 8;

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
            keys: keys(lower),
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
    let lower = text.nfc().collect::<String>().to_lowercase();
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

fn keys(lower: &str) -> Vec<String> {
    let readings = if lower.chars().any(is_cyrillic) {
        cyrillic_readings(lower)
    } else {
        latin_readings(lower)
    };
    let mut keys: Vec<String> = Vec::with_capacity(readings.len());
    for reading in readings.iter().take(MAX_KEYS) {
        let key = folded(reading);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

fn cyrillic_readings(lower: &str) -> Vec<String> {
    let mut readings = vec![sounds(lower, |_, _| None)];
    if lower.contains('г') {
        readings.push(sounds(lower, |_, c| (c == 'г').then_some("h")));
    }
    if lower.contains(['ю', 'ё', 'е', 'э']) {
        // Мюллер and Гёте: umlauts of another language.
        readings.push(sounds(lower, |before, c| match c {
            'ю' if before.is_some_and(is_consonant) => Some("u"),
            'ё' => Some("o"),
            _ => None,
        }));
    }
    readings
}

fn is_consonant(c: char) -> bool {
    c.is_alphabetic() && !"аеёиіїоуыэюяєaeiouy".contains(c)
}

/// A Cyrillic word as sounds; `instead` may read a letter, seen with the one before it, in another way.
fn sounds(lower: &str, instead: impl Fn(Option<char>, char) -> Option<&'static str>) -> String {
    let mut reading = String::with_capacity(lower.len());
    let mut before = None;
    for character in lower.chars() {
        let sound = instead(before, character).or_else(|| sound(character));
        match sound {
            Some(sound) => reading.push_str(sound),
            None => reading.push(character),
        }
        before = Some(character);
    }
    reading
}

fn sound(c: char) -> Option<&'static str> {
    Some(match c {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'ё' | 'э' | 'є' => "e",
        'ж' => "Z",
        'з' => "z",
        'и' | 'й' | 'і' | 'ї' | 'ы' => "i",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "c",
        'ч' => "C",
        'ш' | 'щ' => "S",
        'ъ' | 'ь' => "",
        'ю' => "iu",
        'я' => "ia",
        _ => return None,
    })
}

fn latin_readings(lower: &str) -> Vec<String> {
    let plain = plain(lower);
    let mut readings = vec![read_latin(&plain, COMMON)];
    if plain.chars().count() != lower.chars().count() || plain != lower {
        readings.push(read_latin(&accented(lower), COMMON));
    }
    if plain.contains(['w', 'z', 's']) || plain.contains("ch") {
        readings.push(read_latin(&plain, GERMAN));
    }
    if plain.contains('c') {
        readings.push(read_latin(&plain, SLAVIC));
    }
    if plain.contains('h') {
        readings.push(read_latin(&plain, UKRAINIAN));
    }
    readings
}

/// Accents that say how a letter sounds; the plain reading knows those that do not.
fn accented(lower: &str) -> String {
    let mut reading = String::with_capacity(lower.len());
    for c in lower.nfc() {
        match c {
            'š' | 'ş' | 'ș' => reading.push_str("sh"),
            'č' | 'ç' | 'ć' => reading.push_str("ch"),
            'ž' | 'ż' | 'ź' => reading.push_str("zh"),
            'ö' | 'ä' | 'ő' => reading.push('e'),
            'ü' | 'ű' => reading.push_str("iu"),
            'ğ' => {}
            c => reading.push_str(&plain(c.encode_utf8(&mut [0; 4]))),
        }
    }
    reading
}

/// Letters and their sound, longest first.
type Scheme = &'static [(&'static str, &'static str)];

const COMMON: Scheme = &[
    ("schtsch", "S"),
    ("shch", "S"),
    ("tsch", "C"),
    ("sch", "S"),
    ("tch", "C"),
    ("dzh", "dZ"),
    ("sh", "S"),
    ("sz", "S"),
    ("ch", "C"),
    ("cz", "C"),
    ("zh", "Z"),
    ("kh", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("ck", "k"),
    ("ts", "c"),
    ("tz", "c"),
    ("qu", "kv"),
    ("c", "k"),
    ("q", "k"),
    ("x", "ks"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
];

/// German: ch is х, z is ц, a single s between vowels is з, sch may be ж.
const GERMAN: Scheme = &[
    ("schtsch", "S"),
    ("tsch", "C"),
    ("sch", "S"),
    ("ch", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("ck", "k"),
    ("ss", "s"),
    ("tz", "c"),
    ("z", "c"),
    ("s", "z"),
    ("c", "k"),
    ("x", "ks"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
];

/// c is ц.
const SLAVIC: Scheme = &[
    ("sch", "S"),
    ("sh", "S"),
    ("sz", "S"),
    ("ch", "C"),
    ("cz", "C"),
    ("zh", "Z"),
    ("ck", "ck"),
    ("c", "c"),
    ("x", "ks"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
];

/// h is г; zh, sh, ch and kh are as ever.
const UKRAINIAN: Scheme = &[
    ("shch", "S"),
    ("sch", "S"),
    ("sh", "S"),
    ("ch", "C"),
    ("zh", "Z"),
    ("kh", "h"),
    ("ts", "c"),
    ("h", "g"),
    ("c", "k"),
    ("x", "ks"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
];

fn read_latin(plain: &str, scheme: Scheme) -> String {
    let mut reading = String::with_capacity(plain.len());
    let mut rest = plain;
    'letters: while let Some(first) = rest.chars().next() {
        for (letters, sound) in scheme {
            if let Some(after) = rest.strip_prefix(letters) {
                reading.push_str(sound);
                rest = after;
                continue 'letters;
            }
        }
        reading.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    reading
}

/// The last steps, the same for every script: vowels with a glide, doubled letters.
fn folded(reading: &str) -> String {
    let reading = contracted(reading);
    let mut key: Vec<char> = Vec::with_capacity(reading.len());
    for character in reading.chars() {
        match (key.last().copied(), character) {
            // Doubled letters are one, also ii of -ий and -iy.
            (Some(last), c) if last == c => {}
            // ie and io are е and ё, also after another vowel: Sergeyev is Сергеев.
            (Some('i'), 'e' | 'o') => {
                key.pop();
                if key.last() != Some(&'e') {
                    key.push('e');
                }
            }
            (_, c) => key.push(c),
        }
    }
    key.into_iter().collect()
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
            ("чайковский", "chaikovsky tchaikovsky tschaikowski chaykovskiy chaikovskii"),
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
                    keys(cyrillic),
                    keys(spelling)
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
            assert!(!sound_alike(one, other), "{one} {:?} {other} {:?}", keys(one), keys(other));
        }
    }

    #[test]
    fn accents_and_written_out_umlauts_are_the_same_word() {
        for (one, other) in [("müller", "mueller"), ("muller", "müller"), ("größe", "groesse"), ("łukasz", "lukasz"), ("ёлкин", "елкин")] {
            assert!(Word::new(one).is_same(&Word::new(other)), "{one} {other}");
        }
        assert!(!Word::new("саша").is_same(&Word::new("sasha")));
    }

    #[test]
    fn words_are_split_at_everything_but_letters() {
        assert_eq!(split("O'Neill, Siobhán (R&D) И.С."), ["oneill", "siobhán", "r", "d", "и", "с"]);
        assert!(split(" «» -- ").is_empty());
    }
}
