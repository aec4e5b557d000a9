//! Whether somebody else in a book bears the same name with another address. Pure.
//!
//! | names | are the same |
//! |---|---|
//! | of one key ([`key_of_name`]): case, accents, order and letters that look alike aside | at any two addresses |
//! | `Анна Орлова` and `Orlova, Anna`, `Jürgen` and `Juergen`, `Anna Klein` and `Anna Klein (Contoso)` | at two companies |
//!
//! The second row is for full names alone. Within a company, two spellings are rather one person's, or two teams'.

use std::ops::RangeInclusive;

use super::keys::{Part, hash};
use super::{Entry, Index, text_hash};
use crate::address_book::Contact;
use crate::address_book::cautions::{are_of_one_owner, key_of_name};
use crate::address_book::search::{Likeness, Texts, Word, of_sounds};

/// Entries that are looked at for a namesake; more have one hash only if somebody made them.
const MAX_NAMESAKES: usize = 1_000;
/// Readings of a whole name that are looked for.
const MAX_READINGS: usize = 32;
/// A full name has so many words.
const WORDS: RangeInclusive<usize> = 2..=4;

impl Index {
    /// True if somebody bears the same name with another address; [`super::super::cautions::same_names`] knows the first
    /// row of the table.
    pub(in crate::address_book) fn has_namesake(&self, name: Option<&str>, email: &str) -> bool {
        let Some(key) = key_of_name(name, email) else {
            return false;
        };
        let address = email.to_lowercase();
        let is_other = |row: &&Contact| row.email.to_lowercase() != address;
        let mut rows = self.rows_of(self.by_name.get(text_hash(&key))).filter(is_other);
        rows.any(|row| key_of_name(row.name.as_deref(), &row.email).as_ref() == Some(&key))
            || name.is_some_and(|name| self.has_one_that_sounds_like(&words(name), email))
    }

    fn has_one_that_sounds_like(&self, wanted: &[Word], email: &str) -> bool {
        let others = |hash: u32| {
            let rows = self.rows_of(self.by_sound.get(hash));
            rows.filter(|row| !are_of_one_owner(&row.email, email))
        };
        let mut others = readings(wanted).into_iter().flat_map(others);
        others.any(|row| are_one_name(wanted, &words(row.name.as_deref().unwrap_or_default())))
    }

    fn rows_of<'a>(&'a self, numbers: &'a [u32]) -> impl Iterator<Item = &'a Contact> {
        let entries = numbers
            .iter()
            .take(MAX_NAMESAKES)
            .filter_map(|number| self.entry(*number));
        entries.filter_map(|entry| self.row(entry))
    }

    /// The hash of how the name of an entry sounds, if it is a full one.
    pub(super) fn sound_of(&self, entry: &Entry, contact: &Contact) -> Option<u32> {
        if let Some(name) = contact.name.as_deref().filter(|name| name.contains(BRACKETS)) {
            return readings(&words(name)).first().copied();
        }
        let words = self.bearer(entry).name;
        let sounds = words
            .iter()
            .filter_map(|number| self.vocabulary.word(*number)?.keys().next());
        WORDS
            .contains(&words.len())
            .then(|| sounds.map(sound).fold(0, u32::wrapping_add))
    }
}

const BRACKETS: [char; 2] = ['(', '['];

/// The words of a full name, without what stands in brackets behind it.
fn words(name: &str) -> Vec<Word> {
    let name = name.split(BRACKETS).next().unwrap_or_default();
    let words = Texts::of(Some(name), "").name;
    if WORDS.contains(&words.len()) {
        words.iter().map(|word| Word::new(word)).collect()
    } else {
        Vec::new()
    }
}

/// The hashes of how a full name may sound, the usual one first.
fn readings(words: &[Word]) -> Vec<u32> {
    let mut readings = vec![0_u32; usize::from(!words.is_empty())];
    for word in words {
        let sounds: Vec<u32> = word.keys().map(sound).collect();
        let with = |sound: &u32| {
            let before = readings.iter();
            before.map(|before| before.wrapping_add(*sound)).collect::<Vec<_>>()
        };
        readings = sounds.iter().flat_map(with).take(MAX_READINGS).collect();
    }
    readings.dedup();
    readings
}

/// The hash of the consonants of a key; vowels are written in too many ways.
fn sound(key: &str) -> u32 {
    hash(Part::Whole, key.chars().filter(|letter| !"aeiou".contains(*letter)))
}

/// True if the words of both are the same in any order, but for scripts, accents and umlauts written out.
fn are_one_name(one: &[Word], other: &[Word]) -> bool {
    let mut rest: Vec<&Word> = other.iter().collect();
    let is_in_rest = |word: &Word| {
        let is_it = |other: &&Word| matches!(of_sounds(word, other), Some(Likeness::Same | Likeness::SoundsAlike));
        let place = rest.iter().position(is_it);
        place.map(|place| rest.swap_remove(place)).is_some()
    };
    !one.is_empty() && one.len() == other.len() && one.iter().all(is_in_rest)
}
