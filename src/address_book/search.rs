//! Forgiving search: how well a contact fits a name that was asked for. Pure, and tested by tables.
//!
//! A question is read in several ways ([`Reading`]): as it was typed, with another keyboard layout, and, in Chinese,
//! Japanese and Korean, with other borders between its words. Each word of a reading is compared with the words of a
//! contact ([`spelling`], [`likeness`]). `index` does this for a whole book at once. A contact that fits has a reason:
//!
//! | reason | the words of the question are |
//! |---|---|
//! | `exact_address` | the contact's address |
//! | `exact_name` | the whole name, in its order |
//! | `words` | words of the name, the local part of the address, or the company |
//! | `transliterated` | the same in another script |
//! | `keyboard_layout` | the same typed with another keyboard layout |
//! | `declined` | first and last name in another case than the nominative, in Russian or Ukrainian, and no other name |
//! | `similar` | the same but for mistakes, other spellings, short forms of first names, initials, a part |
//!
//! All reasons but `similar` are certain. A `similar` contact reaches one of two thresholds:
//!
//! - it fits ([`fit`]): each word of the question is found in it, in however loose a way, or one is missing beside two;
//! - it is near ([`near`]): it shares a rare surname, its whole name, or several words. Only looked for where no
//!   contact fits for certain.
//!
//! Beside a certain contact, a similar one is dropped, unless it [is a rival](Fit::is_rival), or its whole name was
//! asked for and the certain contacts have longer ones (`resolve::judge`).

#[cfg(test)]
mod brute_force;
mod declension;
mod first_names;
mod fit;
mod joined;
mod layout;
mod likeness;
mod near;
mod question;
mod spelling;
mod texts;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(super) use brute_force::Somebody;
pub(super) use declension::Forms;
pub(super) use first_names::FirstName;
pub(super) use fit::{Reading, is_patronymic_in_any_case};
pub(super) use joined::Joined;
pub(super) use likeness::{
    LONG, Likeness, MaybeMistyped, SHORTEST_MISTYPED, declined, is_beginning, is_initial_of, least_of_beginning,
    of_names, of_sounds, of_words, other_genders,
};
pub(super) use near::is_strong;
use question::{Entries, PartOfAddress, Question, entries};
use spelling::split;
pub(super) use spelling::{Word, beginning};
pub(super) use texts::{Bearer, Known, Texts};
use unicode_normalization::char::is_combining_mark;

/// Words of a question that are read; a longer one is not about one person.
const MAX_WORDS: usize = 8;

/// Why a contact matches a question; the surest reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The question is the contact's address.
    ExactAddress,
    /// The question is the whole name.
    ExactName,
    /// The words of the question are in the name, the address or the company.
    Words,
    /// The same words in another script.
    Transliterated,
    /// The same words typed with another keyboard layout.
    KeyboardLayout,
    /// The same name in another grammatical case.
    Declined,
    /// Only a similar name, or a part of it.
    Similar,
}

/// A question, read once.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    text: String,
    /// In lower case, if the question is an address.
    pub(super) address: Option<String>,
    /// True if a name stands beside the address.
    pub(super) is_named: bool,
    /// The part that the address of each match must have.
    pub(super) part_of_address: Option<PartOfAddress>,
    pub(super) readings: Vec<Reading>,
    /// The recipients that the question names, where there may be more than one; else empty.
    pub(super) entries: Vec<Self>,
    /// True if the question names several recipients for certain, so that the whole is no name of one person.
    pub(super) is_certainly_several: bool,
}

/// How well a contact fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) why: Why,
    /// More is better; only compared within the same reason.
    pub(super) points: i32,
    /// True if the contact stays a match beside others that fit better.
    pub(super) is_rival: bool,
    /// True if the question holds the contact's whole name, patronymic and initials aside.
    pub(super) is_whole_name: bool,
}

impl Wanted {
    /// Reads a question: a name or an address.
    pub(super) fn new(text: &str) -> Self {
        let text = question::entities::decoded(text.trim());
        let entries = entries(&text);
        Self {
            is_certainly_several: entries.as_ref().is_some_and(|entries| entries.is_certain),
            entries: entries.map_or_else(Vec::new, |Entries { texts, .. }| {
                texts.iter().map(|text| Self::of_one(text)).collect()
            }),
            ..Self::of_one(&text)
        }
    }

