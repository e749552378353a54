-- API tokens (Authorization: Bearer) and keys (X-Auth-Email with X-Auth-Key). Only the SHA-256 of a secret is kept.

CREATE TABLE credentials (
  id TEXT PRIMARY KEY CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),
  kind TEXT NOT NULL CHECK (kind IN ('token', 'key')),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 350),
  -- lower case; a key has one, a token has none
  email TEXT CHECK ((email IS NOT NULL) = (kind = 'key') AND email IS lower(email)),
  secret_sha256 TEXT NOT NULL UNIQUE CHECK (length(secret_sha256) = 64 AND secret_sha256 NOT GLOB '*[^0-9a-f]*'),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
  -- valid from not_before until just before expires_on; NULL: no bound
  not_before INTEGER,
  expires_on INTEGER,
  created_at INTEGER NOT NULL
) STRICT;

-- A grant is on an account, its zones included, or on one zone. 'write' includes 'read'.
CREATE TABLE grants (
  credential_id TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
  account_id TEXT REFERENCES accounts (id),
  zone_id TEXT REFERENCES zones (id),
  permission TEXT NOT NULL CHECK (permission IN ('read', 'write')),
  CHECK ((account_id IS NULL) <> (zone_id IS NULL))
) STRICT;

CREATE UNIQUE INDEX grants_on_accounts ON grants (credential_id, account_id) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX grants_on_zones ON grants (credential_id, zone_id) WHERE zone_id IS NOT NULL;
