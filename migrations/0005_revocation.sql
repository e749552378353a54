-- What is revoked. All of it hangs on a registered certificate and goes with it.

-- Certificate revocation lists (RFC 5280 5). Only those that were checked get here: form, issuer and signature.
CREATE TABLE crls (
  -- never given twice: entries refer to it, also those of a list that is gone
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- names an upload before it has an id
  upload_id TEXT NOT NULL UNIQUE CHECK (length(upload_id) = 36),
  certificate_id TEXT NOT NULL REFERENCES certificates (id) ON DELETE CASCADE,
  -- the CA of the record that signed it
  ca_fingerprint_sha256 TEXT NOT NULL CHECK (length(ca_fingerprint_sha256) = 64),
  -- of its DER
  content_sha256 TEXT NOT NULL CHECK (length(content_sha256) = 64),
  -- hexadecimal, padded to the 20 octets that RFC 5280 5.2.3 allows: the order of texts is the order of numbers
  crl_number TEXT NOT NULL CHECK (length(crl_number) = 40 AND crl_number NOT GLOB '*[^0-9a-f]*'),
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL CHECK (next_update > this_update),
  -- issuingDistributionPoint (5.2.5). Numbers are counted for an issuer and a scope (5.2.3), so each has its own.
  covers TEXT NOT NULL CHECK (covers IN ('all', 'user', 'ca')),
  entries INTEGER NOT NULL CHECK (entries >= 0),
  uploaded_at INTEGER NOT NULL,
  -- only `current` counts; a list is `loading` while its entries come in
  state TEXT NOT NULL CHECK (state IN ('loading', 'current'))
) STRICT;

CREATE UNIQUE INDEX crls_current ON crls (certificate_id, ca_fingerprint_sha256, covers) WHERE state = 'current';
CREATE INDEX crls_of_certificate ON crls (certificate_id);
CREATE INDEX crls_loading ON crls (uploaded_at) WHERE state = 'loading';

-- No foreign key: a list may have a million entries, more than one statement can delete in its time.
CREATE TABLE crl_entries (
  crl_id INTEGER NOT NULL,
  -- content octets of the INTEGER, lower-case hexadecimal
  serial TEXT NOT NULL,
  revoked_at INTEGER NOT NULL,
  -- CRLReason (RFC 5280 5.3.1)
  reason INTEGER NOT NULL,
  PRIMARY KEY (crl_id, serial)
) STRICT, WITHOUT ROWID;

-- Lists that are gone and whose entries are still to be deleted, some at a time.
CREATE TABLE crl_garbage (
  crl_id INTEGER PRIMARY KEY
) STRICT;

CREATE TRIGGER crls_leave_entries AFTER DELETE ON crls
BEGIN
  INSERT INTO crl_garbage (crl_id) VALUES (OLD.id);
END;

-- What becomes of certificates that a list past its nextUpdate does not name. No row: `hard`, they are refused.
CREATE TABLE revocation_policies (
  certificate_id TEXT PRIMARY KEY REFERENCES certificates (id) ON DELETE CASCADE,
  stale_crl TEXT NOT NULL CHECK (stale_crl IN ('soft', 'hard'))
) STRICT, WITHOUT ROWID;

-- Serial numbers that are refused below a record's CAs, whatever a list says.
CREATE TABLE blocked_serials (
  certificate_id TEXT NOT NULL REFERENCES certificates (id) ON DELETE CASCADE,
  -- as in crl_entries
  serial TEXT NOT NULL CHECK (length(serial) BETWEEN 2 AND 80 AND length(serial) % 2 = 0 AND serial NOT GLOB '*[^0-9a-f]*'),
  blocked_at INTEGER NOT NULL,
  PRIMARY KEY (certificate_id, serial)
) STRICT, WITHOUT ROWID;
