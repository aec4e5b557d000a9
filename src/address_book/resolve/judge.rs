//! Decides which of the people that were read each name may mean. Pure.
//!
//! | matches of a name | status |
//! |---|---|
//! | a single one that certainly has the name and no serious caution; nobody else can have been missed | `one` |
//! | any other, one or more | `several` |
//! | one or more, of an entry that names several recipients | `several` |
//! | none | `none` |
//!
//! A person can have been missed if the book was not read whole, or if an unreadable row has a fitting name. A match by
//! the whole address is certain even then, since an address has one owner.

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

/// The most matches of all names together in an answer, so that fifty names fit a model's context.
const MAX_SHOWN: usize = 100;
/// The fewest and the most matches of one name that are shown, if the name has as many.
const SHOWN: (usize, usize) = (2, 20);
/// The most matches that are shown for a name with only similar matches.
const SHOWN_OF_SIMILAR: usize = 5;

/// The contacts that were read for a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// The index of the book, then those of the requests for the names as they were typed.
    pub(super) indexes: Vec<Arc<Index>>,
    /// True if every source of the call was read whole.
    pub(super) is_whole: bool,
    pub(super) not_asked: Vec<NotAsked>,
}

/// The people found for one name.
#[derive(Default)]
struct Fitting<'a> {
    /// The matches, likeliest first.
    people: Vec<FoundPerson<'a>>,
    /// True if an unreadable row has a fitting name.
    has_unread: bool,
    /// The recipients that the entry names; empty if it names one.
    entries: Vec<&'a str>,
}

impl Fitting<'_> {
    /// True if a match certainly has the name.
    fn has_certain_match(&self) -> bool {
        self.people.iter().any(|found| found.fit.is_certain())
    }
}

/// Judges every name by the evidence. `goes_on` is called now and then; once it returns false, the result is `None`.
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

/// The most matches of each name that are shown: as many as fit into the answer, since some names have few.
fn shown_of_each(fitting: &[Fitting<'_>]) -> usize {
    let all = |shown| -> usize { fitting.iter().map(|fitting| fitting.people.len().min(shown)).sum() };
    let fits = |shown: &usize| all(*shown) <= MAX_SHOWN;
    (SHOWN.0..=SHOWN.1).rev().find(fits).unwrap_or(SHOWN.0)
}

impl Evidence {
    /// The people who fit an entry. If the entry names several recipients, these are the people who fit each recipient,
    /// unless a contact has the whole entry as its name.
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
        if wanted.entries.is_empty() || whole.has_certain_match() {
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
        // The likeliest person for each recipient comes before the second for any recipient.
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

    /// The people who fit a name, of all that were read; `None` once `goes_on` returns false.
    fn fitting(&self, wanted: &Question, sources: &[Source], goes_on: &dyn Fn() -> bool) -> Option<Fitting<'_>> {
        let mut fitting = Fitting::default();
        // Places in `people` by address in lower case. One index finds each address once, so only several need this map.
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
                .any(|row| !self.has_address(&row.email.to_lowercase()));
        }
        let best = fitting.people.iter().map(|found| found.fit.why).min();
        let mut sure = fitting.people.iter().filter(|found| found.fit.is_certain());
        // A transliteration does not count, since Джон may be Jon as well as John.
        let has_whole_name = sure.any(|found| found.fit.is_whole_name() && found.fit.why < Why::Transliterated);
        fitting.people.retain(|found| match best {
            // An address has one owner, so only rivals stay beside it.
            Some(Why::ExactAddress) => found.fit.why == Why::ExactAddress || found.fit.is_rival(),
            Some(Why::Similar) | None => true,
            // A similar match of the whole name stays if no certain match has the whole name: the certain ones then
            // have longer names.
            Some(_) => found.fit.is_certain() || found.fit.is_rival() || (found.fit.is_whole_name() && !has_whole_name),
        });
        // Within a rank employees come before contacts, and higher ids, which are newer, first. The address comes last,
        // so that equal calls get an equal order.
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

    fn has_address(&self, address: &str) -> bool {
        self.indexes.iter().any(|index| index.has_address(address))
    }

    fn recipient(&self, asked: &str, fitting: &Fitting<'_>, domains: &mut DomainJudge<'_>, shown: usize) -> Recipient {
        let people = &fitting.people;
        // A single match has no namesake caution: the question distinguished it by company or address.
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

/// True if each name certainly has a match, and no person matches two of the names.
fn are_several(each: &[Fitting<'_>]) -> bool {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut people = each.iter().flat_map(|one| &one.people);
    each.iter().all(Fitting::has_certain_match) && people.all(|found| seen.insert(&found.contact.email))
}

/// True if the only match certainly has the name and no serious caution.
fn is_sure(only: &Match) -> bool {
    only.why != Why::Similar && !only.cautions.iter().copied().any(is_serious)
}

/// True for a caution because of which mail may reach another person than the name says.
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
