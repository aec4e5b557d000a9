//! The people whom a server answers: they decide which advice helps.

/// The people whom a server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The person whose credentials are in the settings.
    OnePerson,
    /// Every employee who has signed in.
    Team,
}
