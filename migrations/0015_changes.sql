-- The record of changes: what was changed, by whom, when, from where, before and after. A change and its row are written in one
-- transaction. Rows are only added; a cron trigger seals them into a chain of hashes, and prunes old ones from its beginning.

-- One row for each account that was ever changed. It outlives the account: an id that is used again goes on counting.
CREATE TABLE change_chains (
  account_id TEXT PRIMARY KEY,
  -- position and time of the newest change
  head INTEGER NOT NULL CHECK (head >= 0),
  head_at INTEGER NOT NULL DEFAULT 0,
  -- time of the oldest change that is kept; NULL: none is
  oldest_at INTEGER,
  -- changes up to this position are gone
  pruned_position INTEGER NOT NULL DEFAULT 0 CHECK (pruned_position BETWEEN 0 AND head),
  -- hash of the change at that position; '': nothing is gone
  pruned_sha256 TEXT NOT NULL DEFAULT '' CHECK (length(pruned_sha256) = iif(pruned_position = 0, 0, 64)),
  -- characters of `before`, `after` and `hostnames`, and of deleted_records: of the changes that are kept, and of those that are
  -- not sealed yet
  bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
  -- More than 16 MiB do not wait for their seal: the batch is refused, and the client tries again. Sealing that much takes some
  -- 50 ms. A change has 1 MB at most: two lists of hostnames, which a body of 256 KiB bounds.
  unsealed_bytes INTEGER NOT NULL DEFAULT 0 CHECK (unsealed_bytes >= 0)
    CONSTRAINT changes_wait_for_seal CHECK (unsealed_bytes <= 16777216)
) STRICT, WITHOUT ROWID;

-- To be pruned: by age, and what has more than 64 MiB.
CREATE INDEX change_chains_by_age ON change_chains (oldest_at) WHERE oldest_at IS NOT NULL;
CREATE INDEX change_chains_by_size ON change_chains (bytes) WHERE bytes > 67108864;

CREATE TABLE changes (
  -- no reference: see above
  account_id TEXT NOT NULL,
  -- 1, 2, … within the account. 0 stands for a change that expected another head: the batch is refused.
  position INTEGER NOT NULL CONSTRAINT expected_position CHECK (position > 0),
  -- when it was made: Unix seconds, UTC; never before the one before
  at INTEGER NOT NULL,
  -- the zone of the request's path; NULL: the account's
  zone_id TEXT,
  -- `operator`: npm run admin, or a trigger that its write set off
  actor TEXT NOT NULL CHECK (actor IN ('token', 'key', 'operator')),
  -- of the credential
  actor_id TEXT CHECK ((actor_id IS NULL) = (actor = 'operator')),
  actor_name TEXT NOT NULL,
  -- of the client; NULL: not known
  address TEXT,
  operation TEXT NOT NULL CHECK (length(operation) BETWEEN 1 AND 40),
  -- the record that was changed, if one was
  certificate_id TEXT,
  -- JSON; NULL: there was nothing, or there is nothing any more
  before TEXT CHECK (json_valid(before)),
  after TEXT CHECK (json_valid(after)),
  -- JSON array of the hostnames that it is about, in A-label form: those that a certificate gained or lost, and those whose
  -- mode or setting it names
  hostnames TEXT NOT NULL DEFAULT '[]' CHECK (json_type(hostnames) = 'array'),
  -- position of the change that this one takes back
  reverts INTEGER,
  -- of this row and the hash before it (src/registry/changes/chain.ts); NULL: not sealed yet
  sha256 TEXT CHECK (length(sha256) = 64),
  PRIMARY KEY (account_id, position)
) STRICT;

