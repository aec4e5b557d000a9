//! Forgiving search: what the portal is asked for a name, and how well what it brings fits. Pure, and tested by tables.
//!
//! The portal finds a literal piece of a name or an address and nothing else. So a name is asked for in many pieces at
//! once ([`pieces`]), which bring too much; here everything is read again, word by word ([`spelling`], [`likeness`]),
//! and only who may be meant is kept, the likeliest first, with the reason:
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

mod diminutives;
mod fit;
mod layout;
mod likeness;
mod pieces;
mod question;
mod spelling;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use fit::Bearer;
use fit::Reading;
pub(super) use pieces::{Piece, Spelling};
use question::Question;
use spelling::{Word, split};

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
    address: Option<String>,
    typed: Vec<String>,
    other_layouts: Vec<String>,
    pieces: Vec<Piece>,
    readings: Vec<Reading>,
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
        let typed: Vec<String> = typed.into_iter().take(MAX_WORDS).collect();
        Self {
            pieces: pieces_of(text, address.as_ref(), &typed, &other_layouts),
            text: text.to_owned(),
            address,
            typed,
            other_layouts,
            readings,
        }
    }

    /// Pieces to ask the portal's contacts for, best first; at least one.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Words to ask the portal's employees for, best first: each is a beginning, and any of them matches.
    pub(super) fn beginnings(&self) -> Vec<String> {
        let found = pieces::beginnings(&self.text, &self.typed, &self.other_layouts);
        if found.is_empty() {
            vec![self.text.to_lowercase()]
        } else {
            found
        }
    }

    /// How well `bearer` fits; `None` if somebody else is meant.
    pub(super) fn fit(&self, bearer: &Bearer) -> Option<Fit> {
        if self.address.as_ref().is_some_and(|address| *address == bearer.address) {
            return Some(Fit {
                why: Why::ExactAddress,
                points: 0,
            });
        }
        let fits = self.readings.iter().filter_map(|reading| reading.fit(bearer));
        let fits = fits.map(|fit| match self.address {
            // Another address is never the one that was given.
            Some(_) => Fit {
                why: Why::Similar,
                ..fit
            },
            None => fit,
        });
        fits.min_by_key(|fit| (fit.why, -fit.points))
    }
}

fn pieces_of(text: &str, address: Option<&String>, typed: &[String], other_layouts: &[String]) -> Vec<Piece> {
    let whole = |text: String| Piece {
        text,
        spelling: Some(Spelling::Typed),
    };
    let mut found: Vec<Piece> = address.cloned().map(whole).into_iter().collect();
    let words = pieces::of_words(text, typed, other_layouts);
    // Whoever has the address is brought by it.
    found.extend(words.into_iter().map(|piece| Piece {
        spelling: piece.spelling.filter(|_| address.is_none()),
        ..piece
    }));
    // What has no word long enough is asked as it is: a name of two letters is a name.
    if found.is_empty() {
        found.push(whole(text.to_lowercase()));
    }
    found
}

fn read(words: &[String]) -> Vec<Word> {
    words.iter().take(MAX_WORDS).map(|word| Word::new(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(asked: &str, name: &str, email: &str) -> Option<Why> {
        let fit = Wanted::new(asked).fit(&Bearer::new(Some(name), email));
        fit.map(|fit| fit.why)
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
            let wanted = Wanted::new(&asked);
            prop_assert!(!wanted.pieces().is_empty() && !wanted.beginnings().is_empty());
        }

        #[test]
        fn everybody_is_found_by_the_own_name(name in "[A-Z][a-zäöüß]{2,9} [А-Я][а-яё]{2,9}") {
            prop_assert_eq!(why(&name, &name, "a@x.example"), Some(Why::ExactName));
        }
    }
}
