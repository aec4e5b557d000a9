//! Unifies letters that have several codes in Unicode, removes accents, and classifies letters. Pure.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc, is_nfkc};

/// The most letters of a word that are read, and the most letters of each form of a word, since one letter may become
/// eighteen.
const MAX_LETTERS: usize = 64;

/// The part of a word that is read: its first [`MAX_LETTERS`] letters.
pub(in crate::address_book) fn beginning(word: &str) -> &str {
    let end = word.char_indices().nth(MAX_LETTERS);
    end.and_then(|(end, _)| word.get(..end)).unwrap_or(word)
}

/// True for Cyrillic letters.
pub(in crate::address_book::search) fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// True for letters that are syllables or words: Chinese, Japanese and Korean ones.
pub(in crate::address_book::search) fn is_syllable_or_word(c: char) -> bool {
    c > '\u{2e80}'
}

/// The word with `ue`, `oe` and `ae`, which may be umlauts written out, as `u`, `o` and `a`.
pub(super) fn contracted(word: String) -> String {
    match ["ue", "oe", "ae"].iter().any(|umlaut| word.contains(umlaut)) {
        true => word.replace("ue", "u").replace("oe", "o").replace("ae", "a"),
        false => word,
    }
}

/// The text in lower case with one code for each letter: full-width letters, ligatures and letters with two codes
/// become the usual ones. Vowel marks of Arabic and Hebrew are removed.
pub(super) fn unified(text: &str) -> String {
    let usual = match is_nfkc(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(with_usual_codes(text)),
    };
    usual.to_lowercase().chars().filter_map(with_one_code).collect()
}

/// The text with full-width letters and ligatures as ordinary letters, and with accents composed with their letters.
fn with_usual_codes(text: &str) -> String {
    let usual = text.chars().flat_map(|c| {
        // European letters have one code, apart from a few ligatures, and signs such as ™ are no letters.
        let has_one = matches!(c, '\0'..'\u{132}' | '\u{370}'..'\u{530}') || !c.is_alphanumeric();
        let usual = (!has_one).then(|| [c].into_iter().nfkc());
        usual.into_iter().flatten().chain(has_one.then_some(c))
    });
    usual.nfc().collect()
}

/// The text with each accent composed with its letter.
pub(in crate::address_book::search) fn composed(text: &str) -> Cow<'_, str> {
    match is_nfc(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.nfc().collect()),
    }
}

/// The usual code of a letter; `None` for a mark that is dropped.
fn with_one_code(c: char) -> Option<char> {
    Some(match c {
        // Turkish has an i with a dot and one without; other languages write both as I in capitals.
        'ı' => 'i',
        '\u{307}' => return None,
        // Romanian and Turkish: with a cedilla or with a comma.
        'ş' => 'ș',
        'ţ' => 'ț',
        'ς' => 'σ',
        // Arabic and Persian.
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        'ہ' | 'ھ' | 'ە' => 'ه',
        'ـ' | '\u{64b}'..='\u{652}' | '\u{656}'..='\u{65f}' | '\u{670}' => return None,
        // Hebrew: vowels and the marks of religious texts.
        '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}'..='\u{5c2}' | '\u{5c4}'..='\u{5c5}' | '\u{5c7}' => return None,
        c => c,
    })
}

/// True for the marks that people write as an apostrophe, or as a soft sign in a transliteration.
pub(in crate::address_book::search) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '’' | '‘' | '‛' | '`' | '´' | '′' | '＇' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ʾ' | 'ʿ' | 'ˈ' | '՚' | '׳'
    )
}

/// The plain form of a word in lower case: its [`beginning`] without accents. Cyrillic letters keep their accents,
/// which make other letters of them; only ё becomes е.
pub(in crate::address_book::search) fn plain(lower: &str) -> String {
    let lower = beginning(lower);
    if lower.is_ascii() {
        return lower.to_owned();
    }
    let mut plain = String::with_capacity(lower.len());
    for character in composed(lower).chars() {
        if plain.len() > MAX_LETTERS * char::MAX.len_utf8() {
            break;
        }
        match character {
            'ё' => plain.push('е'),
            c if c.is_ascii() || is_cyrillic(c) => plain.push(c),
            c => match letter(c) {
                Some(letters) => plain.push_str(letters),
                // In other scripts, marks matter as much as letters.
                None => plain.extend([c].into_iter().nfkd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}'))),
            },
        }
    }
    plain.truncate(beginning(&plain).len());
    plain
}

/// The plain form of letters that Unicode does not decompose, or decomposes otherwise.
fn letter(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        'ə' => "e",
        'ŋ' => "n",
        'þ' => "th",
        'ħ' => "h",
        'أ' | 'إ' | 'آ' | 'ٱ' => "ا",
        'ؤ' => "و",
        'ئ' => "ی",
        'ة' => "ه",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::split::split;
    use super::super::word::Word;

    /// The words of two texts are the same, one by one.
    fn are_same(one: &str, other: &str) -> bool {
        let words = |text: &str| split(text).iter().map(|word| Word::new(word)).collect::<Vec<_>>();
        let (one, other) = (words(one), words(other));
        one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| one.is_same(other))
    }

    #[test]
    fn words_that_differ_in_codes_or_accents_are_the_same() {
        for (one, other) in [
            ("\u{15e}tefan", "\u{218}tefan"),
            ("AYŞE IŞIK", "Ayşe Işık"),
            ("İbrahim", "ibrahim"),
            ("İnci IŞIK", "inci ışık"),
            ("O′Dwyer", "O'Dwyer"),
            ("OʻDwyer", "O’Dwyer"),
            ("Ａｎｎａ Ｋｌｅｉｎ", "Anna Klein"),
            ("ﬁsher", "Fisher"),
            ("STRAẞER", "straßer"),
            ("Strasser", "Straßer"),
            ("ŒUVRARD", "oeuvrard"),
            ("ΓΙΏΡΓΟΣ", "Γιώργοσ"),
            ("ﾀｸﾏ ﾎﾝﾀﾞ", "タクマ ホンダ"),
            ("علي", "علی"),
            ("كريم", "کریم"),
            ("أحمد", "احمد"),
            ("مُحَمَّد", "محمد"),
            ("محـــمد", "محمد"),
            ("فاطمة", "فاطمه"),
            ("שָׁלוֹם", "שלום"),
            ("Ян Лу'цький", "Ян Луʼцький"),
        ] {
            assert!(
                are_same(one, other),
                "{one} {other}: {:?} {:?}",
                split(one),
                split(other)
            );
        }
    }

    #[test]
    fn letters_that_only_look_alike_are_different_letters() {
        for (one, other) in [
            ("Аnna", "Anna"),
            ("Οmar", "Omar"),
            ("lan", "Ian"),
            ("lán", "lân"),
            ("Contoso™", "Contosotm"),
            ("حسن", "خسن"),
            ("たかだ", "たかた"),
            ("मीना", "मोना"),
        ] {
            assert!(!are_same(one, other), "{one} {other}");
        }
    }
}
