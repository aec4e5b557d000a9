//! First names that are one name: short and affectionate forms, and how other languages write it. Data.
//!
//! The table is `first_names/forms.txt`, which names its sources and licences; `first_names/generate.py` writes it. A
//! line is one name in all languages, and its number is a group: `full forms | full forms: short forms | …`. A short
//! form may be in several lines: Sasha is Alexander or Alexandra. Two full forms of one line are the same name in two
//! languages, or two names that grew out of it, as Mary and Marie; so a short form is nearer to its own full form than
//! to the others.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::spelling::{Word, is_latin_or_cyrillic, plain, sounds_of, split};

const TABLE: &str = include_str!("first_names/forms.txt");

/// How two words are one first name; the nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// The one is a short form of the other, or both are short forms of the same: Bob, Robert, Rob.
    ShortForm,
    /// They are forms of the name in different languages: Bob and Роберт, Catherine and Екатерина.
    OtherLanguage,
}

/// One reading of a form in the table.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u64,
    group: u16,
    /// The full forms and their short forms that it stands with, if any.
    set: Option<u16>,
}

/// The entries in the order of their keys: half a megabyte, made at the first search.
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut entries = Vec::new();
    let mut sets = 0..u16::MAX;
    for (group, line) in (0..).zip(lines()) {
        for part in line.split(" | ") {
            let (full, short) = part.split_once(':').unwrap_or((part, ""));
            let set = if short.is_empty() { None } else { sets.next() };
            for forms in [full, short] {
                for form in forms.split_whitespace().flat_map(split) {
                    entries.extend(found_by(&form).iter().map(|key| Entry {
                        key: hash(key),
                        group,
                        set,
                    }));
                }
            }
        }
    }
    entries.sort_unstable();
    entries.dedup();
    entries.shrink_to_fit();
    entries
});

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

fn hash(key: &str) -> u64 {
    FixedState::default().hash_one(key)
}

/// What a form of a name is found by: its sounds; as it is written in a script that tells too little of them. As in
/// [`keys_of`] its [`Word`], which takes longer to make.
fn found_by(form: &str) -> Vec<String> {
    match is_latin_or_cyrillic(form) {
        true => sounds_of(form),
        false => vec![plain(form)],
    }
}

/// What a word is found by, as [`found_by`] has it.
fn keys_of(word: &Word) -> impl Iterator<Item = &str> {
    let sounds = word.keys().filter(|_| word.is_latin_or_cyrillic());
    sounds.chain((!word.is_latin_or_cyrillic()).then(|| word.plain()))
}

fn entries_of(word: &Word) -> impl Iterator<Item = &'static Entry> {
    keys_of(word).flat_map(|key| {
        let key = hash(key);
        let from = ENTRIES.partition_point(|entry| entry.key < key);
        let entries = ENTRIES.get(from..).unwrap_or_default();
        entries.iter().take_while(move |entry| entry.key == key)
    })
}

/// A word that may be a form of first names, looked up once.
#[derive(Debug)]
pub(in crate::address_book) struct FirstName(Vec<&'static Entry>);

impl FirstName {
    pub(in crate::address_book) fn new(word: &Word) -> Self {
        Self(entries_of(word).collect())
    }

    /// The groups of names that the word may be a form of. Two words are forms of one name if they share a group.
    pub(in crate::address_book) fn groups(&self) -> Vec<u16> {
        let mut groups: Vec<u16> = self.0.iter().map(|entry| entry.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// How the other word is a form of the same first name; `None` if it is not.
    pub(super) fn relation(&self, other: &Word) -> Option<Relation> {
        let relations = entries_of(other).flat_map(|other| {
            let same = self.0.iter().filter(|one| one.group == other.group);
            same.map(|one| {
                if one.set.is_some() && one.set == other.set {
                    Relation::ShortForm
                } else {
                    Relation::OtherLanguage
                }
            })
        });
        relations.min()
    }
}

/// True if the word is a form of a first name.
pub(super) fn is_first_name(word: &Word) -> bool {
    entries_of(word).next().is_some()
}

#[cfg(test)]
mod tests;
