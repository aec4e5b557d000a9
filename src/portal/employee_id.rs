//! Identifies an employee of a portal.

use std::fmt;
use std::sync::Arc;

/// An employee: the portal's `member_id` and the user's id on it. Debug hides both.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmployeeId {
    /// The portal's id, which stays the same if the portal is renamed.
    pub member_id: Arc<str>,
    /// The user's id on the portal.
    pub user_id: u64,
}

impl fmt::Debug for EmployeeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmployeeId")
    }
}
