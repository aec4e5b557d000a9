//! Who may be meant by each name, out of everybody the portal brought. Pure.
//!
//! | matches | status |
//! |---|---|
//! | a single one that bears the name, nothing serious is odd about it, and nobody else was missed | `one` |
//! | more, or only similar ones, or a single one of whom that cannot be said | `several` |
//! | none | `none` |
//!
//! Somebody may have been missed where a question failed, where every question with a whole word of the name had a
//! full answer, or where a row that could not be read says a fitting name.

use std::collections::{BTreeSet, HashMap};

use super::plan::{Question, pieces_of};
use super::{Answer, Match, Names, NotAsked, Recipient, Resolution, Source, Status};
use crate::address_book::cautions::{Domains, of_contact, same_names};
use crate::address_book::search::{Bearer, Fit, Piece, Spelling, Wanted, Why};
use crate::address_book::{Caution, Contact, Error};

/// Matches of all names together that an answer shows, so that fifty names fit a model's context.
const MAX_SHOWN: usize = 100;
/// Matches of one name that are shown, at least and at most.
const SHOWN: (usize, usize) = (2, 20);

/// An address with more names is nobody's.
const MAX_NAMES_OF_AN_ADDRESS: usize = 4;

/// Pieces of a name that bring nearly everybody whom all of them would.
const ENOUGH_PIECES: usize = 8;

/// A person whom the portal brought.
struct Candidate {
    contact: Contact,
    source: Source,
    /// By every name that the address has.
    bearers: Vec<Bearer>,
    has_namesake: bool,
}

/// Judges every name by all that was asked and answered; `domains` counts the domains of everybody's address.
pub(super) fn resolution(
    names: &Names,
    wanted: &[Wanted],
    asked: &[(Question, Answer)],
    domains: impl FnOnce(&[&str]) -> Domains,
) -> Resolution {
    let mut pool = Pool::default();
    let mut not_asked: Vec<NotAsked> = Vec::new();
    let wants_contacts = names.sources.contains(&Source::Contacts);
    let is_asked = |piece: &Piece| {
        let mut contacts = asked.iter().filter(|(question, _)| question.source == Source::Contacts);
        contacts.any(|(question, _)| question.text == piece.text)
    };
    let new = |wanted: &Wanted| match wants_contacts {
        true => About::new(&pieces_of(wanted), is_asked),
        false => About::default(),
    };
    let mut about: Vec<About> = wanted.iter().map(new).collect();
    for (question, answer) in asked {
        let is_full = matches!(answer, Ok(rows) if rows.are_full);
        let brought: Result<Vec<usize>, &Error> = answer.as_ref().map(|rows| {
            let added = rows
                .contacts
                .iter()
                .filter_map(|contact| pool.add(contact, question.source));
            added.collect()
        });
        for name in &question.names {
            if let Some(about) = about.get_mut(*name) {
                about.learn(*name, question, &brought, is_full);
            }
        }
        if let Err(error) = brought {
            tell(&mut not_asked, question, error.clone());
        }
    }
    pool.note_unread(wanted, asked, &mut about);
    pool.find_namesakes();
    let addresses: Vec<&str> = pool
        .candidates
        .iter()
        .map(|candidate| candidate.contact.email.as_str())
        .collect();
    let domains = domains(&addresses);
    let shown = (MAX_SHOWN / names.asked().len().max(1)).clamp(SHOWN.0, SHOWN.1);
    let recipients = names
        .asked()
        .iter()
        .zip(wanted)
        .zip(about)
        .map(|((asked, wanted), about)| recipient(asked, &fitting(wanted, &about, &pool), &about, &domains, shown))
        .collect();
    Resolution {
        recipients,
        not_asked,
        age_seconds: None,
    }
}

/// Adds a failure to those that are known.
fn tell(not_asked: &mut Vec<NotAsked>, question: &Question, error: Error) {
    // The same failure took another time each time.
    let is_same = |known: &Error| (known.code(), known.http_status()) == (error.code(), error.http_status());
    let known = not_asked
        .iter()
        .find(|known| known.source == question.source && is_same(&known.error));
    if known.is_none() {
        not_asked.push(NotAsked {
            source: question.source,
            error,
        });
    }
}

/// What is known about one name.
#[derive(Default)]
struct About {
    brought: BTreeSet<usize>,
    checked: Vec<Source>,
    /// Each spelling, and what its whole words brought.
    spellings: Vec<(Spelling, Reading)>,
    /// True if there was no place for enough of its pieces.
    lacks_pieces: bool,
    /// True if more employees match than were read.
    is_crowded: bool,
    /// True if something failed that another time may not.
    has_failed: bool,
    /// True if somebody who fits stands in a row that could not be read.
    has_unread: bool,
}

/// What is known of a spelling; a later one is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reading {
    NotAsked,
    /// More were there than were read.
    Cut,
    Whole,
}

impl About {
    fn new(pieces: &[Piece], is_asked: impl Fn(&Piece) -> bool) -> Self {
        let mut spellings: Vec<(Spelling, Reading)> = Vec::new();
        for spelling in pieces.iter().filter_map(|piece| piece.spelling) {
            if !spellings.iter().any(|(known, _)| *known == spelling) {
                spellings.push((spelling, Reading::NotAsked));
            }
        }
        Self {
            spellings,
            lacks_pieces: pieces.iter().filter(|piece| is_asked(piece)).count() < pieces.len().min(ENOUGH_PIECES),
            ..Self::default()
        }
    }

