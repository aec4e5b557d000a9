//! Names and addresses become recipients, each with the people who may be meant and why.
//!
//! All names are judged against the whole address book ([`Book`](super::book::Book)). A name is `one` only if a single
//! person of it bears the name; a person who is merely similar, or odd, is left to the user. Where a part of the book could
//! not be read, the answer says so, and the portal is asked for the names literally as well.

mod judge;
mod literal;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::book::State;
use super::books::Read;
use super::search::{Wanted, Why};
use super::{AddressBook, Caution, Error, InvalidQuery};
use crate::portal::{self, Failed, Method, clean};
use judge::Evidence;

/// The most names of one question.
pub const MAX_NAMES: usize = 50;
/// Longer than any name or address.
const MAX_NAME: usize = 255;

/// Where a recipient is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The user's mail contacts.
    Contacts,
    /// The company's employees.
    Employees,
}

impl Source {
    /// Every source.
    pub const ALL: &[Self] = &[Self::Contacts, Self::Employees];

    /// The name that goes over the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Employees => "employees",
        }
    }

    pub(super) const fn method(self) -> Method {
        match self {
            Self::Contacts => Method::ListContacts,
            Self::Employees => Method::ListEmployees,
        }
    }
}

/// Names to resolve, checked once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Names {
    asked: Vec<String>,
    sources: Vec<Source>,
}

impl Names {
    /// Checks names or addresses, 1 to [`MAX_NAMES`] of them, to be looked for in `sources`; no source means all.
    ///
    /// # Errors
    /// [`InvalidQuery`] names the argument at fault.
    pub fn new(names: &[String], sources: &[Source]) -> Result<Self, InvalidQuery> {
        let refused = |problem: String| {
            Err(InvalidQuery {
                field: "names",
                problem,
            })
        };
        if names.is_empty() || names.len() > MAX_NAMES {
            return refused(format!(
                "must have 1 to {MAX_NAMES} names, not {}; ask for more in another call",
                names.len()
            ));
        }
        let mut asked = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            if name.chars().count() > MAX_NAME {
                return refused(format!("has a name of more than {MAX_NAME} characters at {}", at + 1));
            }
            let cleaned = clean(name, MAX_NAME).text.into_owned();
            if !cleaned.chars().any(char::is_alphanumeric) {
                return refused(format!("has no name at {}; each must be a name or an address", at + 1));
            }
            asked.push(cleaned);
        }
        let is_asked = |source: &Source| sources.is_empty() || sources.contains(source);
        Ok(Self {
            asked,
            sources: Source::ALL.iter().copied().filter(is_asked).collect(),
        })
    }

    /// The names, cleaned.
    pub fn asked(&self) -> &[String] {
        &self.asked
    }

    /// Where to look.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

/// Whether a name tells who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A single person in the address book bears the name.
    One,
    /// The user has to choose, or to confirm who is only similar or odd.
    Several,
    /// Nobody bears it, nor a name like it.
    None,
}

/// Who may be meant by one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recipient {
    /// The name or address that was asked for.
    pub asked: String,
    /// one, several (ask the user, also about a single similar match) or none.
    pub status: Status,
    /// Who may be meant, likeliest first.
    pub matches: Vec<Match>,
    /// The recipients that this entry names, if they are more than one; give each as a name of its own. Matches are all
    /// of theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<String>,
    /// Matches that are not shown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_matches: u32,
    /// True if the address book was not read whole, so that somebody of that name may be missing; status is then one only for
    /// an exact address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// What the user chose in a form; absent if nobody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
}

/// What the user said to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// This one.
    Chosen,
    /// None of those who were shown.
    NoneOfThese,
    /// Not to be asked.
    Declined,
    /// Nothing: the form was closed, or nobody answered.
    Cancelled,
}

impl Recipient {
    /// The user chose the match with this address; an address of no match changes nothing.
    pub fn choose(&mut self, email: &str) {
        if let Some(at) = self.matches.iter().position(|found| found.email == email) {
            self.matches = vec![self.matches.swap_remove(at)];
            self.decide(Status::One, Choice::Chosen);
        }
    }

    /// The user means nobody of those who were found.
    pub fn choose_nobody(&mut self) {
        self.matches.clear();
        self.decide(Status::None, Choice::NoneOfThese);
    }

    fn decide(&mut self, status: Status, choice: Choice) {
        self.status = status;
        self.choice = Some(choice);
        self.more_matches = 0;
        self.incomplete = false;
    }
}

