//! Entries that name several recipients, an address as people paste it, a part of one, or a title.

use super::*;

fn book() -> Evidence {
    whole(vec![
        contact(20, "Anna Klein", "a.klein@contoso.example"),
        contact(19, "Bob Miller", "bob@northgate.example"),
        contact(18, "Linda Park", "linda@fabrikam.example"),
        contact(17, "Linda Vogt", "vogt@fabrikam.example"),
        contact(16, "Linda Vogt", "vogt@fabrikam.evil.example"),
        contact(15, "Smith & Sons", "info@smith.example"),
        contact(14, "Karl von und zu Gutenberg", "kg@x.example"),
        contact(13, "Office", "office@contoso.example"),
        contact(12, "", "office@northgate.example"),
        contact(11, "Виктор Пан", "pan@x.example"),
        contact(10, "Siobhan D'Onofrio", "o'brien@x.example"),
        contact(9, "Ольга Сорокина", "sorokina@x.example"),
        contact(8, "José Ortega y Gasset", "ortega@x.example"),
        contact(7, "Only One", "only@solo.example"),
        contact(6, "Борис Зимин", "zimin@x.example"),
        contact(5, "Edgar Hinz", "hinz@x.example"),
        contact(4, "Vogt, Karl", "klein@x.example"),
    ])
}

fn answer(asked: &str) -> (Status, Vec<String>, usize) {
    let recipient = judged(&book(), asked);
    let people = recipient.matches.into_iter().map(|found| found.email);
    (recipient.status, people.collect(), recipient.entries.len())
}

#[test]
fn an_entry_of_several_recipients_has_exactly_these_people() {
    for (asked, people) in [
        ("\"bob@northgate.example; linda@fabrikam.example\"", "bob linda"),
        (
            "Anna Klein <a.klein@contoso.example>, Bob <bob@northgate.example>",
            "a.klein bob",
        ),
        ("bob@northgate.example or linda@fabrikam.example", "bob linda"),
        ("bob@northgate.example, nobody@x.example", "bob"),
        ("Anna Klein and Bob Miller", "a.klein bob"),
        ("Anna Klein und Linda Park", "a.klein linda"),
        ("Ольга Сорокина и Борис Зимин", "sorokina zimin"),
        ("Anna Klein, Bob Miller", "a.klein bob"),
        ("To: Anna Klein; Cc: Bob Miller", "a.klein bob"),
        ("Anna Klein; Bob Miller", "a.klein bob"),
        ("Anna Klein; a.klein@contoso.example", "a.klein"),
    ] {
        let (status, found, entries) = answer(asked);
        let found: Vec<&str> = found.iter().filter_map(|email| email.split('@').next()).collect();
        assert_eq!(
            (status, found.join(" ").as_str(), entries),
            (Status::Several, people, 2),
            "{asked}"
        );
    }
    assert_eq!(
        answer("nobody@x.example; nothing@x.example"),
        (Status::None, Vec::new(), 2)
    );
}

#[test]
fn a_name_with_a_conjunction_is_one_person() {
    for (asked, email) in [
        ("Smith & Sons", "info@smith.example"),
        ("Smith and Sons <info@smith.example>", "info@smith.example"),
        ("Karl von und zu Gutenberg", "kg@x.example"),
        ("José Ortega y Gasset", "ortega@x.example"),
        ("Klein, Anna", "a.klein@contoso.example"),
    ] {
        assert_eq!(answer(asked), (Status::One, vec![email.to_owned()], 0), "{asked}");
    }
    // Three names, one of which nobody has.
    assert_eq!(answer("Anna Klein, Bob Miller, Marie Curie").2, 0);
    // One person has both words, without the conjunction between them.
    assert_eq!(
        answer("Anna e Klein"),
        (Status::Several, vec!["a.klein@contoso.example".to_owned()], 0)
    );
    // Nobody is called Marie.
    assert_ne!(answer("Anna et Marie").0, Status::One);
    assert_eq!(answer("Anna et Marie").2, 0);
}

#[test]
fn an_address_is_found_as_people_paste_it() {
    for asked in [
        "«bob@northgate.example»",
        "[bob@northgate.example](mailto:bob@northgate.example)",
        "Name [bob@northgate.example]",
        "<mailto:bob@northgate.example>",
        "`bob@northgate.example`",
        "bob@northgate.example:",
        "bob＠northgate.example",
        "bob [at] northgate.example",
        "bob (at) northgate [dot] example",
        "mailto:bob@northgate.example?subject=Hello",
        "&lt;bob@northgate.example&gt;",
    ] {
        let recipient = judged(&book(), asked);
        let found: Vec<_> = recipient.matches.iter().map(|found| (found.id, found.why)).collect();
        assert_eq!(
            (recipient.status, found),
            (Status::One, vec![(19, Why::ExactAddress)]),
            "{asked}"
        );
    }
    // Nobody has these addresses.
    for asked in [
        "brien@x.example",
        "notbob@northgate.example",
        "bob@northgate.example.evil.example",
        "_bob@northgate.example",
    ] {
        assert_ne!(answer(asked).0, Status::One, "{asked}");
    }
    assert_eq!(answer("O'Brien@x.example").0, Status::One);
}

#[test]
fn a_company_is_known_by_its_domain() {
    for (asked, people) in [
        ("Linda Vogt at fabrikam.example", "vogt@fabrikam.example"),
        ("Linda Park @ fabrikam.example", "linda@fabrikam.example"),
        ("Linda Park bei fabrikam", "linda@fabrikam.example"),
    ] {
        assert_eq!(answer(asked).0, Status::One, "{asked}");
        assert_eq!(answer(asked).1, [people], "{asked}");
    }
    for (asked, people) in [
        (
            "Linda at fabrikam.example",
            "linda@fabrikam.example vogt@fabrikam.example",
        ),
        ("@fabrikam.example", "linda@fabrikam.example vogt@fabrikam.example"),
        ("fabrikam.example", "linda@fabrikam.example vogt@fabrikam.example"),
        ("@solo.example", "only@solo.example"),
        ("office@", "office@contoso.example office@northgate.example"),
        ("only@", "only@solo.example"),
    ] {
        assert_eq!(answer(asked).0, Status::Several, "{asked}");
        let mut found = answer(asked).1;
        found.sort_unstable();
        assert_eq!(found.join(" "), people, "{asked}");
    }
    // Edgar Hinz has an address at another company.
    assert_ne!(answer("Edgar Hinz at fabrikam.example").0, Status::One);
}

#[test]
fn titles_are_no_part_of_a_question() {
    for asked in [
        "Mr Hinz",
        "Miss Hinz",
        "Ing. Hinz",
        "Dipl.-Ing. Edgar Hinz",
        "Prof. Dr. med. Hinz",
        "Herrn Hinz",
        "Sra. Hinz",
        "Edgar Hinz, PhD",
        "for Edgar Hinz",
    ] {
        assert_eq!(
            answer(asked),
            (Status::One, vec!["hinz@x.example".to_owned()], 0),
            "{asked}"
        );
    }
    for asked in [
        "Don Hinz",
        "Prince Hinz",
        "Pan Hinz",
        "Edgar Hinz Jr",
        "Edgar Hinz III",
        "Major Hinz",
    ] {
        assert_ne!(answer(asked).0, Status::One, "{asked}");
    }
    assert_eq!(answer("Siobhan D&#39;Onofrio").0, Status::One);
    assert_eq!(answer("Виктор Пан").0, Status::One);
}
