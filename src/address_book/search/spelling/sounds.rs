//! The sounds of a word, in an alphabet of this module's own that is the same for all schemes of transliteration. Pure.
//!
//! | letters | sound |
//! |---|---|
//! | щ, shch, sch, schtsch, ш, sh, sz | `S` |
//! | ч, ch, tch, tsch, cz | `C` |
//! | ж, zh | `Z` |
//! | ц, ts, tz | `c` |
//! | х, kh, h | `h` |
//! | й, ы, і, ї, и, i, y, j | `i`; a doubled one counts once |
//! | я, ya, ja, ia; ю, yu, ju, iu | `ia`; `iu` |
//! | е, ё, э, є, ye, je, ie | `e`; ё also `io` |
//! | x, кс; ph; th; w; c, ck, q | `ks`; `f`; `t`; `v`; `k` |
//! | ђ, đ; љ, lj; њ, nj; ћ, ć; џ, dž | `di`; `li`; `ni`; `C`; `dZ` |
//! | ь, ъ, apostrophes | nothing |
//! | other scripts | the Latin letters of [`romanization`] |
//!
//! A word may have several sounds, since some letters are read in two ways: ch is х in German, г is h in Ukrainian, ü
//! is ю or у in Russian, ъ is a or u in Bulgarian.
//!
//! "A sound" here is the sound of the whole word: a text in the alphabet of the table.

use unicode_script::Script;

use super::letters::{beginning, composed, contracted, is_cyrillic, plain};
use super::romanization;
use super::scheme::{Scheme, replaced, transcribed};

/// The most sounds that a word may have; only a made-up word has more readings.
const MAX_SOUNDS: usize = 8;

/// The sounds of a word in lower case, one for each way to read it; at least one.
pub(super) fn of_word(lower: &str, script: Script) -> Vec<String> {
    let readings = match script {
        Script::Latin => latin_readings(lower),
        _ if lower.chars().any(is_cyrillic) => cyrillic_readings(lower),
        _ => {
            let readings = romanization::readings(lower, script);
            let plain = readings.is_empty().then(|| plain(lower));
            let readings = readings.iter().chain(plain.iter());
            readings
                .map(|reading| transcribed(&reading.replace('ḥ', "h").replace('ẓ', "z"), COMMON))
                .collect()
        }
    };
    let mut sounds: Vec<String> = Vec::with_capacity(readings.len());
    for reading in readings {
        let mut sound = folded(&reading);
        sound.truncate(beginning(&sound).len());
        if !sounds.contains(&sound) && sounds.len() < MAX_SOUNDS {
            sounds.push(sound);
        }
    }
    sounds
}

fn cyrillic_readings(lower: &str) -> Vec<String> {
    let lower = &lower.replace("ьо", "ё");
    let mut readings = vec![cyrillic_sounds(lower, |_, _| None)];
    if lower.contains("дж") {
        // дж is the English j: Джон, Джейн.
        readings.push(cyrillic_sounds(&lower.replace("дж", "й"), |_, _| None));
    }
    if lower.contains(['ћ', 'ђ', 'џ']) {
        // Serbian names are also written without their accents: Stojkovic, Dordevic, Dzajic.
        readings.push(cyrillic_sounds(lower, |_, c| match c {
            'ћ' | 'ч' => Some("c"),
            'ђ' => Some("d"),
            'џ' => Some("dz"),
            'ж' => Some("z"),
            'ш' => Some("s"),
            _ => None,
        }));
    }
    if lower.contains(['щ', 'ъ', 'ў', 'ә', 'ѓ', 'ќ']) {
        readings.extend(of_other_languages(lower));
    }
    if lower.contains('г') {
        readings.push(cyrillic_sounds(lower, |_, c| (c == 'г').then_some("h")));
    }
    if lower.contains('ё') {
        readings.push(cyrillic_sounds(lower, |_, c| (c == 'ё').then_some("io")));
    }
    if lower.contains(['ю', 'ё']) {
        // ю and ё may be umlauts of another language: Мюллер, Гёте.
        readings.push(cyrillic_sounds(lower, |before, c| match c {
            'ю' if before.is_some_and(is_consonant) => Some("u"),
            'ё' => Some("o"),
            _ => None,
        }));
    }
    readings
}

