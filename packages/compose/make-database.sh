#!/bin/sh
# Makes the role and the database that the secret `store` names: the role owns its database, and may do nothing else.
# PostgreSQL's image runs this once, when its volume is new.
set -eu
password=$(sed -n 's|^postgres://mcp:\([0-9a-f]*\)@.*|\1|p' /run/secrets/store)
test -n "$password"
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" <<SQL
CREATE ROLE mcp LOGIN PASSWORD '$password';
CREATE DATABASE mcp OWNER mcp;
REVOKE ALL ON DATABASE mcp FROM PUBLIC;
SQL
