//! Forms of one first name: short and affectionate forms, and its forms in other languages. Pure.
//!
//! The table is `first_names/forms.txt`, which names its sources and licences; `first_names/generate.py` writes it. A
//! line is one name in all languages: `full forms | full forms: short forms | …`. The number of the line is the name's
//! group. A short form may be in several lines: Sasha is Alexander or Alexandra. Two full forms in one line are the
//! same name in two languages, or two names with one origin, such as Mary and Marie; so a short form is nearer to its
//! own full form than to the others.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::spelling::{Word, is_latin_or_cyrillic, plain, sounds_of, split};

const TABLE: &str = include_str!("first_names/forms.txt");

/// How two words are forms of one first name; the nearest relation first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// One is a short form of the other, or both are short forms of the same full form: Bob, Robert, Rob.
    ShortForm,
    /// Both are forms of the name in different languages: Bob and Роберт, Catherine and Екатерина.
    OtherLanguage,
}

/// A form in the table with one of its look-up texts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    /// The hash of the text.
    key: u64,
    /// The number of the line: one name in all languages.
    group: u16,
    /// The number of the part of a line: full forms and their short forms. `None` for a part without short forms.
    set: Option<u16>,
}

/// The rows in the order of their keys: half a megabyte, made at the first search.
static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    let mut sets = 0..u16::MAX;
    for (group, line) in (0..).zip(lines()) {
        for part in line.split(" | ") {
            let (full, short) = part.split_once(':').unwrap_or((part, ""));
            let set = if short.is_empty() { None } else { sets.next() };
            for forms in [full, short] {
                for form in forms.split_whitespace().flat_map(split) {
                    // Making a `Word` of each form would take longer.
                    let texts = lookup_texts(
                        is_latin_or_cyrillic(&form),
                        || sounds_of(&form).into_iter(),
                        || plain(&form),
                    );
                    rows.extend(texts.map(|text| Row {
                        key: hash(&text),
                        group,
                        set,
                    }));
                }
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows.shrink_to_fit();
    rows
});

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

fn hash(text: &str) -> u64 {
    FixedState::default().hash_one(text)
}

/// The texts by which a form is looked up: its sounds, or its plain form in a script that shows too little of them.
fn lookup_texts<T, S: Iterator<Item = T>>(
    is_latin_or_cyrillic: bool,
    sounds: impl FnOnce() -> S,
    plain: impl FnOnce() -> T,
) -> impl Iterator<Item = T> {
    let sounds = is_latin_or_cyrillic.then(sounds);
    let plain = sounds.is_none().then(plain);
    sounds.into_iter().flatten().chain(plain)
}

/// The rows of the table for the forms that are this word.
fn rows_of(word: &Word) -> impl Iterator<Item = &'static Row> {
    let texts = lookup_texts(word.is_latin_or_cyrillic(), || word.sounds(), || word.plain());
    texts.flat_map(|text| {
        let key = hash(text);
        let from = ROWS.partition_point(|row| row.key < key);
        let rows = ROWS.get(from..).unwrap_or_default();
        rows.iter().take_while(move |row| row.key == key)
    })
}

/// The forms of first names that a word may be, looked up once.
#[derive(Debug)]
pub(in crate::address_book) struct FirstName(Vec<&'static Row>);

impl FirstName {
    pub(in crate::address_book) fn new(word: &Word) -> Self {
        Self(rows_of(word).collect())
    }

    /// The groups of the names that the word may be a form of. Two words are forms of one name if they share a group.
    pub(in crate::address_book) fn groups(&self) -> Vec<u16> {
        let mut groups: Vec<u16> = self.0.iter().map(|row| row.group).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// The nearest relation to another word; `None` if the two are not forms of one first name.
    pub(super) fn relation(&self, other: &Word) -> Option<Relation> {
        let relations = rows_of(other).flat_map(|other| {
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
    rows_of(word).next().is_some()
}

#[cfg(test)]
mod tests;