/// The two readings of a word as Bulgarian, Macedonian, Belarusian, Uzbek or Kazakh: these read some letters otherwise
/// than Russian.
fn of_other_languages(lower: &str) -> Vec<String> {
    // ъ before е, ё, ю or я is the Russian hard sign, not a Bulgarian vowel.
    let is_vowel = lower.contains('ъ') && !["ъе", "ъё", "ъю", "ъя"].iter().any(|sign| lower.contains(sign));
    [("a", "v", "e"), ("u", "o", "a")]
        .map(|(er, short_u, schwa)| {
            cyrillic_sounds(lower, |_, c| match c {
                'щ' => Some("St"),
                'ъ' if is_vowel => Some(er),
                'ў' => Some(short_u),
                // The Uzbek ж is written j in Latin letters.
                'ж' if lower.contains('ў') && short_u == "o" => Some("i"),
                'ә' => Some(schwa),
                'ѓ' => Some("di"),
                'ќ' => Some("C"),
                _ => None,
            })
        })
        .into()
}

/// A Cyrillic word in Latin letters.
pub(super) fn in_latin(lower: &str) -> String {
    const LATIN: &[(&str, &str)] = &[("S", "sh"), ("C", "ch"), ("Z", "zh"), ("c", "ts"), ("h", "kh")];
    replaced(&cyrillic_sounds(lower, |_, _| None), LATIN)
}

fn is_consonant(c: char) -> bool {
    c.is_alphabetic() && !"аеёиіїоуыэюяєaeiouy".contains(c)
}

/// A Cyrillic word as a sound. `instead` receives a letter with the letter before it, and may return another sound for
/// the letter than the usual one.
fn cyrillic_sounds(lower: &str, instead: impl Fn(Option<char>, char) -> Option<&'static str>) -> String {
    let mut reading = String::with_capacity(lower.len());
    let mut before = None;
    for character in lower.chars() {
        let sound = instead(before, character).or_else(|| cyrillic_sound(character));
        match sound {
            Some(sound) => reading.push_str(sound),
            None => reading.push(character),
        }
        before = Some(character);
    }
    reading
}

fn cyrillic_sound(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'ә' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' | 'ғ' => "g",
        'д' => "d",
        'е' | 'ё' | 'э' | 'є' | 'ѐ' => "e",
        'ж' => "Z",
        'з' => "z",
        'и' | 'й' | 'і' | 'ї' | 'ы' | 'ј' | 'ѝ' | 'ӣ' | 'ҷ' | 'җ' => "i",
        'к' | 'қ' => "k",
        'л' => "l",
        'м' => "m",
        'н' | 'ң' => "n",
        'о' | 'ө' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' | 'ў' | 'ұ' | 'ү' | 'ӯ' => "u",
        'ф' => "f",
        'х' | 'һ' | 'ҳ' => "h",
        'ц' => "c",
        'ч' | 'ћ' => "C",
        'ш' | 'щ' => "S",
        'ъ' | 'ь' => "",
        'ю' => "iu",
        'я' => "ia",
        'љ' => "li",
        'њ' => "ni",
        'ђ' => "di",
        'џ' => "dZ",
        'ѓ' => "gi",
        'ќ' => "ki",
        'ѕ' => "dz",
        _ => return None,
    })
}

fn latin_readings(lower: &str) -> Vec<String> {
    let plain = plain(lower);
    let mut readings = vec![transcribed(&plain, COMMON)];
    let mut add = |text: &str, scheme| readings.push(transcribed(text, scheme));
    if plain != lower {
        let accented = accented(lower);
        add(&accented, COMMON);
        add(&accented, SLAVIC);
    }
    // German spellings of Russian names, from newspapers and passports.
    if plain.contains('w') || plain.contains("sch") {
        add(&plain, GERMAN);
        if let Some(voiced) = voiced(&plain) {
            add(&voiced, GERMAN);
        }
    }
    if plain.contains(['c', 'z']) {
        add(&plain, SLAVIC);
    }
    if plain.contains('h') {
        add(&plain, UKRAINIAN);
    }
    if plain.contains("eu") {
        // Neumann is Нойман.
        add(&plain.replace("eu", "oi"), COMMON);
    }
    if plain.contains("ee") || plain.contains("oo") {
        // Lee is Ли, Moore is Мур.
        add(&plain.replace("ee", "i").replace("oo", "u"), COMMON);
    }
    if ["ou", "tch", "gu"].iter().any(|sign| plain.contains(sign)) || plain.ends_with("ine") {
        let without_last = plain.strip_suffix('e').filter(|rest| rest.ends_with("in"));
        add(without_last.unwrap_or(&plain), FRENCH);
    }
    if plain.contains("oe") || plain.contains("sj") {
        // Poetin and Sjostakovitsj are Dutch.
        add(
            &plain.replace("oe", "u").replace("tsj", "tch").replace("sj", "sh"),
            COMMON,
        );
    }
    if plain.contains("qu") {
        add(&plain.replace("qu", "ku"), COMMON);
    }
    if plain.trim_end_matches('x').contains('x') {
        // Uzbek and Azerbaijani: Xurshid is Хуршид.
        add(&plain.replace('x', "h"), COMMON);
    }
    if let Some(surname) = of_other_ending(&plain) {
        add(&surname, COMMON);
    }
    readings
}

