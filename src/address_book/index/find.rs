//! Finds all people in a book whom a question may mean. Pure.
//!
//! | step | looks for | done only if |
//! |---|---|---|
//! | 1 | the address, or the part of an address | the question has one |
//! | 2 | the words, in any spelling, case or form of a first name | nobody has that address, or a name is beside it |
//! | 3 | mistakes, beginnings, consonants, other keyboard layouts | nobody has the address, nor the name as typed |
//! | 4 | people who are near | nobody is certain |
//!
//! Most questions end with step 2, and the later steps cost most of the time.

use super::entry::{Entry, EntryId};
use super::lookup::Lookup;
use super::{FoundPeople, Index};
use crate::address_book::contact::Source;
use crate::address_book::search::{ContactWords, Fit, Question, Why};

/// How many entries are compared between two calls of `goes_on`.
pub(super) const BATCH: usize = 256;

impl Index {
    /// All people in `sources` whom the question may mean. Calls `goes_on` before each batch of entries; `None` once
    /// that returns false.
    pub(in crate::address_book) fn find(
        &self,
        question: &Question,
        sources: &[Source],
        goes_on: &dyn Fn() -> bool,
    ) -> Option<FoundPeople<'_>> {
        let mut by_address = self.fits_by_address(question);
        let has_owner = by_address.iter().any(|(id, _)| self.is_in(*id, sources));
        if has_owner && !question.is_named {
            return Some(self.people(by_address, sources));
        }
        let lookups = |is_other_layout| {
            let readings = question.readings.iter();
            let of_layout = readings.filter(move |reading| reading.is_other_layout == is_other_layout);
            of_layout.map(|reading| Lookup::new(self, reading))
        };
        let mut typed: Vec<Lookup<'_>> = lookups(false).collect();
        if has_owner {
            by_address.extend(self.others_with_that_name(&by_address, &typed, goes_on)?);
            return Some(self.people(by_address, sources));
        }
        let adjusted = |fit, email: &str| question.adjusted(fit, email);
        let mut fits = self.fits(&typed, &adjusted, goes_on)?;
        let any = |fits: &[(EntryId, Fit)], is_enough: fn(&Fit) -> bool| {
            fits.iter().any(|(id, fit)| is_enough(fit) && self.is_in(*id, sources))
        };
        if !any(&fits, |fit| fit.why < Why::Transliterated && fit.is_whole_name()) {
            typed.extend(lookups(true));
            typed.iter_mut().for_each(Lookup::widen);
            fits = self.fits(&typed, &adjusted, goes_on)?;
        }
        if !any(&fits, Fit::is_certain)
            && let Some(lookup) = typed.first()
        {
            let near = |contact: ContactWords<'_>, _: &str| lookup.reading().near(contact, lookup);
            fits.extend(self.fits_of(&lookup.near_candidates(), &near, goes_on)?);
        }
        fits.extend(by_address);
        Some(self.people(fits, sources))
    }

    /// Entries with the address in the question, or with the part of an address that is the whole question.
    fn fits_by_address(&self, question: &Question) -> Vec<(EntryId, Fit)> {
        let mut fits: Vec<(EntryId, Fit)> = Vec::new();
        if let Some(address) = &question.address {
            for (first, entry) in self.first_entries_of_address(address) {
                let entries = self.entries_of_person(first, entry.person);
                fits.extend(entries.map(|(id, _)| (id, Fit::BY_ADDRESS)));
            }
        }
        if let Some(part) = question
            .part_of_address
            .as_ref()
            .filter(|part| part.is_whole_question())
        {
            let has_part = |entry: &Entry| self.row(entry).is_some_and(|row| part.is_of(&row.email));
            let fitting = self.numbered_entries().filter(|(_, entry)| has_part(entry));
            fits.extend(fitting.map(|(id, _)| (id, Fit::BY_PART_OF_ADDRESS)));
        }
        fits
    }

    /// Entries of other people who have the name beside the address in the question; none if the owner of the address
    /// has the name too.
    fn others_with_that_name(
        &self,
        owners: &[(EntryId, Fit)],
        lookups: &[Lookup<'_>],
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Vec<(EntryId, Fit)>> {
        let mut others = self.fits(lookups, &|fit, _| fit, goes_on)?;
        others.retain(|(_, fit)| fit.is_certain());
        let is_owner = |(id, _): &(EntryId, Fit)| owners.iter().any(|(owner, _)| owner == id);
        if others.iter().any(is_owner) {
            others.clear();
        }
        Some(others.into_iter().map(|(id, fit)| (id, fit.as_rival())).collect())
    }

    /// True if the entry could be read and is in one of `sources`.
    fn is_in(&self, id: EntryId, sources: &[Source]) -> bool {
        self.entry(id).is_some_and(|entry| entry.source_in(sources).is_some())
    }

    /// The candidates that fit one of the readings, with the fit that `adjusted` returns; `None` if `goes_on` returns
    /// false.
    fn fits(
        &self,
        lookups: &[Lookup<'_>],
        adjusted: &dyn Fn(Fit, &str) -> Fit,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Vec<(EntryId, Fit)>> {
        let mut fits = Vec::new();
        for lookup in lookups {
            let fit =
                |contact: ContactWords<'_>, email: &str| Some(adjusted(lookup.reading().fit(contact, lookup)?, email));
            fits.extend(self.fits_of(&lookup.candidates(), &fit, goes_on)?);
        }
        Some(fits)
    }

    /// The entries for which `fit` returns a fit; `None` if `goes_on` returns false.
    fn fits_of(
        &self,
        entries: &[EntryId],
        fit: &dyn Fn(ContactWords<'_>, &str) -> Option<Fit>,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Vec<(EntryId, Fit)>> {
        let mut fits = Vec::new();
        for batch in entries.chunks(BATCH) {
            if !goes_on() {
                return None;
            }
            fits.extend(batch.iter().filter_map(|id| {
                let entry = self.entry(*id)?;
                let fit = fit(self.contact_words(entry), &self.row(entry)?.email)?;
                Some((*id, fit))
            }));
        }
        Some(fits)
    }
}
