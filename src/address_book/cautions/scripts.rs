//! Whether a text mixes alphabets, so that its letters may not be what they seem. Pure.
//!
//! | text | mixes if |
//! |---|---|
//! | a word of a name | its letters are of several alphabets, or letters and imitations of them (`𝗮`, `ɑ`) are mixed |
//! | a local part | all of it is of several alphabets, or it reads as Latin under a Latin ending without being so |
//! | a label of a domain | its letters are of several alphabets, or it is Cyrillic that reads as Latin under a Latin ending |
//!
//! These names do not mix: `Anna (Анна)`, `IT-отдел`, `Boeing’и`, `1С`, `Mª`, `µTorrent`, `Ⅳ`. Chinese, Japanese,
//! Korean, Thai and related scripts are written without blanks, also next to foreign words, so another alphabet beside
//! them begins a new word.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;
use unicode_script::{Script, ScriptExtension, UnicodeScript};
use unicode_security::GeneralSecurityProfile;
use unicode_security::mixed_script::AugmentedScriptSet;

use super::{address, look};

/// Lower-case Cyrillic letters that look like Latin ones in nearly every typeface. TR39 also pairs г/r, ь/b and ш/w,
/// which would make ordinary words suspicious.
const LATIN_LOOKING: &str = "асԁеһіјӏорԛѕԝху";

const LATIN_LOOKING_CAPITALS: &str = "АВСԌЕНІЈКӀМОРԚЅТԜХҮ";

/// True if a word of `name` mixes alphabets.
pub(super) fn mix_in_name(name: &str) -> bool {
    if name.is_ascii() {
        return false;
    }
    // Nearly all other names have only Latin or only Cyrillic letters, which their octets show.
    let (mut has_latin, mut has_cyrillic) = (false, false);
    let is_plain = name.bytes().all(|octet| {
        has_latin |= matches!(octet, b'a'..=b'z' | b'A'..=b'Z' | 0xC3..=0xC8);
        has_cyrillic |= matches!(octet, 0xD0..=0xD3);
        matches!(octet, 0..=0xBF | 0xC3..=0xC8 | 0xD0..=0xD3)
    });
    if is_plain && !(has_latin && has_cyrillic) {
        return false;
    }
    name.split(|character| !is_inside_word(character)).any(mixes)
}

/// True if `local`, the part of an address before the `@`, mixes alphabets. Also true if it is all Cyrillic but reads
/// as Latin (`рара`), unless the domain is of another alphabet: `роса@почта.рф`.
pub(super) fn mix_in_local_part(local: &str, domain: &str) -> bool {
    if local.is_ascii() {
        return false;
    }
    let may_be_latin = || {
        local.contains(|letter: char| letter.is_ascii_alphabetic())
            || address::host(domain).is_some_and(|host| ends_in_ascii(&host))
    };
    is_of_several(local)
        || local.chars().any(|letter| is_letter(letter) && is_imitation(letter))
        || (passes_for_ascii(local) && may_be_latin())
}

/// True if one label of the decoded `host` mixes alphabets, or is Cyrillic that reads as Latin under a Latin ending
/// (`сосо.com`). False for `почта.рф` and `почта.com`.
pub(super) fn mix_in_host(host: &str) -> bool {
    if host.is_ascii() {
        return false;
    }
    let ends_in_latin = ends_in_ascii(host);
    host.split('.')
        .any(|label| is_of_several(label) || (ends_in_latin && passes_for_latin(label)))
}

/// True for letters, digits and marks, and for the apostrophe of `О'Neill`.
fn is_inside_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '\'';
    }
    if character.is_alphanumeric() {
        return !is_written_without_blanks(character.script());
    }
    matches!(character, '’' | '‘' | '´' | '′') || is_mark(character)
}

fn is_mark(character: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    matches!(
        get_general_category(character),
        NonspacingMark | EnclosingMark | SpacingMark
    )
}

const fn is_written_without_blanks(script: Script) -> bool {
    use Script::{Bopomofo, Han, Hangul, Hiragana, Katakana, Khmer, Lao, Myanmar, Thai, Tibetan};
    matches!(
        script,
        Bopomofo | Han | Hangul | Hiragana | Katakana | Khmer | Lao | Myanmar | Thai | Tibetan
    )
}

const APOSTROPHES: [char; 6] = ['\'', '’', '‘', '´', '′', 'ʼ'];
/// Letters that French and Italian write before an apostrophe instead of a whole word.
const ELISIONS: [&str; 8] = ["c", "d", "j", "l", "m", "n", "s", "t"];
/// The most letters of an ending after an apostrophe, as in `Boeing’и`.
const LONGEST_ENDING: usize = 3;

