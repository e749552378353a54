-- What a search among an account's certificates needs: their account, and the SHA-256 of their keys.

-- The account of the record, which never changes. NULL only while the row is being inserted.
ALTER TABLE certificate_chain ADD COLUMN account_id TEXT;
UPDATE certificate_chain SET account_id = (SELECT c.account_id FROM certificates c WHERE c.id = certificate_id);

-- Of the SubjectPublicKeyInfo (PublicKey.der). '': stored before this column was. SQLite has no SHA-256, so the cron trigger fills it.
ALTER TABLE certificate_chain ADD COLUMN key_sha256 TEXT NOT NULL DEFAULT ''
  CHECK (length(key_sha256) IN (0, 64) AND key_sha256 NOT GLOB '*[^0-9a-f]*');

-- By key; and, as the columns are all in it, any other search reads this account's entries and no certificate.
CREATE INDEX certificate_chain_of_account ON certificate_chain
  (account_id, key_sha256, fingerprint_sha256, fingerprint_md5, not_after, subject);

-- What the cron trigger has to fill.
CREATE INDEX certificate_chain_unhashed ON certificate_chain (certificate_id, position) WHERE key_sha256 = '';

-- Earlier code does not name the account.
CREATE TRIGGER certificate_gets_account AFTER INSERT ON certificate_chain WHEN NEW.account_id IS NULL
BEGIN
  UPDATE certificate_chain SET account_id = (SELECT c.account_id FROM certificates c WHERE c.id = NEW.certificate_id)
    WHERE certificate_id = NEW.certificate_id AND position = NEW.position;
END;
