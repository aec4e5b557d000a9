//! Decides whether another person in a book has the same name. Pure.
//!
//! | names are the same if they differ only in | at |
//! |---|---|
//! | case, accents, order, letters that look alike ([`key_of_name`]) | any two addresses |
//! | also script, umlauts written out, a company in brackets (`Анна Орлова` and `Orlova, Anna`; `Anna Klein (Contoso)`) | two companies |
//!
//! The second row applies only to full names. Within a company, two spellings mostly belong to one person or two teams.

use std::ops::RangeInclusive;

use super::Index;
use super::entry::Entry;
use super::keys::{KeyKind, hash, text_hash};
use crate::address_book::cautions::{are_of_one_owner, key_of_name};
use crate::address_book::contact::Contact;
use crate::address_book::search::{ContactTexts, Likeness, Word, likeness_by_spelling};

/// The most entries with one hash that are compared; only made-up names collide more often.
const MAX_NAMESAKES: usize = 1_000;
/// The most ways to pronounce a full name that are looked up.
const MAX_READINGS: usize = 32;
/// The number of words in a full name.
const WORDS: RangeInclusive<usize> = 2..=4;

impl Index {
    /// True if another person, at another address, has the same name. [`super::super::cautions::same_names`] applies
    /// the first row of the table to a listing.
    pub(in crate::address_book) fn has_namesake(&self, name: Option<&str>, email: &str) -> bool {
        let Some((name, key)) = name.zip(key_of_name(name, email)) else {
            return false;
        };
        let address = email.to_lowercase();
        let ids = self.by_name.get(text_hash(&key)).iter().take(MAX_NAMESAKES);
        let mut rows = ids.filter_map(|id| self.row(self.entry(*id)?));
        rows.any(|row| {
            row.email.to_lowercase() != address && key_of_name(row.name.as_deref(), &row.email).as_ref() == Some(&key)
        }) || self.has_namesake_by_sound(name, &address)
    }

    /// True if the second row of the table finds another person; `address` is in lower case.
    fn has_namesake_by_sound(&self, name: &str, address: &str) -> bool {
        let words: Vec<Word>;
        let wanted: Vec<&Word> = if let Some(entry) = self.entry_of(name, address) {
            self.full_name(entry, name)
        } else {
            let texts = ContactTexts::of(Some(name), "").name;
            words = texts
                .iter()
                .take(full_words(name, texts.len()))
                .map(|word| Word::new(word))
                .collect();
            words.iter().collect()
        };
        hashes_of_readings(&wanted).into_iter().any(|hash| {
            let ids = self.by_sound.get(hash).iter().take(MAX_NAMESAKES);
            let mut entries = ids.filter_map(|id| self.entry(*id));
            entries.any(|entry| {
                let row = self.row(entry);
                row.is_some_and(|row| {
                    are_one_name(&wanted, self.full_name(entry, row.name.as_deref().unwrap_or_default()))
                        && !are_of_one_owner(&row.email, address)
                })
            })
        })
    }

    /// The entry with this name and address.
    fn entry_of(&self, name: &str, address: &str) -> Option<&Entry> {
        let (first, known) = self.first_entries_of_address(address).next()?;
        let is_named = |entry: &&Entry| self.row(entry).and_then(|row| row.name.as_deref()) == Some(name);
        let mut entries = self.entries_of_person(first, known.person).map(|(_, entry)| entry);
        entries.find(is_named)
    }

    /// The hash of how an entry's name sounds; `None` if it is not a full name.
    pub(super) fn sound_of(&self, entry: &Entry, contact: &Contact) -> Option<u32> {
        let words = self.full_name(entry, contact.name.as_deref()?);
        let sounds = words.iter().filter_map(|word| word.sounds().next()).map(hash_of_sound);
        sounds.reduce(u32::wrapping_add)
    }

    /// The words of an entry with this name, if it is a full name; else none.
    fn full_name(&self, entry: &Entry, name: &str) -> Vec<&Word> {
        let count = full_words(name, self.contact_words(entry).name.len());
        let words = self.words_of(entry).iter().take(count);
        words.filter_map(|id| self.vocabulary.word(*id)).collect()
    }
}

