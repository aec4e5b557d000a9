//! How else a word may be written: in the other script, by other schemes, with and without accents, in part. Pure.
//!
//! Only guesses to ask with; what they bring is judged by [`super::super::spelling`].

use super::super::diminutives;
use super::super::spelling::{Scheme, Word, is_cyrillic, plain, transcribed};

/// A word this long is worth halving.
const HALVED_FROM: usize = 5;

/// The commonest spelling in the other script; the word itself if it has none.
pub(super) fn in_other_script(word: &str) -> String {
    if word.chars().any(is_cyrillic) {
        to_latin(word)
    } else {
        to_cyrillic(&plain(word))
    }
}

fn to_latin(word: &str) -> String {
    let mut latin = String::with_capacity(word.len());
    let mut rest = word;
    // -ий and -ый end in y in passports and in most addresses.
    let ending = ["ий", "ый", "ій"].iter().find(|ending| word.ends_with(**ending));
    if let Some(ending) = ending {
        rest = word.strip_suffix(ending).unwrap_or(word);
    }
    for character in rest.chars() {
        match latin_letters(character) {
            Some(letters) => latin.push_str(letters),
            None => latin.push(character),
        }
    }
    if ending.is_some() {
        latin.push('y');
    }
    latin
}

fn latin_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'д' => "d",
        'е' | 'ё' | 'э' => "e",
        'є' => "ye",
        'ж' => "zh",
        'з' => "z",
        'и' | 'і' | 'ї' => "i",
        'й' | 'ы' => "y",
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
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ъ' | 'ь' => "",
        'ю' => "yu",
        'я' => "ya",
        _ => return None,
    })
}

/// Latin letters in the order of their length; a scheme's letters are read before its single ones.
const CYRILLIC: Scheme = &[
    ("schtsch", "щ"),
    ("shch", "щ"),
    ("tsch", "ч"),
    ("sch", "ш"),
    ("kh", "х"),
    ("zh", "ж"),
    ("ts", "ц"),
    ("ch", "ч"),
    ("sh", "ш"),
    ("yu", "ю"),
    ("iu", "ю"),
    ("ju", "ю"),
    ("ya", "я"),
    ("ia", "я"),
    ("ja", "я"),
    ("yo", "ё"),
    ("ye", "е"),
    ("je", "е"),
    ("ph", "ф"),
    ("ck", "к"),
    ("ue", "ю"),
    ("x", "кс"),
    ("a", "а"),
    ("b", "б"),
    ("c", "к"),
    ("d", "д"),
    ("e", "е"),
    ("f", "ф"),
    ("g", "г"),
    ("h", "х"),
    ("i", "и"),
    ("j", "й"),
    ("k", "к"),
    ("l", "л"),
    ("m", "м"),
    ("n", "н"),
    ("o", "о"),
    ("p", "п"),
    ("q", "к"),
    ("r", "р"),
    ("s", "с"),
    ("t", "т"),
    ("u", "у"),
    ("v", "в"),
    ("w", "в"),
    ("y", "ы"),
    ("z", "з"),
];

fn to_cyrillic(plain: &str) -> String {
    // -iy, -ii, -yi and -y at the end are -ий.
    let stem = ["iy", "ii", "yi", "ij", "y"]
        .iter()
        .find_map(|ending| plain.strip_suffix(ending));
    let (stem, ending) = match stem {
        Some(stem) if stem.ends_with(['a', 'e', 'o', 'u']) => (stem, "й"),
        Some(stem) => (stem, "ий"),
        None => match plain.strip_suffix('i') {
            Some(stem) if stem.ends_with(['a', 'e', 'o', 'u']) => (stem, "й"),
            _ => (plain, ""),
        },
    };
    transcribed(stem, CYRILLIC) + ending
}

/// The first and the last half of a longer word.
pub(super) fn halves(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < HALVED_FROM {
        return Vec::new();
    }
    let half = (letters.len() / 2).max(super::SHORTEST);
    let first = letters.iter().take(half).collect();
    let last = letters.iter().skip(half.min(letters.len() - half)).collect();
    vec![first, last]
}

/// The longest part of the Latin spelling whose letters every scheme of transliteration has in common.
pub(super) fn core(word: &str) -> Option<String> {
    let latin = if word.chars().any(is_cyrillic) {
        to_latin(word)
    } else {
        plain(word)
    };
    let is_stable = |c: char| "abdefgklmnoprtu".contains(c);
    let longest = latin
        .split(|c: char| !is_stable(c))
        .max_by_key(|part| part.chars().count())?;
    Some(longest.to_owned()).filter(|core| *core != latin)
}

/// The word with its umlauts written out or taken away, and with accents it may have lost.
pub(super) fn accented(word: &str) -> Vec<String> {
    let plain = plain(word);
    let mut others = vec![plain.clone()];
    for (umlaut, written_out) in [("ü", "ue"), ("ö", "oe"), ("ä", "ae")] {
        if word.contains(umlaut) {
            others.push(word.replace(umlaut, written_out));
        }
        if word.contains(written_out) {
            others.push(word.replace(written_out, umlaut));
            others.push(word.replace(written_out, written_out.get(..1).unwrap_or_default()));
        }
    }
    if word.contains('ё') {
        others.push(word.replace('ё', "е"));
    }
    others.retain(|other| other != word);
    others
}

/// Stems of the other forms of a first name: they cover its endings too.
pub(super) fn short_forms(word: &str) -> Vec<String> {
    const STEM: usize = 4;
    let word = Word::new(word);
    let mut stems: Vec<String> = Vec::new();
    for form in diminutives::forms_of(&word) {
        let stem: String = form.chars().take(STEM).collect();
        if !stems.contains(&stem) && form != word.plain {
            stems.push(stem);
        }
    }
    stems
}

/// The other ways to write the letters on which the schemes differ most.
pub(super) fn other_schemes(word: &str) -> Vec<String> {
    if !word.chars().any(is_cyrillic) {
        return Vec::new();
    }
    let latin = to_latin(word);
    let swaps = [
        ("shch", "sch"),
        ("kh", "h"),
        ("kh", "ch"),
        ("ts", "c"),
        ("ts", "z"),
        ("yu", "iu"),
        ("yu", "ju"),
        ("yu", "u"),
        ("yu", "ue"),
        ("ya", "ia"),
        ("ya", "ja"),
        ("y", "i"),
        ("y", "j"),
        ("ks", "x"),
        ("g", "h"),
        ("zh", "j"),
        ("v", "w"),
    ];
    swaps
        .iter()
        .filter(|(from, _)| latin.contains(from))
        .map(|(from, to)| latin.replace(from, to))
        .collect()
}

/// A beginning with each of its letters accented in the common ways: a full-text search does not take u for ü.
pub(super) fn with_accents(beginning: &str) -> Vec<String> {
    const ACCENTS: &[(char, &str)] = &[
        ('u', "üúů"),
        ('o', "öóøő"),
        ('a', "äáåą"),
        ('e', "éèęë"),
        ('i', "íı"),
        ('l', "ł"),
        ('s', "śšş"),
        ('c', "çčć"),
        ('z', "žżź"),
        ('n', "ñń"),
        ('е', "ё"),
    ];
    let letters: Vec<char> = beginning.chars().collect();
    let mut guesses = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let accents = ACCENTS.iter().find(|(plain, _)| plain == letter);
        for accent in accents.map_or("", |(_, accents)| accents).chars() {
            guesses.push(
                letters
                    .iter()
                    .enumerate()
                    .map(|(place, c)| if place == at { accent } else { *c })
                    .collect(),
            );
        }
    }
    guesses
}
