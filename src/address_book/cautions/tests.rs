//! Rules that hold for any text; `labelled` tests the labelled contacts.

mod labelled;

use super::*;
use proptest::prelude::*;

fn beside(book: &BookDomains, name: &str, email: &str) -> Vec<Caution> {
    of_contact(Some(name), email, &mut DomainJudge::beside(book))
}

#[test]
fn codes_are_those_of_json_and_sentences_are_short() {
    for pair in Caution::ALL.windows(2) {
        assert!(pair[0] < pair[1]);
    }
    for caution in Caution::ALL {
        assert_eq!(serde_json::to_value(caution).unwrap(), caution.code());
        let sentence = caution.sentence();
        assert!(sentence.chars().count() <= 90 && sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn every_mark_has_an_octet_of_the_quick_check() {
    for mark in tables::MARKS {
        assert!(mark.bytes().any(tables::is_in_marks), "{mark}");
    }
}

#[test]
fn the_same_address_many_times_is_one() {
    let book = ["a@contoso.com", "A@contoso.com", "a@Contoso.com", "a@contosso.com"];
    assert_eq!(beside(&BookDomains::of(book), "", "a@contosso.com"), []);
}

#[test]
fn a_contact_whose_domain_was_not_counted_is_judged_too() {
    let book = BookDomains::of(["a@contoso.com", "b@contoso.com", "c@contoso.com"]);
    assert_eq!(beside(&book, "", "a@c0ntoso.com"), [Caution::LookalikeDomain]);
    assert_eq!(beside(&book, "", "a@mail.Contoso.com"), []);
}

#[test]
fn every_contact_with_a_shared_name_is_marked_and_no_other() {
    let entries = [
        (Some("Anna Schmidt"), "anna@contoso.example"),
        (Some("Schmidt, Anna"), "anna@fabrikam.example"),
        (Some("Bob"), "bob@contoso.example"),
        (Some("Bob"), "BOB@contoso.example"),
        (Some("Anna Schmidt"), ""),
        (None, "x@contoso.example"),
    ];
    assert_eq!(
        same_names(entries.into_iter()),
        [true, true, false, false, false, false]
    );
}

type Disguise = Box<dyn Fn(&str) -> String>;

/// Ways to write Latin letters that a reader sees as the same letters.
fn disguises() -> Vec<(&'static str, Disguise)> {
    let letters = |one_by_one: fn(char) -> String| -> Disguise {
        Box::new(move |text: &str| text.chars().map(one_by_one).collect())
    };
    let rows = |latin: &'static str, others: &'static str| -> Disguise {
        let pairs: std::collections::HashMap<char, char> = latin.chars().zip(others.chars()).collect();
        Box::new(move |text: &str| {
            text.chars()
                .map(|letter| *pairs.get(&letter).unwrap_or(&letter))
                .collect()
        })
    };
    fn shifted(letter: char, capital: u32, small: u32) -> String {
        let first = match letter {
            'A'..='Z' => capital.checked_sub('A' as u32),
            'a'..='z' => small.checked_sub('a' as u32),
            _ => None,
        };
        first
            .map_or(letter, |first| char::from_u32(first + letter as u32).unwrap())
            .to_string()
    }
    vec![
        ("Cyrillic", rows("aceiopsxyABCEHIKMOPTX", "асеіорѕхуАВСЕНІКМОРТХ")),
        ("Greek", rows("aiopuvABEHIKMNOPTXYZ", "αιορυνΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")),
        ("Armenian", rows("oun", "օսո")),
        (
            "small capitals",
            rows("abcdefghijklmnoprstuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"),
        ),
        ("faux Cyrillic", rows("NRbkm", "ИЯькм")),
        ("digits", rows("aeiost", "431057")),
        ("l for I", rows("Il", "lI")),
        ("bold", letters(|letter| shifted(letter, 0x1D400, 0x1D41A))),
        ("bold script", letters(|letter| shifted(letter, 0x1D4D0, 0x1D4EA))),
        ("bold Fraktur", letters(|letter| shifted(letter, 0x1D56C, 0x1D586))),
        ("monospace", letters(|letter| shifted(letter, 0x1D670, 0x1D68A))),
        ("full-width", letters(|letter| shifted(letter, 0xFF21, 0xFF41))),
        ("circled", letters(|letter| shifted(letter, 0x24B6, 0x24D0))),
        ("squared", letters(|letter| shifted(letter, 0x1F130, 0x1F130))),
        ("squared, black", letters(|letter| shifted(letter, 0x1F170, 0x1F170))),
        ("circled, black", letters(|letter| shifted(letter, 0x1F150, 0x1F150))),
        ("flags", letters(|letter| shifted(letter, 0x1F1E6, 0x1F1E6))),
        ("underlined", letters(|letter| format!("{letter}\u{332}"))),
        (
            "struck and accented",
            letters(|letter| format!("{letter}\u{336}\u{301}")),
        ),
        ("enclosed", letters(|letter| format!("{letter}\u{20dd}"))),
        ("upper case", Box::new(|text: &str| text.to_uppercase())),
        ("joined by dots", Box::new(|text: &str| text.replace(' ', "."))),
        ("joined by underscores", Box::new(|text: &str| text.replace(' ', "_"))),
    ]
}

#[test]
fn an_instruction_is_found_in_every_disguise() {
    let rows = labelled::rows();
    let instructions = rows.iter().filter_map(|row| {
        let (name, _) = row.listing.last().unwrap();
        name.as_deref().filter(|name| instructions::are_in(name))
    });
    let mut missed = Vec::new();
    let mut count = 0;
    for name in instructions {
        count += 1;
        for (disguise, disguised) in disguises() {
            // The lower case of a Turkish capital differs in other languages: İ.
            let is_turkish = disguise == "upper case" && name.contains('ı');
            let disguised = disguised(name);
            if !is_turkish && !instructions::are_in(&disguised) {
                missed.push(format!("{disguise}: {disguised}"));
            }
        }
    }
    assert!(count > 80, "{count}");
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_letter_of_another_alphabet_is_found_wherever_it_stands() {
    for (disguise, disguised) in disguises().into_iter().filter(|(disguise, _)| {
        ["Cyrillic", "Greek", "Armenian", "small capitals", "bold", "monospace"].contains(disguise)
    }) {
        let name: Vec<String> = "Conntrobiua".chars().map(String::from).collect();
        for at in 0..name.len() {
            let mut mixed = name.clone();
            mixed[at] = disguised(&name[at]);
            if mixed == name {
                continue;
            }
            let mixed = mixed.concat();
            assert!(
                scripts::mix_in_name(&format!("Anna {mixed} GmbH")),
                "{disguise}: {mixed}"
            );
            assert!(
                scripts::mix_in_local_part(&format!("a.{mixed}+crm"), "contoso.com"),
                "{disguise}: {mixed}"
            );
        }
    }
}

#[test]
fn every_alternative_of_every_phrase_is_found() {
    for row in phrases::WORDS.iter().chain(phrases::PIECES) {
        let parts: Vec<Vec<&str>> = row
            .split(' ')
            .map(|part| part.trim_start_matches('+').split('|').collect())
            .collect();
        for (at, part) in parts.iter().enumerate() {
            for alternative in part {
                // The other parts with their first alternatives.
                let words: Vec<&str> = parts
                    .iter()
                    .enumerate()
                    .map(|(place, part)| if place == at { alternative } else { part[0] })
                    .map(|word| word.trim_start_matches('+').trim_end_matches(['*', '$']))
                    .collect();
                // A word before, since a text of two short words is not examined.
                let text = format!("Anna {}", words.join(" "));
                let pieces = words.concat();
                assert!(
                    instructions::are_in(&text) || instructions::are_in(&pieces),
                    "{words:?}"
                );
            }
        }
    }
}

/// Domains as an attacker would choose them, similar to each other.
fn near_domains() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(
        "[abо0.-]{0,8}(@|＠)?[abcо0-]{0,9}(\\.(co|com|xn--p1ai|рф|)){0,3}",
        0..30,
    )
}

proptest! {
    #[test]
    fn no_text_panics_and_cautions_are_in_order_and_once(name in any::<String>(), email in any::<String>(), book in near_domains()) {
        let mut book = book;
        book.push(email);
        let domains = BookDomains::of(book.iter().map(String::as_str));
        for email in &book {
            let cautions = beside(&domains, &name, email);
            prop_assert!(cautions.windows(2).all(|pair| pair[0] < pair[1]), "{cautions:?}");
        }
        prop_assert_eq!(same_names(book.iter().map(|email| (Some(name.as_str()), email.as_str()))).len(), book.len());
    }

    #[test]
    fn no_text_with_signs_of_addresses_panics(name in "[a@＠. =(\\[\\]at)dot…<|:-]{0,40}", email in "[a@.\"\\\\\\[\\]ß-]{0,40}") {
        let _ = beside(&BookDomains::of([email.as_str()]), &name, &email);
    }

    #[test]
    fn a_name_without_an_at_sign_shows_no_address(name in "[^@＠﹫]{0,60}") {
        prop_assume!(!name.to_lowercase().contains("at") && !name.to_lowercase().contains("собака"));
        let cautions = beside(&BookDomains::default(), &name, "anna@contoso.com");
        prop_assert!(!cautions.contains(&Caution::NameShowsOtherAddress));
    }

    #[test]
    fn words_and_ordinary_marks_are_a_name(name in "(([A-Za-zÀ-ÖØ-öø-ÿĀ-ž]{1,12}|[А-Яа-яЁёЇїҐґӘә]{1,12}|[Α-Ρα-ω]{1,12}|[א-ת]{1,12}|[ァ-ヺ一-龥a-z]{1,12})[ ,.&«»()-]{1,2}){1,4}") {
        prop_assume!(!name.to_lowercase().contains("(at)"));
        let cautions = beside(&BookDomains::default(), &name, "anna@contoso.com");
        prop_assert_eq!(cautions, []);
    }

    #[test]
    fn an_address_as_its_own_name_has_no_caution(local in "[a-z0-9]{1,10}([._-][a-z0-9]{1,10}){0,2}|[а-я]{1,10}([._-][а-я]{1,10}){0,2}щ", domain in "[a-z]{1,10}\\.(com|ru|рф|co\\.uk)") {
        let email = format!("{local}@{domain}");
        let domains = BookDomains::of([email.as_str()]);
        for name in [email.clone(), email.to_uppercase(), format!("Anna <{email}>"), format!("'{email}'")] {
            prop_assert_eq!(beside(&domains, &name, &email), [], "{}", name);
        }
    }
}
