//! The person whose portal account a call uses.

/// The person whose credentials a call uses. Each person has an address book of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Person(u64);

impl Person {
    /// Whose turn it is while the portal has one caller.
    pub(super) const ONE: Self = Self(0);

    /// The person with this number, which is valid within this process only.
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }

    /// Identifies the person within this process.
    pub fn number(self) -> u64 {
        self.0
    }
}
