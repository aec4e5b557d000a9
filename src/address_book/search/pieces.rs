//! What the portal is asked, so that a name is found in whatever spelling its contact has. Pure.
//!
//! The portal finds a literal piece of a name or an address, so it is asked for pieces that the spellings have in
//! common, most telling first: the words as they were typed; the same in the other script; halves of words, of which
//! one is intact whatever the other is mistyped, transliterated or accented like; other forms of a first name; and the
//! same for the other keyboard layout. What comes back is judged here, so a piece may bring too much. How many of them
//! are asked is the caller's to say.

use super::diminutives;
use super::layout;
use super::spelling::{Word, is_cyrillic, plain, split};

/// Shorter pieces would bring the newest contacts whoever they are.
const SHORTEST: usize = 3;
/// A word this long is worth halving.
const HALVED_FROM: usize = 5;

/// The pieces to ask for, best first and each once. `words` are those of the question, as typed, in lower case.
pub(super) fn of_words(text: &str, words: &[String], other_layouts: &[String]) -> Vec<String> {
    let mut pieces = Pieces::default();
    let words = by_weight(words);
    let layouts: Vec<Vec<String>> = other_layouts.iter().map(|reading| by_weight(&split(reading))).collect();
    // Nobody is called like that: the other layout is what was meant.
    let is_mistyped = other_layouts
        .first()
        .is_some_and(|other| layout::is_likelier(other, &text.to_lowercase()));
    let (first, others) = if is_mistyped {
        (layouts.first(), Some(&words))
    } else {
        (Some(&words), layouts.first())
    };
    for words in first.into_iter().chain(others) {
        pieces.push_all(words.iter().cloned());
        pieces.push_all(words.iter().map(|word| in_other_script(word)));
    }
    // Where many bear a surname, the whole name still brings its bearers.
    if words.len() > 1 {
        let typed = split(text);
        pieces.push_all([typed.join(" "), typed.into_iter().rev().collect::<Vec<_>>().join(" ")]);
    }
    let everything = || first.into_iter().chain(layouts.iter()).chain([&words]);
    for words in everything() {
        for word in words {
            pieces.push_all(accented(word));
            pieces.push_all(halves(word));
            pieces.push_all(halves(&in_other_script(word)));
            pieces.push_all(core(word));
        }
    }
    for words in everything() {
        pieces.push_all(words.iter().flat_map(|word| short_forms(word)));
        pieces.push_all(words.iter().flat_map(|word| other_schemes(word)));
    }
    pieces.0
}

/// Words for a full-text search that takes each as a beginning and any of them as a match.
pub(super) fn beginnings(words: &[String], other_layouts: &[String]) -> Vec<String> {
    let mut beginnings = Pieces::default();
    let mut all: Vec<String> = words.to_vec();
    all.extend(other_layouts.iter().flat_map(|reading| split(reading)));
    for word in by_weight(&all) {
        beginnings.push_all([word.clone(), in_other_script(&word)]);
    }
    for word in by_weight(&all) {
        let others = [in_other_script(&word)];
        for word in others.iter().chain([&word]) {
            beginnings.push_all(halves(word).into_iter().next());
        }
        beginnings.push_all(short_forms(&word));
    }
    beginnings.0
}

#[derive(Default)]
struct Pieces(Vec<String>);

impl Pieces {
    fn push_all(&mut self, pieces: impl IntoIterator<Item = String>) {
        for piece in pieces {
            let is_long_enough = piece.chars().count() >= SHORTEST || piece.chars().any(|c| c > '\u{2e80}');
            if is_long_enough && !self.0.contains(&piece) {
                self.0.push(piece);
            }
        }
    }
}

/// Longest first: a surname tells more than a first name, and an initial nothing.
fn by_weight(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    // A first name that everybody knows finds many.
    words.sort_by_key(|word| {
        let is_first_name = diminutives::rows_of(&Word::new(word)).next().is_some();
        (is_first_name, std::cmp::Reverse(word.chars().count()))
    });
    words
}

/// The commonest spelling in the other script; the word itself if it has none.
fn in_other_script(word: &str) -> String {
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
const CYRILLIC: &[(&str, &str)] = &[
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
    let (mut rest, ending) = match stem {
        Some(stem) if stem.ends_with(['a', 'e', 'o', 'u']) => (stem, "й"),
        Some(stem) => (stem, "ий"),
        None => match plain.strip_suffix('i') {
            Some(stem) if stem.ends_with(['a', 'e', 'o', 'u']) => (stem, "й"),
            _ => (plain, ""),
        },
    };
    let mut cyrillic = String::with_capacity(plain.len() * 2);
    'letters: while let Some(first) = rest.chars().next() {
        for (latin, letters) in CYRILLIC {
            if let Some(after) = rest.strip_prefix(latin) {
                // A consonant takes ю and я softened; between vowels й says so anyway.
                cyrillic.push_str(letters);
                rest = after;
                continue 'letters;
            }
        }
        cyrillic.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    cyrillic.push_str(ending);
    cyrillic
}

/// The first and the last half of a longer word.
fn halves(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() < HALVED_FROM {
        return Vec::new();
    }
    let half = (letters.len() / 2).max(SHORTEST);
    let first = letters.iter().take(half).collect();
    let last = letters
        .iter()
        .skip(letters.len() - half.max(letters.len() - half))
        .collect();
    vec![first, last]
}

/// The longest part of the Latin spelling whose letters every scheme of transliteration has in common.
fn core(word: &str) -> Option<String> {
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
fn accented(word: &str) -> Vec<String> {
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
fn short_forms(word: &str) -> Vec<String> {
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
fn other_schemes(word: &str) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        of_words(text, &split(text), &layout::other_readings(text))
    }

    #[test]
    fn the_most_telling_pieces_come_first() {
        assert_eq!(pieces("Ivan Petrov")[..4], ["petrov", "ivan", "петров", "иван"]);
        assert_eq!(pieces("Мюллер")[..2], ["мюллер", "myuller"]);
        assert_eq!(pieces("Bdfyjd")[..2], ["иванов", "ivanov"]);
    }

    #[test]
    fn no_piece_is_too_short_or_twice_there() {
        for text in [
            "Ivan Petrov",
            "I. Petrov",
            "Щербакова Юлия",
            "a b c",
            "Саша",
            "田中",
            "",
            "%%",
        ] {
            let pieces = pieces(text);
            let mut once = pieces.clone();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), pieces.len(), "{text}");
            assert!(pieces.iter().all(|piece| piece.chars().count() >= 2), "{text}");
        }
        assert_eq!(pieces("田中"), ["田中"]);
    }

    #[test]
    fn spellings_share_a_piece() {
        for (asked, written) in [
            ("muller", "müller"),
            ("müller", "mueller"),
            ("lukasz", "łukasz"),
            ("ivanof", "ivanov"),
            ("shcherbakov", "щербаков"),
            ("хохлова", "hohlova"),
            ("юрий щербаков", "iurii scherbakov"),
            ("wojcik", "wójcik"),
        ] {
            assert!(
                pieces(asked).iter().any(|piece| written.contains(piece.as_str())),
                "{asked}: {:?}",
                pieces(asked)
            );
        }
    }
}
