//! Forgiving search: how well a contact fits a name that was asked for. Pure, and tested by tables.
//!
//! A question is read in several ways ([`Reading`]), word by word ([`spelling`], [`likeness`]). Of everybody in a book
//! (`index`), only those are kept who may be meant, the likeliest first, with the reason:
//!
//! | reason | the words of the question are |
//! |---|---|
//! | `exact_address` | the contact's address |
//! | `exact_name` | the whole name, in its order |
//! | `words` | words of the name, the local part of the address, or the company |
//! | `transliterated` | the same in another script |
//! | `keyboard_layout` | the same typed with another keyboard layout |
//! | `similar` | the same but for mistakes, other spellings, short forms of first names, initials, a part |
//!
//! `similar` is only shown if there is nothing better.

#[cfg(test)]
mod brute_force;
mod first_names;
mod fit;
mod layout;
mod likeness;
mod question;
mod spelling;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(super) use brute_force::fit as fit_of_everybody;
pub(super) use first_names::{groups_of, is_short_form};
pub(super) use fit::{Bearer, Joined, Known, Reading, Texts, is_patronymic};
pub(super) use likeness::{
    LONG, Likeness, MaybeMistyped, SHORTEST_MISTYPED, is_beginning, is_initial_of, least_of_beginning, of_names,
    of_sounds, of_words, other_genders,
};
use question::Question;
use spelling::split;
pub(super) use spelling::{Word, beginning};
use unicode_normalization::char::is_combining_mark;

/// A question of more words is not about one person; the rest is not looked at.
const MAX_WORDS: usize = 8;

/// Why a contact may be the one who is asked for; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is the contact's address.
    ExactAddress,
    /// It is the whole name.
    ExactName,
    /// Its words are in the name, the address or the company.
    Words,
    /// So they are in another script or spelling.
    Transliterated,
    /// So they are with another keyboard layout.
    KeyboardLayout,
    /// So they nearly are.
    Similar,
}

/// Whom a question is about, read once.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    text: String,
    /// In lower case, if the question is an address.
    pub(super) address: Option<String>,
    pub(super) readings: Vec<Reading>,
}

/// How well a contact fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) why: Why,
    /// More is better; only compared within the same reason.
    pub(super) points: i32,
}

impl Wanted {
    /// Reads a question: a name or an address.
    pub(super) fn new(text: &str) -> Self {
        let text = text.trim();
        let Question {
            address,
            words: typed,
            company_from,
        } = Question::new(text);
        let other_layouts = match address {
            Some(_) => Vec::new(),
            None => layout::other_readings(text),
        };
        let mut readings = vec![Reading {
            words: read(&typed),
            company_from,
            is_other_layout: false,
        }];
        readings.extend(other_layouts.iter().map(|reading| Reading {
            words: read(&split(reading)),
            company_from: MAX_WORDS,
            is_other_layout: true,
        }));
        Self {
            text: text.to_owned(),
            address,
            readings,
        }
    }

    /// What the question says literally: its address, or else its longest run of letters and digits.
    pub(super) fn literal(&self) -> &str {
        if let Some(address) = &self.address {
            return address;
        }
        let runs = self.text.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
        let longest = runs.rev().max_by_key(|run| run.chars().count());
        longest.filter(|run| !run.is_empty()).unwrap_or(&self.text)
    }

    /// True if the question is an address and nothing else.
    pub(super) fn is_address(&self) -> bool {
        self.address.is_some() && !self.text.contains(char::is_whitespace)
    }

    /// How well somebody fits whom one of the readings fits.
    pub(super) fn judged(&self, fit: Fit) -> Fit {
        match self.address {
            // Another address is never the one that was given.
            Some(_) => Fit {
                why: Why::Similar,
                ..fit
            },
            None => fit,
        }
    }
}

impl Fit {
    /// Of somebody whose address was asked for.
    pub(super) const BY_ADDRESS: Self = Self {
        why: Why::ExactAddress,
        points: 0,
    };

    /// The better a fit, the smaller this is.
    pub(super) fn rank(self) -> (Why, i32) {
        (self.why, -self.points)
    }
}

/// A text in lower case and without accents.
pub(super) fn folded(text: &str) -> String {
    spelling::plain(&text.to_lowercase())
}

