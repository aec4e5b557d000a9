//! The result of a resolution: for each name its recipient, with the matches and why each may be meant. Pure data.
//!
//! The doc comments of types with `JsonSchema` are the descriptions in the JSON schemas of the tools.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address_book::cautions::Caution;
use crate::address_book::contact::Source;
use crate::address_book::error::NotAsked;
use crate::address_book::search::Why;

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
    /// Records that the user chose the match with this address. Changes nothing if no match has it.
    pub fn choose(&mut self, email: &str) {
        if let Some(at) = self.matches.iter().position(|found| found.email == email) {
            self.matches = vec![self.matches.swap_remove(at)];
            self.decide(Status::One, Choice::Chosen);
        }
    }

    /// Records that the user means none of the matches.
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

/// One line for a user who has to choose: everything that distinguishes the match, cautions included. The name comes
/// last, since a stranger may have written text into the name that looks like the rest of the line.
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
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

/// The recipients of all names of a call, in the order of the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// One recipient for each name.
    pub recipients: Vec<Recipient>,
    /// The sources of which nothing could be read.
    pub not_asked: Vec<NotAsked>,
    /// Seconds since the reading of the oldest page that was used; `None` if every page was read for this call.
    pub age_seconds: Option<u64>,
}
