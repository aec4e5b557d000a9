//! Browsers that have signed in to the start page.

/// `$4`: how long it lives.
pub(in super::super) const ADD: &str = "\
    INSERT INTO page_sessions (session, member_id, user_id, expires_at) VALUES ($1, $2, $3, now_ms() + $4)";
pub(in super::super) const FIND: &str = "\
    SELECT s.member_id, s.user_id, p.name \
    FROM page_sessions s JOIN people p ON p.member_id = s.member_id AND p.user_id = s.user_id \
    WHERE s.session = $1 AND s.expires_at > now_ms()";
pub(in super::super) const END: &str = "DELETE FROM page_sessions WHERE session = $1";
pub(in super::super) const END_OF_EMPLOYEE: &str = "DELETE FROM page_sessions WHERE member_id = $1 AND user_id = $2";
pub(in super::super) const END_ALL: &str = "DELETE FROM page_sessions";
pub(in super::super) const SWEEP: &str = "\
    DELETE FROM page_sessions WHERE session IN ( \
      SELECT session FROM page_sessions WHERE expires_at <= now_ms() LIMIT $1)";
