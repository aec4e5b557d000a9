//! A question taken apart: the address in it, the words of the name, and those of the company. Pure.
//!
//! | asked | becomes |
//! |---|---|
//! | `anna@contoso.com`, `<anna@contoso.com>,`, `mailto:anna@contoso.com` | the address; its local part as words |
//! | `Anna Schmidt <anna@contoso.com>` | the address; Anna Schmidt as words |
//! | `Anna at Contoso`, `Anna @ Contoso`, `Анна из Ромашки` | Anna, and the company's word |
//! | `Herr Müller`, `пан Петренко` | Müller, Петренко |

mod address;
pub(in crate::address_book) mod entities;
pub(in crate::address_book) mod titles;

use super::spelling::split;

/// Between a person and a company.
const MARKERS: &[&str] = &["at", "from", "of", "@", "из", "від"];
/// Before a name; a single letter is an initial, and what is a name somewhere is no title.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "herr",
    "frau",
    "mme",
    "monsieur",
    "pani",
    "господин",
    "госпожа",
    "пан",
    "пані",
];

/// What a question holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// In lower case.
    pub(super) address: Option<String>,
    /// Words in lower case.
    pub(super) words: Vec<String>,
    /// Words from here on are said to be a company's.
    pub(super) company_from: usize,
}

impl Question {
    pub(super) fn new(text: &str) -> Self {
        let lower = text.to_lowercase();
        let Some((address, around)) = address_in(&lower) else {
            return Self::without_address(&lower);
        };
        let named = Self::without_address(&around);
        let words = match named.words.is_empty() {
            // Of an address that is not in the book, the local part is what tells.
            true => split(address.split('@').next().unwrap_or_default()),
            false => named.words,
        };
        Self {
            address: Some(address),
            company_from: words.len(),
            words,
        }
    }

    fn without_address(lower: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        let mut company_from = None;
        for token in lower.split_whitespace() {
            // What stands first, or last, is a name.
            if MARKERS.contains(&token) && !words.is_empty() && company_from.is_none() {
                company_from = Some((words.len(), token));
                continue;
            }
            words.extend(split(token));
        }
        if let Some((at, marker)) = company_from.filter(|(at, _)| *at == words.len()) {
            words.extend(split(marker));
            company_from = Some((at + 1, marker));
        }
        let titles = words.iter().take_while(|word| TITLES.contains(&word.as_str())).count();
        let titles = titles.min(words.len().saturating_sub(1));
        words.drain(..titles);
        let company_from = company_from.map_or(words.len(), |(at, _)| at.saturating_sub(titles));
        Self {
            address: None,
            words,
            company_from,
        }
    }
}

/// The address in a question, and what stands around it.
fn address_in(lower: &str) -> Option<(String, String)> {
    let is_address = |text: &str| {
        let parts = text.rsplit_once('@');
        parts.is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace)
        })
    };
    if let Some((before, rest)) = lower.split_once('<')
        && let Some((inside, _)) = rest.split_once('>')
        && is_address(inside.trim())
    {
        return Some((inside.trim().to_owned(), before.to_owned()));
    }
    let bare = |token: &str| {
        let token = token.trim_matches(['<', '>', '"', '\'', ',', ';', '(', ')', '.', ' ']);
        token.strip_prefix("mailto:").unwrap_or(token).to_owned()
    };
    let token = lower.split_whitespace().find(|token| is_address(&bare(token)))?;
    Some((bare(token), lower.replacen(token, " ", 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_taken_apart() {
        for (text, address, words, company_from) in [
            ("Anna Schmidt", None, "anna schmidt", 2),
            ("anna@Contoso.com", Some("anna@contoso.com"), "anna", 1),
            ("<anna@contoso.com>,", Some("anna@contoso.com"), "anna", 1),
            ("mailto:anna@contoso.com", Some("anna@contoso.com"), "anna", 1),
            (
                "Anna Schmidt <a.s@contoso.com>",
                Some("a.s@contoso.com"),
                "anna schmidt",
                2,
            ),
            (
                "\"Schmidt, Anna\" a.s@contoso.com",
                Some("a.s@contoso.com"),
                "schmidt anna",
                2,
            ),
            ("Anna at Contoso", None, "anna contoso", 1),
            ("Anna @ Contoso", None, "anna contoso", 1),
            ("Dr. Anna Schmidt from Contoso", None, "anna schmidt contoso", 2),
            ("Herr Müller", None, "müller", 1),
            ("пан Петренко", None, "петренко", 1),
            ("Lucy Herr", None, "lucy herr", 2),
            ("Виктор Пан", None, "виктор пан", 2),
            ("Herr", None, "herr", 1),
            ("Anna at", None, "anna at", 2),
            ("From Anna", None, "from anna", 2),
            ("Г. Петров", None, "г петров", 2),
            ("@contoso.com", None, "contoso com", 2),
            ("", None, "", 0),
        ] {
            let question = Question::new(text);
            assert_eq!(question.address.as_deref(), address, "{text}");
            assert_eq!(question.words.join(" "), words, "{text}");
            assert_eq!(question.company_from, company_from, "{text}");
        }
    }
}
