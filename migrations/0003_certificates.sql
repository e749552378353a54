-- Registered certificates. A record belongs to the scope it was added in: zone_id NULL is the account itself.

CREATE TABLE certificates (
  id TEXT PRIMARY KEY CHECK (length(id) = 36),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  zone_id TEXT,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 350),
  -- exactly what was sent
  pem TEXT NOT NULL,
  -- SHA-256 over the DER of all certificates in order
  content_sha256 TEXT NOT NULL CHECK (length(content_sha256) = 64),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL CHECK (updated_at >= created_at),
  -- the same content once in an account, its zones included
  UNIQUE (account_id, content_sha256),
  FOREIGN KEY (zone_id, account_id) REFERENCES zones (id, account_id)
) STRICT;

-- a scope's list, in the order it is answered; the count for the quota
CREATE INDEX certificates_of_scope ON certificates (account_id, zone_id, created_at, id);

-- The last word on the quota, whoever inserts.
CREATE TRIGGER certificates_within_quota BEFORE INSERT ON certificates
WHEN (SELECT count(*) FROM certificates WHERE account_id = NEW.account_id)
  >= (SELECT certificate_quota FROM accounts WHERE id = NEW.account_id)
BEGIN
  SELECT RAISE(ABORT, 'certificate quota reached');
END;

-- The certificates of each record's PEM, in its order, with what was decoded from them.
CREATE TABLE certificate_chain (
  certificate_id TEXT NOT NULL REFERENCES certificates (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 0),
  der BLOB NOT NULL,
  fingerprint_md5 TEXT NOT NULL CHECK (length(fingerprint_md5) = 32),
  fingerprint_sha256 TEXT NOT NULL CHECK (length(fingerprint_sha256) = 64),
  serial_number TEXT NOT NULL,
  subject TEXT NOT NULL,
  issuer TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL CHECK (not_after >= not_before),
  public_key TEXT NOT NULL,
  signature_algorithm TEXT NOT NULL,
  self_issued INTEGER NOT NULL CHECK (self_issued IN (0, 1)),
  PRIMARY KEY (certificate_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_chain_by_fingerprint ON certificate_chain (fingerprint_sha256);

-- No cascade: a certificate with hostnames cannot be deleted (error 12132).
CREATE TABLE certificate_hostnames (
  certificate_id TEXT NOT NULL REFERENCES certificates (id),
  position INTEGER NOT NULL CHECK (position >= 0),
  -- as sent; this is what answers show
  hostname TEXT NOT NULL,
  -- A-label form, lower case; this is what is compared
  hostname_ascii TEXT NOT NULL CHECK (length(hostname_ascii) <= 253 AND hostname_ascii NOT GLOB '*[^0-9a-z.-]*'),
  PRIMARY KEY (certificate_id, position),
  UNIQUE (certificate_id, hostname_ascii)
) STRICT, WITHOUT ROWID;

CREATE INDEX certificate_hostnames_by_name ON certificate_hostnames (hostname_ascii);
