//! The SQL of every operation, apart from the library that runs it.
//!
//! The texts hold for SQLite and for PostgreSQL: `$1` is a parameter, and the parameters of a text first occur in the
//! order of their numbers. `now_ms()` is the database's clock in milliseconds since 1970; all times are in that unit.
//! A transaction changes the row of a token or a code before that of its grant, and that of its client last, so that two
//! transactions never wait for each other.

/// The store answers.
pub(super) const CHECK: &str = "SELECT version FROM schema";

pub(super) mod facts {
    //! What the store was made with.

    /// Remembers the key unless there is one. `$1`: its id.
    pub(in super::super) const PIN_KEY: &str = "UPDATE schema SET key_id = $1 WHERE key_id IS NULL";
    pub(in super::super) const KEY: &str = "SELECT key_id FROM schema";
    pub(in super::super) const REPLACE_KEY: &str = "UPDATE schema SET key_id = $1";
    pub(in super::super) const PIN_MEMBER_ID: &str = "UPDATE schema SET member_id = $1 WHERE member_id IS NULL";
    pub(in super::super) const MEMBER_ID: &str = "SELECT member_id FROM schema";
}

pub(super) mod clients {
    //! Registered clients.

    /// `$4`: the most clients.
    pub(in super::super) const ADD: &str = "\
        INSERT INTO clients (id, name, redirect_uris, created_at) \
        SELECT $1, $2, $3, now_ms() WHERE (SELECT count(*) FROM clients) < $4";
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
}

pub(super) mod sign_ins {
    //! Sign-ins from the consent page to the return from the portal.

    /// `$11`: how long it lives, `$12`: the most of one address, `$13`: the most of all.
    pub(in super::super) const BEGIN: &str = "\
        INSERT INTO sign_ins (handle, form_key, address, client_id, client_name, redirect_uri, client_state, \
          challenge, resource, scope, expires_at) \
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now_ms() + $11 \
        WHERE (SELECT count(*) FROM sign_ins WHERE address = $3 AND expires_at > now_ms()) < $12 \
          AND (SELECT count(*) FROM sign_ins WHERE expires_at > now_ms()) < $13";
    pub(in super::super) const APPROVE: &str = "\
        UPDATE sign_ins SET state = $1, binding = $2 \
        WHERE handle = $3 AND form_key = $4 AND state IS NULL AND expires_at > now_ms() \
        RETURNING handle, form_key, address, client_id, client_name, redirect_uri, client_state, challenge, resource, \
          scope";
    pub(in super::super) const REFUSE: &str = "\
        DELETE FROM sign_ins WHERE handle = $1 AND form_key = $2 AND state IS NULL AND expires_at > now_ms() \
        RETURNING handle, form_key, address, client_id, client_name, redirect_uri, client_state, challenge, resource, \
          scope";
    pub(in super::super) const TAKE: &str = "\
        DELETE FROM sign_ins WHERE state = $1 AND binding = $2 AND expires_at > now_ms() \
        RETURNING handle, form_key, address, client_id, client_name, redirect_uri, client_state, challenge, resource, \
          scope";
    pub(in super::super) const END_ALL: &str = "DELETE FROM sign_ins";
    pub(in super::super) const SWEEP: &str = "\
        DELETE FROM sign_ins WHERE handle IN (SELECT handle FROM sign_ins WHERE expires_at <= now_ms() LIMIT $1)";
}

pub(super) mod codes {
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
}

pub(super) mod grants {
    //! Grants: what an employee has allowed a client.

    pub(in super::super) const ADD: &str = "\
        INSERT INTO grants (member_id, user_id, client_id, client_name, resource, scope, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, now_ms()) RETURNING id";
    /// The first issue of tokens.
    pub(in super::super) const BEGIN_USE: &str =
        "UPDATE grants SET used_at = now_ms() WHERE id = $1 AND ended_at IS NULL";
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
}

pub(super) mod tokens {
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
}

pub(super) mod people {
    //! Employees and their sealed pairs.

    pub(in super::super) const NEXT_VERSION: &str =
        "SELECT version + 1 FROM people WHERE member_id = $1 AND user_id = $2";
    /// Keeps the name alone. An empty one does not replace an earlier one.
    pub(in super::super) const NAME: &str = "\
        INSERT INTO people (member_id, user_id, name, version) VALUES ($1, $2, $3, 0) \
        ON CONFLICT (member_id, user_id) DO UPDATE SET name = COALESCE(NULLIF(excluded.name, ''), people.name)";
    /// Keeps the name, unless it is empty, and the pair if its version is the next one.
    pub(in super::super) const SIGN_IN: &str = "\
        INSERT INTO people (member_id, user_id, name, version, key_id, sealed) \
        SELECT $1, $2, $3, $4, $5, $6 \
        WHERE $4 = 1 OR EXISTS (SELECT 1 FROM people WHERE member_id = $1 AND user_id = $2) \
        ON CONFLICT (member_id, user_id) DO UPDATE SET \
          name = COALESCE(NULLIF(excluded.name, ''), people.name), version = excluded.version, \
          key_id = excluded.key_id, sealed = excluded.sealed, lease_until = NULL \
        WHERE people.version = excluded.version - 1";
    pub(in super::super) const PAIR: &str =
        "SELECT version, key_id, sealed FROM people WHERE member_id = $1 AND user_id = $2";
    /// `$1`: how long the lease lives.
    pub(in super::super) const LEASE: &str = "\
        UPDATE people SET lease_until = now_ms() + $1 \
        WHERE member_id = $2 AND user_id = $3 AND version = $4 AND sealed IS NOT NULL \
          AND (lease_until IS NULL OR lease_until <= now_ms()) \
        RETURNING version, key_id, sealed";
    pub(in super::super) const SAVE: &str = "\
        UPDATE people SET version = $1, key_id = $2, sealed = $3, lease_until = NULL \
        WHERE member_id = $4 AND user_id = $5 AND version = $1 - 1 AND sealed IS NOT NULL";
    pub(in super::super) const RESEAL: &str = "\
        UPDATE people SET version = $1, key_id = $2, sealed = $3, lease_until = NULL \
        WHERE member_id = $4 AND user_id = $5 AND version = $1 - 1 AND sealed IS NOT NULL \
          AND (lease_until IS NULL OR lease_until <= now_ms())";
    pub(in super::super) const FREE_LEASE: &str = "\
        UPDATE people SET lease_until = NULL WHERE member_id = $1 AND user_id = $2 AND version = $3";
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
}

pub(super) mod page_sessions {
    //! Browsers that have signed in to the start page.

    /// `$4`: how long it lives.
    pub(in super::super) const ADD: &str = "\
        INSERT INTO page_sessions (session, member_id, user_id, expires_at) VALUES ($1, $2, $3, now_ms() + $4)";
    pub(in super::super) const FIND: &str = "\
        SELECT s.member_id, s.user_id, p.name \
        FROM page_sessions s JOIN people p ON p.member_id = s.member_id AND p.user_id = s.user_id \
        WHERE s.session = $1 AND s.expires_at > now_ms()";
    pub(in super::super) const END: &str = "DELETE FROM page_sessions WHERE session = $1";
    pub(in super::super) const END_OF_EMPLOYEE: &str =
        "DELETE FROM page_sessions WHERE member_id = $1 AND user_id = $2";
    pub(in super::super) const END_ALL: &str = "DELETE FROM page_sessions";
    pub(in super::super) const SWEEP: &str = "\
        DELETE FROM page_sessions WHERE session IN ( \
          SELECT session FROM page_sessions WHERE expires_at <= now_ms() LIMIT $1)";
}
