-- What an account, its zones included, has of everything that it can pile up, and how much of it it may have.
--
-- Triggers count, cascades included: neither a write nor a list counts rows. They check AFTER INSERT, which a row that is
-- replaced by an upsert does not set off: what is there already never needs room.

-- Bytes a row of the default quotas: docs/differences.md, "Quotas".
ALTER TABLE accounts ADD COLUMN certificates INTEGER NOT NULL DEFAULT 0;
-- those of the account itself, as its list has them
ALTER TABLE accounts ADD COLUMN own_certificates INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN hostname_settings INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN hostname_setting_quota INTEGER NOT NULL DEFAULT 1000 CHECK (hostname_setting_quota >= 0);
ALTER TABLE accounts ADD COLUMN hostname_modes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN hostname_mode_quota INTEGER NOT NULL DEFAULT 1000 CHECK (hostname_mode_quota >= 0);
-- a number that is stored with its negative twin counts once
ALTER TABLE accounts ADD COLUMN blocked_serials INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN blocked_serial_quota INTEGER NOT NULL DEFAULT 10000 CHECK (blocked_serial_quota >= 0);
-- current ones
ALTER TABLE accounts ADD COLUMN crls INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN crl_quota INTEGER NOT NULL DEFAULT 1000 CHECK (crl_quota >= 0);
-- those on their way in included
ALTER TABLE accounts ADD COLUMN crl_entries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN crl_entry_quota INTEGER NOT NULL DEFAULT 3000000 CHECK (crl_entry_quota >= 0);

ALTER TABLE zones ADD COLUMN certificates INTEGER NOT NULL DEFAULT 0;

-- of the record
ALTER TABLE certificates ADD COLUMN blocked_serials INTEGER NOT NULL DEFAULT 0;
ALTER TABLE certificates ADD COLUMN crls INTEGER NOT NULL DEFAULT 0;

-- Whether it took the place of another one when it became current, and so needed no room. NULL: it did not yet.
ALTER TABLE crls ADD COLUMN replaces INTEGER CHECK (replaces IN (0, 1));

-- Whose entries are still to be deleted. NULL: of a CRL that went before this was kept.
ALTER TABLE crl_garbage ADD COLUMN account_id TEXT;
CREATE INDEX crl_garbage_of_account ON crl_garbage (account_id);

-- Lists, in their order.
CREATE INDEX hostname_settings_in_order ON hostname_settings (account_id, sequence);
CREATE INDEX crls_in_order ON crls (certificate_id, id) WHERE state = 'current';

DROP INDEX crls_loading;
CREATE INDEX crls_loading ON crls (account_id, uploaded_at) WHERE state = 'loading';

-- What is counted of a record is not what it trusts.
DROP TRIGGER trust_changes_with_record;
CREATE TRIGGER trust_changes_with_record AFTER UPDATE OF account_id, zone_id, updated_at ON certificates
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.account_id;
END;

UPDATE certificates SET
  blocked_serials = (
    SELECT count(*) FROM blocked_serials b WHERE b.certificate_id = certificates.id AND NOT EXISTS (
      SELECT 1 FROM blocked_serials p WHERE p.certificate_id = b.certificate_id AND p.serial = '00' || b.serial)
  ),
  crls = (SELECT count(*) FROM crls WHERE crls.certificate_id = certificates.id AND crls.state = 'current');
UPDATE accounts SET
  certificates = (SELECT count(*) FROM certificates c WHERE c.account_id = accounts.id),
  own_certificates = (SELECT count(*) FROM certificates c WHERE c.account_id = accounts.id AND c.zone_id IS NULL),
  hostname_settings = (SELECT count(*) FROM hostname_settings s WHERE s.account_id = accounts.id),
  hostname_modes = (SELECT count(*) FROM hostname_modes m WHERE m.account_id = accounts.id),
  blocked_serials = (SELECT coalesce(sum(c.blocked_serials), 0) FROM certificates c WHERE c.account_id = accounts.id),
  crls = (SELECT coalesce(sum(c.crls), 0) FROM certificates c WHERE c.account_id = accounts.id),
  crl_entries = (SELECT coalesce(sum(k.entries), 0) FROM crls k WHERE k.account_id = accounts.id);
UPDATE zones SET certificates = (SELECT count(*) FROM certificates c WHERE c.zone_id = zones.id);

DROP TRIGGER certificates_within_quota;
CREATE TRIGGER certificate_is_counted AFTER INSERT ON certificates
BEGIN
  UPDATE accounts SET certificates = certificates + 1, own_certificates = own_certificates + (NEW.zone_id IS NULL)
    WHERE id = NEW.account_id;
  UPDATE zones SET certificates = certificates + 1 WHERE id = NEW.zone_id;
  SELECT RAISE(ABORT, 'certificate quota reached') FROM accounts
    WHERE id = NEW.account_id AND certificates > certificate_quota;
END;

-- What hangs on the record goes with it, and finds no record any more to be counted at.
CREATE TRIGGER certificate_is_gone AFTER DELETE ON certificates
BEGIN
  UPDATE accounts SET certificates = certificates - 1, own_certificates = own_certificates - (OLD.zone_id IS NULL),
      blocked_serials = blocked_serials - OLD.blocked_serials, crls = crls - OLD.crls
    WHERE id = OLD.account_id;
  UPDATE zones SET certificates = certificates - 1 WHERE id = OLD.zone_id;
