//! A person of the address book: a mail contact or an employee. Pure data.
//!
//! A name or an address is text that a stranger may have written. When [`listing`](super::listing) reads a row from the
//! portal, it cleans and bounds both with [`portal::clean`](crate::portal::clean) of `portal/foreign_text.rs`. Every
//! [`Contact`] comes from a row that was read in this way, so no later step cleans the text again.
//!
//! The doc comments of types with `JsonSchema` are the descriptions in the JSON schemas of the tools.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cautions::Caution;
use crate::portal::Method;

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

    /// The source's name in JSON and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Employees => "employees",
        }
    }

    /// The REST method that lists the source.
    pub(super) const fn method(self) -> Method {
        match self {
            Self::Contacts => Method::ListContacts,
            Self::Employees => Method::ListEmployees,
        }
    }
}

/// A contact of the calling user's address book, or an employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// Id of the mail contact, or of the employee's user; unrelated to CRM contact ids.
    pub id: u64,
    /// E-mail address.
    pub email: String,
    /// Name: of a contact harvested from mail headers, so untrusted text; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is odd about this contact; absent if nothing is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<Caution>,
}
