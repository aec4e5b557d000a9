//! Splits a question about one recipient into its address, the words of its name, and those of its company. Pure.
//!
//! | question | becomes |
//! |---|---|
//! | `anna@contoso.com`, `«anna@contoso.com»`, `mailto:anna@contoso.com` | the address; its local part as words |
//! | `Anna Schmidt <anna@contoso.com>` | the address; Anna Schmidt as words |
//! | `Anna at Contoso`, `Anna @ Contoso`, `Анна из Ромашки` | Anna, and the company's word |
//! | `Anna at contoso.com` | Anna, the company's word, and its domain |
//! | `@contoso.com`, `contoso.com`, `office@` | a part of addresses |
//! | `Herr Müller`, `пан Петренко`, `для Петренко` | Müller, Петренко, Петренко ([`titles`]) |

use super::super::spelling::split;
use super::address::{self, Address};
use super::titles::{self, TypedWord};
use crate::address_book::cautions::labels_of_owner;

/// Words that separate a person from a company. The longer of two markers that begin alike comes first.
const MARKERS: &[&[&str]] = &[
    &["at"],
    &["from"],
    &["of"],
    &["@"],
    &["chez"],
    &["bei", "der", "firma"],
    &["bei"],
    &["von", "der", "firma"],
    &["presso"],
    &["hos"],
    &["bij"],
    &["ved"],
    &["från"],
    &["fra"],
    &["de", "la", "empresa"],
    &["da", "empresa"],
    &["de", "l'entreprise"],
    &["della", "ditta"],
    &["w", "firmie"],
    &["z", "firmy"],
    &["из", "компании"],
    &["из", "фирмы"],
    &["из"],
    &["від", "компанії"],
    &["від"],
    &["з", "компанії"],
    &["з", "фірми"],
];
/// The most letters of an unknown word in small letters that still separates a person from a domain.
const LONGEST_MARKER: usize = 4;
/// Prepositions that are never a name: dropped before any name.
const PREPOSITIONS: &[&str] = &["для", "от", "об", "про", "від", "für", "fuer", "pour", "para", "dla"];
/// Prepositions that are also names or initials: dropped only in small letters, without a dot, before a capital letter.
const SMALL_PREPOSITIONS: &[&str] = &[
    "к", "ко", "с", "со", "у", "о", "до", "з", "із", "зі", "to", "for", "an", "mit", "with", "à", "avec", "con", "per",
    "z", "od", "do",
];

/// The parts of a question about one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parts {
    /// The address, in lower case.
    pub(super) address: Option<String>,
    /// True if the question has a name beside the address.
    pub(super) is_named: bool,
    /// The words of the name and then of the company, in lower case. Without a name, those of the local part.
    pub(super) words: Vec<String>,
    /// The place in `words` of the first word of the company.
    pub(super) company_from: usize,
    /// The part that the address of each match must have.
    pub(super) part_of_address: Option<PartOfAddress>,
}

/// A part of an address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::address_book) enum PartOfAddress {
    /// The domain beside a name.
    DomainOfPerson(String),
    /// The domain alone; its subdomains count too.
    Domain(String),
    /// The local part alone.
    Local(String),
}

impl PartOfAddress {
    /// True if `email` has this part.
    pub(in crate::address_book) fn is_of(&self, email: &str) -> bool {
        let Some((local, domain)) = email.rsplit_once('@') else {
            return false;
        };
        match self {
            Self::Local(wanted) => local.to_lowercase() == *wanted,
            Self::Domain(wanted) | Self::DomainOfPerson(wanted) => {
                let domain = domain.to_lowercase();
                let before = domain.strip_suffix(wanted.as_str());
                before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
        }
    }

    /// True if the question has nothing beside this part.
    pub(in crate::address_book) fn is_whole_question(&self) -> bool {
        !matches!(self, Self::DomainOfPerson(_))
    }
}

impl Parts {
    pub(super) fn new(text: &str) -> Self {
        let text = address::unmasked(text);
        let addresses = address::addresses(&text);
        let Some(Address { text: address, .. }) = addresses.first() else {
            return Self::without_address(&text);
        };
        let named = Self::without_address(&address::around(&text, &addresses));
        let is_named = !named.words.is_empty();
        let words = match is_named {
            true => named.words,
            // If the address is not in the book, the words of the local part may still find the contact.
            false => split(address.split('@').next().unwrap_or_default()),
        };
        Self {
            address: Some(address.clone()),
            is_named,
            company_from: words.len(),
            words,
            part_of_address: None,
        }
    }

