//! Tests that texts made to keep the index busy cost no more than other texts.

use super::super::find::BATCH;
use super::*;

/// Texts that an attacker makes to keep the index busy.
fn hostile() -> Vec<String> {
    vec![
        "\u{fdfa}".repeat(255),
        "a ".repeat(127),
        "ue".repeat(127),
        "hwczsch".repeat(36),
        (0..255_u32).filter_map(|at| char::from_u32(0x4e00 + at)).collect(),
        (0..80).map(|at| format!("w{at} ")).collect(),
        format!("a{}", "\u{301}".repeat(254)),
        "\u{301}".repeat(255),
        "ж".repeat(255),
    ]
}

#[test]
fn hostile_words_are_read_to_a_bound() {
    for text in hostile() {
        let wanted = Question::new(&text);
        assert!(wanted.readings.len() <= 3, "{text}");
        for word in wanted.readings.iter().flat_map(|reading| &reading.words) {
            let spellings = word.spellings();
            assert!(spellings.clone().count() <= 9, "{word:?}");
            assert!(
                spellings.clone().all(|spelling| spelling.chars().count() <= 64),
                "{word:?}"
            );
        }
        assert!(wanted.readings.iter().all(|reading| reading.words.len() <= 8), "{text}");
    }
}

#[test]
fn hostile_names_are_compared_with_each_contact_a_few_times_at_most() {
    const CONTACTS: usize = 2_000;
    let names = hostile();
    let contacts: Vec<Contact> = (0..CONTACTS)
        .map(|at| {
            let name = names.get(at % 50).map_or("Anna Ivanova", String::as_str);
            let name: String = name.chars().take(120).collect();
            contact(at as u64, &name, &format!("a{at}@x.example"))
        })
        .collect();
    let index = Index::new(contacts.into(), Arc::from([]), Vec::new());
    assert!(index.words.len() <= CONTACTS * 8, "{}", index.words.len());
    for asked in names
        .iter()
        .map(String::as_str)
        .chain(["Anna Ivanova", "Anna Anna Anna Ivanova", "A. I."])
    {
        let compared = std::cell::Cell::new(0);
        let goes_on = || {
            compared.set(compared.get() + BATCH);
            true
        };
        index.find(&Question::new(asked), Source::ALL, &goes_on).unwrap();
        assert!(compared.get() <= 5 * (CONTACTS + BATCH), "{asked}: {}", compared.get());
    }
}
