//! The people who may be meant by each name, out of everybody that was read. Pure.
//!
//! | matches | status |
//! |---|---|
//! | a single one that certainly bears the name, without a serious caution, and nobody else can have been missed | `one` |
//! | several, or only similar ones, or a single one without that certainty | `several` |
//! | those of several recipients that one entry names | `several` |
//! | none | `none` |
//!
//! Somebody can have been missed where the book was not read whole, or where a row that could not be read has a fitting
//! name. A match by the whole address is certain all the same: an address has one owner.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::names::Names;
use super::recipient::{Match, Recipient, Resolution, Status};
use crate::address_book::cautions::{BookDomains, Caution, DomainJudge, of_contact};
use crate::address_book::contact::Source;
use crate::address_book::error::NotAsked;
use crate::address_book::index::{FoundPerson, Index};
use crate::address_book::search::{Question, Why};

/// Matches of all names together that an answer shows, so that fifty names fit a model's context.
const MAX_SHOWN: usize = 100;
/// Matches of one name that are shown, at least and at most.
const SHOWN: (usize, usize) = (2, 20);

/// Matches that are shown of a name that nobody bears.
const SHOWN_OF_SIMILAR: usize = 5;

/// What was read for a question.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// The book, then what was asked beside it.
    pub(super) indexes: Vec<Arc<Index>>,
    /// True if all of the book was read, of every source that was asked for.
    pub(super) is_whole: bool,
    pub(super) not_asked: Vec<NotAsked>,
}

/// What was found for one name.
#[derive(Default)]
struct Fitting<'a> {
    /// The likeliest first.
    people: Vec<FoundPerson<'a>>,
    /// True if somebody who fits stands in a row that could not be read.
    has_unread: bool,
    /// The recipients that the entry names, if they are more than one.
    entries: Vec<&'a str>,
}

impl Fitting<'_> {
    /// True if somebody bears the name.
    fn has_bearer(&self) -> bool {
        self.people.iter().any(|found| found.fit.is_certain())
    }
}

/// Judges every name by what was read. `goes_on` is asked now and then; `None` if it says no.
pub(super) fn resolution(
    names: &Names,
    wanted: &[Question],
    evidence: &Evidence,
    goes_on: &dyn Fn() -> bool,
) -> Option<Resolution> {
    let find = |wanted| evidence.fitting_entry(wanted, names.sources(), goes_on);
    let fitting: Vec<Fitting<'_>> = wanted.iter().map(find).collect::<Option<_>>()?;
    let shown = shown_of_each(&fitting);
    let nobody = BookDomains::default();
    let book = evidence.indexes.first().map_or(&nobody, |book| &book.domains);
    let mut domains = DomainJudge::beside(book);
    let recipients = names.asked().iter().zip(&fitting);
    Some(Resolution {
        recipients: recipients
            .map(|(asked, fitting)| evidence.recipient(asked, fitting, &mut domains, shown))
            .collect(),
        not_asked: evidence.not_asked.clone(),
        age_seconds: None,
    })
}

