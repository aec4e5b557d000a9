//! The consonants of a word, by which it is found in a script that leaves vowels out or writes them otherwise. Pure.
//!
//! | letters | consonant |
//! |---|---|
//! | b, p, f, v, w, ph | `b` |
//! | d, t, th | `d` |
//! | k, g, q, kh, gh, c, x | `k` |
//! | s, z, sh, ch, ts, j | `s` |
//! | l, m, n, r | themselves |
//! | h, y, vowels | nothing |
//!
//! A letter that is read in two ways makes two skeletons: ch is also `k`, j also nothing, g also `s`. Doubled consonants
//! are one. A skeleton says little: who is found by it alone is near, never certain.

use unicode_script::Script;

use super::romanization;
use super::sounds::accented;

/// Readings beyond these would only be found by an attacker.
const MAX_SKELETONS: usize = 8;
/// Consonants that are looked at.
const MAX_CONSONANTS: usize = 12;

/// The skeletons of a word in lower case, each once.
pub(super) fn of(lower: &str, script: Script) -> Vec<String> {
    let readings = match script {
        Script::Latin => vec![accented(lower)],
        Script::Cyrillic => vec![super::sounds::in_latin(lower)],
        _ => romanization::readings(lower, script),
    };
    let mut skeletons: Vec<String> = Vec::new();
    for reading in readings {
        for skeleton in of_reading(&reading, script) {
            if !skeleton.is_empty() && !skeletons.contains(&skeleton) && skeletons.len() < MAX_SKELETONS {
                skeletons.push(skeleton);
            }
        }
    }
    skeletons
}

fn of_reading(reading: &str, script: Script) -> Vec<String> {
    let mut skeletons = vec![String::new()];
    let mut rest = reading;
    while let Some(first) = rest.chars().next() {
        let (length, consonants) = consonants(rest, script, rest.len() == reading.len());
        let mut others = Vec::new();
        for (at, consonant) in consonants.iter().enumerate() {
            let add = |skeleton: &String| {
                let mut longer = skeleton.clone();
                add_consonants(&mut longer, consonant);
                longer
            };
            let room = MAX_SKELETONS.saturating_sub(others.len());
            others.extend(
                skeletons
                    .iter()
                    .take(if at == 0 { MAX_SKELETONS } else { room })
                    .map(add),
            );
        }
        if !consonants.is_empty() {
            skeletons = others;
        }
        rest = rest.get(length.max(first.len_utf8())..).unwrap_or_default();
    }
    skeletons
}

fn add_consonants(skeleton: &mut String, consonants: &str) {
    for consonant in consonants.chars() {
        // ts and dz are one consonant.
        if consonant == 's' && skeleton.ends_with('d') {
            skeleton.pop();
        }
        if !skeleton.ends_with(consonant) && skeleton.len() < MAX_CONSONANTS {
            skeleton.push(consonant);
        }
    }
}

/// How many bytes the first letters have, and the consonants that they may be; none for what is not heard.
fn consonants(rest: &str, script: Script, is_first: bool) -> (usize, &'static [&'static str]) {
    const FROM_LATIN: &[(&str, &[&str])] = &[("ch", &["s", "k"]), ("j", &["s", ""])];
    const FROM_ARABIC: &[(&str, &[&str])] = &[("j", &["s", "k"])];
    const WITHOUT_VOWELS: &[(&str, &[&str])] = &[("w", &["", "b"]), ("th", &["d", "s"])];
    const EVERYWHERE: &[(&str, &[&str])] = &[
        ("sch", &["s"]),
        ("kh", &["k"]),
        ("gh", &["k"]),
        ("ch", &["s"]),
        ("ce", &["s"]),
        ("ci", &["s"]),
        ("cy", &["s"]),
        ("ge", &["k", "s"]),
        ("gi", &["k", "s"]),
        ("ḥ", &["k", ""]),
        ("ẓ", &["d", "s"]),
        ("x", &["ks"]),
        ("j", &["s"]),
        ("b", &["b"]),
        ("p", &["b"]),
        ("f", &["b"]),
        ("v", &["b"]),
        ("w", &["b"]),
        ("d", &["d"]),
        ("t", &["d"]),
        ("k", &["k"]),
        ("g", &["k"]),
        ("q", &["k"]),
        ("c", &["k"]),
        ("s", &["s"]),
        ("z", &["s"]),
        ("l", &["l"]),
        ("m", &["m"]),
        ("n", &["n"]),
        ("r", &["r"]),
    ];
    let own: &[(&str, &[&str])] = match script {
        Script::Latin => FROM_LATIN,
        Script::Arabic => FROM_ARABIC,
        _ => &[],
    };
    let without_vowels = if romanization::has_no_vowels(script) && !is_first {
        WITHOUT_VOWELS
    } else {
        &[]
    };
    let mut known = own.iter().chain(without_vowels).chain(EVERYWHERE);
    let found = known.find(|(letters, _)| rest.starts_with(letters));
    found.map_or((0, &[]), |(letters, consonants)| (letters.len(), consonants))
}