/// A line for a person who has to choose: everything that tells the matches apart, oddities included. The name stands
/// last, since a stranger may have written words like ours into it.
impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.email)?;
        if self.source == Source::Employees {
            f.write_str(", colleague")?;
        }
        for caution in &self.cautions {
            write!(f, ", caution: {}", caution.code().replace('_', " "))?;
        }
        match &self.name {
            Some(name) => write!(f, ": {name}"),
            None => Ok(()),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A person who may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Match {
    /// Name: of a contact untrusted text; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    pub email: String,
    /// Id of the mail contact, or of the employee's user.
    pub id: u64,
    /// Where the person is known from.
    pub source: Source,
    /// Why the person may be meant.
    pub why: Why,
    /// What is odd about this person; absent if nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<Caution>,
}

/// A source of which nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAsked {
    /// The source.
    pub source: Source,
    /// Why.
    pub error: Error,
}

/// The answer to a whole list of names, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// One for each name.
    pub recipients: Vec<Recipient>,
    /// What could not be asked.
    pub not_asked: Vec<NotAsked>,
    /// Seconds since the oldest page that was used was read; `None` if all was read for this question.
    pub age_seconds: Option<u64>,
}

/// Work on so many contacts takes a few milliseconds.
const CONTACTS_AT_ONCE: usize = 1_000;
/// What a caller keeps of its time for an answer from a part of the book: at most a quarter of all.
const TO_ANSWER: Duration = Duration::from_secs(3);

impl AddressBook {
    /// Looks all `names` up in the whole address book, which is read if it is not in memory. `progress` is called with
    /// the number of contacts read so far. Addresses alone are asked for as they are, in one request, and need no book if
    /// they are all contacts'.
    ///
    /// # Errors
    /// [`Error::Portal`] if nothing could be read at all.
    pub async fn resolve(
        &self,
        names: &Names,
        progress: &(dyn Fn(usize) + Sync),
        cancellation: &CancellationToken,
    ) -> Result<Resolution, Error> {
        let (arrived, after) = (Instant::now(), self.portal.timeout());
        let resolving = tokio::time::timeout(after, self.resolved(names, arrived, progress));
        tokio::select! {
            biased;
            () = cancellation.cancelled() => Err(Error::cancelled()),
            resolution = resolving => resolution.map_err(|_| Failed::from(portal::Error::TimedOut { after }))?,
        }
    }

    async fn resolved(
        &self,
        names: &Names,
        arrived: Instant,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Resolution, Error> {
        let (person, time) = (self.person()?, self.portal.timeout());
        let deadline = arrived + time;
        let wanted: Vec<Wanted> = names.asked.iter().map(|name| Wanted::new(name)).collect();
        // The rest of the time is for the answer from a part of the book.
        let until = deadline - TO_ANSWER.min(time / 4);
        let literal_until = until + (deadline - until) / 2;
        let wants_contacts = names.sources.contains(&Source::Contacts);
        if wants_contacts && wanted.iter().all(Wanted::is_address) && self.books.fresh(person).is_none() {
            let asking = self.ask_literally(&wanted, &[Source::Contacts]);
            let found = tokio::time::timeout_at(until, asking).await.ok().flatten();
            // An address that is no contact's may be an employee's, whose addresses the portal does not search.
            if let Some(index) = found.filter(|index| wanted.iter().all(|wanted| index.has_address_of(wanted))) {
                let evidence = Evidence {
                    indexes: vec![index],
                    ..Evidence::default()
                };
                return self.judged(names, wanted, evidence).await;
            }
        }
        let Read { book, age, is_current } = self.books.read(person, arrived, Some(until), progress).await?;
        let states = &book.known.states;
        let not_asked = states.not_asked(&names.sources);
        if let ([failed, ..], true) = (not_asked.as_slice(), not_asked.len() == names.sources.len()) {
            return Err(failed.error.clone());
        }
        let mut indexes = vec![Arc::clone(&book.index)];
        let is_part = |source: &Source| !is_current || matches!(states.of(*source), State::Partly);
        let parts: Vec<Source> = names.sources.iter().copied().filter(is_part).collect();
        if !parts.is_empty() && book.known.has_batch {
            let asking = self.ask_literally(&wanted, &parts);
            indexes.extend(tokio::time::timeout_at(literal_until, asking).await.ok().flatten());
        }
        let evidence = Evidence {
            is_whole: is_current && states.are_whole(&names.sources),
            not_asked,
            indexes,
        };
        let resolution = self.judged(names, wanted, evidence).await?;
        Ok(Resolution {
            age_seconds: age.map(|age| age.as_secs()),
            ..resolution
        })
    }

    /// Judges off the threads that serve callers, unless it is done in a moment.
    async fn judged(&self, names: &Names, wanted: Vec<Wanted>, evidence: Evidence) -> Result<Resolution, Error> {
        let contacts: usize = evidence.indexes.iter().map(|index| index.len()).sum();
        if contacts <= CONTACTS_AT_ONCE {
            return judge::resolution(names, &wanted, &evidence, &|| true).ok_or_else(Error::cancelled);
        }
        let names = names.clone();
        let judging = self
            .processors
            .run(move |goes_on| judge::resolution(&names, &wanted, &evidence, goes_on));
        judging.await.flatten().ok_or_else(Error::cancelled)
    }
}
