-- A CRL counts for its CA, wherever that stands, and not for the record that it was uploaded to.

-- What a CA is known by (src/x509/ca-keys.ts). '': the row was written before these columns were.
ALTER TABLE certificate_chain ADD COLUMN name_key TEXT NOT NULL DEFAULT ''
  CHECK (length(name_key) IN (0, 64) AND name_key NOT GLOB '*[^0-9a-f]*');
ALTER TABLE certificate_chain ADD COLUMN ca_key TEXT NOT NULL DEFAULT ''
  CHECK (length(ca_key) IN (0, 64) AND ca_key NOT GLOB '*[^0-9a-f]*');

CREATE INDEX certificate_chain_by_name_key ON certificate_chain (name_key);
CREATE INDEX certificate_chain_by_ca_key ON certificate_chain (ca_key);

-- lets a CRL's foreign key say "a record of this very account"
CREATE UNIQUE INDEX certificates_with_account ON certificates (id, account_id);

CREATE TABLE crls_by_ca (
  -- never given twice: entries refer to it, also those of a list that is gone
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- names an upload before it has an id
  upload_id TEXT NOT NULL UNIQUE CHECK (length(upload_id) = 36),
  -- it counts in all of this account
  account_id TEXT NOT NULL,
  -- the record it was uploaded to, and goes with
  certificate_id TEXT NOT NULL,
  -- name_key of the CA that signed it; '' in rows from before
  issuer_key TEXT NOT NULL CHECK (length(issuer_key) IN (0, 64) AND issuer_key NOT GLOB '*[^0-9a-f]*'),
  -- ca_key of the CA that signed it; in rows from before its fingerprint, which tells CAs apart as well
  ca_key TEXT NOT NULL CHECK (length(ca_key) = 64 AND ca_key NOT GLOB '*[^0-9a-f]*'),
  -- SHA-256 of the certificate of the CA that signed it
  ca_fingerprint_sha256 TEXT NOT NULL CHECK (length(ca_fingerprint_sha256) = 64),
  -- subject of that certificate, for people
  issuer TEXT NOT NULL,
  -- DER of that certificate, then of those that lead from it up to the certificate of the record that it was proven by, that
  -- one included, one after the other
  ca_path BLOB NOT NULL CHECK (length(ca_path) > 0),
  -- of its DER
  content_sha256 TEXT NOT NULL CHECK (length(content_sha256) = 64),
  -- hexadecimal, padded to the 20 octets that RFC 5280 5.2.3 allows: the order of texts is the order of numbers
  -- NULL: it has none that it can be ordered by
  crl_number TEXT CHECK (length(crl_number) = 40 AND crl_number NOT GLOB '*[^0-9a-f]*'),
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL CHECK (next_update > this_update),
  -- issuingDistributionPoint (5.2.5). Numbers are counted for an issuer and a scope (5.2.3), so each has its own.
  covers TEXT NOT NULL CHECK (covers IN ('all', 'user', 'ca')),
  -- the names of its distributionPoint, a sorted JSON array of comparison keys; '': it is no part of several
  part TEXT NOT NULL DEFAULT '' CHECK (part = '' OR json_type(part) = 'array'),
  entries INTEGER NOT NULL CHECK (entries >= 0),
  uploaded_at INTEGER NOT NULL,
  -- only `current` counts; a list is `loading` while its entries come in
  state TEXT NOT NULL CHECK (state IN ('loading', 'current')),
  FOREIGN KEY (certificate_id, account_id) REFERENCES certificates (id, account_id) ON DELETE CASCADE
) STRICT;

INSERT INTO crls_by_ca (id, upload_id, account_id, certificate_id, issuer_key, ca_key, ca_fingerprint_sha256, issuer,
    ca_path, content_sha256, crl_number, this_update, next_update, covers, entries, uploaded_at, state)
  SELECT l.id, l.upload_id, c.account_id, l.certificate_id, '', l.ca_fingerprint_sha256, l.ca_fingerprint_sha256,
    ch.subject, ch.der, l.content_sha256, l.crl_number, l.this_update, l.next_update, l.covers, l.entries,
    l.uploaded_at, l.state
  FROM crls l
    JOIN certificates c ON c.id = l.certificate_id
    JOIN certificate_chain ch
      ON ch.certificate_id = l.certificate_id AND ch.fingerprint_sha256 = l.ca_fingerprint_sha256;

-- The entries of lists that are gone keep their numbers.
DELETE FROM sqlite_sequence WHERE name = 'crls_by_ca';
INSERT INTO sqlite_sequence (name, seq) SELECT 'crls_by_ca', seq FROM sqlite_sequence WHERE name = 'crls';

-- Takes its indexes and its trigger along, and does not set the trigger off.
DROP TABLE crls;
ALTER TABLE crls_by_ca RENAME TO crls;

CREATE UNIQUE INDEX crls_current ON crls (certificate_id, ca_key, covers, part) WHERE state = 'current';
CREATE INDEX crls_by_issuer ON crls (account_id, issuer_key) WHERE state = 'current';
CREATE INDEX crls_of_certificate ON crls (certificate_id, account_id);
CREATE INDEX crls_loading ON crls (uploaded_at) WHERE state = 'loading';

CREATE TRIGGER crls_leave_entries AFTER DELETE ON crls
BEGIN
  INSERT INTO crl_garbage (crl_id) VALUES (OLD.id);
END;

-- The ca_keys on whose paths a list can matter: of the CA that signed it, and of those above that by which it was proven.
CREATE TABLE crl_authorities (
  crl_id INTEGER NOT NULL REFERENCES crls (id) ON DELETE CASCADE,
  ca_key TEXT NOT NULL CHECK (length(ca_key) = 64 AND ca_key NOT GLOB '*[^0-9a-f]*'),
  PRIMARY KEY (crl_id, ca_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX crl_authorities_by_ca ON crl_authorities (ca_key);

INSERT INTO crl_authorities (crl_id, ca_key) SELECT id, ca_key FROM crls;
