//! Names and addresses become recipients: all of them in one request, each with who may be meant and why.
//!
//! Nobody is chosen here. A name is `one` only if a single person bears it; whoever is merely similar, or odd, is left to
//! the user. What could not be asked is told, and never looks like an empty answer.

mod judge;
mod plan;

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::page::{Listing, Rows};
use super::search::{Wanted, Why};
use super::{AddressBook, Caution, Error, InvalidQuery};
use crate::portal::{Call, Failed, Method, clean};

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
    /// Nobody was found who bears it, nor one like it.
    None,
}

/// Who may be meant by one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recipient {
    /// The name or address that was asked for.
    pub asked: String,
    /// one, several (ask the user, also about a single similar match) or none; absent if nothing could be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Who may be meant, likeliest first.
    pub matches: Vec<Match>,
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
        self.status = Some(status);
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

/// What the portal answered to one question of the plan.
type Answer = Result<Rows, Error>;

/// A few milliseconds of work.
const ROWS_AT_ONCE: usize = 1_000;

impl AddressBook {
    /// Looks all `names` up, as a rule in one request. `progress` is called with the number of contacts read so far.
    ///
    /// # Errors
    /// [`Error::Portal`] if nothing could be asked at all.
    pub async fn resolve(
        &self,
        names: &Names,
        _progress: &(dyn Fn(usize) + Sync),
        cancellation: &CancellationToken,
    ) -> Result<Resolution, Error> {
        let person = self.person()?;
        let wanted: Vec<Wanted> = names.asked.iter().map(|name| Wanted::new(name)).collect();
        let asked = tokio::select! {
            biased;
            () = cancellation.cancelled() => return Err(Error::cancelled()),
            asked = self.ask(plan::questions(&wanted, &names.sources)) => asked,
        };
        let mut failures = asked.iter().filter_map(|(_, answer)| answer.as_ref().err());
        if let Some(error) = failures.next()
            && failures.count() + 1 == asked.len()
        {
            return Err(error.clone());
        }
        let rows: usize = asked
            .iter()
            .flat_map(|(_, answer)| answer)
            .map(|rows| rows.contacts.len())
            .sum();
        let (names, memory) = (names.clone(), Arc::clone(&self.memory));
        let judge = move || {
            judge::resolution(&names, &wanted, &asked, |addresses| {
                memory.domains(person.number(), addresses.iter().copied())
            })
        };
        // Reading many names takes a while, and others are waiting for this thread.
        if rows <= ROWS_AT_ONCE {
            return Ok(judge());
        }
        let judged = tokio::task::spawn_blocking(judge).await;
        judged.map_err(|_| Error::cancelled())
    }

    async fn ask(&self, questions: Vec<plan::Question>) -> Vec<(plan::Question, Answer)> {
        let calls: Vec<Call> = questions.iter().map(call).collect();
        let outcomes = self.portal.batch::<Listing>(&calls).await;
        let answered = questions.into_iter().zip(outcomes).map(|(question, outcome)| {
            let listing = outcome.and_then(|listing| listing.checked().map_err(Failed::from));
            let rows = listing.map(|listing| listing.into_rows(question.limit as usize));
            (question, rows.map_err(Error::from))
        });
        answered.collect()
    }
}

fn call(question: &plan::Question) -> Call {
    Call {
        method: question.source.method(),
        parameters: json!({"query": question.text, "pagination": {"limit": question.limit, "offset": 0}}),
    }
}
