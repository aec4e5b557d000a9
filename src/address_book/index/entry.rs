//! An entry of the index: one name of one person. Pure.

use std::ops::Range;

use crate::address_book::contact::Source;

/// The number of an entry in an index. The entries of one person stand one after another, the best first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct EntryId(pub(super) u32);

/// The number of a person in an index. A person is an address, in any case of its letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PersonId(pub(super) u32);

/// A name of a person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) person: PersonId,
    pub(super) origin: Origin,
    /// The row's place among the rows of its origin.
    pub(super) row: u32,
    /// Where the entry's words begin among the words of all entries.
    pub(super) start: u32,
    /// How many words each part of the contact has.
    pub(super) counts: [u8; 4],
}

/// The list that an entry's row is in; the better list first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Employees,
    Contacts,
    /// Rows that could not be read in full.
    Unreadable,
}

impl Entry {
    /// The entry's source, if it is one of `sources`; `None` for an unreadable row.
    pub(super) fn source_in(&self, sources: &[Source]) -> Option<Source> {
        let source = match self.origin {
            Origin::Employees => Source::Employees,
            Origin::Contacts => Source::Contacts,
            Origin::Unreadable => return None,
        };
        sources.contains(&source).then_some(source)
    }

    /// The range of the entry's words among the words of all entries.
    pub(super) fn words(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.counts.map(usize::from).iter().sum::<usize>()
    }
}
