//! Codes that clients exchange for tokens.

/// `$5`: how long it lives.
pub(in super::super) const ADD: &str = "\
    INSERT INTO codes (code, grant_id, redirect_uri, challenge, expires_at) VALUES ($1, $2, $3, $4, now_ms() + $5)";
pub(in super::super) const FIND: &str = "\
    SELECT g.client_id, g.client_name, c.redirect_uri, c.challenge, g.resource, g.scope \
    FROM codes c JOIN grants g ON g.id = c.grant_id WHERE c.code = $1";
pub(in super::super) const SPEND: &str = "\
    UPDATE codes SET used_at = now_ms() WHERE code = $1 AND used_at IS NULL AND expires_at > now_ms() \
    RETURNING grant_id";
/// The grant of a code that was used.
pub(in super::super) const SPENT: &str = "SELECT grant_id FROM codes WHERE code = $1 AND used_at IS NOT NULL";
/// Deletes grants whose code nobody used, and their codes with them.
pub(in super::super) const SWEEP: &str = "\
    DELETE FROM grants WHERE id IN ( \
      SELECT grant_id FROM codes WHERE used_at IS NULL AND expires_at <= now_ms() LIMIT $1)";