CREATE INDEX changes_unsealed ON changes (account_id, position) WHERE sha256 IS NULL;
CREATE INDEX changes_by_time ON changes (account_id, at, position);
CREATE INDEX changes_of_zone ON changes (account_id, zone_id, position) WHERE zone_id IS NOT NULL;
CREATE INDEX changes_of_certificate ON changes (account_id, certificate_id, position) WHERE certificate_id IS NOT NULL;
CREATE INDEX changes_by_reverted ON changes (account_id, reverts) WHERE reverts IS NOT NULL;
CREATE INDEX changes_by_actor ON changes (account_id, actor_id, position) WHERE actor_id IS NOT NULL;

-- `hostnames` of each change, to be found by.
CREATE TABLE change_hostnames (
  account_id TEXT NOT NULL,
  hostname_ascii TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (account_id, hostname_ascii, position)
) STRICT, WITHOUT ROWID;

-- By position, to be pruned.
CREATE INDEX change_hostnames_by_position ON change_hostnames (account_id, position);

CREATE TRIGGER change_is_next AFTER INSERT ON changes
BEGIN
  INSERT INTO change_chains (account_id, head) VALUES (NEW.account_id, 0) ON CONFLICT DO NOTHING;
  SELECT RAISE(ABORT, 'a change follows the one before') FROM change_chains
    WHERE account_id = NEW.account_id AND (head + 1 <> NEW.position OR head_at > NEW.at);
  UPDATE change_chains SET head = NEW.position, head_at = NEW.at, oldest_at = coalesce(oldest_at, NEW.at),
      bytes = bytes + coalesce(length(NEW.before), 0) + coalesce(length(NEW.after), 0) + length(NEW.hostnames),
      unsealed_bytes = unsealed_bytes + coalesce(length(NEW.before), 0) + coalesce(length(NEW.after), 0) + length(NEW.hostnames)
    WHERE account_id = NEW.account_id;
  INSERT INTO change_hostnames (account_id, hostname_ascii, position)
    SELECT DISTINCT NEW.account_id, value, NEW.position FROM json_each(NEW.hostnames);
END;

-- All that may change is the hash, once, and in order.
CREATE TRIGGER change_stays BEFORE UPDATE ON changes
WHEN OLD.sha256 IS NOT NULL OR NEW.sha256 IS NULL OR OLD.account_id <> NEW.account_id OR OLD.position <> NEW.position
  OR OLD.at <> NEW.at OR OLD.zone_id IS NOT NEW.zone_id OR OLD.actor <> NEW.actor OR OLD.actor_id IS NOT NEW.actor_id
  OR OLD.actor_name <> NEW.actor_name OR OLD.address IS NOT NEW.address OR OLD.operation <> NEW.operation
  OR OLD.certificate_id IS NOT NEW.certificate_id OR OLD.before IS NOT NEW.before OR OLD.after IS NOT NEW.after
  OR OLD.hostnames <> NEW.hostnames OR OLD.reverts IS NOT NEW.reverts
BEGIN
  SELECT RAISE(ABORT, 'a change stays as it is');
END;

CREATE TRIGGER change_is_sealed AFTER UPDATE OF sha256 ON changes
BEGIN
  UPDATE change_chains
    SET unsealed_bytes = unsealed_bytes
      - coalesce(length(NEW.before), 0) - coalesce(length(NEW.after), 0) - length(NEW.hostnames)
      - coalesce((SELECT length(d.chain) + length(d.blocked_serials) FROM deleted_records d
        WHERE d.account_id = NEW.account_id AND d.position = NEW.position), 0)
    WHERE account_id = NEW.account_id;
END;

CREATE TRIGGER change_is_kept BEFORE DELETE ON changes
WHEN OLD.sha256 IS NULL
  OR OLD.position > (SELECT pruned_position FROM change_chains WHERE account_id = OLD.account_id)
BEGIN
  SELECT RAISE(ABORT, 'a change is kept until its chain is pruned');
END;

