//! The tables, and their migrations.

use rusqlite::{Connection, OptionalExtension};

/// Each migration brings the tables from its index to the next version.
const MIGRATIONS: &[&str] = &[FIRST];

/// The version of the tables that this program uses.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The tables of version 1. Times are in milliseconds since 1970 by the database's clock. Handles, keys, states, codes,
/// tokens and page sessions are SHA-256 digests; the values themselves are not in the store.
const FIRST: &str = "
-- One row: what the store was made with.
CREATE TABLE schema (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  version BIGINT NOT NULL,
  key_id TEXT,        -- the server key that seals; NULL before the first start
  member_id TEXT      -- the portal; NULL before the first sign-in
);
INSERT INTO schema (id, version) VALUES (1, 0);

-- Clients that have registered.
CREATE TABLE clients (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,  -- JSON, a list of texts
  created_at BIGINT NOT NULL,
  used_at BIGINT                -- the last issue of tokens; NULL if never
);

-- Sign-ins from the consent page to the return from the portal.
CREATE TABLE sign_ins (
  handle BLOB PRIMARY KEY,
  form_key BLOB NOT NULL,
  address TEXT NOT NULL,        -- of the browser
  client_id TEXT,               -- this and the next six: NULL if the sign-in is for the start page
  client_name TEXT,
  redirect_uri TEXT,
  client_state TEXT,            -- the client's own `state`; NULL if it sent none
  challenge TEXT,
  resource TEXT,
  scope TEXT,
  state BLOB UNIQUE,            -- this and the next: NULL before the approval
  binding BLOB,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_address ON sign_ins (address, expires_at);
CREATE INDEX sign_ins_client ON sign_ins (client_id);
CREATE INDEX sign_ins_expires_at ON sign_ins (expires_at);

-- What employees have allowed clients: one row for each sign-in for a client.
CREATE TABLE grants (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice
  member_id TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  client_id TEXT NOT NULL,      -- registered, or the address of a metadata document
  client_name TEXT NOT NULL,
  resource TEXT NOT NULL,
  scope TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT,               -- the last issue of tokens; NULL before the code was used
  ended_at BIGINT,              -- NULL while it lives
  end_reason TEXT
);
CREATE INDEX grants_employee ON grants (member_id, user_id);
CREATE INDEX grants_client ON grants (client_id);
CREATE INDEX grants_used_at ON grants (used_at);
CREATE INDEX grants_ended_at ON grants (ended_at);

-- Codes, one for each grant. A used code is kept with its grant, so that a second use is noticed.
CREATE TABLE codes (
  code BLOB PRIMARY KEY,
  grant_id BIGINT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
  redirect_uri TEXT NOT NULL,
  challenge TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT                -- NULL before the use
);
CREATE INDEX codes_grant ON codes (grant_id);
CREATE INDEX codes_unused ON codes (expires_at) WHERE used_at IS NULL;

-- The access tokens of clients. They are deleted at the end of their grant.
CREATE TABLE access_tokens (
  token BLOB PRIMARY KEY,
  grant_id BIGINT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_grant ON access_tokens (grant_id);
CREATE INDEX access_tokens_expires_at ON access_tokens (expires_at);

-- The refresh tokens of clients. A used one is kept for some days, so that a second use is noticed.
CREATE TABLE refresh_tokens (
  token BLOB PRIMARY KEY,
  grant_id BIGINT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  used_at BIGINT,               -- the first use; NULL before
  children BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX refresh_tokens_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_created_at ON refresh_tokens (created_at);
CREATE INDEX refresh_tokens_used_at ON refresh_tokens (used_at);

-- Employees who have signed in, with the portal's tokens. The row outlives the pair, since its version must not fall.
CREATE TABLE people (
  member_id TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  version BIGINT NOT NULL,      -- rises by one with every pair; 0 before the first
  key_id TEXT,                  -- this and the next: NULL without a pair
  sealed BLOB,
  lease_until BIGINT,           -- until then one caller refreshes the pair
  PRIMARY KEY (member_id, user_id)
);

-- Browsers that have signed in to the start page.
CREATE TABLE page_sessions (
  session BLOB PRIMARY KEY,
  member_id TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX page_sessions_employee ON page_sessions (member_id, user_id);
CREATE INDEX page_sessions_expires_at ON page_sessions (expires_at);
";

/// The tables that a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A store of this version; 0 for an empty file.
    Store(i64),
    /// Tables of another program.
    Foreign,
}

/// The tables that the file has.
///
/// # Errors
/// Those of SQLite.
pub(super) fn find(connection: &Connection) -> rusqlite::Result<Found> {
    let tables = "SELECT count(*), COALESCE(sum(name = 'schema'), 0) FROM sqlite_master WHERE type = 'table'";
    let (all, ours): (i64, i64) = connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match (all, ours) {
        (0, _) => Ok(Found::Store(0)),
        (_, 0) => Ok(Found::Foreign),
        _ => {
            let version = connection.query_row("SELECT version FROM schema", [], |row| row.get(0));
            Ok(version.optional()?.map_or(Found::Foreign, Found::Store))
        }
    }
}

/// Brings the tables to this program's version, in one transaction. Returns what was found before.
///
/// # Errors
/// Those of SQLite; then nothing is changed.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<Found> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = find(&transaction)?;
    if let Found::Store(version) = found
        && version < VERSION
    {
        let done = usize::try_from(version).unwrap_or_default();
        for migration in MIGRATIONS.iter().skip(done) {
            transaction.execute_batch(migration)?;
        }
        transaction.execute("UPDATE schema SET version = $1", [VERSION])?;
        transaction.commit()?;
    }
    Ok(found)
}
