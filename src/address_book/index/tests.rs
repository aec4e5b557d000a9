//! Tests that the index finds the same people as comparing the question with every contact.

mod hostile;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::address_book::search::{Likeness, ReferenceContact, Why, Word, likeness_of_words};

pub(in crate::address_book) fn contact(id: u64, name: &str, email: &str) -> Contact {
    Contact {
        id,
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        email: email.to_owned(),
        cautions: Vec::new(),
    }
}

fn index(contacts: &[(&str, &str)], employees: &[(&str, &str)]) -> Index {
    let rows = |rows: &[(&str, &str)]| -> Arc<[Contact]> {
        let rows = rows.iter().zip((1..=rows.len() as u64).rev());
        rows.map(|((name, email), id)| contact(id, name, email)).collect()
    };
    Index::new(rows(contacts), rows(employees), Vec::new())
}

type Fits = BTreeMap<String, (Why, i32)>;

fn found(index: &Index, asked: &str) -> Fits {
    let found = index.find(&Question::new(asked), Source::ALL, &|| true).unwrap();
    let people = found.people.iter();
    reduced(people.map(|found| (found.contact.email.clone(), found.fit)).collect())
}

/// The fits that must be equal for the index and the reference: similar people beside a certain whole name are removed.
fn reduced(mut fits: BTreeMap<String, Fit>) -> Fits {
    let is_certain_as_typed = |fit: &Fit| fit.is_certain() && fit.why != Why::KeyboardLayout;
    let by_address = fits.values().any(|fit| fit.why == Why::ExactAddress);
    let by_name = fits.values().any(|fit| fit.is_whole_name() && is_certain_as_typed(fit));
    fits.retain(|_, fit| match (by_address, by_name) {
        (true, _) => fit.why == Why::ExactAddress,
        (_, true) => is_certain_as_typed(fit) || fit.is_rival(),
        _ => true,
    });
    fits.into_iter().map(|(email, fit)| (email, fit.rank())).collect()
}

/// All people who fit, found by comparing the question with every contact.
fn compared(contacts: &[(String, String)], asked: &str) -> Fits {
    let wanted = Question::new(asked);
    let mut fits: BTreeMap<String, Fit> = BTreeMap::new();
    let everybody: Vec<ReferenceContact<'_>> = contacts
        .iter()
        .map(|(name, email)| ReferenceContact::new(name, email))
        .collect();
    let mut compare = |fit: &dyn Fn(&ReferenceContact<'_>) -> Option<Fit>| {
        for ((_, email), somebody) in contacts.iter().zip(&everybody) {
            if let Some(fit) = fit(somebody) {
                let best = fits.entry(email.clone()).or_insert(fit);
                *best = [fit, *best].into_iter().min_by_key(|fit| fit.rank()).unwrap();
            }
        }
        fits.values().all(|fit| !fit.is_certain())
    };
    if compare(&|somebody| somebody.fit(&wanted)) {
        let counts = count_entries(contacts);
        let count = |word: &str| counts.get(word).copied().unwrap_or_default();
        compare(&|somebody| somebody.near(&wanted, &count));
    }
    reduced(fits)
}

