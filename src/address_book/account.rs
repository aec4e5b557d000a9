//! One person's access to the portal.

use crate::portal::{Person, Portal};

/// The portal client of one person, and that person: the owner of everything that is read with it.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) portal: Portal,
    pub(super) person: Person,
}
