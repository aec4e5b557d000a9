//! What the store was made with.

/// Remembers the key unless there is one. `$1`: its id.
pub(in super::super) const PIN_KEY: &str = "UPDATE schema SET key_id = $1 WHERE key_id IS NULL";
pub(in super::super) const KEY: &str = "SELECT key_id FROM schema";
pub(in super::super) const REPLACE_KEY: &str = "UPDATE schema SET key_id = $1";
pub(in super::super) const PIN_MEMBER_ID: &str = "UPDATE schema SET member_id = $1 WHERE member_id IS NULL";
pub(in super::super) const MEMBER_ID: &str = "SELECT member_id FROM schema";
