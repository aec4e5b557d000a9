//! Reads text that was typed with the wrong keyboard layout: `Bdfyjd` for Иванов, `фттф` for anna. Pure.
//!
//! The tables list the letters of each key on the US layout and on Russian ЙЦУКЕН; Ukrainian differs on a few keys. A
//! reading counts only if its words can be spoken.

use super::spelling::is_cyrillic;

const VOWELS: &str = "aeiouyаеёиоуыэюяіїє";
const LATIN: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
/// The same keys with shift; on a Cyrillic layout they are capitals.
const SHIFTED: &str = "QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~";
const RUSSIAN: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";
const UKRAINIAN: &str = "йцукенгшщзхїфівапролджєячсмитьбю'";

/// The text that the same keys type on the other layouts, in lower case: no reading, one, or a Russian and a Ukrainian.
pub(super) fn other_readings(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let has_cyrillic = lower.chars().any(is_cyrillic);
    let has_latin = lower.chars().any(|c| c.is_ascii_alphabetic());
    let is_typed = lower.chars().all(|c| c.is_ascii() || is_cyrillic(c));
    if has_cyrillic == has_latin || !is_typed || lower.contains('@') {
        return Vec::new();
    }
    let mut readings: Vec<String> = Vec::new();
    for layout in [RUSSIAN, UKRAINIAN] {
        let reading: String = lower
            .chars()
            .map(|c| {
                if has_latin {
                    other_key(other_key(c, SHIFTED, LATIN), LATIN, layout)
                } else {
                    other_key(c, layout, LATIN)
                }
            })
            .collect();
        if is_pronounceable(&reading) && !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

/// True if all words of `text` can be spoken: each has a vowel and at most four consonants in a row.
fn is_pronounceable(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| word.chars().count() > 1)
        .all(|word| {
            let (mut longest, mut run, mut vowels) = (0, 0, 0);
            for character in word.chars() {
                if VOWELS.contains(character) {
                    vowels += 1;
                    run = 0;
                } else if !"ьъ".contains(character) {
                    run += 1;
                }
                longest = longest.max(run);
            }
            vowels > 0 && longest <= 4 && !word.starts_with(['ь', 'ъ', 'ы'])
        })
        && text.chars().any(char::is_alphabetic)
}

fn other_key(c: char, from: &str, to: &str) -> char {
    let at = from.chars().position(|key| key == c);
    at.and_then(|at| to.chars().nth(at)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layout_has_a_letter_on_every_key() {
        for layout in [RUSSIAN, UKRAINIAN] {
            assert_eq!(layout.chars().count(), LATIN.chars().count());
        }
    }

    #[test]
    fn the_wrong_layout_is_read_in_both_directions() {
        assert_eq!(other_readings("Bdfyjd").first().unwrap(), "иванов");
        assert_eq!(other_readings("Fktrctq").first().unwrap(), "алексей");
        assert_eq!(other_readings("фттф").first().unwrap(), "anna");
        assert_eq!(other_readings("cjrjkjdf jkmuf").first().unwrap(), "соколова ольга");
        assert!(other_readings("{j[kjdf >kbz").contains(&"хохлова юлия".to_owned()));
        assert!(other_readings("rbhbktyrj jktrcfylh").contains(&"кириленко олександр".to_owned()));
        assert!(other_readings("'kkf").contains(&"элла".to_owned()));
    }

    #[test]
    fn a_text_that_could_not_be_words_has_no_other_reading() {
        for text in [
            "anna",
            "Ivanov",
            "Müller",
            "anna@contoso.example",
            "",
            "12",
            "Анна Smith",
        ] {
            assert!(other_readings(text).is_empty(), "{text}: {:?}", other_readings(text));
        }
    }
}