    fn without_address(text: &str) -> Self {
        let mut tokens: Vec<&str> = text.split_whitespace().collect();
        // `To: Anna`: drop the label.
        if tokens.len() > 1 && tokens.first().is_some_and(|first| first.ends_with(':')) {
            tokens.remove(0);
        }
        if let [token] = tokens.as_slice()
            && let Some(part) = part_of_address(token)
        {
            let words = match &part {
                PartOfAddress::Domain(domain) if token.starts_with('@') => words_of_company(domain),
                _ => split(token),
            };
            let is_company = token.starts_with('@');
            return Self {
                company_from: if is_company { 0 } else { words.len() },
                words,
                part_of_address: Some(part),
                address: None,
                is_named: false,
            };
        }
        let (name, company) = split_at_marker(&tokens);
        let mut typed = titles::typed(&name.join(" "));
        drop_preposition(&mut typed);
        titles::drop_titles(&mut typed);
        let mut words: Vec<String> = typed.into_iter().map(|typed| typed.word).collect();
        let company_from = words.len();
        let domain = match company {
            [only] => domain_in(only),
            _ => None,
        };
        match &domain {
            Some(domain) => words.extend(words_of_company(domain)),
            None => words.extend(company.iter().flat_map(|token| split(token))),
        }
        Self {
            address: None,
            is_named: false,
            words,
            company_from,
            part_of_address: domain.map(PartOfAddress::DomainOfPerson),
        }
    }
}

/// The name and the company, which the first marker separates. A marker at the beginning or the end is part of the
/// name.
fn split_at_marker<'a, 'b>(tokens: &'a [&'b str]) -> (&'a [&'b str], &'a [&'b str]) {
    for at in 1..tokens.len() {
        let (name, rest) = tokens.split_at_checked(at).unwrap_or_default();
        let begins = |marker: &&&[&str]| {
            let begin = rest.get(..marker.len()).unwrap_or_default();
            begin.len() == marker.len()
                && begin
                    .iter()
                    .zip(**marker)
                    .all(|(token, word)| token.to_lowercase() == *word)
        };
        if let Some(marker) = MARKERS.iter().find(begins)
            && let Some(company) = rest.get(marker.len()..).filter(|company| !company.is_empty())
        {
            return (name, company);
        }
        // Linda von fabrikam.example
        if let [between, domain] = rest
            && between.chars().count() <= LONGEST_MARKER
            && between.chars().all(char::is_lowercase)
            && domain_in(domain).is_some()
            && let Some(company) = rest.get(1..)
        {
            return (name, company);
        }
        // Linda @fabrikam.example
        if rest
            .first()
            .is_some_and(|token| token.starts_with('@') && token.len() > 1)
        {
            return (name, rest);
        }
    }
    (tokens, &[])
}

/// The token as a part of an address; `None` if it is none.
fn part_of_address(token: &str) -> Option<PartOfAddress> {
    let token = token.trim_matches(|c: char| !(c.is_alphanumeric() || c == '@'));
    let local = token
        .strip_suffix('@')
        .filter(|local| !local.is_empty() && !local.contains('@'));
    local
        .map(|local| PartOfAddress::Local(local.to_lowercase()))
        .or_else(|| domain_in(token).map(PartOfAddress::Domain))
}

/// The token as a domain, with or without `@` before it; `None` if it is no domain.
fn domain_in(token: &str) -> Option<String> {
    let domain = token.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let last = domain.rsplit_once('.').map(|(_, last)| last)?;
    let is_top = last.chars().count() > 1 && !last.starts_with(|c: char| c.is_numeric());
    (is_top && domain.chars().all(is_domain) && !domain.contains("..")).then_some(domain)
}