CREATE TRIGGER change_is_gone AFTER DELETE ON changes
BEGIN
  UPDATE change_chains SET bytes = bytes - coalesce(length(OLD.before), 0) - coalesce(length(OLD.after), 0) - length(OLD.hostnames)
    WHERE account_id = OLD.account_id;
  DELETE FROM change_hostnames WHERE account_id = OLD.account_id AND position = OLD.position;
  DELETE FROM deleted_records WHERE account_id = OLD.account_id AND position = OLD.position;
  DELETE FROM deleted_crls WHERE account_id = OLD.account_id AND position = OLD.position;
END;

-- A chain is pruned from its beginning, and keeps the hash that the next change stands on.
CREATE TRIGGER chain_is_pruned_in_order BEFORE UPDATE OF pruned_position, pruned_sha256 ON change_chains
WHEN NEW.pruned_position <= OLD.pruned_position
  OR NEW.pruned_sha256 IS NOT (
    SELECT sha256 FROM changes WHERE account_id = OLD.account_id AND position = NEW.pruned_position)
BEGIN
  SELECT RAISE(ABORT, 'a chain is pruned from its beginning');
END;

CREATE TRIGGER chain_stays BEFORE DELETE ON change_chains
BEGIN
  SELECT RAISE(ABORT, 'a chain outlives its account');
END;

-- What a deleted record consisted of, until its change is pruned: a change can be taken back.
CREATE TABLE deleted_records (
  account_id TEXT NOT NULL,
  -- of the change
  position INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- the columns of certificate_chain as a JSON array of objects, DER in hexadecimal
  chain TEXT NOT NULL CHECK (json_valid(chain)),
  -- JSON array of [serial, blocked_at]
  blocked_serials TEXT NOT NULL CHECK (json_valid(blocked_serials)),
  -- revocation_policies
  stale_crl TEXT,
  uncovered TEXT,
  PRIMARY KEY (account_id, position)
) STRICT;

-- What is kept counts like the change that it belongs to.
CREATE TRIGGER deleted_record_is_counted AFTER INSERT ON deleted_records
BEGIN
  UPDATE change_chains SET bytes = bytes + length(NEW.chain) + length(NEW.blocked_serials),
      unsealed_bytes = unsealed_bytes + length(NEW.chain) + length(NEW.blocked_serials)
    WHERE account_id = NEW.account_id;
END;

CREATE TRIGGER deleted_record_is_gone AFTER DELETE ON deleted_records
BEGIN
  UPDATE change_chains SET bytes = bytes - length(OLD.chain) - length(OLD.blocked_serials),
      unsealed_bytes = unsealed_bytes - iif(
        (SELECT c.sha256 IS NULL FROM changes c WHERE c.account_id = OLD.account_id AND c.position = OLD.position),
        length(OLD.chain) + length(OLD.blocked_serials), 0)
    WHERE account_id = OLD.account_id;
END;

-- CRLs that were deleted, and not replaced. Their entries stay where they are.
CREATE TABLE deleted_crls (
  -- as in `crls`, from which the columns up to `uploaded_at` are
  id INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  -- of the change
  position INTEGER NOT NULL,
  upload_id TEXT NOT NULL,
  certificate_id TEXT NOT NULL,
  issuer_key TEXT NOT NULL,
  ca_key TEXT NOT NULL,
  ca_fingerprint_sha256 TEXT NOT NULL,
  issuer TEXT NOT NULL,
  ca_path BLOB NOT NULL,
  content_sha256 TEXT NOT NULL,
  crl_number TEXT,
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL,
  covers TEXT NOT NULL,
  part TEXT NOT NULL,
  entries INTEGER NOT NULL,
  uploaded_at INTEGER NOT NULL,
  -- crl_authorities: JSON array of their ca_key
  authorities TEXT NOT NULL CHECK (json_valid(authorities))
) STRICT;

CREATE INDEX deleted_crls_of_change ON deleted_crls (account_id, position, id);

