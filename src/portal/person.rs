//! Whose portal account a call uses.

/// The person whose credentials a call uses. Each has an address book of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Person(u64);

impl Person {
    /// The person of a process that has one set of credentials. `number` means nothing outside the process.
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }

    /// A number of this process alone that stands for the person.
    pub fn number(self) -> u64 {
        self.0
    }
}
