//! The tables, and their migrations, for every database.

/// Each migration brings the tables from its index to the next version.
const MIGRATIONS: &[&str] = &[FIRST, SECOND];

/// The version of the tables that this program uses.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The migrations that are missing in a store of the version `found`, for a database that calls bytes `bytes` and numbers
/// rows by `id`.
pub(super) fn missing(found: i64, bytes: &str, id: &str) -> impl Iterator<Item = String> {
    let done = usize::try_from(found).unwrap_or_default();
    let missing = MIGRATIONS.iter().skip(done);
    missing.map(move |text| text.replace("{bytes}", bytes).replace("{id}", id))
}

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
  handle {bytes} PRIMARY KEY,
  form_key {bytes} NOT NULL,
  address TEXT NOT NULL,        -- of the browser
  client_id TEXT,               -- this and the next six: NULL if the sign-in is for the start page
  client_name TEXT,
  redirect_uri TEXT,
  client_state TEXT,            -- the client's own `state`; NULL if it sent none
  challenge TEXT,
  resource TEXT,
  scope TEXT,
  state {bytes} UNIQUE,            -- this and the next: NULL before the approval
  binding {bytes},
  expires_at BIGINT NOT NULL
);
CREATE INDEX sign_ins_address ON sign_ins (address, expires_at);
CREATE INDEX sign_ins_client ON sign_ins (client_id);
CREATE INDEX sign_ins_expires_at ON sign_ins (expires_at);

-- What employees have allowed clients: one row for each sign-in for a client.
CREATE TABLE grants (
  id {id},  -- never given twice
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
  code {bytes} PRIMARY KEY,
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
  token {bytes} PRIMARY KEY,
  grant_id BIGINT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL
);
CREATE INDEX access_tokens_grant ON access_tokens (grant_id);
CREATE INDEX access_tokens_expires_at ON access_tokens (expires_at);

-- The refresh tokens of clients. A used one is kept for some days, so that a second use is noticed.
CREATE TABLE refresh_tokens (
  token {bytes} PRIMARY KEY,
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
  sealed {bytes},
  lease_until BIGINT,           -- until then one caller refreshes the pair
  PRIMARY KEY (member_id, user_id)
);

-- Browsers that have signed in to the start page.
CREATE TABLE page_sessions (
  session {bytes} PRIMARY KEY,
  member_id TEXT NOT NULL,
  user_id BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX page_sessions_employee ON page_sessions (member_id, user_id);
CREATE INDEX page_sessions_expires_at ON page_sessions (expires_at);
";

/// What version 2 adds: what servers that share a store have to know of each other.
const SECOND: &str = "
-- When a server took the sign-in to exchange the portal's code; NULL before.
ALTER TABLE sign_ins ADD COLUMN taken_at BIGINT;
CREATE INDEX sign_ins_taken_at ON sign_ins (taken_at) WHERE taken_at IS NOT NULL;

-- When the sign-in was taken that the pair is of; NULL in a store of version 1.
ALTER TABLE people ADD COLUMN arrived_at BIGINT;

-- The portal's limit on requests, a row for each portal. In microseconds since 1970.
CREATE TABLE portal_buckets (
  portal TEXT PRIMARY KEY,      -- scheme, host and port
  empty_at BIGINT NOT NULL      -- when the bucket is empty if nothing more is taken
);

-- The portal's limit on the operating time of a method, while calls have to wait for it.
CREATE TABLE operating_times (
  account TEXT NOT NULL,        -- what the portal counts by; no secret
  method TEXT NOT NULL,
  active_until BIGINT NOT NULL, -- afterwards the row means nothing
  closed_until BIGINT NOT NULL, -- no call before, except a probe
  refused_at BIGINT,            -- the portal's last refusal; NULL if none closes the method
  probe_at BIGINT,              -- when a call may pass although the method is closed; NULL with refused_at
  reported_at BIGINT,           -- this and the next: what the portal has reported last; NULL if nothing
  used_ms BIGINT,
  PRIMARY KEY (account, method)
);
";
