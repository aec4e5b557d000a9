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
UPDATE schema SET version = 1, key_id = 'key-1', member_id = 'portal';

-- An employee who has connected a client, and a sign-in that waits for its approval.
INSERT INTO clients VALUES ('client-1', 'A client', '["http://127.0.0.1/callback"]', 1790000000000, 1790000000000);
INSERT INTO grants VALUES (7, 'portal', 1, 'client-1', 'A client', 'https://mcp.example.com/mcp', 'mail.recipients',
  1790000000000, 4000000000000, NULL, NULL);
INSERT INTO access_tokens VALUES (x'0101010101010101010101010101010101010101010101010101010101010101', 7, 4000000000000);
INSERT INTO people VALUES ('portal', 1, 'Anna', 3, 'key-1', x'5ea1ed', NULL);
INSERT INTO sign_ins (handle, form_key, address, expires_at) VALUES
  (x'0202020202020202020202020202020202020202020202020202020202020202',
   x'0303030303030303030303030303030303030303030303030303030303030303', '192.0.2.1', 4000000000000);
