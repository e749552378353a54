-- What is known of a hostname beside its records: how much they hold together, that there were some at any time, and which
-- zone its mode and settings were set through.

-- The certificates are in certificate_chain. What stood around them in an upload is not kept: it may have been a key.
ALTER TABLE certificates DROP COLUMN pem;

-- Certificates of the record and bytes of their DER. They never change.
ALTER TABLE certificates ADD COLUMN chain_certificates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE certificates ADD COLUMN chain_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE certificates SET
  chain_certificates = (SELECT count(*) FROM certificate_chain ch WHERE ch.certificate_id = certificates.id),
  chain_bytes = (SELECT coalesce(sum(length(der)), 0) FROM certificate_chain ch WHERE ch.certificate_id = certificates.id);

-- Names the last change of a record, and of an account's settings: later statements of a batch go by it.
ALTER TABLE certificates ADD COLUMN revision TEXT NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN settings_revision TEXT NOT NULL DEFAULT '';

-- Hostnames that certificates of an account were associated with at any time. A row stays when they go, and when the account
-- does: the hostname stays protected until its owner opens it.
CREATE TABLE hostnames (
  -- A-label form, lower case
  hostname_ascii TEXT NOT NULL CHECK (length(hostname_ascii) <= 253 AND hostname_ascii NOT GLOB '*[^0-9a-z.-]*'),
  -- no reference: see above
  account_id TEXT NOT NULL,
  -- of all records of the account that are associated with it now
  certificates INTEGER NOT NULL CHECK (certificates >= 0),
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (hostname_ascii, account_id)
) STRICT, WITHOUT ROWID;

INSERT INTO hostnames (hostname_ascii, account_id, certificates, bytes)
  SELECT h.hostname_ascii, c.account_id, sum(c.chain_certificates), sum(c.chain_bytes)
  FROM certificate_hostnames h JOIN certificates c ON c.id = h.certificate_id
  GROUP BY h.hostname_ascii, c.account_id;

-- Rows of `hostnames` that an account has, and may have: 100,000 take some 20 MB of D1's 10 GB.
ALTER TABLE accounts ADD COLUMN hostnames INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN hostname_quota INTEGER NOT NULL DEFAULT 100000;
UPDATE accounts SET hostnames = (SELECT count(*) FROM hostnames h WHERE h.account_id = accounts.id);

CREATE TRIGGER hostname_is_counted AFTER INSERT ON hostnames
BEGIN
  UPDATE accounts SET hostnames = hostnames + 1 WHERE id = NEW.account_id;
END;

-- What becomes of clients that would be refused. No row: `required`, they are refused.
CREATE TABLE modes (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  -- the zone that owned the hostname when this was set; a zone that takes it over begins anew
  zone_id TEXT NOT NULL REFERENCES zones (id) ON DELETE CASCADE,
  -- A-label form, lower case; this is what is compared
  hostname_ascii TEXT NOT NULL CHECK (length(hostname_ascii) <= 253 AND hostname_ascii NOT GLOB '*[^0-9a-z.-]*'),
  -- as sent; this is what answers show
  hostname TEXT NOT NULL,
  -- `report`: they are let through, and the refusal is logged; `open`: the hostname is not protected any more
  mode TEXT NOT NULL CHECK (mode IN ('report', 'open')),
  -- when `report` ends: Unix seconds, UTC
  until INTEGER CHECK ((mode = 'report') = (until IS NOT NULL)),
  -- set with a permission of the account, not of a zone alone
  by_account INTEGER NOT NULL CHECK (by_account IN (0, 1)),
  PRIMARY KEY (account_id, hostname_ascii)
) STRICT, WITHOUT ROWID;

-- Report modes that are there end 14 days from now; those of hostnames that another zone took over are gone.
INSERT INTO modes (account_id, zone_id, hostname_ascii, hostname, mode, until, by_account)
  SELECT m.account_id, z.id, m.hostname_ascii, m.hostname, m.mode, unixepoch() + 1209600, 1
  FROM hostname_modes m JOIN zones z ON z.account_id = m.account_id
    AND (m.hostname_ascii = z.domain OR substr(m.hostname_ascii, -length(z.domain) - 1) = '.' || z.domain)
  WHERE NOT EXISTS (
    SELECT 1 FROM zones n WHERE length(n.domain) > length(z.domain)
      AND (m.hostname_ascii = n.domain OR substr(m.hostname_ascii, -length(n.domain) - 1) = '.' || n.domain)
  );
DROP TABLE hostname_modes;
ALTER TABLE modes RENAME TO hostname_modes;
CREATE INDEX hostname_modes_of_zone ON hostname_modes (zone_id);

ALTER TABLE hostname_settings ADD COLUMN zone_id TEXT REFERENCES zones (id) ON DELETE CASCADE;
ALTER TABLE hostname_settings ADD COLUMN by_account INTEGER NOT NULL DEFAULT 1 CHECK (by_account IN (0, 1));
UPDATE hostname_settings SET zone_id = (
  SELECT z.id FROM zones z
  WHERE hostname_ascii = z.domain OR substr(hostname_ascii, -length(z.domain) - 1) = '.' || z.domain
  ORDER BY length(z.domain) DESC LIMIT 1
);
DELETE FROM hostname_settings
  WHERE zone_id IS NULL OR account_id <> (SELECT z.account_id FROM zones z WHERE z.id = zone_id);
CREATE INDEX hostname_settings_of_zone ON hostname_settings (zone_id);

-- What was set through an outer zone does not count for a zone that takes hostnames out of it, nor when it is gone again.
CREATE TRIGGER zone_begins_without_modes AFTER INSERT ON zones
BEGIN
  DELETE FROM hostname_modes
    WHERE (hostname_ascii = NEW.domain OR substr(hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain)
      AND (SELECT length(z.domain) FROM zones z WHERE z.id = zone_id) < length(NEW.domain);
  DELETE FROM hostname_settings
    WHERE (hostname_ascii = NEW.domain OR substr(hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain)
      AND (SELECT length(z.domain) FROM zones z WHERE z.id = zone_id) < length(NEW.domain);
END;

CREATE TRIGGER hostname_gains_certificates AFTER INSERT ON certificate_hostnames
BEGIN
  INSERT INTO hostnames (hostname_ascii, account_id, certificates, bytes)
    SELECT NEW.hostname_ascii, c.account_id, c.chain_certificates, c.chain_bytes
    FROM certificates c WHERE c.id = NEW.certificate_id
    ON CONFLICT DO UPDATE SET certificates = certificates + excluded.certificates, bytes = bytes + excluded.bytes;
  -- Who associates a certificate wants the hostname protected.
  DELETE FROM hostname_modes WHERE hostname_ascii = NEW.hostname_ascii AND mode = 'open'
    AND account_id = (SELECT account_id FROM certificates WHERE id = NEW.certificate_id);
END;

CREATE TRIGGER hostname_loses_certificates AFTER DELETE ON certificate_hostnames
BEGIN
  UPDATE hostnames SET
      certificates = certificates - (SELECT chain_certificates FROM certificates WHERE id = OLD.certificate_id),
      bytes = bytes - (SELECT chain_bytes FROM certificates WHERE id = OLD.certificate_id)
    WHERE hostname_ascii = OLD.hostname_ascii
      AND account_id = (SELECT account_id FROM certificates WHERE id = OLD.certificate_id);
END;
