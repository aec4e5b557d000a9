//! Tests with words that are forms of one first name, and with words that are not.

use super::*;

fn related(one: &str, other: &str) -> Option<Relation> {
    FirstName::new(&Word::new(one)).relation(&Word::new(other))
}

#[test]
fn a_short_form_is_nearest_to_its_full_form() {
    use Relation::{OtherLanguage, ShortForm};
    for (short, full, expected) in [
        ("саша", "александр", ShortForm),
        ("sasha", "александра", ShortForm),
        ("костик", "константин", ShortForm),
        ("серёга", "сергей", ShortForm),
        ("серега", "sergei", ShortForm),
        ("тоня", "антонина", ShortForm),
        ("лёва", "лев", ShortForm),
        ("лёша", "алексей", ShortForm),
        ("zhenya", "евгений", ShortForm),
        ("танечка", "татьяна", ShortForm),
        ("танюша", "таня", ShortForm),
        ("сашко", "олександр", ShortForm),
        ("bob", "robert", ShortForm),
        ("bob", "rob", ShortForm),
        ("peggy", "margaret", ShortForm),
        ("gene", "eugene", ShortForm),
        ("cindy", "cynthia", ShortForm),
        ("teddy", "theodore", ShortForm),
        ("teddy", "edward", ShortForm),
        ("danny", "daniel", ShortForm),
        ("kazek", "kazimierz", ShortForm),
        ("wituś", "witold", ShortForm),
        ("gosia", "małgorzata", ShortForm),
        ("ewunia", "ewa", ShortForm),
        ("tadek", "tadeusz", ShortForm),
        ("honza", "jan", ShortForm),
        ("pepe", "josé", ShortForm),
        ("beppe", "giuseppe", ShortForm),
        ("sepp", "josef", ShortForm),
        ("kate", "екатерина", OtherLanguage),
        ("bob", "roberto", OtherLanguage),
        ("serhii", "сергей", OtherLanguage),
        ("john", "иван", OtherLanguage),
        ("მარიამ", "maria", OtherLanguage),
        ("محمد", "mohammed", OtherLanguage),
    ] {
        assert_eq!(related(short, full), Some(expected), "{short} {full}");
        assert_eq!(related(full, short), Some(expected), "{full} {short}");
    }
}

#[test]
fn two_names_that_only_look_alike_are_not_one_name() {
    for (one, other) in [
        ("марина", "мария"),
        ("maria", "mario"),
        ("maria", "marina"),
        ("john", "jonas"),
        ("john", "jonathan"),
        ("martin", "martina"),
        ("marta", "martin"),
        ("петров", "пётр"),
        ("jan", "jana"),
        ("алексей", "александр"),
        ("alexis", "alexander"),
        ("никита", "николай"),
        ("kristin", "christian"),
        ("christopher", "christian"),
        ("анна", "нина"),
        ("ирина", "арина"),
        ("елена", "алина"),
        ("дарья", "диана"),
        ("владимир", "владислав"),
        ("ярослав", "станислав"),
        ("вячеслав", "святослав"),
        ("павел", "прасковья"),
        ("валентин", "валерий"),
        ("евгений", "евгения"),
        ("александр", "александра"),
        ("robert", "richard"),
        ("bob", "richard"),
        ("edward", "theodore"),
        ("patrick", "patricia"),
        ("daniel", "daniela"),
        ("paul", "paula"),
        ("eric", "erica"),
        ("julia", "julian"),
        ("helga", "helena"),
        ("karel", "karolina"),
        ("stefan", "stefania"),
        ("hans", "hannah"),
        ("klein", "klaus"),
        ("мороз", "роза"),
        ("роман", "романов"),
    ] {
        let groups = FirstName::new(&Word::new(one)).groups();
        let common = FirstName::new(&Word::new(other))
            .groups()
            .into_iter()
            .find(|group| groups.contains(group));
        let line = common.and_then(|group| lines().nth(group.into()));
        assert_eq!(line, None, "{one} {other}");
    }
}

#[test]
fn the_table_is_sorted_and_written_as_it_is_compared() {
    let lines: Vec<&str> = lines().collect();
    assert!(lines.windows(2).all(|two| two[0] < two[1]));
    assert!(lines.len() < usize::from(u16::MAX));
    for line in lines {
        let forms = line.split([' ', '|', ':']).filter(|form| !form.is_empty());
        for form in forms {
            assert!(form.chars().count() > 1, "{form:?} in {line}");
            let words = split(form);
            assert!(
                words.len() == 1 || !Word::new(form).is_latin_or_cyrillic(),
                "{form:?} in {line}"
            );
        }
    }
}

#[test]
fn the_table_names_its_sources_and_their_licences() {
    for source in ["own.txt", "rigour", "nicknames", "Faker", "CC0", "Apache-2.0", "MIT"] {
        let mut head = TABLE.lines().take_while(|line| line.starts_with('#'));
        assert!(head.any(|line| line.contains(source)), "{source}");
    }
}