/// True if a word mixes alphabets, unless each side of an apostrophe has an alphabet of its own (`Boeing’и`,
/// `L'Этуаль`).
fn mixes(word: &str) -> bool {
    mixes_letters(word) && !is_joined_by_apostrophe(word)
}

/// True if the apostrophe joins two parts that may have different alphabets: a word and an ending of up to three
/// letters (`Boeing’и`), or an elision and a word (`L'Этуаль`). Neither part may mix alphabets, and a Cyrillic word may
/// not look Latin throughout. False for `О'Neill` with a Cyrillic О, and for `l'оса`.
fn is_joined_by_apostrophe(word: &str) -> bool {
    let count = |text: &str| text.chars().filter(|character| is_letter(*character)).count();
    let ends = word.rsplit_once(APOSTROPHES).is_some_and(|(before, ending)| {
        count(before) >= 2
            && (1..=LONGEST_ENDING).contains(&count(ending))
            && !mixes(before)
            && !mixes_letters(ending)
            && !is_all_latin_looking(before)
    });
    ends || word.split_once(APOSTROPHES).is_some_and(|(elision, rest)| {
        ELISIONS.contains(&elision.to_lowercase().as_str())
            && count(rest) >= 2
            && !mixes(rest)
            && !is_all_latin_looking(rest)
    })
}

/// True if all letters are Cyrillic and look like Latin ones. Unlike in a domain, capitals are compared as capitals.
fn is_all_latin_looking(text: &str) -> bool {
    let mut letters = text.chars().filter(|character| is_letter(*character));
    letters.all(|letter| LATIN_LOOKING.contains(letter) || LATIN_LOOKING_CAPITALS.contains(letter))
}

/// True if the letters of a word have no alphabet in common, or some but not all of the letters are imitations.
fn mixes_letters(word: &str) -> bool {
    let (mut common, mut has_letter, mut has_imitation) = (ScriptExtension::default(), false, false);
    for letter in word.chars().filter(|character| is_letter(*character)) {
        if is_imitation(letter) {
            has_imitation = true;
        } else {
            has_letter = true;
            common.intersect_with(letter.script_extension());
        }
    }
    common.is_empty() || (has_letter && has_imitation)
}

/// True for a letter that belongs to an alphabet. False for signs that go with every alphabet: raised letters, Roman
/// numbers, the ordinals of `Mª` and `Nº`.
fn is_letter(character: char) -> bool {
    use GeneralCategory::{LowercaseLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    if character.is_ascii() {
        return character.is_ascii_alphabetic();
    }
    !matches!(character, 'ª' | 'º')
        && matches!(
            get_general_category(character),
            LowercaseLetter | UppercaseLetter | TitlecaseLetter | OtherLetter
        )
}

/// True for a letter that no language uses and that looks like a Latin one: mathematical (`𝗮`) or phonetic (`ɑ`).
fn is_imitation(letter: char) -> bool {
    let is_other_form = letter.nfkc().next() != Some(letter);
    match letter.script() {
        // The signs for micro, litre and information occur in ordinary texts.
        Script::Common => is_other_form && !matches!(letter, 'µ' | 'ℓ' | 'ℹ'),
        // Full-width letters and ligatures are other forms of the same letters, not imitations.
        Script::Latin => letter > '\u{24f}' && !letter.identifier_allowed() && !is_other_form && reads_as_ascii(letter),
        _ => false,
    }
}

fn reads_as_ascii(letter: char) -> bool {
    look::readable(letter.encode_utf8(&mut [0; 4])).is_ascii()
}

/// True if a text reads as ASCII although one of its letters or digits is neither ASCII nor used by Latin languages.
fn passes_for_ascii(text: &str) -> bool {
    let is_foreign = |character: char| {
        let is_latin = character.script() == Script::Latin && character.identifier_allowed();
        !character.is_ascii() && character.is_alphanumeric() && !is_latin
    };
    text.chars().any(is_foreign) && look::folded(text).is_ascii()
}

fn ends_in_ascii(host: &str) -> bool {
    host.rsplit('.').next().is_some_and(|top| top.is_ascii())
}

fn passes_for_latin(label: &str) -> bool {
    let mut letters = label.chars().filter(|character| character.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(|letter| LATIN_LOOKING.contains(letter))
}

/// True if a text mixes scripts by TR39, section 5.1. Japanese, Korean and Chinese may use their scripts together, with
/// Latin beside them.
fn is_of_several(text: &str) -> bool {
    let is_east_asian = || {
        let others: String = text.chars().filter(|letter| letter.script() != Script::Latin).collect();
        let AugmentedScriptSet { hanb, jpan, kore, .. } = AugmentedScriptSet::for_str(&others);
        hanb || jpan || kore
    };
    !text.is_ascii() && ScriptExtension::for_str(text).is_empty() && !is_east_asian()
}
