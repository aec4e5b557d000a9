//! Sign-ins from the consent page to the return from the portal.

/// It may be done twice. Several at once do not count each other, so they may go beyond the bounds by their number.
/// `$11`: how long it lives, `$12`: the most of one address, `$13`: the most of all.
pub(in super::super) const BEGIN: &str = "\
    INSERT INTO sign_ins (handle, form_key, address, client_id, client_name, redirect_uri, client_state, \
      challenge, resource, scope, expires_at) \
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now_ms() + $11 \
    WHERE (SELECT count(*) FROM sign_ins WHERE address = $3 AND expires_at > now_ms()) < $12 \
      AND (SELECT count(*) FROM sign_ins WHERE expires_at > now_ms()) < $13 \
    ON CONFLICT (handle) DO UPDATE SET handle = excluded.handle";
pub(in super::super) const APPROVE: &str = "\
    UPDATE sign_ins SET state = $1, binding = $2 \
    WHERE handle = $3 AND form_key = $4 AND state IS NULL AND expires_at > now_ms() \
    RETURNING handle, form_key, address, client_id, client_name, redirect_uri, client_state, challenge, resource, \
      scope";
pub(in super::super) const REFUSE: &str = "\
    DELETE FROM sign_ins WHERE handle = $1 AND form_key = $2 AND state IS NULL AND expires_at > now_ms() \
    RETURNING handle, form_key, address, client_id, client_name, redirect_uri, client_state, challenge, resource, \
      scope";
/// `$1`: how long it is kept from now on.
pub(in super::super) const TAKE: &str = "\
    UPDATE sign_ins SET taken_at = now_ms(), expires_at = now_ms() + $1 \
    WHERE state = $2 AND binding = $3 AND taken_at IS NULL AND expires_at > now_ms() \
    RETURNING handle, form_key, address, client_id, client_name, redirect_uri, client_state, challenge, resource, \
      scope";
/// Ends a sign-in that was taken.
pub(in super::super) const ARRIVE: &str = "\
    DELETE FROM sign_ins WHERE handle = $1 AND taken_at IS NOT NULL RETURNING taken_at";
/// `$2`: how long a sign-in is under way at most.
pub(in super::super) const NEWEST_ARRIVAL: &str = "\
    SELECT max(taken_at) FROM sign_ins WHERE taken_at <= $1 AND taken_at > now_ms() - $2";
pub(in super::super) const END_ALL: &str = "DELETE FROM sign_ins";
pub(in super::super) const SWEEP: &str = "\
    DELETE FROM sign_ins WHERE handle IN (SELECT handle FROM sign_ins WHERE expires_at <= now_ms() LIMIT $1)";