/// How many entries have each word.
fn count_entries(contacts: &[(String, String)]) -> BTreeMap<String, usize> {
    let mut entries: Vec<(&str, ContactTexts)> = Vec::new();
    for (name, email) in contacts {
        let texts = ContactTexts::of(Some(name), email);
        let is_known = |(other, known): &(&str, ContactTexts)| *other == email && known.name == texts.name;
        if !entries.iter().any(is_known) {
            entries.push((email, texts));
        }
    }
    let mut counts = BTreeMap::new();
    for (_, texts) in entries {
        let words: BTreeSet<String> = texts.parts().concat().into_iter().collect();
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts
}

fn alike(words: &[String], wanted: &str) -> BTreeMap<WordId, Likeness> {
    let mut builder = VocabularyBuilder::default();
    for word in words {
        builder.id(word);
    }
    let vocabulary = builder.finish(words.len());
    let wanted = Word::new(wanted);
    let mut alike = vocabulary.alike(&wanted);
    vocabulary.widen(&wanted, &mut alike);
    alike.iter().collect()
}

fn compared_words(words: &[String], wanted: &str) -> BTreeMap<WordId, Likeness> {
    let mut distinct: Vec<&String> = Vec::new();
    for word in words {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    let like = |word: &String| likeness_of_words(&Word::new(wanted), &Word::new(word));
    let numbered = (0..).map(WordId).zip(distinct);
    numbered.filter_map(|(id, word)| Some((id, like(word)?))).collect()
}

/// A word with mistakes. Each swaps, changes, drops or adds a letter at a place.
fn mistyped(word: &str, mistakes: &[(u8, usize, char)]) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    for (kind, at, letter) in mistakes {
        let at = at % letters.len().max(1);
        match kind % 4 {
            0 if at + 1 < letters.len() => letters.swap(at, at + 1),
            1 if !letters.is_empty() => letters[at] = *letter,
            2 if letters.len() > 1 => drop(letters.remove(at)),
            _ => letters.insert(at, *letter),
        }
    }
    letters.into_iter().collect()
}

const WORD: &str = "[a-e]{1,12}|[абвеинокс]{1,12}|[a-z]{3,9}(ov|ova|ski|skaia|in|ina|sch|tch|ue|ü|oe)|[а-я]{3,7}(ов|ова|ский|ская|ёв|ович)\
    |田?中?太?郎|[あ-お]{1,3}|[a-zà-ž]{1,7}|иван|john|sasha|саша|bob|robert|александр|ю|j|щ|š";

fn mistakes() -> impl Strategy<Value = Vec<(u8, usize, char)>> {
    let letter = prop::sample::select("abceiklnosuvабвеинокс".chars().collect::<Vec<_>>());
    prop::collection::vec((any::<u8>(), any::<usize>(), letter), 0..=2)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_vocabulary_finds_the_words_that_comparing_with_all_words_finds(
        words in prop::collection::vec(WORD, 1..25),
        other in WORD,
        mistakes in mistakes(),
    ) {
        for word in words.iter().take(6).chain([&other]) {
            for wanted in [word.clone(), mistyped(word, &mistakes)] {
                if !Word::new(&wanted).is_initial {
                    prop_assert_eq!(alike(&words, &wanted), compared_words(&words, &wanted), "{} in {:?}", wanted, words);
                }
            }
        }
    }

    #[test]
    fn two_mistakes_in_a_long_word_are_found(
        word in "[a-e]{8,12}|[абвеинокс]{8,12}|[a-e]{5,7}",
        first in mistakes(),
        others in prop::collection::vec("[a-e]{6,10}", 0..12),
    ) {
        let mut words = others;
        words.push(word.clone());
        let wanted = mistyped(&word, &first);
        prop_assert_eq!(alike(&words, &wanted), compared_words(&words, &wanted), "{} in {:?}", wanted, words);
    }
}

/// Names of people and their addresses. The names are made of a few words, so that many are alike.
fn book() -> impl Strategy<Value = Vec<(String, String)>> {
    const WORDS: &[&str] = &[
        "Anna",
        "Анна Петрова",
        "Анне Петровой",
        "Ivan",
        "Иван",
        "Анна",
        "Jürgen",
        "Petrov",
        "Петрова",
        "Петров",
        "Müller",
        "Mueller",
        "Смирнов",
        "Sergeevich",
        "Сергеевич",
        "Robert",
        "Bob",
        "J.",
        "А.",
        "Schmidt",
        "Schmitd",
        "Konstantinopolski",
        "Li",
        "田中",
        "Щербаков",
        "Shcherbakov",
        "O'Neill",
        "Abramovich",
        "Smith",
        "Roman",
    ];
    const LOCALS: &[&str] = &[
        "anna",
        "ivan",
        "petrov",
        "ivanpetrov",
        "apetrova",
        "i.petrov",
        "anna_schmidt",
        "jmueller",
        "smirnov-i",
        "info",
        "bob",
        "12",
        "r.smith",
        "smithr",
        "щ",
        "konstantin",
    ];
    const DOMAINS: &[&str] = &["x.example", "petrov.example", "schmidt-bau.co.uk", "gmail.com"];
    let word = prop::sample::select(WORDS).prop_map(str::to_owned);
    let name = prop::collection::vec(word, 0..4).prop_map(|words| words.join(" "));
    let email = (prop::sample::select(LOCALS), 0_u8..9, prop::sample::select(DOMAINS));
    let email = email.prop_map(|(local, number, domain)| match number {
        0..5 => format!("{local}@{domain}"),
        _ => format!("{local}.{number}@{domain}"),
    });
    prop::collection::vec((name, email), 1..30)
}

/// Kinds of questions that [`asked_for`] makes.
const KINDS: u8 = 10;

/// A question for a person, of one of the kinds.
fn asked_for((name, email): &(String, String), kind: u8, mistakes: &[(u8, usize, char)]) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    let last = words.last().copied().unwrap_or_default();
    match kind % KINDS {
        0 => name.clone(),
        1 => mistyped(name, mistakes),
        2 => words.iter().rev().copied().collect::<Vec<_>>().join(" "),
        3 => words.concat(),
        4 => format!("{}. {last}", name.chars().next().unwrap_or('x')),
        5 => email.clone(),
        6 => format!("{} Иванович {last}", words.first().unwrap_or(&"x")),
        7 => email.split(['@', '.']).next().unwrap_or_default().to_owned(),
        8 => name.replace("Петрова", "Петровой").replace("Анна", "Анне"),
        _ => format!("{last} at Petrov"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_index_finds_exactly_those_that_comparing_with_everybody_finds(
        book in book(),
        at in any::<prop::sample::Index>(),
        mistakes in mistakes(),
        text in "[A-Za-zА-я]{1,9}( [A-Za-zА-я]{1,9}){0,2}",
    ) {
        let borrowed: Vec<(&str, &str)> = book.iter().map(|(name, email)| (name.as_str(), email.as_str())).collect();
        let index = index(&borrowed, &[]);
        for kind in 0..KINDS {
            let asked = asked_for(at.get(&book), kind, &mistakes);
            prop_assert_eq!(found(&index, &asked), compared(&book, &asked), "{} in {:?}", asked, book);
        }
        for asked in ["Fyyf Gtnhjdf", "фттф", text.as_str()] {
            prop_assert_eq!(found(&index, asked), compared(&book, asked), "{} in {:?}", asked, book);
        }
    }
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect())
}

#[test]
fn the_index_of_the_labelled_book_finds_the_same_people_as_comparing_with_everybody() {
    let book: Vec<(String, String)> = rows(include_str!("../../../tests/it/recipients/book.tsv"))
        .map(|row| (row.get(1).unwrap_or(&"").to_string(), row[0].to_owned()))
        .collect();
    let borrowed: Vec<(&str, &str)> = book
        .iter()
        .map(|(name, email)| (name.as_str(), email.as_str()))
        .collect();
    let index = index(&borrowed, &[]);
    // Every fortieth question, since comparing with everybody takes long.
    for row in rows(include_str!("../../../tests/it/recipients/pairs.tuning.tsv")).step_by(STEP) {
        assert_eq!(found(&index, row[1]), compared(&book, row[1]), "{}", row[1]);
    }
}
const STEP: usize = 40;

fn one(index: &Index, asked: &str, sources: &[Source]) -> Option<(u64, Source, Why)> {
    let found = index.find(&Question::new(asked), sources, &|| true).unwrap();
    assert!(found.people.len() <= 1, "{asked}: {found:?}");
    let found = found.people.first()?;
    Some((found.contact.id, found.source, found.fit.why))
}

#[test]
fn an_address_is_one_person_under_all_of_its_names() {
    let contacts = [
        contact(9, "Olga Smirnova", "Anna@x.example"),
        contact(7, "Anna Ivanova", "anna@X.example"),
        contact(5, "Nobody", ""),
    ];
    let employees = [contact(70, "Анна Петрова", "anna@x.example")];
    let index = Index::new(Arc::from(contacts), Arc::from(employees), Vec::new());
    let both = Source::ALL;
    assert_eq!(
        one(&index, "Анна Петрова", both),
        Some((70, Source::Employees, Why::ExactName))
    );
    assert_eq!(
        one(&index, "Anna Ivanova", both),
        Some((70, Source::Employees, Why::ExactName))
    );
    assert_eq!(
        one(&index, "ANNA@x.example", both),
        Some((70, Source::Employees, Why::ExactAddress))
    );
    // Among contacts alone, the newest row represents the person, and names of employees do not count.
    let contacts = &[Source::Contacts];
    assert_eq!(
        one(&index, "Anna Ivanova", contacts),
        Some((9, Source::Contacts, Why::ExactName))
    );
    assert_eq!(one(&index, "Анна Петрова", contacts), None);
    assert_eq!(one(&index, "anna@x.example", contacts).unwrap().0, 9);
    assert_eq!(one(&index, "Ivanova", &[Source::Employees]), None);
    assert!(index.has_address("anna@x.example") && !index.has_address("") && !index.has_address("b@x.example"));
}

#[test]
fn an_unreadable_row_is_no_person_but_is_reported() {
    let unreadable = vec![
        contact(0, "Anna Ivanova", ""),
        contact(0, "Anna Ivanova", "A@x.example"),
        contact(0, "", "b@x.example"),
    ];
    let index = Index::new(
        Arc::from([contact(1, "Olga", "a@x.example")]),
        Arc::from([]),
        unreadable,
    );
    for (asked, unread, people) in [
        ("Anna Ivanova", 2, 0),
        ("b@x.example", 1, 0),
        ("a@x.example", 1, 1),
        ("Olga", 0, 1),
    ] {
        let found = index.find(&Question::new(asked), Source::ALL, &|| true).unwrap();
        assert_eq!(
            (found.unreadable.len(), found.people.len()),
            (unread, people),
            "{asked}"
        );
    }
    assert!(!index.has_address("b@x.example"));
}

#[test]
fn a_namesake_has_the_same_words_and_another_address() {
    let index = index(
        &[("Anna Ivanova", "a@x.example"), ("Olga", "o@x.example")],
        &[("Ivanova, ANNA", "b@x.example")],
    );
    assert!(index.has_namesake(Some("Anna Ivanova"), "a@x.example"));
    assert!(index.has_namesake(Some("olga"), "new@x.example"));
    for (name, email) in [
        (Some("Olga"), "O@x.example"),
        (Some("Olga"), ""),
        (Some("--"), "a@x.example"),
        (None, "a@x.example"),
    ] {
        assert!(!index.has_namesake(name, email), "{name:?} {email}");
    }
}

#[test]
fn a_search_ends_when_the_caller_is_gone() {
    let index = index(&[("Anna", "a@x.example")], &[]);
    assert!(index.find(&Question::new("Anna"), Source::ALL, &|| false).is_none());
}
