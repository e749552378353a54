-- Where the CRLs of a record are fetched from. A credential of the record's own uploads them: it has a grant on the record's scope,
-- and a secret that nobody has. So a fetched CRL comes in by the rules of every upload, and the record of changes names the
-- credential.

ALTER TABLE revocation_policies ADD COLUMN crl_url TEXT CHECK (length(crl_url) BETWEEN 9 AND 2048);
ALTER TABLE deleted_records ADD COLUMN crl_url TEXT;

CREATE TABLE crl_fetches (
  -- Its credential has the same id, without hyphens.
  certificate_id TEXT PRIMARY KEY REFERENCES certificates (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  -- when it is fetched next, Unix seconds, UTC; 0: by the next run
  next_at INTEGER NOT NULL DEFAULT 0,
  -- when it last succeeded
  fetched_at INTEGER,
  -- how often it failed since then, and why
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  failing_since INTEGER CHECK ((failing_since IS NULL) = (failures = 0)),
  error TEXT CHECK ((error IS NULL) = (failures = 0) AND length(error) <= 1000)
) STRICT, WITHOUT ROWID;

CREATE INDEX crl_fetches_due ON crl_fetches (next_at, account_id);

CREATE TRIGGER crl_url_is_new AFTER INSERT ON revocation_policies WHEN NEW.crl_url IS NOT NULL
BEGIN
  INSERT INTO crl_fetches (certificate_id, account_id) SELECT id, account_id FROM certificates WHERE id = NEW.certificate_id;
END;

CREATE TRIGGER crl_url_changes AFTER UPDATE OF crl_url ON revocation_policies WHEN NEW.crl_url IS NOT OLD.crl_url
BEGIN
  DELETE FROM crl_fetches WHERE certificate_id = NEW.certificate_id;
  INSERT INTO crl_fetches (certificate_id, account_id)
    SELECT id, account_id FROM certificates WHERE id = NEW.certificate_id AND NEW.crl_url IS NOT NULL;
END;

-- The time is that of the change.
CREATE TRIGGER crl_fetch_begins AFTER INSERT ON crl_fetches
BEGIN
  INSERT INTO credentials (id, kind, name, secret_sha256, created_at)
    SELECT replace(NEW.certificate_id, '-', ''), 'token', 'CRL fetch of ' || NEW.certificate_id, lower(hex(randomblob(32))),
      coalesce((SELECT head_at FROM change_chains WHERE account_id = NEW.account_id), 0)
    WHERE TRUE ON CONFLICT DO NOTHING;
  INSERT INTO grants (credential_id, account_id, zone_id, permission)
    SELECT replace(c.id, '-', ''), iif(c.zone_id IS NULL, c.account_id, NULL), c.zone_id, 'write'
    FROM certificates c WHERE c.id = NEW.certificate_id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER crl_fetch_ends AFTER DELETE ON crl_fetches
BEGIN
  DELETE FROM credentials WHERE id = replace(OLD.certificate_id, '-', '');
END;
