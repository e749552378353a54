-- A database can be made anew from an export of it (docs/operate.md, Restore).
--
-- An export has indexes after rows. The foreign key of crls named two columns of certificates, of which only an index said that
-- they are unique: without that index, SQLite refuses every row of crls ("foreign key mismatch"). A foreign key to the id alone
-- and a trigger say the same.

CREATE TABLE crls_restorable (
  -- never given twice: entries refer to it, also those of a list that is gone
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- names an upload before it has an id
  upload_id TEXT NOT NULL UNIQUE CHECK (length(upload_id) = 36),
  -- it counts in all of this account
  account_id TEXT NOT NULL,
  -- the record it was uploaded to, and goes with
  certificate_id TEXT NOT NULL REFERENCES certificates (id) ON DELETE CASCADE,
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
  -- whether it took the place of another one when it became current, and so needed no room. NULL: it did not yet
  replaces INTEGER CHECK (replaces IN (0, 1))
) STRICT;

INSERT INTO crls_restorable (id, upload_id, account_id, certificate_id, issuer_key, ca_key, ca_fingerprint_sha256, issuer,
    ca_path, content_sha256, crl_number, this_update, next_update, covers, part, entries, uploaded_at, state, replaces)
  SELECT id, upload_id, account_id, certificate_id, issuer_key, ca_key, ca_fingerprint_sha256, issuer,
    ca_path, content_sha256, crl_number, this_update, next_update, covers, part, entries, uploaded_at, state, replaces
  FROM crls;

-- The entries of lists that are gone keep their numbers.
DELETE FROM sqlite_sequence WHERE name = 'crls_restorable';
INSERT INTO sqlite_sequence (name, seq) SELECT 'crls_restorable', seq FROM sqlite_sequence WHERE name = 'crls';

-- Dropping crls deletes its rows first, and by ON DELETE CASCADE all that refers to them.
CREATE TABLE authorities (crl_id INTEGER NOT NULL, ca_key TEXT NOT NULL) STRICT;
INSERT INTO authorities (crl_id, ca_key) SELECT crl_id, ca_key FROM crl_authorities;
DROP TABLE crl_authorities;
-- Takes its indexes and its triggers along, and does not set the triggers off.
DROP TABLE crls;
ALTER TABLE crls_restorable RENAME TO crls;

CREATE TABLE crl_authorities (
  crl_id INTEGER NOT NULL REFERENCES crls (id) ON DELETE CASCADE,
  ca_key TEXT NOT NULL CHECK (length(ca_key) = 64 AND ca_key NOT GLOB '*[^0-9a-f]*'),
  PRIMARY KEY (crl_id, ca_key)
) STRICT, WITHOUT ROWID;
INSERT INTO crl_authorities (crl_id, ca_key) SELECT crl_id, ca_key FROM authorities;
DROP TABLE authorities;
CREATE INDEX crl_authorities_by_ca ON crl_authorities (ca_key);

-- Only for the foreign key that is gone.
DROP INDEX certificates_with_account;

CREATE UNIQUE INDEX crls_current ON crls (certificate_id, ca_key, covers, part) WHERE state = 'current';
CREATE INDEX crls_by_issuer ON crls (account_id, issuer_key) WHERE state = 'current';
CREATE INDEX crls_of_certificate ON crls (certificate_id, account_id);
CREATE INDEX crls_in_order ON crls (certificate_id, id) WHERE state = 'current';
CREATE INDEX crls_loading ON crls (account_id, uploaded_at) WHERE state = 'loading';

CREATE TRIGGER crl_is_of_its_account BEFORE INSERT ON crls
WHEN EXISTS (SELECT 1 FROM certificates WHERE id = NEW.certificate_id AND account_id <> NEW.account_id)
BEGIN
  SELECT RAISE(ABORT, 'FOREIGN KEY: a CRL is of the account of its certificate');
END;

-- As they were.
CREATE TRIGGER trust_changes_with_crl AFTER UPDATE OF state ON crls
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.account_id;
END;

CREATE TRIGGER trust_changes_without_crl AFTER DELETE ON crls WHEN OLD.state = 'current'
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = OLD.account_id;
END;

CREATE TRIGGER crl_is_counted AFTER INSERT ON crls
BEGIN
  UPDATE accounts SET crl_entries = crl_entries + NEW.entries WHERE id = NEW.account_id;
  UPDATE certificates SET crls = crls + 1 WHERE id = NEW.certificate_id AND NEW.state = 'current';
  SELECT RAISE(ABORT, 'CRL entry quota reached') FROM accounts
    WHERE id = NEW.account_id AND NEW.entries > 0 AND crl_entries > crl_entry_quota;
  SELECT RAISE(ABORT, 'CRL quota reached') FROM accounts
    WHERE id = NEW.account_id AND NEW.state = 'current' AND crls > crl_quota;
END;

CREATE TRIGGER crl_becomes_current AFTER UPDATE OF state ON crls WHEN NEW.state <> OLD.state
BEGIN
  UPDATE certificates SET crls = crls + (NEW.state = 'current') - (OLD.state = 'current') WHERE id = NEW.certificate_id;
  SELECT RAISE(ABORT, 'CRL quota reached') FROM accounts
    WHERE id = NEW.account_id AND NEW.state = 'current' AND NEW.replaces IS NOT 1 AND crls > crl_quota;
END;

CREATE TRIGGER crl_is_gone AFTER DELETE ON crls
BEGIN
  INSERT INTO crl_garbage (crl_id, account_id) VALUES (OLD.id, OLD.account_id);
  UPDATE accounts SET crl_entries = crl_entries - OLD.entries WHERE id = OLD.account_id;
  UPDATE certificates SET crls = crls - 1 WHERE id = OLD.certificate_id AND OLD.state = 'current';
END;

CREATE TRIGGER crl_stays BEFORE UPDATE OF account_id, certificate_id, entries ON crls
BEGIN
  SELECT RAISE(ABORT, 'a CRL stays as it is');
END;
