//! The person whose portal account a call uses.

use std::fmt;

use super::employee_id::EmployeeId;

/// The person whose credentials a call uses. Each person has an address book of their own.
///
/// What belongs to a person is kept under the whole value, never under a hash of it. `Debug` hides which person it is.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Person {
    /// The one person whose credentials are in the settings. The number is valid within this process only.
    OfTheSettings(u64),
    /// An employee who has signed in.
    Employee(EmployeeId),
}

impl Person {
    /// Takes turns at the limits for everything that no employee calls: a team server's own calls, such as those of a
    /// sign-in, and every call in one-person modes.
    pub(super) const SERVER: Self = Self::OfTheSettings(0);
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OfTheSettings(_) => "OfTheSettings(..)",
            Self::Employee(_) => "Employee(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashMap};
    use std::hash::{BuildHasherDefault, Hasher};

    fn employee(member_id: &str, user_id: u64) -> Person {
        Person::Employee(EmployeeId {
            member_id: member_id.into(),
            user_id,
        })
    }

    /// A hasher with one value for everything: the worst collision there is.
    #[derive(Default)]
    struct AlwaysTheSame;

    impl Hasher for AlwaysTheSame {
        fn finish(&self) -> u64 {
            7
        }

        fn write(&mut self, _: &[u8]) {}
    }

    #[test]
    fn n68_ids_that_would_collide_under_a_short_hash_are_kept_apart() {
        let people = [
            employee("a1", 1),
            employee("a", 11),
            employee("a", 1),
            employee("b", 1),
            employee("a", 1 + (1 << 32)),
            employee("a", u64::MAX),
            employee("", 1),
            Person::OfTheSettings(1),
        ];
        let mut kept: HashMap<_, _, BuildHasherDefault<AlwaysTheSame>> = HashMap::default();
        for (number, person) in people.iter().enumerate() {
            assert_eq!(kept.insert(person.clone(), number), None, "{number}");
        }
        for (number, person) in people.iter().enumerate() {
            assert_eq!(kept.get(person), Some(&number));
        }
        assert_eq!(people.iter().collect::<BTreeSet<_>>().len(), people.len());
    }

    #[test]
    fn debug_does_not_show_who_it_is() {
        let shown = format!("{:?} {:?}", employee("a1b2c3", 4711), Person::OfTheSettings(4712));
        assert!(!shown.contains("a1b2c3") && !shown.contains("471"), "{shown}");
    }
}