END;

CREATE TRIGGER certificate_moves AFTER UPDATE OF zone_id ON certificates WHEN NEW.zone_id IS NOT OLD.zone_id
BEGIN
  UPDATE accounts SET own_certificates = own_certificates + (NEW.zone_id IS NULL) - (OLD.zone_id IS NULL)
    WHERE id = NEW.account_id;
  UPDATE zones SET certificates = certificates + (id IS NEW.zone_id) - (id IS OLD.zone_id)
    WHERE id IN (OLD.zone_id, NEW.zone_id);
END;

CREATE TRIGGER setting_is_counted AFTER INSERT ON hostname_settings
BEGIN
  UPDATE accounts SET hostname_settings = hostname_settings + 1 WHERE id = NEW.account_id;
  SELECT RAISE(ABORT, 'setting quota reached') FROM accounts
    WHERE id = NEW.account_id AND hostname_settings > hostname_setting_quota;
END;

CREATE TRIGGER setting_is_gone AFTER DELETE ON hostname_settings
BEGIN
  UPDATE accounts SET hostname_settings = hostname_settings - 1 WHERE id = OLD.account_id;
END;

CREATE TRIGGER mode_is_counted AFTER INSERT ON hostname_modes
BEGIN
  UPDATE accounts SET hostname_modes = hostname_modes + 1 WHERE id = NEW.account_id;
  SELECT RAISE(ABORT, 'mode quota reached') FROM accounts
    WHERE id = NEW.account_id AND hostname_modes > hostname_mode_quota;
END;

CREATE TRIGGER mode_is_gone AFTER DELETE ON hostname_modes
BEGIN
  UPDATE accounts SET hostname_modes = hostname_modes - 1 WHERE id = OLD.account_id;
END;

-- One of a pair does not count: the number that is stored with its negative twin, `00` before the other's octets.
CREATE TRIGGER blocked_serial_is_counted AFTER INSERT ON blocked_serials
BEGIN
  UPDATE certificates SET blocked_serials = blocked_serials + 1
      - EXISTS (SELECT 1 FROM blocked_serials b WHERE b.certificate_id = NEW.certificate_id AND b.serial = '00' || NEW.serial)
      - (substr(NEW.serial, 1, 2) = '00' AND EXISTS (
        SELECT 1 FROM blocked_serials b WHERE b.certificate_id = NEW.certificate_id AND b.serial = substr(NEW.serial, 3)))
    WHERE id = NEW.certificate_id;
END;

CREATE TRIGGER blocked_serial_is_gone AFTER DELETE ON blocked_serials
BEGIN
  UPDATE certificates SET blocked_serials = blocked_serials - 1
      + EXISTS (SELECT 1 FROM blocked_serials b WHERE b.certificate_id = OLD.certificate_id AND b.serial = '00' || OLD.serial)
      + (substr(OLD.serial, 1, 2) = '00' AND EXISTS (
        SELECT 1 FROM blocked_serials b WHERE b.certificate_id = OLD.certificate_id AND b.serial = substr(OLD.serial, 3)))
    WHERE id = OLD.certificate_id;
END;

CREATE TRIGGER record_counts_for_account AFTER UPDATE OF blocked_serials, crls ON certificates
BEGIN
  UPDATE accounts SET blocked_serials = blocked_serials + NEW.blocked_serials - OLD.blocked_serials,
      crls = crls + NEW.crls - OLD.crls
    WHERE id = NEW.account_id;
  SELECT RAISE(ABORT, 'blocked serial quota reached') FROM accounts
    WHERE id = NEW.account_id AND NEW.blocked_serials > OLD.blocked_serials AND blocked_serials > blocked_serial_quota;
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

DROP TRIGGER crls_leave_entries;
CREATE TRIGGER crl_is_gone AFTER DELETE ON crls
BEGIN
  INSERT INTO crl_garbage (crl_id, account_id) VALUES (OLD.id, OLD.account_id);
  UPDATE accounts SET crl_entries = crl_entries - OLD.entries WHERE id = OLD.account_id;
  UPDATE certificates SET crls = crls - 1 WHERE id = OLD.certificate_id AND OLD.state = 'current';
END;

-- What is counted stays where it is counted.
CREATE TRIGGER certificate_stays BEFORE UPDATE OF account_id ON certificates WHEN NEW.account_id <> OLD.account_id
BEGIN
  SELECT RAISE(ABORT, 'a certificate stays in its account');
END;

CREATE TRIGGER setting_stays BEFORE UPDATE OF account_id ON hostname_settings WHEN NEW.account_id <> OLD.account_id
BEGIN
  SELECT RAISE(ABORT, 'a setting stays in its account');
END;

CREATE TRIGGER mode_stays BEFORE UPDATE OF account_id ON hostname_modes WHEN NEW.account_id <> OLD.account_id
BEGIN
  SELECT RAISE(ABORT, 'a mode stays in its account');
END;

CREATE TRIGGER blocked_serial_stays BEFORE UPDATE OF certificate_id, serial ON blocked_serials
BEGIN
  SELECT RAISE(ABORT, 'a blocked serial number stays as it is');
END;

CREATE TRIGGER crl_stays BEFORE UPDATE OF account_id, certificate_id, entries ON crls
BEGIN
  SELECT RAISE(ABORT, 'a CRL stays as it is');
END;
