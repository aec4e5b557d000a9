//! The portal's limits, which processes share. A row holds the moment at which a bucket is empty; the level of the
//! bucket is the time until then. Both are in microseconds.

/// When the bucket is empty after a place was taken.
macro_rules! empty_at_with_place {
    () => {
        "CASE \
            WHEN bucket.empty_at > now_ms() * 1000 + $5 THEN now_ms() * 1000 + $6 \
            WHEN bucket.empty_at + $7 > excluded.empty_at THEN bucket.empty_at + $7 \
            ELSE excluded.empty_at \
        END"
    };
}

/// Takes a place. In READ COMMITTED its clock may be older than the row, which another transaction has changed meanwhile:
/// then the place is behind that of the other all the same. Returns the level; no row if the gate is
/// active, or the bucket would be too full. `$1`: the portal; `$2`: the level with the place that is taken of an empty
/// bucket; `$3`, `$4`: the gate; `$5`: a level that cannot be, because the clock was set back; `$6`: the level to
/// continue with then; `$7`: the place; `$8`: the highest level.
pub(in super::super) const TAKE: &str = concat!(
    "INSERT INTO portal_buckets AS bucket (portal, empty_at) SELECT $1, now_ms() * 1000 + $2 \
        WHERE NOT EXISTS ( \
            SELECT 1 FROM operating_times WHERE account = $3 AND method = $4 AND active_until > now_ms()) \
        ON CONFLICT (portal) DO UPDATE SET empty_at = ",
    empty_at_with_place!(),
    " WHERE ",
    empty_at_with_place!(),
    " <= now_ms() * 1000 + $8 RETURNING empty_at - now_ms() * 1000"
);

/// Why no place was taken: the level, and a value if the gate is active. `$1`: the portal; `$2`, `$3`: the gate.
pub(in super::super) const LEVEL: &str = "SELECT \
    (SELECT empty_at - now_ms() * 1000 FROM portal_buckets WHERE portal = $1), \
    (SELECT active_until FROM operating_times WHERE account = $2 AND method = $3 AND active_until > now_ms())";

/// A row if the gate is active. `$1`, `$2`: the gate.
pub(in super::super) const IS_GATED: &str =
    "SELECT active_until FROM operating_times WHERE account = $1 AND method = $2 AND active_until > now_ms()";

pub(in super::super) const NOW: &str = "SELECT now_ms()";

/// The state of a gate. `$1`, `$2`: the gate.
pub(in super::super) const GATE: &str = "SELECT active_until, closed_until, refused_at, probe_at, reported_at, used_ms FROM operating_times \
        WHERE account = $1 AND method = $2";

/// Keeps the state of a gate. `$1`, `$2`: the gate; the others: the columns.
pub(in super::super) const KEEP_GATE: &str = "INSERT INTO operating_times \
    (account, method, active_until, closed_until, refused_at, probe_at, reported_at, used_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
    ON CONFLICT (account, method) DO UPDATE SET active_until = excluded.active_until, \
        closed_until = excluded.closed_until, refused_at = excluded.refused_at, probe_at = excluded.probe_at, \
        reported_at = excluded.reported_at, used_ms = excluded.used_ms";

/// Forgets the state of a gate. `$1`, `$2`: the gate.
pub(in super::super) const FORGET_GATE: &str = "DELETE FROM operating_times WHERE account = $1 AND method = $2";