-- As before, but entries of a CRL that can be brought back stay.
DROP TRIGGER crl_is_gone;
CREATE TRIGGER crl_is_gone AFTER DELETE ON crls
BEGIN
  INSERT INTO crl_garbage (crl_id, account_id) SELECT OLD.id, OLD.account_id
    WHERE NOT EXISTS (SELECT 1 FROM deleted_crls d WHERE d.id = OLD.id);
  UPDATE accounts SET crl_entries = crl_entries - OLD.entries WHERE id = OLD.account_id;
  UPDATE certificates SET crls = crls - 1 WHERE id = OLD.certificate_id AND OLD.state = 'current';
END;

CREATE TRIGGER deleted_crl_is_gone AFTER DELETE ON deleted_crls
BEGIN
  INSERT INTO crl_garbage (crl_id, account_id) SELECT OLD.id, OLD.account_id
    WHERE NOT EXISTS (SELECT 1 FROM crls WHERE id = OLD.id);
END;

-- As before, and what ends there is recorded, in the account that had set it.
DROP TRIGGER zone_begins_without_modes;
CREATE TRIGGER zone_begins_without_modes AFTER INSERT ON zones
BEGIN
  INSERT INTO changes (account_id, position, at, zone_id, actor, actor_name, operation, before, hostnames)
    SELECT lost.account_id, coalesce(chain.head, 0) + 1, max(NEW.created_at, coalesce(chain.head_at, 0)), NULL, 'operator',
      'zone ' || NEW.domain, 'end_hostnames', json_group_array(json(lost.before)), json_group_array(DISTINCT lost.hostname_ascii)
    FROM (
      WITH RECURSIVE suffixes(suffix) AS (
        SELECT NEW.domain UNION ALL
        SELECT substr(suffix, instr(suffix, '.') + 1) FROM suffixes WHERE instr(suffix, '.') > 0
      ),
      outer_zones AS (
        SELECT z.id FROM suffixes CROSS JOIN zones z ON z.domain = suffixes.suffix WHERE z.id <> NEW.id
      )
      SELECT m.account_id, m.hostname_ascii, json_object('hostname', m.hostname, 'mode', m.mode) AS before
        FROM outer_zones CROSS JOIN hostname_modes m ON m.zone_id = outer_zones.id
        WHERE m.hostname_ascii = NEW.domain OR substr(m.hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain
      UNION ALL
      SELECT s.account_id, s.hostname_ascii, json_object('hostname', s.hostname,
          'china_network', json(iif(s.china_network, 'true', 'false')),
          'client_certificate_forwarding', json(iif(s.client_certificate_forwarding, 'true', 'false')))
        FROM outer_zones CROSS JOIN hostname_settings s ON s.zone_id = outer_zones.id
        WHERE s.hostname_ascii = NEW.domain OR substr(s.hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain
    ) lost LEFT JOIN change_chains chain ON chain.account_id = lost.account_id
    GROUP BY lost.account_id;
  DELETE FROM hostname_modes
    WHERE (hostname_ascii = NEW.domain OR substr(hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain)
      AND zone_id IN (
        WITH RECURSIVE suffixes(suffix) AS (
          SELECT NEW.domain UNION ALL
          SELECT substr(suffix, instr(suffix, '.') + 1) FROM suffixes WHERE instr(suffix, '.') > 0
        )
        SELECT z.id FROM suffixes CROSS JOIN zones z ON z.domain = suffixes.suffix WHERE z.id <> NEW.id
      );
  DELETE FROM hostname_settings
    WHERE (hostname_ascii = NEW.domain OR substr(hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain)
      AND zone_id IN (
        WITH RECURSIVE suffixes(suffix) AS (
          SELECT NEW.domain UNION ALL
          SELECT substr(suffix, instr(suffix, '.') + 1) FROM suffixes WHERE instr(suffix, '.') > 0
        )
        SELECT z.id FROM suffixes CROSS JOIN zones z ON z.domain = suffixes.suffix WHERE z.id <> NEW.id
      );
END;
