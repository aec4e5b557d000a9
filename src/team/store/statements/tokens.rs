//! The tokens of clients.

/// `$3`: how long it lives.
pub(in super::super) const ADD_ACCESS: &str =
    "INSERT INTO access_tokens (token, grant_id, expires_at) VALUES ($1, $2, now_ms() + $3)";
pub(in super::super) const ADD_REFRESH: &str = "\
    INSERT INTO refresh_tokens (token, grant_id, created_at) VALUES ($1, $2, now_ms())";
pub(in super::super) const SESSION: &str = "\
    SELECT g.member_id, g.user_id, g.resource, p.version, p.key_id, p.sealed \
    FROM access_tokens a JOIN grants g ON g.id = a.grant_id \
      LEFT JOIN people p ON p.member_id = g.member_id AND p.user_id = g.user_id \
    WHERE a.token = $1 AND a.expires_at > now_ms() AND g.ended_at IS NULL";
pub(in super::super) const FIND_REFRESH: &str = "\
    SELECT g.client_id, g.resource, g.scope FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id \
    WHERE r.token = $1";
/// The first use, or another within the grace. `$2`: the most uses, `$3`: the grace.
pub(in super::super) const SPEND_REFRESH: &str = "\
    UPDATE refresh_tokens SET used_at = COALESCE(used_at, now_ms()), children = children + 1 \
    WHERE token = $1 AND children < $2 AND (used_at IS NULL OR used_at > now_ms() - $3) \
    RETURNING grant_id, children";
/// The grant of a used token, and whether its grace is over. `$1`: the grace.
pub(in super::super) const SPENT_REFRESH: &str = "\
    SELECT grant_id, used_at <= now_ms() - $1 FROM refresh_tokens WHERE token = $2 AND used_at IS NOT NULL";
pub(in super::super) const GRANT_OF_REFRESH: &str = "\
    SELECT r.grant_id FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id \
    WHERE r.token = $1 AND g.client_id = $2";
pub(in super::super) const REVOKE_ACCESS: &str = "\
    DELETE FROM access_tokens WHERE token = $1 AND grant_id IN (SELECT id FROM grants WHERE client_id = $2)";
pub(in super::super) const END_ACCESS_OF_GRANT: &str = "DELETE FROM access_tokens WHERE grant_id = $1";
pub(in super::super) const END_ACCESS_OF_EMPLOYEE: &str = "\
    DELETE FROM access_tokens WHERE grant_id IN (SELECT id FROM grants WHERE member_id = $1 AND user_id = $2)";
pub(in super::super) const END_ALL_ACCESS: &str = "DELETE FROM access_tokens";
pub(in super::super) const SWEEP_ACCESS: &str = "\
    DELETE FROM access_tokens WHERE token IN ( \
      SELECT token FROM access_tokens WHERE expires_at <= now_ms() LIMIT $1)";
/// `$1`: how long a token is kept without use, `$2`: how long after its first use, `$3`: the batch. A used token is
/// kept to notice its use after the grace. A use after the token was deleted is refused as that of an unknown token,
/// and the grant goes on.
pub(in super::super) const SWEEP_REFRESH: &str = "\
    DELETE FROM refresh_tokens WHERE token IN ( \
      SELECT token FROM refresh_tokens \
      WHERE (used_at IS NULL AND created_at <= now_ms() - $1) OR used_at <= now_ms() - $2 LIMIT $3)";