/// The word with its first sch as ж; `None` unless that sch stands between vowels. Tschischow is Чижов, but Scharow is
/// Шаров rather than Жаров.
fn voiced(plain: &str) -> Option<String> {
    const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];
    let text = plain.replace("tsch", "C");
    let (before, after) = text.split_once("sch")?;
    (before.ends_with(VOWELS) && after.starts_with(VOWELS)).then(|| format!("{before}Z{after}"))
}

/// The Russian form of a surname with a Latvian or Lithuanian ending, or with the -off or -eff of emigrants; `None` for
/// other words.
fn of_other_ending(plain: &str) -> Option<String> {
    const ENDINGS: &[(&str, &str)] = &[
        ("ovs", "ov"),
        ("evs", "ev"),
        ("ovas", "ov"),
        ("evas", "ev"),
        ("inas", "in"),
        ("skis", "ski"),
        ("skas", "ski"),
        ("off", "ov"),
        ("eff", "ev"),
    ];
    let mut stems = ENDINGS.iter().filter_map(|(ending, russian)| {
        let stem = plain.strip_suffix(ending)?;
        (stem.len() > 1).then(|| format!("{stem}{russian}"))
    });
    stems.next()
}

/// The word with the sounds of its accented letters written out, so that š is sh. Other accents are removed.
pub(super) fn accented(lower: &str) -> String {
    let mut reading = String::with_capacity(lower.len());
    for c in composed(lower).chars() {
        match c {
            'š' | 'ş' | 'ș' | 'ŝ' => reading.push_str("sh"),
            'č' | 'ç' | 'ć' => reading.push_str("ch"),
            'ž' | 'ż' | 'ź' => reading.push_str("zh"),
            'ö' | 'ä' | 'ő' => reading.push('e'),
            'ü' | 'ű' | 'û' => reading.push_str("iu"),
            'đ' => reading.push_str("dj"),
            'ğ' => {}
            'â' => reading.push_str("ia"),
            'ə' => reading.push('a'),
            c => reading.push_str(&plain(c.encode_utf8(&mut [0; 4]))),
        }
    }
    reading.truncate(beginning(&reading).len());
    reading
}

/// The scheme for every word in Latin letters, and for the Latin readings of other scripts.
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
];

/// French: ou is у, ch is ш, gu before a vowel is г.
const FRENCH: Scheme = &[
    ("chtch", "S"),
    ("tch", "C"),
    ("ch", "S"),
    ("sh", "S"),
    ("kh", "h"),
    ("ph", "f"),
    ("th", "t"),
    ("ck", "k"),
    ("ts", "c"),
    ("dj", "dZ"),
    ("j", "Z"),
    ("ou", "u"),
    ("gue", "ge"),
    ("gui", "gi"),
    ("qu", "k"),
    ("c", "k"),
    ("q", "k"),
];

/// German: ch is х, z is ц, a single s is з.
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
];

/// Slavic languages in Latin letters: c is ц; rz and szcz are ж and щ in Polish.
const SLAVIC: Scheme = &[
    ("szcz", "S"),
    ("sch", "S"),
    ("sh", "S"),
    ("sz", "S"),
    ("ch", "C"),
    ("cz", "C"),
    ("rz", "Z"),
    ("zh", "Z"),
    ("ck", "ck"),
    ("c", "c"),
];

/// Ukrainian: h is г; zh, sh, ch and kh are as in [`COMMON`].
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
];

/// A reading with the changes that are the same for every script: ie becomes e, a doubled letter becomes single, and an
/// umlaut that is written out becomes its base letter.
fn folded(reading: &str) -> String {
    let mut sound = String::with_capacity(reading.len());
    for character in reading.chars() {
        match character {
            // Also the ii of -ий and -iy.
            c if sound.ends_with(c) => {}
            // ie is е, also after another vowel: Sergeyev is Сергеев.
            'e' if sound.ends_with('i') => {
                sound.pop();
                if !sound.ends_with('e') {
                    sound.push('e');
                }
            }
            c => sound.push(c),
        }
    }
    contracted(sound)
}
