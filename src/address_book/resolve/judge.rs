//! Who may be meant by each name, out of everybody the portal brought. Pure.
//!
//! | matches | status |
//! |---|---|
//! | a single one that bears the name, and nothing serious is odd about it | `one` |
//! | more, or only similar ones, or a single one that is odd or whose namesakes were not all read | `several` |
//! | none | `none` |

use std::collections::{BTreeSet, HashMap};

use super::plan::Question;
use super::{Answer, Match, Names, NotAsked, Recipient, Resolution, Source, Status};
use crate::address_book::cautions::{Domains, of_contact, same_names};
use crate::address_book::search::{Bearer, Fit, Wanted, Why};
use crate::address_book::{Caution, Contact, Error};

/// Matches of all names together that an answer shows, so that fifty names fit a model's context.
const MAX_SHOWN: usize = 100;
/// Matches of one name that are shown, at least and at most.
const SHOWN: (usize, usize) = (4, 20);

/// A person whom the portal brought.
struct Candidate {
    contact: Contact,
    source: Source,
    bearer: Bearer,
    has_namesake: bool,
}

/// Judges every name. `answers` belong to `questions`, one to one.
pub(super) fn resolution(names: &Names, wanted: &[Wanted], questions: &[Question], answers: Vec<Answer>) -> Resolution {
    let mut pool = Pool::default();
    let mut not_asked: Vec<NotAsked> = Vec::new();
    // For each name: whom its questions brought, and what is missing.
    let mut about: Vec<About> = names.asked().iter().map(|_| About::default()).collect();
    for (question, answer) in questions.iter().zip(answers) {
        match answer {
            Ok(contacts) => {
                let is_full = u32::try_from(contacts.len()).unwrap_or(u32::MAX) >= question.limit;
                let brought: Vec<usize> = contacts
                    .into_iter()
                    .filter_map(|contact| pool.add(contact, question.source))
                    .collect();
                for name in &question.names {
                    let Some(about) = about.get_mut(*name) else { continue };
                    about.brought.extend(&brought);
                    about.is_incomplete |= is_full && question.is_telling;
                    if question.is_telling {
                        about.checked.push(question.source);
                    }
                }
            }
            // Of the other pieces some may be missing: the telling one has most.
            Err(error) if question.is_telling => {
                // The same failure took another time each time.
                let is_same =
                    |known: &Error| (known.code(), known.http_status()) == (error.code(), error.http_status());
                let known = not_asked
                    .iter_mut()
                    .find(|known| known.source == question.source && is_same(&known.error));
                match known {
                    Some(known) => known.names.extend(&question.names),
                    None => not_asked.push(NotAsked {
                        source: question.source,
                        names: question.names.clone(),
                        error,
                    }),
                }
            }
            Err(_) => {}
        }
    }
    pool.find_namesakes();
    let domains = Domains::count(pool.candidates.iter().map(|candidate| candidate.contact.email.as_str()));
    let shown = (MAX_SHOWN / names.asked().len().max(1)).clamp(SHOWN.0, SHOWN.1);
    let recipients = names
        .asked()
        .iter()
        .zip(wanted)
        .zip(about)
        .map(|((asked, wanted), about)| {
            let unchecked = names.sources.iter().filter(|source| !about.checked.contains(source));
            Recipient {
                unchecked: unchecked.copied().collect(),
                ..recipient(asked, &fitting(wanted, &about, &pool), &about, &domains, shown)
            }
        })
        .collect();
    Resolution { recipients, not_asked }
}

/// What is known about one name.
#[derive(Default)]
struct About {
    brought: BTreeSet<usize>,
    checked: Vec<Source>,
    is_incomplete: bool,
}

#[derive(Default)]
struct Pool {
    candidates: Vec<Candidate>,
    /// By address in lower case.
    by_address: HashMap<String, usize>,
}

impl Pool {
    /// Adds a person, each address once: a colleague's own entry is better than one from a mail header, and a newer one
    /// than an older. `None` for who has no address, since nobody can write to them.
    fn add(&mut self, contact: Contact, source: Source) -> Option<usize> {
        if contact.email.is_empty() {
            return None;
        }
        let next = self.candidates.len();
        let at = *self.by_address.entry(contact.email.to_lowercase()).or_insert(next);
        let bearer = || Bearer::new(contact.name.as_deref(), &contact.email);
        match self.candidates.get_mut(at) {
            None => self.candidates.push(Candidate {
                bearer: bearer(),
                contact,
                source,
                has_namesake: false,
            }),
            Some(known) => {
                let is_better = match (known.source, source) {
                    (Source::Contacts, Source::Employees) => true,
                    (Source::Contacts, Source::Contacts) => known.contact.id < contact.id,
                    (Source::Employees, _) => false,
                };
                if is_better {
                    known.bearer = bearer();
                    known.contact = contact;
                    known.source = source;
                }
            }
        }
        Some(at)
    }

