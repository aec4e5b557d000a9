//! A page that a reading asks for. Pure data.

use crate::address_book::contact::Source;

/// A page to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageRequest {
    pub(super) source: Source,
    pub(super) offset: u64,
    pub(super) limit: u32,
    /// Rows are missing above this id; `None` if the page follows those that have been read.
    pub(super) below: Option<u64>,
}
