//! The decision about each name: status, order, cautions, and names in unreadable rows.

mod entries;

use super::*;
use crate::address_book::Contact;
use crate::address_book::index::tests::contact;

fn index(contacts: Vec<Contact>, unreadable: Vec<Contact>) -> Arc<Index> {
    Arc::new(Index::new(contacts.into(), Arc::from([]), unreadable))
}

fn judged(evidence: &Evidence, asked: &str) -> Recipient {
    let names = Names::new(&[asked.to_owned()], &[]).unwrap();
    let resolution = resolution(&names, &[Question::new(asked)], evidence, &|| true).unwrap();
    resolution.recipients.into_iter().next().unwrap()
}

fn whole(contacts: Vec<Contact>) -> Evidence {
    Evidence {
        indexes: vec![index(contacts, Vec::new())],
        is_whole: true,
        not_asked: Vec::new(),
    }
}

#[test]
fn a_name_that_a_single_person_has_is_one() {
    let evidence = whole(vec![
        contact(4, "José Prado", "jose.p@x.example"),
        contact(3, "Jose Quiroga", "jose.q@x.example"),
        contact(2, "Ivan Petrov", "i.petrov@x.example"),
        contact(1, "Anna Ivanova <boss@contoso.com>", "thief@evil.example"),
    ]);
    for (asked, status) in [
        ("Jose", Status::Several),
        ("Quiroga", Status::One),
        ("Иван Петров", Status::One),
        ("Ivan Petrof", Status::Several),
        ("thief@evil.example", Status::Several),
        ("i.petrov@x.example", Status::One),
        ("Olga Smirnova", Status::None),
    ] {
        let recipient = judged(&evidence, asked);
        assert_eq!((recipient.status, recipient.incomplete), (status, false), "{asked}");
    }
}

