//! Registered clients.

/// It may be done twice. Several at once do not count each other, so they may go beyond the bound by their number.
/// `$4`: the most clients.
pub(in super::super) const ADD: &str = "\
    INSERT INTO clients (id, name, redirect_uris, created_at) \
    SELECT $1, $2, $3, now_ms() WHERE (SELECT count(*) FROM clients) < $4 \
    ON CONFLICT (id) DO UPDATE SET id = excluded.id";
pub(in super::super) const FIND: &str = "SELECT id, name, redirect_uris FROM clients WHERE id = $1";
/// Marks the client of a grant, if it has registered. `$1`: the grant.
pub(in super::super) const MARK_USED: &str = "\
    UPDATE clients SET used_at = now_ms() WHERE id = (SELECT client_id FROM grants WHERE id = $1)";
/// `$1`: how long a client may stay unused, `$2`: how long it stays after its last use, `$3`: the batch.
pub(in super::super) const SWEEP: &str = "\
    DELETE FROM clients WHERE id IN ( \
      SELECT id FROM clients c \
      WHERE ((used_at IS NULL AND created_at <= now_ms() - $1) OR used_at <= now_ms() - $2) \
        AND NOT EXISTS (SELECT 1 FROM grants WHERE client_id = c.id) \
        AND NOT EXISTS (SELECT 1 FROM sign_ins WHERE client_id = c.id) LIMIT $3)";
