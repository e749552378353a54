-- What the edge needs to load trust without reading certificates, and to know when it need not load it again.

-- Whether paths may end at the certificate. NULL: registered before this was kept; the edge finds it out by itself.
ALTER TABLE certificate_chain ADD COLUMN is_anchor INTEGER CHECK (is_anchor IN (0, 1));

-- Names what an account trusts and has revoked: another value each time that either changes. Not a count, which could come
-- again after the database was set back.
ALTER TABLE accounts ADD COLUMN trust_version TEXT NOT NULL DEFAULT '';
UPDATE accounts SET trust_version = lower(hex(randomblob(8)));

CREATE TRIGGER trust_changes_with_account AFTER INSERT ON accounts
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.id;
END;

-- Hostnames of a record change together with its updated_at.
CREATE TRIGGER trust_changes_with_new_record AFTER INSERT ON certificates
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.account_id;
END;

CREATE TRIGGER trust_changes_with_record AFTER UPDATE ON certificates
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.account_id;
END;

CREATE TRIGGER trust_changes_without_record AFTER DELETE ON certificates
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = OLD.account_id;
END;

CREATE TRIGGER trust_changes_with_new_policy AFTER INSERT ON revocation_policies
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8)))
    WHERE id = (SELECT account_id FROM certificates WHERE id = NEW.certificate_id);
END;

CREATE TRIGGER trust_changes_with_policy AFTER UPDATE ON revocation_policies
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8)))
    WHERE id = (SELECT account_id FROM certificates WHERE id = NEW.certificate_id);
END;

-- A CRL counts from the moment it is current.
CREATE TRIGGER trust_changes_with_crl AFTER UPDATE OF state ON crls
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.account_id;
END;

CREATE TRIGGER trust_changes_without_crl AFTER DELETE ON crls WHEN OLD.state = 'current'
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = OLD.account_id;
END;

CREATE TRIGGER trust_changes_with_block AFTER INSERT ON blocked_serials
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8)))
    WHERE id = (SELECT account_id FROM certificates WHERE id = NEW.certificate_id);
END;

CREATE TRIGGER trust_changes_without_block AFTER DELETE ON blocked_serials
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8)))
    WHERE id = (SELECT account_id FROM certificates WHERE id = OLD.certificate_id);
END;
