//! Employees and their sealed pairs.

pub(in super::super) const NEXT_VERSION: &str = "SELECT version + 1 FROM people WHERE member_id = $1 AND user_id = $2";
/// Keeps the name alone. An empty one does not replace an earlier one.
pub(in super::super) const NAME: &str = "\
    INSERT INTO people (member_id, user_id, name, version) VALUES ($1, $2, $3, 0) \
    ON CONFLICT (member_id, user_id) DO UPDATE SET name = COALESCE(NULLIF(excluded.name, ''), people.name)";
/// Keeps the name, unless it is empty, and the pair if its version is the next one. `$7`: when the sign-in was taken.
pub(in super::super) const SIGN_IN: &str = "\
    INSERT INTO people (member_id, user_id, name, version, key_id, sealed, arrived_at) \
    SELECT $1, $2, $3, $4, $5, $6, $7 \
    WHERE $4 = 1 OR EXISTS (SELECT 1 FROM people WHERE member_id = $1 AND user_id = $2) \
    ON CONFLICT (member_id, user_id) DO UPDATE SET \
      name = COALESCE(NULLIF(excluded.name, ''), people.name), version = excluded.version, \
      key_id = excluded.key_id, sealed = excluded.sealed, lease_until = NULL, arrived_at = excluded.arrived_at \
    WHERE people.version = excluded.version - 1";
/// When the sign-in of the present pair was taken. NULL if that is to come: the clock was set back.
pub(in super::super) const ARRIVED: &str = "\
    SELECT CASE WHEN arrived_at <= now_ms() THEN arrived_at END FROM people \
    WHERE member_id = $1 AND user_id = $2 AND sealed IS NOT NULL";
/// `$4`: when the sign-in was taken.
pub(in super::super) const SAVE_ARRIVED: &str = "\
    UPDATE people SET version = $1, key_id = $2, sealed = $3, lease_until = NULL, arrived_at = $4 \
    WHERE member_id = $5 AND user_id = $6 AND version = $1 - 1 AND sealed IS NOT NULL";
pub(in super::super) const PAIR: &str =
    "SELECT version, key_id, sealed FROM people WHERE member_id = $1 AND user_id = $2";
/// `$1`: how long the lease lives. One that ends later is of a time before the clock was set back.
pub(in super::super) const LEASE: &str = "\
    UPDATE people SET lease_until = now_ms() + $1 \
    WHERE member_id = $2 AND user_id = $3 AND version = $4 AND sealed IS NOT NULL \
      AND (lease_until IS NULL OR lease_until <= now_ms() OR lease_until > now_ms() + $1) \
    RETURNING version, key_id, sealed, lease_until";
pub(in super::super) const SAVE: &str = "\
    UPDATE people SET version = $1, key_id = $2, sealed = $3, lease_until = NULL \
    WHERE member_id = $4 AND user_id = $5 AND version = $1 - 1 AND sealed IS NOT NULL";
pub(in super::super) const RESEAL: &str = "\
    UPDATE people SET version = $1, key_id = $2, sealed = $3, lease_until = NULL \
    WHERE member_id = $4 AND user_id = $5 AND version = $1 - 1 AND sealed IS NOT NULL \
      AND (lease_until IS NULL OR lease_until <= now_ms())";
pub(in super::super) const FREE_LEASE: &str = "\
    UPDATE people SET lease_until = NULL WHERE member_id = $1 AND user_id = $2 AND lease_until = $3";
pub(in super::super) const SEALED_OTHERWISE: &str = "\
    SELECT version, key_id, sealed, member_id, user_id FROM people \
    WHERE sealed IS NOT NULL AND key_id <> $1 LIMIT $2";
pub(in super::super) const HAS_GRANT: &str = "\
    SELECT 1 FROM grants WHERE member_id = $1 AND user_id = $2 AND ended_at IS NULL LIMIT 1";
/// Deletes the pair. The version stays, so that a refresh of this pair that is under way does not bring one back.
pub(in super::super) const DELETE_PAIR: &str = "\
    UPDATE people SET key_id = NULL, sealed = NULL, lease_until = NULL WHERE member_id = $1 AND user_id = $2";
pub(in super::super) const DELETE_ALL_PAIRS: &str = "\
    UPDATE people SET key_id = NULL, sealed = NULL, lease_until = NULL WHERE sealed IS NOT NULL";
/// Deletes the pairs of employees without a grant.
pub(in super::super) const SWEEP: &str = "\
    UPDATE people SET key_id = NULL, sealed = NULL, lease_until = NULL \
    WHERE sealed IS NOT NULL AND (member_id, user_id) IN ( \
      SELECT member_id, user_id FROM people p WHERE sealed IS NOT NULL AND NOT EXISTS ( \
        SELECT 1 FROM grants WHERE member_id = p.member_id AND user_id = p.user_id AND ended_at IS NULL) LIMIT $1)";
/// Forgets the names of employees without a grant and a page session. The row stays for its version.
pub(in super::super) const SWEEP_NAMES: &str = "\
    UPDATE people SET name = '' \
    WHERE (member_id, user_id) IN ( \
      SELECT member_id, user_id FROM people p WHERE name <> '' AND NOT EXISTS ( \
        SELECT 1 FROM grants WHERE member_id = p.member_id AND user_id = p.user_id AND ended_at IS NULL) \
      AND NOT EXISTS ( \
        SELECT 1 FROM page_sessions WHERE member_id = p.member_id AND user_id = p.user_id) LIMIT $1)";
