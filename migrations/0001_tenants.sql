-- Who owns what. Ids are 32 lower-case hex digits, times are Unix seconds (UTC).

CREATE TABLE accounts (
  id TEXT PRIMARY KEY CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 350),
  -- 0: known, but Access is not enabled (error 9999)
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  -- certificates the account and its zones may hold together; 0 reproduces an account without the entitlement
  certificate_quota INTEGER NOT NULL DEFAULT 50 CHECK (certificate_quota >= 0),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE zones (
  id TEXT PRIMARY KEY CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  -- A-label form, lower case. UNIQUE: whoever owns a domain decides who gets in there, so it has one owner everywhere.
  domain TEXT NOT NULL UNIQUE CHECK (length(domain) BETWEEN 1 AND 253 AND domain NOT GLOB '*[^0-9a-z.-]*'),
  enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at INTEGER NOT NULL,
  -- lets a certificate's foreign key say "a zone of this very account"
  UNIQUE (id, account_id)
) STRICT;

CREATE INDEX zones_by_account ON zones (account_id);
