//! How a text looks rather than how it is spelled. Pure.
//!
//! Built on the skeleton of Unicode TR39, section 4: two texts with one skeleton look alike. On top of it come accents,
//! which a reader overlooks, and tricks within ASCII that TR39 leaves out.

use unicode_script::{Script, ScriptExtension, UnicodeScript};
use unicode_security::skeleton;

/// Lower-case Cyrillic letters that look like Latin ones in nearly every typeface. TR39 also pairs г/r, ь/b and ш/w,
/// which would make ordinary words suspicious.
const LATIN_LOOKING: &str = "асԁеһіјӏорԛѕԝху";

/// `text` in lower case, without accents, each letter replaced by the simplest one that looks like it.
pub(super) fn folded(text: &str) -> String {
    let lower = text.to_lowercase();
    // TR39 maps to upper case here and there: 0 to O.
    let mut folded = String::with_capacity(lower.len());
    for character in skeleton(&lower) {
        if !matches!(character, '\u{300}'..='\u{36F}') {
            folded.extend(character.to_lowercase());
        }
    }
    folded
}

/// What a label of a domain looks like: 5 for s, vv for w and cl for d as well; TR39 has 0, 1 and rn.
pub(super) fn look(label: &str) -> String {
    let mut look = folded(label);
    if look.contains(['3', '4', '5']) {
        look = look.replace('3', "e").replace('4', "a").replace('5', "s");
    }
    if look.contains("vv") || look.contains("cl") {
        look = look.replace("vv", "w").replace("cl", "d");
    }
    look
}

/// True if one label mixes alphabets, or is Cyrillic that reads as Latin while the domain ends in Latin letters
/// (`сосо.com`). `почта.рф` and `почта.com` are neither. `host` is decoded.
pub(super) fn mixes_scripts(host: &str) -> bool {
    if host.is_ascii() {
        return false;
    }
    let ends_in_latin = host.rsplit('.').next().is_some_and(|top| top.is_ascii());
    host.split('.')
        .any(|label| is_of_several_scripts(label) || (ends_in_latin && passes_for_latin(label)))
}

fn passes_for_latin(label: &str) -> bool {
    let mut letters = label.chars().filter(|character| character.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|letter| LATIN_LOOKING.contains(letter))
}

/// TR39, section 5.1, where Japanese, Korean and Chinese may use their scripts together, and Latin beside them.
fn is_of_several_scripts(label: &str) -> bool {
    !label.is_ascii() && ScriptExtension::for_str(label).is_empty() && !is_east_asian(label)
}

const EAST_ASIAN: [Script; 5] = [
    Script::Han,
    Script::Hiragana,
    Script::Katakana,
    Script::Hangul,
    Script::Bopomofo,
];

/// Kana and Hangul do not meet in one word, apart from forgeries.
fn is_east_asian(label: &str) -> bool {
    let has = |wanted: &[Script]| label.chars().any(|character| wanted.contains(&character.script()));
    let is_of_them = |character: char| {
        let scripts = character.script_extension();
        scripts.is_common()
            || scripts.is_inherited()
            || EAST_ASIAN.iter().any(|script| scripts.contains_script(*script))
    };
    label
        .chars()
        .all(|character| character.script() == Script::Latin || is_of_them(character))
        && !(has(&[Script::Hiragana, Script::Katakana]) && has(&[Script::Hangul]))
}
