-- Clients seen at the hostnames of an account: one row for each hostname and certificate, however many requests it stands for. They
-- decide nothing. Bounds are on rows and bytes, kept by triggers; what finds no room is counted as `others` of its hostname.
--
-- A client is the account's own where one of the hostname's CAs signed its certificate. Anybody can be a stranger, so strangers
-- have rooms of their own.

-- A hostname with certificates at which clients were seen. Another zone that takes the hostname over begins anew.
CREATE TABLE client_hostnames (
  id INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  zone_id TEXT NOT NULL,
  -- A-label form, lower case
  hostname_ascii TEXT NOT NULL CHECK (length(hostname_ascii) <= 253 AND hostname_ascii NOT GLOB '*[^0-9a-z.-]*'),
  -- since when its clients are kept: Unix seconds, UTC
  since INTEGER NOT NULL,
  -- rows of `clients`
  own INTEGER NOT NULL DEFAULT 0 CHECK (own >= 0),
  strangers INTEGER NOT NULL DEFAULT 0 CHECK (strangers >= 0),
  -- requests of clients that found no room here or in an isolate, and when that last happened
  own_others INTEGER NOT NULL DEFAULT 0,
  own_others_at INTEGER,
  stranger_others INTEGER NOT NULL DEFAULT 0,
  stranger_others_at INTEGER,
  -- when old rows were last deleted: days since 1970-01-01, UTC
  swept_day INTEGER NOT NULL,
  UNIQUE (zone_id, hostname_ascii),
  FOREIGN KEY (zone_id, account_id) REFERENCES zones (id, account_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX client_hostnames_by_sweep ON client_hostnames (swept_day);

CREATE TABLE clients (
  hostname_id INTEGER NOT NULL REFERENCES client_hostnames (id),
  -- SHA-256 of the certificate's DER; or the code of requests without one that can be read
  client TEXT NOT NULL CHECK (length(client) BETWEEN 1 AND 64),
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  -- for people, the first characters
  subject TEXT NOT NULL CHECK (length(subject) <= 256),
  issuer TEXT NOT NULL CHECK (length(issuer) <= 256),
  -- NULL: no certificate that can be read
  not_after INTEGER,
  -- SHA-256 of the anchor over which it was last accepted
  anchor TEXT CHECK (length(anchor) = 64),
  accepted INTEGER NOT NULL CHECK (accepted >= 0),
  accepted_at INTEGER,
  -- why it was last refused
  refusal TEXT CHECK (length(refusal) <= 64),
  refused INTEGER NOT NULL CHECK (refused >= 0),
  refused_at INTEGER CHECK ((refused_at IS NULL) = (refusal IS NULL)),
  first_at INTEGER NOT NULL,
  -- SHA-256 of the certificates that came with it; '': none did; NULL: they are too large to be kept
  chain TEXT CHECK (length(chain) IN (0, 64)),
  CHECK (coalesce(accepted_at, refused_at) IS NOT NULL),
  PRIMARY KEY (hostname_id, client)
) STRICT, WITHOUT ROWID;

-- DER of clients' certificates, and of the certificates that came with them, one after the other: a client can be decided on again.
CREATE TABLE client_certificates (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  -- of `der`
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  der BLOB NOT NULL CHECK (length(der) BETWEEN 1 AND 16384),
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  -- when it was last seen by a new isolate: days since 1970-01-01, UTC
  day INTEGER NOT NULL,
  PRIMARY KEY (account_id, sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX client_certificates_by_day ON client_certificates (day);

-- Accepted requests by day and anchor, those of `others` included.
CREATE TABLE client_anchors (
  hostname_id INTEGER NOT NULL REFERENCES client_hostnames (id),
  day INTEGER NOT NULL,
  -- SHA-256 of its DER
  anchor TEXT NOT NULL CHECK (length(anchor) = 64),
  count INTEGER NOT NULL CHECK (count > 0),
  last_at INTEGER NOT NULL,
  PRIMARY KEY (hostname_id, day, anchor)
) STRICT, WITHOUT ROWID;

-- How many batches all isolates together wrote in a minute and the minute before: each goes slower where these are many.
CREATE TABLE client_pace (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  minute INTEGER NOT NULL,
  batches INTEGER NOT NULL,
  batches_before INTEGER NOT NULL
) STRICT;
INSERT INTO client_pace (id, minute, batches, batches_before) VALUES (1, 0, 0, 0);

-- Bytes of all these rows of an account: a client counts as 600, an anchor's day as 100, a certificate as 200 and its DER.
ALTER TABLE accounts ADD COLUMN client_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN stranger_bytes INTEGER NOT NULL DEFAULT 0;

-- A client that was not seen for 30 days goes, and after 7 days one whose certificate has expired by then; so do days of anchors.
CREATE TRIGGER client_hostname_is_swept AFTER UPDATE OF swept_day ON client_hostnames
BEGIN
  DELETE FROM clients WHERE hostname_id = NEW.id
    AND max(coalesce(accepted_at, 0), coalesce(refused_at, 0))
      < 86400 * (NEW.swept_day - iif(not_after < 86400 * (NEW.swept_day - 7), 7, 30));
  DELETE FROM client_anchors WHERE hostname_id = NEW.id AND day < NEW.swept_day - 30;
  UPDATE client_hostnames SET
      own_others = iif(own_others_at < 86400 * (NEW.swept_day - 30), 0, own_others),
      stranger_others = iif(stranger_others_at < 86400 * (NEW.swept_day - 30), 0, stranger_others)
    WHERE id = NEW.id AND own_others + stranger_others > 0;
  DELETE FROM client_hostnames WHERE id = NEW.id AND own + strangers + own_others + stranger_others = 0
    AND NOT EXISTS (SELECT 1 FROM client_anchors a WHERE a.hostname_id = NEW.id);
END;

-- Before, since what is counted at the account is found by way of the hostname.
CREATE TRIGGER client_hostname_goes BEFORE DELETE ON client_hostnames
BEGIN
  DELETE FROM clients WHERE hostname_id = OLD.id;
  DELETE FROM client_anchors WHERE hostname_id = OLD.id;
END;

-- At most 1,000 own clients and 200 strangers a hostname, 32 MiB and 4 MiB an account. A row that an upsert changes needs no room, nor
-- do the few that stand for requests without a certificate.
CREATE TRIGGER client_finds_no_room BEFORE INSERT ON clients
WHEN length(NEW.client) = 64
  AND NOT EXISTS (SELECT 1 FROM clients c WHERE c.hostname_id = NEW.hostname_id AND c.client = NEW.client)
  AND EXISTS (
    SELECT 1 FROM client_hostnames h CROSS JOIN accounts a ON a.id = h.account_id
    WHERE h.id = NEW.hostname_id AND iif(NEW.own,
      h.own >= 1000 OR a.client_bytes >= 33554432,
      h.strangers >= 200 OR a.stranger_bytes >= 4194304)
  )
BEGIN
  UPDATE client_hostnames SET
      own_others = own_others + iif(NEW.own, NEW.accepted + NEW.refused, 0),
      own_others_at = iif(NEW.own, max(coalesce(NEW.accepted_at, 0), coalesce(NEW.refused_at, 0)), own_others_at),
      stranger_others = stranger_others + iif(NEW.own, 0, NEW.accepted + NEW.refused),
      stranger_others_at = iif(NEW.own, stranger_others_at, NEW.refused_at)
    WHERE id = NEW.hostname_id;
  SELECT RAISE(IGNORE);
END;

CREATE TRIGGER client_is_counted AFTER INSERT ON clients
BEGIN
  UPDATE client_hostnames SET own = own + NEW.own, strangers = strangers + NOT NEW.own WHERE id = NEW.hostname_id;
  UPDATE accounts SET client_bytes = client_bytes + 600 * NEW.own, stranger_bytes = stranger_bytes + 600 * NOT NEW.own
    WHERE id = (SELECT account_id FROM client_hostnames WHERE id = NEW.hostname_id);
END;

CREATE TRIGGER client_becomes_own AFTER UPDATE OF own ON clients WHEN NEW.own <> OLD.own
BEGIN
  UPDATE client_hostnames SET own = own + NEW.own - OLD.own, strangers = strangers + OLD.own - NEW.own
    WHERE id = NEW.hostname_id;
  UPDATE accounts SET client_bytes = client_bytes + 600 * (NEW.own - OLD.own),
      stranger_bytes = stranger_bytes + 600 * (OLD.own - NEW.own)
    WHERE id = (SELECT account_id FROM client_hostnames WHERE id = NEW.hostname_id);
END;

CREATE TRIGGER client_is_gone AFTER DELETE ON clients
BEGIN
  UPDATE client_hostnames SET own = own - OLD.own, strangers = strangers - NOT OLD.own WHERE id = OLD.hostname_id;
  UPDATE accounts SET client_bytes = client_bytes - 600 * OLD.own, stranger_bytes = stranger_bytes - 600 * NOT OLD.own
    WHERE id = (SELECT account_id FROM client_hostnames WHERE id = OLD.hostname_id);
END;

CREATE TRIGGER client_certificate_finds_no_room BEFORE INSERT ON client_certificates
WHEN NOT EXISTS (SELECT 1 FROM client_certificates c WHERE c.account_id = NEW.account_id AND c.sha256 = NEW.sha256)
  AND EXISTS (
    SELECT 1 FROM accounts a
    WHERE a.id = NEW.account_id AND iif(NEW.own, a.client_bytes >= 33554432, a.stranger_bytes >= 4194304)
  )
BEGIN
  SELECT RAISE(IGNORE);
END;

CREATE TRIGGER client_certificate_is_counted AFTER INSERT ON client_certificates
BEGIN
  UPDATE accounts SET client_bytes = client_bytes + (200 + length(NEW.der)) * NEW.own,
      stranger_bytes = stranger_bytes + (200 + length(NEW.der)) * NOT NEW.own
    WHERE id = NEW.account_id;
END;

CREATE TRIGGER client_certificate_becomes_own AFTER UPDATE OF own ON client_certificates WHEN NEW.own <> OLD.own
BEGIN
  UPDATE accounts SET client_bytes = client_bytes + (200 + length(NEW.der)) * (NEW.own - OLD.own),
      stranger_bytes = stranger_bytes + (200 + length(NEW.der)) * (OLD.own - NEW.own)
    WHERE id = NEW.account_id;
END;

CREATE TRIGGER client_certificate_is_gone AFTER DELETE ON client_certificates
BEGIN
  UPDATE accounts SET client_bytes = client_bytes - (200 + length(OLD.der)) * OLD.own,
      stranger_bytes = stranger_bytes - (200 + length(OLD.der)) * NOT OLD.own
    WHERE id = OLD.account_id;
END;

CREATE TRIGGER client_anchor_finds_no_room BEFORE INSERT ON client_anchors
WHEN EXISTS (
    SELECT 1 FROM client_hostnames h CROSS JOIN accounts a ON a.id = h.account_id
    WHERE h.id = NEW.hostname_id AND a.client_bytes >= 33554432
  )
  AND NOT EXISTS (SELECT 1 FROM client_anchors c
    WHERE c.hostname_id = NEW.hostname_id AND c.day = NEW.day AND c.anchor = NEW.anchor)
BEGIN
  SELECT RAISE(IGNORE);
END;

CREATE TRIGGER client_anchor_is_counted AFTER INSERT ON client_anchors
BEGIN
  UPDATE accounts SET client_bytes = client_bytes + 100
    WHERE id = (SELECT account_id FROM client_hostnames WHERE id = NEW.hostname_id);
END;

CREATE TRIGGER client_anchor_is_gone AFTER DELETE ON client_anchors
BEGIN
  UPDATE accounts SET client_bytes = client_bytes - 100
    WHERE id = (SELECT account_id FROM client_hostnames WHERE id = OLD.hostname_id);
END;
