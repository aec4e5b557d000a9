//! A page that a reading requests. Pure data.

use crate::address_book::contact::Source;

/// A page to request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageRequest {
    pub(super) source: Source,
    pub(super) offset: u64,
    pub(super) limit: u32,
    /// The page closes a gap above the contact with this id; `None` if the page follows those that were read.
    pub(super) below: Option<u64>,
}