/// The worst fault is a wrong person with the status `one`.
#[test]
fn people_who_must_not_be_taken_for_each_other_are_never_one() {
    let rows = include_str!("../../search/never_one.tsv").lines();
    let rows: Vec<&str> = rows.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(rows.len() > 200, "{}", rows.len());
    let wrong: Vec<&str> = rows
        .into_iter()
        .filter(|row| {
            let mut columns = row.split('\t');
            let (asked, shown) = (columns.next().unwrap(), columns.next().unwrap());
            let (name, email) = match shown.split_once('<') {
                Some((name, email)) => (name.trim(), email.trim_end_matches('>')),
                None => (shown, "q1@firm.example"),
            };
            judged(&whole(vec![contact(1, name, email)]), asked).status == Status::One
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_an_address_is_one_in_a_book_that_was_not_read_whole() {
    let evidence = Evidence {
        is_whole: false,
        ..whole(vec![contact(1, "Ivan Petrov", "i.petrov@x.example")])
    };
    for (asked, status, incomplete) in [
        ("Ivan Petrov", Status::Several, true),
        ("I.Petrov@x.example", Status::One, false),
        ("Olga Smirnova", Status::None, true),
    ] {
        let recipient = judged(&evidence, asked);
        assert_eq!(
            (recipient.status, recipient.incomplete),
            (status, incomplete),
            "{asked}"
        );
    }
}

#[test]
fn an_unreadable_row_makes_the_names_that_fit_it_incomplete() {
    let rows = vec![contact(0, "Ivan Petrov", "ip@x.example")];
    let known = vec![
        contact(1, "Ivan Petrov", "i@x.example"),
        contact(2, "Olga", "o@x.example"),
    ];
    let mut evidence = Evidence {
        indexes: vec![index(known, rows)],
        is_whole: true,
        not_asked: Vec::new(),
    };
    assert_eq!(judged(&evidence, "Ivan Petrov").status, Status::Several);
    assert!(judged(&evidence, "Ivan Petrov").incomplete);
    assert!(!judged(&evidence, "Olga").incomplete && !judged(&evidence, "i@x.example").incomplete);
    // Another index has the address of the unreadable row.
    let elsewhere = vec![contact(3, "Somebody", "IP@x.example")];
    evidence.indexes.push(index(elsewhere, Vec::new()));
    assert_eq!(judged(&evidence, "Ivan Petrov").status, Status::One);
}

#[test]
fn a_person_in_two_indexes_is_one_match_with_the_better_fit() {
    let book = vec![contact(1, "I. Petrov", "i@x.example")];
    let beside = vec![
        contact(9, "Ivan Petrov", "I@x.example"),
        contact(8, "Petrov", "p@x.example"),
    ];
    let evidence = Evidence {
        indexes: vec![index(book, Vec::new()), index(beside, Vec::new())],
        is_whole: true,
        not_asked: Vec::new(),
    };
    let recipient = judged(&evidence, "Ivan Petrov");
    let matches: Vec<_> = recipient.matches.iter().map(|found| (found.id, found.why)).collect();
    assert_eq!((recipient.status, matches), (Status::One, vec![(1, Why::ExactName)]));
}

#[test]
fn cautions_take_the_whole_book_into_account() {
    let mut contacts: Vec<Contact> = (0..6)
        .map(|at| contact(10 + at, "", &format!("p{at}@contoso.com")))
        .collect();
    contacts.push(contact(2, "Anna Ivanova", "a@x.example"));
    contacts.push(contact(1, "Anna Ivanova", "a@c0ntoso.com"));
    let recipient = judged(&whole(contacts), "Anna Ivanova");
    let cautions: Vec<_> = recipient
        .matches
        .iter()
        .map(|found| found.cautions.as_slice())
        .collect();
    assert_eq!(
        cautions,
        [
            &[Caution::SameNameOtherAddress][..],
            &[Caution::LookalikeDomain, Caution::SameNameOtherAddress]
        ]
    );
}

#[test]
fn a_company_name_before_the_domain_of_a_stranger_is_not_certain() {
    let colleagues = (0..30).map(|at| contact(10 + at, "", &format!("p{at}@quorvex.com")));
    for (email, caution) in [
        ("d@quorvex.evil.example", Some(Caution::LookalikeDomain)),
        ("d@quorvex.com.evil.example", Some(Caution::LookalikeDomain)),
        ("d@sales.quorvex.com", None),
    ] {
        let mut contacts: Vec<Contact> = colleagues.clone().collect();
        contacts.push(contact(1, "Dagny", email));
        let recipient = judged(&whole(contacts), "Dagny at Quorvex");
        let status = if caution.is_some() {
            Status::Several
        } else {
            Status::One
        };
        assert_eq!(recipient.status, status, "{email}");
        assert_eq!(recipient.matches[0].cautions, Vec::from_iter(caution), "{email}");
    }
}

#[test]
fn judging_stops_when_the_caller_has_left() {
    let names = Names::new(&["Anna".to_owned()], &[]).unwrap();
    let evidence = whole(vec![contact(1, "Anna", "a@x.example")]);
    assert!(resolution(&names, &[Question::new("Anna")], &evidence, &|| false).is_none());
}

/// How many matches of each name are shown.
fn shown(evidence: &Evidence, asked: &[String]) -> Vec<usize> {
    let names = Names::new(asked, &[]).unwrap();
    let wanted: Vec<Question> = asked.iter().map(|name| Question::new(name)).collect();
    let resolution = resolution(&names, &wanted, evidence, &|| true).unwrap();
    resolution
        .recipients
        .iter()
        .map(|recipient| recipient.matches.len())
        .collect()
}

#[test]
fn names_with_few_matches_leave_room_for_those_with_many() {
    let anna = |id| contact(id, "Anna Petrova", &format!("anna{id}@x.example"));
    let evidence = whole((1..=30).map(anna).collect());
    let mut asked = vec!["Olga Smirnova".to_owned(); 49];
    asked.push("Anna Petrova".to_owned());
    assert_eq!(shown(&evidence, &asked).last(), Some(&20));
    let all = vec!["Anna Petrova".to_owned(); 50];
    assert_eq!(shown(&evidence, &all), [2; 50]);
}
