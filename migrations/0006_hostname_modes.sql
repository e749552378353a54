-- What the edge does with clients of a hostname that it would refuse. No row: `required`, they are refused.

CREATE TABLE hostname_modes (
  -- which zone the hostname belongs to is looked up: a more specific zone may take it over
  account_id TEXT NOT NULL REFERENCES accounts (id),
  -- A-label form, lower case; this is what is compared
  hostname_ascii TEXT NOT NULL CHECK (length(hostname_ascii) <= 253 AND hostname_ascii NOT GLOB '*[^0-9a-z.-]*'),
  -- as sent; this is what answers show
  hostname TEXT NOT NULL,
  -- `report`: they are let through, and the refusal is logged
  mode TEXT NOT NULL CHECK (mode IN ('report')),
  PRIMARY KEY (account_id, hostname_ascii)
) STRICT, WITHOUT ROWID;
