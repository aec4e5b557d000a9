//! Splits a text into words. Pure.

use unicode_normalization::char::is_combining_mark;

use super::letters::{is_apostrophe, unified};

/// The words of a text, in lower case with their accents: runs of letters and digits. An apostrophe does not end a word
/// and is dropped from it.
pub(in crate::address_book::search) fn split(text: &str) -> Vec<String> {
    let lower = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        unified(text)
    };
    lower
        .split(is_border)
        .map(|word| word.chars().filter(|c| !is_apostrophe(*c)).collect::<String>())
        .filter(|word| !word.is_empty())
        .flat_map(without_article)
        .collect()
}

/// True for a character that ends a word.
pub(in crate::address_book::search) fn is_border(c: char) -> bool {
    match c {
        '\0'..='\x7f' => !c.is_ascii_alphanumeric() && !is_apostrophe(c),
        // Russian letters are no borders; this saves a search in the tables of Unicode.
        'Ѐ'..='ҁ' => false,
        _ => !(c.is_alphanumeric() || is_combining_mark(c) || is_apostrophe(c)),
    }
}

/// The Arabic article, which counts as a word of its own, as Al does in Al-Tahan.
pub(in crate::address_book::search) const ARABIC_ARTICLE: &str = "ال";

/// Separates the Arabic article from its word.
fn without_article(word: String) -> impl Iterator<Item = String> {
    /// The rests of Elias, Alexander, Albert and other names that begin with the same letters but have no article.
    const NAMES: &[&str] = &["یاس", "کس", "برت", "یز", "هام", "فرید", "فونس", "ین", "یس"];
    let rest = word.strip_prefix(ARABIC_ARTICLE).filter(|rest| {
        let is_name = NAMES.iter().any(|name| rest.starts_with(name));
        !is_name && rest.chars().count() > 2
    });
    let apart = rest.map(|rest| [ARABIC_ARTICLE.to_owned(), rest.to_owned()]);
    let whole = apart.is_none().then_some(word);
    apart.into_iter().flatten().chain(whole)
}