    fn learn(&mut self, name: usize, question: &Question, brought: &Result<Vec<usize>, &Error>, is_full: bool) {
        let brought = match brought {
            Ok(brought) => brought,
            Err(error) => {
                // A method that the portal does not have finds nobody another time either.
                self.has_failed |= error.http_status() != Some(404);
                return;
            }
        };
        self.brought.extend(brought);
        if question.is_telling {
            self.checked.push(question.source);
        }
        if question.source == Source::Employees {
            self.is_crowded |= is_full;
            return;
        }
        let reading = if is_full { Reading::Cut } else { Reading::Whole };
        for (known, best) in &mut self.spellings {
            if question.spellings.contains(&(name, *known)) {
                *best = reading.max(*best);
            }
        }
    }

    /// What came of the name as it was typed.
    fn typed(&self) -> Reading {
        let typed = self.spellings.iter().find(|(spelling, _)| *spelling == Spelling::Typed);
        // Contacts were not wanted, or the name has no whole word.
        typed.map_or(Reading::Whole, |(_, reading)| *reading)
    }

    /// Whether somebody who bears the name may have been missed; `has_found` if one who bears it was found.
    fn may_have_missed(&self, has_found: bool) -> bool {
        let is_cut = self.spellings.iter().any(|(_, reading)| *reading == Reading::Cut);
        let of_contacts = is_cut || self.typed() == Reading::NotAsked || (self.lacks_pieces && !has_found);
        self.has_failed || self.has_unread || self.is_crowded || of_contacts
    }
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
    fn add(&mut self, contact: &Contact, source: Source) -> Option<usize> {
        if contact.email.is_empty() {
            return None;
        }
        let bearer = || Bearer::new(contact.name.as_deref(), &contact.email);
        let address = contact.email.to_lowercase();
        let Some(&at) = self.by_address.get(&address) else {
            let at = self.candidates.len();
            self.by_address.insert(address, at);
            self.candidates.push(Candidate {
                bearers: vec![bearer()],
                contact: contact.clone(),
                source,
                has_namesake: false,
            });
            return Some(at);
        };
        let known = self.candidates.get_mut(at)?;
        // Most people come in several answers.
        if (known.source, known.contact.id) == (source, contact.id) {
            return Some(at);
        }
        if known.bearers.len() < MAX_NAMES_OF_AN_ADDRESS {
            known.bearers.push(bearer());
        }
        let is_better = match (known.source, source) {
            (Source::Contacts, Source::Employees) => true,
            (Source::Contacts, Source::Contacts) => known.contact.id < contact.id,
            (Source::Employees, _) => false,
        };
        if is_better {
            known.contact = contact.clone();
            known.source = source;
        }
        Some(at)
    }

    /// Notes for each name whether somebody who fits it, and is not known otherwise, stands in a row that could not be
    /// read.
    fn note_unread(&self, wanted: &[Wanted], asked: &[(Question, Answer)], about: &mut [About]) {
        let answered = asked
            .iter()
            .filter_map(|(question, answer)| Some((question, answer.as_ref().ok()?)));
        for (question, rows) in answered {
            let is_known =
                |row: &Contact| !row.email.is_empty() && self.by_address.contains_key(&row.email.to_lowercase());
            for row in rows.unreadable.iter().filter(|row| !is_known(row)) {
                let bearer = Bearer::new(row.name.as_deref(), &row.email);
                for name in &question.names {
                    if let (Some(wanted), Some(about)) = (wanted.get(*name), about.get_mut(*name)) {
                        about.has_unread |= wanted.fit(&bearer).is_some();
                    }
                }
            }
        }
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
        .filter_map(|candidate| {
            let fits = candidate.bearers.iter().filter_map(|bearer| wanted.fit(bearer));
            Some((fits.min_by_key(|fit| (fit.why, -fit.points))?, candidate))
        })
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
    let has_found = fitting.first().is_some_and(|(fit, _)| fit.why < Why::Similar);
    let may_have_missed = about.may_have_missed(has_found);
    let status = match matches.as_slice() {
        _ if about.checked.is_empty() => None,
        [] => Some(Status::None),
        [only] if is_alone && is_sure(only, may_have_missed) => Some(Status::One),
        _ => Some(Status::Several),
    };
    Recipient {
        asked: asked.to_owned(),
        status,
        more_matches: u32::try_from(fitting.len().saturating_sub(matches.len())).unwrap_or(u32::MAX),
        matches,
        incomplete: may_have_missed,
        choice: None,
    }
}

/// Whether a single match is the one who is meant, as far as can be told.
fn is_sure(only: &Match, may_have_missed: bool) -> bool {
    let has_namesakes = may_have_missed && only.why != Why::ExactAddress;
    only.why != Why::Similar && !has_namesakes && !only.cautions.iter().copied().any(is_serious)
}

/// True for what may send a mail to somebody else than it seems.
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
