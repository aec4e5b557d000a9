//! The employees that have an account at the demo portal: their names, and whether they may use the application. Pure.
//!
//! `employees.rs` has the people that a search of the company finds; these here sign in and own the address books.

use std::collections::HashSet;

/// An employee with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) user: u64,
    pub(super) first_name: String,
    pub(super) last_name: String,
}

impl Person {
    pub(super) fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// The employees that the sign-in page offers by name.
pub(super) const NAMED: &[(u64, &str, &str)] = &[
    (1, "Anna", "Lindqvist"),
    (7, "Boris", "Keller"),
    (8, "Carla", "Moretti"),
];

/// The id of the first generated employee.
const FIRST_GENERATED: u64 = 1001;

/// The ids of the first `count` generated employees.
pub(super) fn generated(count: u32) -> impl Iterator<Item = u64> {
    FIRST_GENERATED..FIRST_GENERATED + u64::from(count)
}

/// The accounts of a portal.
#[derive(Debug, Default)]
pub(super) struct People {
    generated: u32,
    dismissed: HashSet<u64>,
    excluded: HashSet<u64>,
    is_application_removed: bool,
}

/// Why an employee may not use the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barred {
    /// The employee was dismissed.
    Dismissed,
    /// The employee is not on the application's access list.
    Excluded,
    /// An administrator has removed the application.
    ApplicationRemoved,
}

impl People {
    /// The named employees, and this many generated ones.
    pub(super) fn new(generated: u32) -> Self {
        Self {
            generated,
            ..Self::default()
        }
    }

    /// The employee with this id.
    pub(super) fn find(&self, user: u64) -> Option<Person> {
        let named = NAMED.iter().find(|(id, ..)| *id == user);
        let (first_name, last_name) = match named {
            Some((_, first, last)) => ((*first).to_owned(), (*last).to_owned()),
            None if generated(self.generated).any(|id| id == user) => ("Employee".to_owned(), user.to_string()),
            None => return None,
        };
        Some(Person {
            user,
            first_name,
            last_name,
        })
    }

    /// The employee with this id, if not dismissed.
    pub(super) fn find_active(&self, user: u64) -> Option<Person> {
        self.find(user).filter(|person| !self.dismissed.contains(&person.user))
    }

    /// The employees that the sign-in page offers.
    pub(super) fn offered(&self) -> Vec<Person> {
        let ids = NAMED.iter().map(|(id, ..)| *id);
        ids.filter_map(|id| self.find_active(id)).collect()
    }

    /// True if there are employees that the sign-in page does not offer by name.
    pub(super) fn has_generated(&self) -> bool {
        self.generated > 0
    }

    pub(super) fn dismiss(&mut self, user: u64) {
        self.dismissed.insert(user);
    }

    pub(super) fn exclude(&mut self, user: u64) {
        self.excluded.insert(user);
    }

    pub(super) fn remove_application(&mut self) {
        self.is_application_removed = true;
    }

    /// Whether something bars this employee from the application.
    pub(super) fn barred(&self, user: u64) -> Option<Barred> {
        if self.is_application_removed {
            Some(Barred::ApplicationRemoved)
        } else if self.dismissed.contains(&user) {
            Some(Barred::Dismissed)
        } else {
            self.excluded.contains(&user).then_some(Barred::Excluded)
        }
    }

    /// True if an administrator has removed the application.
    pub(super) fn is_application_removed(&self) -> bool {
        self.is_application_removed
    }
}