/// The words of the company that owns a domain; a mail provider's domain has none.
fn words_of_company(domain: &str) -> Vec<String> {
    labels_of_owner(domain).flat_map(split).collect()
}

fn drop_preposition(words: &mut Vec<TypedWord>) {
    let [first, next, ..] = words.as_slice() else { return };
    let is_one = |known: &[&str]| known.contains(&first.word.as_str());
    if is_one(PREPOSITIONS) || (is_one(SMALL_PREPOSITIONS) && first.is_small_word() && next.is_capital) {
        words.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_split_into_address_name_and_company() {
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
            (
                "To: Anna Schmidt [a.s@contoso.com](mailto:a.s@contoso.com?subject=Hello)",
                Some("a.s@contoso.com"),
                "anna schmidt",
                2,
            ),
            ("Anna at Contoso", None, "anna contoso", 1),
            ("Anna @ Contoso", None, "anna contoso", 1),
            ("Anna chez Contoso", None, "anna contoso", 1),
            ("Anna w firmie Contoso", None, "anna contoso", 1),
            ("Ana de la empresa Contoso", None, "ana contoso", 1),
            ("Анна из компании Contoso", None, "анна contoso", 1),
            ("Dr. Anna Schmidt from Contoso", None, "anna schmidt contoso", 2),
            ("Herr Müller", None, "müller", 1),
            ("пан Петренко", None, "петренко", 1),
            ("Lucy Herr", None, "lucy herr", 2),
            ("Виктор Пан", None, "виктор пан", 2),
            ("Herr", None, "herr", 1),
            ("Anna at", None, "anna at", 2),
            ("From Anna", None, "from anna", 2),
            ("Г. Петров", None, "г петров", 2),
            ("для Михаила Орлова", None, "михаила орлова", 2),
            ("с Ольгой Сорокиной", None, "ольгой сорокиной", 2),
            ("к г-ну Петрову", None, "к г ну петрову", 4),
            ("to Anna Schmidt", None, "anna schmidt", 2),
            ("С. Петрова", None, "с петрова", 2),
            ("с. Петрова", None, "с петрова", 2),
            ("К Петров", None, "к петров", 2),
            ("с петрова", None, "с петрова", 2),
            ("To: Anna Schmidt", None, "anna schmidt", 2),
            ("An Nguyen", None, "an nguyen", 2),
            ("To Huu", None, "to huu", 2),
            ("Per Hansen", None, "per hansen", 2),
            ("Ко Ын", None, "ко ын", 2),
            ("для", None, "для", 1),
            ("@contoso.com", None, "contoso", 0),
            ("@", None, "", 0),
            ("", None, "", 0),
        ] {
            let parts = Parts::new(text);
            assert_eq!(parts.address.as_deref(), address, "{text}");
            assert_eq!(parts.words.join(" "), words, "{text}");
            assert_eq!(parts.company_from, company_from, "{text}");
        }
    }

    #[test]
    fn a_part_of_an_address_is_recognised() {
        let of_person = |domain: &str| Some(PartOfAddress::DomainOfPerson(domain.to_owned()));
        let alone = |domain: &str| Some(PartOfAddress::Domain(domain.to_owned()));
        for (text, part) in [
            ("Linda at fabrikam.example", of_person("fabrikam.example")),
            ("Linda @ Fabrikam.example", of_person("fabrikam.example")),
            ("Linda @fabrikam.example", of_person("fabrikam.example")),
            ("Linda bei @fabrikam.example,", of_person("fabrikam.example")),
            ("@fabrikam.example", alone("fabrikam.example")),
            ("fabrikam.example", alone("fabrikam.example")),
            ("Office@", Some(PartOfAddress::Local("office".to_owned()))),
            ("Linda at fabrikam", None),
            ("И.С.", None),
            ("Linda", None),
            ("...", None),
        ] {
            assert_eq!(Parts::new(text).part_of_address, part, "{text}");
        }
        let domain = PartOfAddress::Domain("x.example".to_owned());
        assert!(domain.is_of("A@X.example") && domain.is_of("a@mail.x.example"));
        assert!(
            !domain.is_of("a@evilx.example") && !domain.is_of("a@x.example.evil.example") && !domain.is_of("x.example")
        );
    }
}
