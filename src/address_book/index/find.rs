//! Everybody in a book who may be meant by a question. Pure.
//!
//! | step | looks for | if there was |
//! |---|---|---|
//! | 1 | the address, or the part of one | |
//! | 2 | the words, in any spelling, case or form of a first name | no such address |
//! | 3 | mistakes, beginnings, consonants, other keyboard layouts | nobody certain whose whole name was asked for |
//! | 4 | people who are near | nobody certain |
//!
//! Most questions end with step 2, and the later steps cost most of the time.

use super::asked::Asked;
use super::{Finding, Index};
use crate::address_book::contact::Source;
use crate::address_book::search::{Bearer, Fit, Wanted, Why};

/// Entries that are compared before the caller is asked whether to go on.
pub(super) const AT_ONCE: usize = 256;

impl Index {
    /// Everybody in `sources` who may be meant. `goes_on` is asked now and then; `None` if it says no.
    pub(in crate::address_book) fn find(
        &self,
        wanted: &Wanted,
        sources: &[Source],
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Finding<'_>> {
        let mut by_address = self.of_address_or_part(wanted);
        let has_owner = by_address.iter().any(|(number, _)| self.is_in(*number, sources));
        if has_owner && !wanted.is_named {
            return Some(self.finding(by_address, sources));
        }
        let readings = |of_layout| {
            wanted
                .readings
                .iter()
                .filter(move |reading| reading.is_other_layout == of_layout)
        };
        let mut asked: Vec<Asked<'_>> = readings(false).map(|reading| Asked::new(self, reading)).collect();
        if has_owner {
            by_address.extend(self.others_of_that_name(&by_address, &asked, goes_on)?);
            return Some(self.finding(by_address, sources));
        }
        let judged = |fit, email: &str| wanted.judged(fit, email);
        let mut fits = self.fits(&asked, &judged, goes_on)?;
        let any = |fits: &[(u32, Fit)], is_enough: fn(&Fit) -> bool| {
            fits.iter()
                .any(|(number, fit)| is_enough(fit) && self.is_in(*number, sources))
        };
        if !any(&fits, |fit| fit.why < Why::Transliterated && fit.is_whole_name) {
            asked.extend(readings(true).map(|reading| Asked::new(self, reading)));
            asked.iter_mut().for_each(Asked::widen);
            fits = self.fits(&asked, &judged, goes_on)?;
        }
        if !any(&fits, Fit::is_sure)
            && let Some(asked) = asked.first()
        {
            let near = |bearer: Bearer<'_>, _: &str| asked.reading().near(bearer, asked);
            fits.extend(self.fits_of(&asked.near_candidates(), &near, goes_on)?);
        }
        fits.extend(by_address);
        Some(self.finding(fits, sources))
    }

    /// Entries of the address that was asked for, or of those that begin or end so.
    fn of_address_or_part(&self, wanted: &Wanted) -> Vec<(u32, Fit)> {
        let mut fits: Vec<(u32, Fit)> = Vec::new();
        if let Some(address) = &wanted.address {
            for (first, entry, _) in self.of_address(address) {
                let same = (first..).zip(self.entries.iter().skip(first as usize));
                let same = same.take_while(|(_, other)| other.person == entry.person);
                fits.extend(same.map(|(number, _)| (number, Fit::BY_ADDRESS)));
            }
        }
        if let Some(part) = wanted.part_of_address.as_ref().filter(|part| part.is_whole_question()) {
            let entries = (0..).zip(&self.entries);
            let fitting = entries.filter(|(_, entry)| self.row(entry).is_some_and(|row| part.is_of(&row.email)));
            fits.extend(fitting.map(|(number, _)| (number, Fit::BY_PART_OF_ADDRESS)));
        }
        fits
    }

    /// Entries of the people who bear the name beside an address, if its owner does not.
    fn others_of_that_name(
        &self,
        owners: &[(u32, Fit)],
        asked: &[Asked<'_>],
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Vec<(u32, Fit)>> {
        let mut others = self.fits(asked, &|fit, _| fit, goes_on)?;
        others.retain(|(_, fit)| fit.is_sure());
        let is_owner = |(number, _): &(u32, Fit)| owners.iter().any(|(owner, _)| owner == number);
        if others.iter().any(is_owner) {
            others.clear();
        }
        let as_rival = |(number, fit): (u32, Fit)| (number, fit.as_rival());
        Some(others.into_iter().map(as_rival).collect())
    }

    /// True if the entry can be read and stands in one of `sources`.
    fn is_in(&self, number: u32, sources: &[Source]) -> bool {
        self.entry(number)
            .is_some_and(|entry| entry.source_in(sources).is_some())
    }

    /// Entries that fit one of the readings, as `judged` has the fit; `None` if `goes_on` says no.
    fn fits(
        &self,
        asked: &[Asked<'_>],
        judged: &dyn Fn(Fit, &str) -> Fit,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Vec<(u32, Fit)>> {
        let mut fits = Vec::new();
        for asked in asked {
            let fit = |bearer: Bearer<'_>, email: &str| Some(judged(asked.reading().fit(bearer, asked)?, email));
            fits.extend(self.fits_of(&asked.candidates(), &fit, goes_on)?);
        }
        Some(fits)
    }

    /// Those of `entries` that fit; `None` if `goes_on` says no.
    fn fits_of(
        &self,
        entries: &[u32],
        fit: &dyn Fn(Bearer<'_>, &str) -> Option<Fit>,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Vec<(u32, Fit)>> {
        let mut fits = Vec::new();
        for entries in entries.chunks(AT_ONCE) {
            if !goes_on() {
                return None;
            }
            fits.extend(entries.iter().filter_map(|number| {
                let entry = self.entry(*number)?;
                let fit = fit(self.bearer(entry), &self.row(entry)?.email)?;
                Some((*number, fit))
            }));
        }
        Some(fits)
    }
}
