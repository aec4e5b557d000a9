//! Grants: what an employee has allowed a client.

pub(in super::super) const ADD: &str = "\
    INSERT INTO grants (member_id, user_id, client_id, client_name, resource, scope, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6, now_ms()) RETURNING id";
/// The first issue of tokens.
pub(in super::super) const BEGIN_USE: &str = "UPDATE grants SET used_at = now_ms() WHERE id = $1 AND ended_at IS NULL";
/// A later issue of tokens. `$2`: how long a grant may be idle.
pub(in super::super) const RENEW: &str = "\
    UPDATE grants SET used_at = now_ms() WHERE id = $1 AND ended_at IS NULL AND used_at > now_ms() - $2";
pub(in super::super) const IS_LIVE: &str = "\
    SELECT 1 FROM grants WHERE id = $1 AND ended_at IS NULL AND used_at > now_ms() - $2";
pub(in super::super) const LIST: &str = "\
    SELECT g.id, g.member_id, g.user_id, COALESCE(p.name, ''), g.client_name, g.created_at, g.used_at \
    FROM grants g LEFT JOIN people p ON p.member_id = g.member_id AND p.user_id = g.user_id \
    WHERE g.ended_at IS NULL AND g.used_at IS NOT NULL ORDER BY g.id DESC";
pub(in super::super) const LIST_OF_EMPLOYEE: &str = "\
    SELECT g.id, g.member_id, g.user_id, COALESCE(p.name, ''), g.client_name, g.created_at, g.used_at \
    FROM grants g LEFT JOIN people p ON p.member_id = g.member_id AND p.user_id = g.user_id \
    WHERE g.member_id = $1 AND g.user_id = $2 AND g.ended_at IS NULL AND g.used_at IS NOT NULL ORDER BY g.id DESC";
pub(in super::super) const END: &str = "\
    UPDATE grants SET ended_at = now_ms(), end_reason = $1 WHERE id = $2 AND ended_at IS NULL \
    RETURNING member_id, user_id";
pub(in super::super) const END_OF_EMPLOYEE: &str = "\
    UPDATE grants SET ended_at = now_ms(), end_reason = $1 \
    WHERE member_id = $2 AND user_id = $3 AND ended_at IS NULL";
pub(in super::super) const END_ALL: &str =
    "UPDATE grants SET ended_at = now_ms(), end_reason = $1 WHERE ended_at IS NULL";
pub(in super::super) const OWNER: &str = "SELECT 1 FROM grants WHERE id = $1 AND member_id = $2 AND user_id = $3";
/// `$1`: how long an ended grant is kept, `$2`: the batch.
pub(in super::super) const SWEEP_ENDED: &str = "\
    DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE ended_at <= now_ms() - $1 LIMIT $2)";
/// `$1`: how long a grant may be idle, `$2`: the batch.
pub(in super::super) const SWEEP_IDLE: &str = "\
    DELETE FROM grants WHERE id IN ( \
      SELECT id FROM grants WHERE used_at <= now_ms() - $1 AND ended_at IS NULL LIMIT $2)";
