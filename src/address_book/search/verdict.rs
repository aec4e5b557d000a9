//! The verdict on a contact: why it matches a question, and how well. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a contact matches a question; the surest reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The question is the contact's address.
    ExactAddress,
    /// The question is the whole name.
    ExactName,
    /// The words of the question are in the name, the address or the company.
    Words,
    /// The same words in another script.
    Transliterated,
    /// The same words typed with another keyboard layout.
    KeyboardLayout,
    /// The same name in another grammatical case.
    Declined,
    /// Only a similar name, or a part of it.
    Similar,
}

/// How well a contact fits a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::address_book) struct Fit {
    pub(in crate::address_book) why: Why,
    /// More is better; compared only within the same reason.
    pub(in crate::address_book) points: i32,
    pub(in crate::address_book) standing: Standing,
}

/// Decides whether a contact stays a match if another contact certainly has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::address_book) enum Standing {
    /// The contact stays only if it is certain too.
    Ordinary,
    /// The contact stays beside certain contacts with longer names: the question holds its whole name, apart from a
    /// patronymic and initials.
    WholeName,
    /// The contact always stays, since the question may mean it as likely as the certain contacts.
    Rival,
}

impl Fit {
    /// How well a contact fits a question that contains the contact's address.
    pub(in crate::address_book) const BY_ADDRESS: Self = Self {
        why: Why::ExactAddress,
        points: 0,
        standing: Standing::Ordinary,
    };

    /// The fit of a contact whose address has the part in the question.
    pub(in crate::address_book) const BY_PART_OF_ADDRESS: Self = Self::similar(1_000);

    /// The fit of a similar contact.
    pub(super) const fn similar(points: i32) -> Self {
        Self {
            why: Why::Similar,
            points,
            standing: Standing::Ordinary,
        }
    }

    /// The fit of a contact that has the name in the question, but not the address beside it.
    pub(in crate::address_book) fn as_rival(self) -> Self {
        Self {
            why: Why::Similar,
            standing: Standing::Rival,
            ..self
        }
    }

    /// True if the contact certainly has the name or the address.
    pub(in crate::address_book) fn is_certain(&self) -> bool {
        self.why < Why::Similar
    }

    /// True if the contact stays a match beside any other contact.
    pub(in crate::address_book) fn is_rival(&self) -> bool {
        self.standing == Standing::Rival
    }

    /// True if the question holds the contact's whole name, and the contact is no rival.
    pub(in crate::address_book) fn is_whole_name(&self) -> bool {
        self.standing == Standing::WholeName
    }

    /// The key by which fits are sorted, best first.
    pub(in crate::address_book) fn rank(self) -> (Why, i32) {
        (self.why, -self.points)
    }
}