/// How many matches of each name are shown: as many as fit into the answer, where names with few leave room.
fn shown_of_each(fitting: &[Fitting<'_>]) -> usize {
    let all = |shown| -> usize { fitting.iter().map(|fitting| fitting.people.len().min(shown)).sum() };
    let fits = |shown: &usize| all(*shown) <= MAX_SHOWN;
    (SHOWN.0..=SHOWN.1).rev().find(fits).unwrap_or(SHOWN.0)
}

impl Evidence {
    /// The people who fit an entry: those of each recipient that it names, unless a contact bears the whole entry as
    /// its name.
    fn fitting_entry<'a>(
        &'a self,
        wanted: &'a Question,
        sources: &[Source],
        goes_on: &dyn Fn() -> bool,
    ) -> Option<Fitting<'a>> {
        let is_certain = wanted.is_certainly_several;
        let whole = match is_certain {
            true => Fitting::default(),
            false => self.fitting(wanted, sources, goes_on)?,
        };
        if wanted.entries.is_empty() || whole.has_bearer() {
            return Some(whole);
        }
        let find = |wanted| self.fitting(wanted, sources, goes_on);
        let each: Vec<Fitting<'a>> = wanted.entries.iter().map(find).collect::<Option<_>>()?;
        if !is_certain && !are_several(&each) {
            return Some(whole);
        }
        let mut fitting = Fitting {
            entries: wanted.entries.iter().map(Question::text).collect(),
            has_unread: each.iter().any(|one| one.has_unread),
            ..Fitting::default()
        };
        // The likeliest of each come first.
        let longest = each.iter().map(|one| one.people.len()).max().unwrap_or_default();
        let mut seen: HashSet<&str> = HashSet::new();
        for place in 0..longest {
            let people = each.iter().filter_map(|one| one.people.get(place));
            fitting
                .people
                .extend(people.filter(|found| seen.insert(&found.contact.email)));
        }
        Some(fitting)
    }

    /// The people who fit, out of everything that was read; `None` if `goes_on` says no.
    fn fitting(&self, wanted: &Question, sources: &[Source], goes_on: &dyn Fn() -> bool) -> Option<Fitting<'_>> {
        let mut fitting = Fitting::default();
        // By address in lower case; an index has each address once.
        let mut places: HashMap<String, usize> = HashMap::new();
        for index in &self.indexes {
            let found = index.find(wanted, sources, goes_on)?;
            for person in found.people {
                if self.indexes.len() > 1 {
                    let place = *places
                        .entry(person.contact.email.to_lowercase())
                        .or_insert(fitting.people.len());
                    if let Some(known) = fitting.people.get_mut(place) {
                        known.fit = [known.fit, person.fit].into_iter().min_by_key(|fit| fit.rank())?;
                        continue;
                    }
                }
                fitting.people.push(person);
            }
            fitting.has_unread |= found
                .unreadable
                .iter()
                .any(|row| !self.knows(&row.email.to_lowercase()));
        }
        let best = fitting.people.iter().map(|found| found.fit.why).min();
        let mut sure = fitting.people.iter().filter(|found| found.fit.is_certain());
        // Jon is as good as John for Джон.
        let has_whole_name = sure.any(|found| found.fit.is_whole_name() && found.fit.why < Why::Transliterated);
        fitting.people.retain(|found| match best {
            // An address is its owner's alone.
            Some(Why::ExactAddress) => found.fit.why == Why::ExactAddress || found.fit.is_rival(),
            Some(Why::Similar) | None => true,
            // A similar name that was asked for as a whole stays beside longer names of which only a part was.
            Some(_) => found.fit.is_certain() || found.fit.is_rival() || (found.fit.is_whole_name() && !has_whole_name),
        });
        // Then the newest, who was written to last; then by address, so that the order never changes by itself.
        let order = |found: &FoundPerson<'_>| {
            let is_contact = found.source == Source::Contacts;
            (found.fit.rank(), is_contact, Reverse(found.contact.id))
        };
        let by_address = |one: &FoundPerson<'_>, other: &FoundPerson<'_>| one.contact.email.cmp(&other.contact.email);
        fitting
            .people
            .sort_unstable_by(|one, other| order(one).cmp(&order(other)).then_with(|| by_address(one, other)));
        Some(fitting)
    }

    fn knows(&self, address: &str) -> bool {
        self.indexes.iter().any(|index| index.has_address(address))
    }

    fn recipient(&self, asked: &str, fitting: &Fitting<'_>, domains: &mut DomainJudge<'_>, shown: usize) -> Recipient {
        let people = &fitting.people;
        // A single match was told apart by company or address, so it gets no namesake caution.
        let is_alone = people.len() == 1;
        let match_of = |found: &FoundPerson<'_>| Match {
            name: found.contact.name.clone(),
            email: found.contact.email.clone(),
            id: found.contact.id,
            source: found.source,
            why: found.fit.why,
            cautions: self.cautions(found, is_alone, domains),
        };
        let is_near = people.first().is_some_and(|found| found.fit.why == Why::Similar);
        let shown = if is_near { shown.min(SHOWN_OF_SIMILAR) } else { shown };
        let matches: Vec<Match> = people.iter().take(shown).map(match_of).collect();
        let is_address = !people.is_empty() && people.iter().all(|found| found.fit.why == Why::ExactAddress);
        let incomplete = !is_address && (!self.is_whole || fitting.has_unread);
        let status = match matches.as_slice() {
            [] => Status::None,
            [only] if is_alone && !incomplete && fitting.entries.is_empty() && is_sure(only) => Status::One,
            _ => Status::Several,
        };
        Recipient {
            asked: asked.to_owned(),
            status,
            more_matches: u32::try_from(people.len().saturating_sub(matches.len())).unwrap_or(u32::MAX),
            matches,
            entries: fitting.entries.iter().map(|entry| (*entry).to_owned()).collect(),
            incomplete,
            choice: None,
        }
    }

    fn cautions(&self, found: &FoundPerson<'_>, is_alone: bool, domains: &mut DomainJudge<'_>) -> Vec<Caution> {
        let contact = found.contact;
        let (name, email) = (contact.name.as_deref(), contact.email.as_str());
        let mut cautions = contact.cautions.clone();
        cautions.extend(of_contact(name, email, domains));
        if !is_alone && self.indexes.iter().any(|index| index.has_namesake(name, email)) {
            cautions.push(Caution::SameNameOtherAddress);
        }
        cautions.sort_unstable();
        cautions
    }
}

/// True if each of these names has a bearer, and no person is found for two of them.
fn are_several(each: &[Fitting<'_>]) -> bool {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut people = each.iter().flat_map(|one| &one.people);
    each.iter().all(Fitting::has_bearer) && people.all(|found| seen.insert(&found.contact.email))
}

/// True if a single match certainly bears the name and has no serious caution.
fn is_sure(only: &Match) -> bool {
    only.why != Why::Similar && !only.cautions.iter().copied().any(is_serious)
}

/// True for a caution with which a mail may go to another person than the name says.
fn is_serious(caution: Caution) -> bool {
    matches!(
        caution,
        Caution::NameShowsOtherAddress
            | Caution::LookalikeDomain
            | Caution::MixedScriptsInDomain
            | Caution::MixedScriptsInAddress
            | Caution::MixedScriptsInName
            | Caution::AddressInvalid
            | Caution::NameIsNotAName
    )
}