    /// Reads a question about a single recipient.
    fn of_one(text: &str) -> Self {
        let Question {
            address,
            is_named,
            words: typed,
            company_from,
            part_of_address,
        } = Question::new(text);
        let other_layouts = match (&address, &part_of_address) {
            (None, None) => layout::other_readings(text),
            _ => Vec::new(),
        };
        let mut readings = vec![Reading {
            words: read(&typed),
            company_from,
            is_other_layout: false,
            has_other_borders: false,
        }];
        let in_one = spelling::runs::other_readings(&typed).into_iter();
        readings.extend(in_one.map(|words| Reading {
            words: read(&words),
            company_from: MAX_WORDS,
            is_other_layout: false,
            has_other_borders: true,
        }));
        readings.extend(other_layouts.iter().map(|reading| Reading {
            words: read(&split(reading)),
            company_from: MAX_WORDS,
            is_other_layout: true,
            has_other_borders: false,
        }));
        Self {
            text: text.to_owned(),
            address,
            is_named,
            part_of_address,
            readings,
            entries: Vec::new(),
            is_certainly_several: false,
        }
    }

    /// The question as it was asked.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The recipients that the question names for certain, or the question itself.
    pub(super) fn each(&self) -> &[Self] {
        match self.is_certainly_several {
            true => &self.entries,
            false => std::slice::from_ref(self),
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
        self.address.is_some() && !self.is_certainly_several && !self.text.contains(char::is_whitespace)
    }

    /// The fit of a reading to a contact, corrected by the contact's address.
    pub(super) fn judged(&self, fit: Fit, email: &str) -> Fit {
        // A contact at another address than the given one is never certain, nor is one found by a part of an address
        // alone.
        let is_other = match &self.part_of_address {
            Some(part) => part.is_whole_question() || !part.is_of(email),
            None => self.address.is_some(),
        };
        let why = if is_other { Why::Similar } else { fit.why };
        Fit { why, ..fit }
    }
}

impl Fit {
    /// The fit of a contact whose address was asked for.
    pub(super) const BY_ADDRESS: Self = Self {
        why: Why::ExactAddress,
        points: 0,
        is_rival: false,
        is_whole_name: false,
    };

    /// The fit of a contact whose address has the part that was asked for.
    pub(super) const BY_PART_OF_ADDRESS: Self = Self {
        why: Why::Similar,
        points: 1_000,
        is_rival: false,
        is_whole_name: false,
    };

    /// Of a contact that is not the owner of the address that was asked for.
    pub(super) fn as_rival(self) -> Self {
        Self {
            why: Why::Similar,
            is_rival: true,
            ..self
        }
    }

    /// True if the contact certainly bears the name.
    pub(super) fn is_sure(&self) -> bool {
        self.why < Why::Similar
    }

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
        Somebody::new(name, email).fit(&Wanted::new(asked)).map(|fit| fit.why)
    }

    /// A contact with a similar name is never certain.
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
            // Consonants alone, and letters of a name in another order.
            ("Muhammad Salim", "محمد سالم", "m@x.example"),
            ("אלי כהן", "Li Cohen", "l@x.example"),
            ("林李", "李林", "l@x.example"),
            ("민수 김", "김 민서", "k@x.example"),
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
            ("Чижов", "Tschischow", "t@x.example", Why::Transliterated),
            ("Zu Kun", "祖坤", "z@x.example", Why::Transliterated),
            ("Yumei Zhou", "周玉梅", "z@x.example", Why::Transliterated),
            ("王小明", "Wang Xiaoming", "w@x.example", Why::Transliterated),
            ("Minsu Kim", "김민수", "k@x.example", Why::Transliterated),
            ("하 미경", "하미경", "h@x.example", Why::ExactName),
            ("佐々木 花子", "佐々木花子", "s@x.example", Why::ExactName),
            ("斎藤 学", "斎藤学", "s@x.example", Why::ExactName),
            ("高橋", "高橋 学", "t@x.example", Why::Words),
            ("高橋", "高橋学", "t@x.example", Why::Similar),
            (
                "Γιώργος Παπαδόπουλος",
                "Giorgos Papadopoulos",
                "g@x.example",
                Why::Transliterated,
            ),
            ("Yi Wu", "Wu, Yi", "w@x.example", Why::Words),
            ("Rami Totah", "رامي طوطح", "r@x.example", Why::Similar),
            ("Maya Al-Tahan", "مايا الطحان", "m@x.example", Why::Similar),
            ("Dang Van Luc", "Đặng Văn Lực", "d@x.example", Why::ExactName),
            ("Anna M. Schmidt", "Anna Schmidt", "a@x.example", Why::Similar),
            ("Anna Schmidt, PhD", "Anna Schmidt", "a@x.example", Why::ExactName),
            ("Anna Schmidt Jr.", "Anna Schmidt", "a@x.example", Why::Similar),
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