fn read(words: &[String]) -> Vec<Word> {
    words.iter().take(MAX_WORDS).map(|word| Word::new(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(asked: &str, name: &str, email: &str) -> Option<Why> {
        fit_of_everybody(&Wanted::new(asked), Some(name), email).map(|fit| fit.why)
    }

    /// Who is merely similar is never given for sure.
    #[test]
    fn other_people_are_similar_at_most() {
        for (asked, name, email) in [
            // Spellings that sound alike in one script are two names as often as one.
            ("Marie Rossi", "Mario Rossi", "m@x.example"),
            ("Julie Klein", "Julio Klein", "j@x.example"),
            ("Jen Smith", "Jon Smith", "j@x.example"),
            ("Джен Смит", "Jon Smith", "j@x.example"),
            ("Hans Meyer", "Hans Meier", "h@x.example"),
            ("Harry Hill", "Harry Gill", "h@x.example"),
            ("Хан Ли", "Chan Li", "c@x.example"),
            ("Иван Громов", "Иван Хромов", "i@x.example"),
            ("Анна Тюрина", "Анна Турина", "a@x.example"),
            ("Li Jiang", "Li Yang", "l@x.example"),
            // Letters written out are no umlaut without one.
            ("Michael Novak", "Michal Novak", "m@x.example"),
            ("Sue Kim", "Su Kim", "s@x.example"),
            // Surnames that end like patronymics.
            ("Роман Абрамович", "Роман Сидоров", "r@x.example"),
            ("Milan Popovich", "Milan Kovac", "m@x.example"),
            // Words that are titles or prepositions elsewhere.
            ("Г. Петров", "Иван Петров", "i@x.example"),
            ("Виктор Пан", "Виктор Сидоров", "v@x.example"),
            ("Lucy Herr", "Lucy Black", "l@x.example"),
            ("Von Miller", "Max Miller", "m@x.example"),
            // A company, or an address, in the place of a surname.
            ("Anna Weber", "Anna Klein", "a.klein@weber-bau.example"),
            ("Anna Weber", "Anna Klein", "weber@bigcorp.example"),
            ("Иван Петров", "Иван Сидоров", "i@petrov.example"),
            ("Weber", "", "info@weber.example"),
            // Letters that only look like others, and names stuffed with names.
            ("Anna Kot", "Ann\u{430} K\u{43e}t", "kot@evil.example"),
            (
                "Olga Ivanova",
                "Anna Ivan Maria John Olga Petrov Schmidt Ivanova Smith",
                "thief@evil.example",
            ),
            // Vowels and voices of other scripts are no accents.
            ("मीना शर्मा", "मोना शर्मा", "m@x.example"),
            ("たかだ けん", "たかた けん", "t@x.example"),
            // Initials, short forms and mistakes.
            ("I. Petrov", "Ivan Petrov", "p@x.example"),
            ("ipetrov", "", "ivan.petrov@x.example"),
            ("Bob Miller", "Robert Miller", "r@x.example"),
            ("Anna Petrova", "Anna Petrov", "a@x.example"),
            ("anna@contoso.com", "Anna", "anna@contoso.example"),
        ] {
            assert!(
                why(asked, name, email).is_none_or(|why| why == Why::Similar),
                "{asked}: {name} <{email}>"
            );
        }
    }

    #[test]
    fn the_same_person_is_found_in_other_words() {
        for (asked, name, email, expected) in [
            ("Anna at Contoso", "Anna Klein", "a.klein@contoso.example", Why::Words),
            ("Anna Klein", "Klein, Anna", "a@x.example", Why::Words),
            ("anna klein", "Anna Klein", "a@x.example", Why::ExactName),
            ("Anna Klein <a@x.example>", "Somebody", "A@x.example", Why::ExactAddress),
            ("Иван Сергеевич Петров", "Иван Петров", "i@x.example", Why::Words),
            ("Ivan Petrov", "", "petrov.ivan@x.example", Why::Words),
            ("Ivan Petrov", "", "ivanpetrov@x.example", Why::Words),
            ("Anna Schmidt", "Anna", "anna.schmidt@x.example", Why::Words),
            ("Herr Müller", "Jürgen Mueller", "j@x.example", Why::Words),
            ("Анна Нойман", "Anna Neumann", "a@x.example", Why::Transliterated),
            (
                "Юрий Щербаков",
                "Jurij Schtscherbakow",
                "j@x.example",
                Why::Transliterated,
            ),
            ("fyyf", "Анна", "a@x.example", Why::KeyboardLayout),
            ("Anna M. Schmidt", "Anna Schmidt", "a@x.example", Why::Similar),
            ("Anna Schmidt, PhD", "Anna Schmidt", "a@x.example", Why::Similar),
        ] {
            assert_eq!(why(asked, name, email), Some(expected), "{asked}: {name} <{email}>");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_search_panic(asked in any::<String>(), name in any::<String>(), email in any::<String>()) {
            let _ = why(&asked, &name, &email);
            let _ = Wanted::new(&asked).literal();
        }

        #[test]
        fn everybody_is_found_by_the_own_name(name in "[A-Z][a-zäöüß]{2,9} [А-Я][а-яё]{2,9}") {
            prop_assert_eq!(why(&name, &name, "a@x.example"), Some(Why::ExactName));
        }
    }
}
