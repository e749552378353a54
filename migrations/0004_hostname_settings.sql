-- What is set for a hostname (contract 3, Settings). No row: both are false.

CREATE TABLE hostname_settings (
  -- a replaced row gets a new number, so a list is in the order of the PUT that named its hostnames last
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  -- which zone the hostname belongs to is looked up: a more specific zone may take it over
  account_id TEXT NOT NULL REFERENCES accounts (id),
  -- as sent; this is what answers show
  hostname TEXT NOT NULL,
  -- A-label form, lower case; this is what is compared
  hostname_ascii TEXT NOT NULL CHECK (length(hostname_ascii) <= 253 AND hostname_ascii NOT GLOB '*[^0-9a-z.-]*'),
  china_network INTEGER NOT NULL CHECK (china_network IN (0, 1)),
  client_certificate_forwarding INTEGER NOT NULL CHECK (client_certificate_forwarding IN (0, 1)),
  CHECK (china_network OR client_certificate_forwarding),
  UNIQUE (account_id, hostname_ascii)
) STRICT;

CREATE INDEX hostname_settings_by_name ON hostname_settings (hostname_ascii);