/// How many of the `count` words of a name are a full name, without a company or team in brackets after it; 0 if the
/// name is not a full name.
fn full_words(name: &str, count: usize) -> usize {
    let count = match name.split_once(['(', '[']) {
        Some((before, _)) => ContactTexts::of(Some(before), "").name.len().min(count),
        None => count,
    };
    if WORDS.contains(&count) { count } else { 0 }
}

/// The hashes of the ways in which a full name may sound.
fn hashes_of_readings(words: &[&Word]) -> Vec<u32> {
    let mut readings = vec![0_u32; usize::from(!words.is_empty())];
    for word in words {
        let sounds: Vec<u32> = word.sounds().map(hash_of_sound).collect();
        let all = sounds
            .iter()
            .flat_map(|sound| readings.iter().map(|before| before.wrapping_add(*sound)));
        readings = all.take(MAX_READINGS).collect();
        readings.sort_unstable();
        readings.dedup();
    }
    readings
}

/// The hash of the consonants of a word's sound; vowels are written in too many ways.
fn hash_of_sound(sound: &str) -> u32 {
    hash(
        KeyKind::Whole,
        sound.chars().filter(|letter| !"aeiou".contains(*letter)),
    )
}

/// True if both names have the same words in any order, apart from script, accents and umlauts written out.
fn are_one_name(one: &[&Word], mut rest: Vec<&Word>) -> bool {
    let is_same = |one: &Word, other: &Word| {
        std::ptr::eq(one, other)
            || matches!(
                likeness_by_spelling(one, other),
                Some(Likeness::Same | Likeness::SoundsAlike)
            )
    };
    one.len() == rest.len()
        && one.iter().all(|word| {
            let place = rest.iter().position(|other| is_same(word, other));
            place.map(|place| rest.swap_remove(place)).is_some()
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn are_namesakes(one: (&str, &str), other: (&str, &str)) -> [bool; 2] {
        let contact = |(name, email): (&str, &str)| Contact {
            id: 1,
            email: email.to_owned(),
            name: Some(name.to_owned()),
            cautions: Vec::new(),
        };
        let both = Index::new(Arc::new([contact(one), contact(other)]), Arc::new([]), Vec::new());
        let without_one = Index::new(Arc::new([contact(other)]), Arc::new([]), Vec::new());
        [&both, &without_one].map(|book| book.has_namesake(Some(one.0), one.1))
    }

    #[test]
    fn full_names_are_compared_whatever_their_script_order_and_brackets() {
        for (one, other, are_the_same) in [
            ("Анна Орлова", "Anna Orlova", true),
            ("Анна Орлова", "Orlova, Anna", true),
            ("Дмитрий Орлов", "Dmitry Orlov", true),
            ("Jürgen Müller", "Juergen Mueller", true),
            ("Anna Klein (Contoso)", "Anna Klein", true),
            ("Anna Klein [Contoso]", "Анна Клейн", true),
            ("Anna Klein (Contoso)", "Anna Klein (Fabrikam)", true),
            ("Анна Орлова", "Anna Orlov", false),
            ("Maria Klein", "Mario Klein", false),
            ("Anna Meyer", "Anna Meier", false),
            ("Anna Anna", "Anna Klein", false),
            ("Анна", "Anna", false),
            ("(Anna Klein)", "(Олег Орлов)", false),
            ("Anna Klein", "Anna Maria Klein", false),
        ] {
            let here = |name| (name, "x@contoso.example");
            let there = |name| (name, "y@free.example");
            assert_eq!(
                are_namesakes(here(one), there(other)),
                [are_the_same; 2],
                "{one}, {other}"
            );
            assert_eq!(
                are_namesakes(there(other), here(one)),
                [are_the_same; 2],
                "{other}, {one}"
            );
        }
    }

    #[test]
    fn two_writings_are_namesakes_unless_within_one_company() {
        let (one, other) = (
            ("Анна Орлова", "x@contoso.example"),
            ("Anna Orlova", "y@mail.contoso.example"),
        );
        assert_eq!(are_namesakes(one, other), [false; 2]);
        let (one, other) = (("Анна Орлова", "x@gmail.com"), ("Anna Orlova", "y@gmail.com"));
        assert_eq!(are_namesakes(one, other), [true; 2]);
    }
}