    fn find_namesakes(&mut self) {
        let entries = self
            .candidates
            .iter()
            .map(|candidate| (candidate.contact.name.as_deref(), candidate.contact.email.as_str()));
        let namesakes = same_names(entries);
        for (candidate, has_namesake) in self.candidates.iter_mut().zip(namesakes) {
            candidate.has_namesake = has_namesake;
        }
    }
}

/// Who fits, the likeliest first; who is only similar, if there is nobody better.
fn fitting<'a>(wanted: &Wanted, about: &About, pool: &'a Pool) -> Vec<(Fit, &'a Candidate)> {
    let candidates = about.brought.iter().filter_map(|at| pool.candidates.get(*at));
    let mut fitting: Vec<(Fit, &Candidate)> = candidates
        .filter_map(|candidate| Some((wanted.fit(&candidate.bearer)?, candidate)))
        .collect();
    let best = fitting.iter().map(|(fit, _)| fit.why).min();
    fitting.retain(|(fit, _)| match best {
        // An address is its owner's alone.
        Some(Why::ExactAddress) => fit.why == Why::ExactAddress,
        Some(Why::Similar) | None => true,
        Some(_) => fit.why < Why::Similar,
    });
    // Then the newest, who was written to last; then by address, so that the order never changes by itself.
    fitting.sort_by(|(one, a), (other, b)| {
        let order = |fit: &Fit, candidate: &Candidate| {
            let is_contact = candidate.source == Source::Contacts;
            (
                fit.why,
                -fit.points,
                is_contact,
                std::cmp::Reverse(candidate.contact.id),
            )
        };
        order(one, a)
            .cmp(&order(other, b))
            .then_with(|| a.contact.email.cmp(&b.contact.email))
    });
    fitting
}

fn recipient(asked: &str, fitting: &[(Fit, &Candidate)], about: &About, domains: &Domains, shown: usize) -> Recipient {
    // What was asked tells who fits alone from the namesakes: by the company, or by the address.
    let is_alone = fitting.len() == 1;
    let matches: Vec<Match> = fitting
        .iter()
        .take(shown)
        .map(|(fit, candidate)| Match {
            name: candidate.contact.name.clone(),
            email: candidate.contact.email.clone(),
            id: candidate.contact.id,
            source: candidate.source,
            why: fit.why,
            cautions: cautions(candidate, is_alone, domains),
        })
        .collect();
    let status = match matches.as_slice() {
        _ if about.checked.is_empty() => None,
        [] => Some(Status::None),
        [only] if is_alone && is_sure(only, about) => Some(Status::One),
        _ => Some(Status::Several),
    };
    Recipient {
        asked: asked.to_owned(),
        status,
        more_matches: u32::try_from(fitting.len().saturating_sub(matches.len())).unwrap_or(u32::MAX),
        matches,
        incomplete: about.is_incomplete,
        choice: None,
        unchecked: Vec::new(),
    }
}

/// Whether a single match is the one who is meant, as far as can be told.
fn is_sure(only: &Match, about: &About) -> bool {
    let may_have_namesakes = about.is_incomplete && only.why != Why::ExactAddress;
    only.why != Why::Similar && !may_have_namesakes && !only.cautions.iter().copied().any(is_serious)
}

/// True for what may send a mail to somebody else than it seems.
fn is_serious(caution: Caution) -> bool {
    matches!(
        caution,
        Caution::NameShowsOtherAddress
            | Caution::LookalikeDomain
            | Caution::MixedScriptsInDomain
            | Caution::AddressInvalid
            | Caution::NameIsNotAName
    )
}

fn cautions(candidate: &Candidate, is_alone: bool, domains: &Domains) -> Vec<Caution> {
    let contact = &candidate.contact;
    let mut cautions = contact.cautions.clone();
    cautions.extend(of_contact(contact.name.as_deref(), &contact.email, domains));
    if candidate.has_namesake && !is_alone {
        cautions.push(Caution::SameNameOtherAddress);
    }
    cautions.sort_unstable();
    cautions
}
