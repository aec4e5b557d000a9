//! Forgiving search: the rules by which a question, a name or an address, fits a contact. Pure.
//!
//! An example: the question `Анне Мюллер` and the contact `Anna Müller <anna@contoso.example>`.
//!
//! 1. [`question`] reads the question: its address, its company, its words, without titles. A [`Reading`] is one of the
//!    ways to split it into words: as typed, by another keyboard layout ([`layout`]), or with other borders between
//!    Chinese, Japanese and Korean words ([`spelling`]). Here the first reading is `анне`, `мюллер`.
//! 2. [`contact_words`] splits the contact into words: the name `anna`, `müller`, the local part `anna`, the company
//!    `contoso`.
//! 3. [`likeness`] compares the words two by two. `анне` is a declined form of Анна ([`declension`]), which sounds like
//!    `anna` ([`spelling`]); `мюллер` sounds like `müller`. Short forms of first names are in [`first_names`].
//! 4. [`fit`] finds each word of the question in the contact and makes the [`verdict`]: `similar`, since Анне Мюллер
//!    may also be the name of a woman called Anne.
//!
//! `index` does this for a whole book: it first finds the few contacts, the candidates, that can fit. The verdict has
//! one of these reasons:
//!
//! | reason | the words of the question are |
//! |---|---|
//! | `exact_address` | the contact's address |
//! | `exact_name` | the whole name, in its order |
//! | `words` | words of the name, the local part of the address, or the company |
//! | `transliterated` | the same in another script |
//! | `keyboard_layout` | the same typed with another keyboard layout |
//! | `declined` | first and last name in another case than the nominative, in Russian or Ukrainian, and no other name |
//! | `similar` | the same but for mistakes, other spellings, short forms of first names, initials, or a missing part |
//!
//! Only `similar` is not certain. A similar contact reaches one of two thresholds:
//!
//! - it fits ([`fit`]): each word of the question is found in it by some likeness, or one is missing beside two;
//! - it is near ([`near`]): it shares a rare surname, its whole name, or several words. The index looks for near
//!   contacts only if no contact is certain.
//!
//! A similar contact is dropped if another is certain, unless its [`Standing`](verdict::Standing) keeps it.

#[cfg(test)]
mod brute_force;
mod contact_words;
mod declension;
mod first_names;
mod fit;
mod joined;
mod layout;
mod likeness;
mod near;
mod patronymic;
mod question;
mod reading;
mod spelling;
mod verdict;

#[cfg(test)]
pub(super) use brute_force::ReferenceContact;
pub(super) use contact_words::{BookWords, ContactTexts, ContactWords, WordId};
pub(super) use declension::Forms;
pub(super) use first_names::FirstName;
pub(super) use joined::Joined;
pub(super) use likeness::{
    LONG_SPELLING, Likeness, MistakeCounter, SHORTEST_MISTYPED, is_beginning, is_initial_of, likeness_by_spelling,
    likeness_of_first_names, likeness_of_words, nominative_words, other_genders, shortest_beginning,
};
pub(super) use near::is_strong;
pub(super) use question::Question;
pub(super) use reading::Reading;
pub(super) use spelling::{Word, beginning};
pub(super) use verdict::Fit;
pub use verdict::Why;

/// A text in lower case and without accents.
pub(super) fn folded(text: &str) -> String {
    spelling::plain(&text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(asked: &str, name: &str, email: &str) -> Option<Why> {
        ReferenceContact::new(name, email)
            .fit(&Question::new(asked))
            .map(|fit| fit.why)
    }

    #[test]
    fn a_contact_with_another_name_is_never_certain() {
        for (asked, name, email) in [
            // Two spellings in one script that sound alike are often two names.
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
            // `ae` or `ue` is an umlaut only if the other spelling has one.
            ("Michael Novak", "Michal Novak", "m@x.example"),
            ("Sue Kim", "Su Kim", "s@x.example"),
            // Surnames that end like patronymics.
            ("Роман Абрамович", "Роман Сидоров", "r@x.example"),
            ("Milan Popovich", "Milan Kovac", "m@x.example"),
            // Names that are also titles or prepositions.
            ("Г. Петров", "Иван Петров", "i@x.example"),
            ("Виктор Пан", "Виктор Сидоров", "v@x.example"),
            ("Lucy Herr", "Lucy Black", "l@x.example"),
            ("Von Miller", "Max Miller", "m@x.example"),
            // A company or an address in place of a surname.
            ("Anna Weber", "Anna Klein", "a.klein@weber-bau.example"),
            ("Anna Weber", "Anna Klein", "weber@bigcorp.example"),
            ("Иван Петров", "Иван Сидоров", "i@petrov.example"),
            ("Weber", "", "info@weber.example"),
            // Letters that only look like others, and a list of names.
            ("Anna Kot", "Ann\u{430} K\u{43e}t", "kot@evil.example"),
            (
                "Olga Ivanova",
                "Anna Ivan Maria John Olga Petrov Schmidt Ivanova Smith",
                "thief@evil.example",
            ),
            // Marks of vowels and voiced consonants in other scripts are not accents.
            ("मीना शर्मा", "मोना शर्मा", "m@x.example"),
            ("たかだ けん", "たかた けん", "t@x.example"),
            // Only the consonants are the same, or the characters of a name are in another order.
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
    fn a_person_is_found_by_the_name_in_other_spellings_scripts_and_forms() {
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
            let _ = Question::new(&asked).literal();
        }

        #[test]
        fn a_contact_is_found_by_its_own_name(name in "[A-Z][a-zäöüß]{2,9} [А-Я][а-яё]{2,9}") {
            prop_assert_eq!(why(&name, &name, "a@x.example"), Some(Why::ExactName));
        }
    }
}
