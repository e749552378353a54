-- Who may enter a hostname, of the clients with a valid certificate. The rules stand in the row of its mode. A hostname with rules
-- and the default mode has report mode that ended in 1970 (until = 0): like every report mode that ended, it counts as `required`,
-- for earlier code too.
--
-- Rules only keep clients out, so whatever ends a mode keeps them. Where a zone of another account takes the hostname over, they do
-- not count, and are there again when the hostname comes back: what was associated with it counts again, too.

-- JSON array of rules (src/edge/identity-rules.ts); NULL: none, so every client with a valid certificate may enter.
ALTER TABLE hostname_modes ADD COLUMN identities TEXT
  CHECK (identities IS NULL OR (json_type(identities) = 'array' AND json_array_length(identities) BETWEEN 1 AND 100
    AND length(identities) <= 16384));

CREATE TRIGGER trust_changes_with_new_identities AFTER INSERT ON hostname_modes WHEN NEW.identities IS NOT NULL
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.account_id;
END;

CREATE TRIGGER trust_changes_with_identities AFTER UPDATE ON hostname_modes
WHEN NEW.identities IS NOT OLD.identities
  OR (NEW.zone_id <> OLD.zone_id AND NEW.identities IS NOT NULL)
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = NEW.account_id;
END;

CREATE TRIGGER trust_changes_without_identities AFTER DELETE ON hostname_modes WHEN OLD.identities IS NOT NULL
BEGIN
  UPDATE accounts SET trust_version = lower(hex(randomblob(8))) WHERE id = OLD.account_id;
END;

-- As before, but rules stay when `open` ends.
DROP TRIGGER hostname_gains_certificates;
CREATE TRIGGER hostname_gains_certificates AFTER INSERT ON certificate_hostnames
BEGIN
  INSERT INTO hostnames (hostname_ascii, account_id, certificates, bytes)
    SELECT NEW.hostname_ascii, c.account_id, c.chain_certificates, c.chain_bytes
    FROM certificates c WHERE c.id = NEW.certificate_id
    ON CONFLICT DO UPDATE SET certificates = certificates + excluded.certificates, bytes = bytes + excluded.bytes;
  -- Who associates a certificate wants the hostname protected.
  UPDATE hostname_modes SET mode = 'report', until = 0
    WHERE hostname_ascii = NEW.hostname_ascii AND mode = 'open' AND identities IS NOT NULL
      AND account_id = (SELECT account_id FROM certificates WHERE id = NEW.certificate_id);
  DELETE FROM hostname_modes WHERE hostname_ascii = NEW.hostname_ascii AND mode = 'open'
    AND account_id = (SELECT account_id FROM certificates WHERE id = NEW.certificate_id);
END;

-- As before, but rules stay. A new zone of the same account takes them over, since the account's certificates go on counting there.
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
        WHERE (m.hostname_ascii = NEW.domain OR substr(m.hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain)
          AND m.until IS NOT 0
      UNION ALL
      SELECT s.account_id, s.hostname_ascii, json_object('hostname', s.hostname,
          'china_network', json(iif(s.china_network, 'true', 'false')),
          'client_certificate_forwarding', json(iif(s.client_certificate_forwarding, 'true', 'false')))
        FROM outer_zones CROSS JOIN hostname_settings s ON s.zone_id = outer_zones.id
        WHERE s.hostname_ascii = NEW.domain OR substr(s.hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain
    ) lost LEFT JOIN change_chains chain ON chain.account_id = lost.account_id
    GROUP BY lost.account_id;
  UPDATE hostname_modes SET zone_id = iif(account_id = NEW.account_id, NEW.id, zone_id), mode = 'report', until = 0
    WHERE (hostname_ascii = NEW.domain OR substr(hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain)
      AND identities IS NOT NULL
      AND zone_id IN (
        WITH RECURSIVE suffixes(suffix) AS (
          SELECT NEW.domain UNION ALL
          SELECT substr(suffix, instr(suffix, '.') + 1) FROM suffixes WHERE instr(suffix, '.') > 0
        )
        SELECT z.id FROM suffixes CROSS JOIN zones z ON z.domain = suffixes.suffix WHERE z.id <> NEW.id
      );
  DELETE FROM hostname_modes
    WHERE (hostname_ascii = NEW.domain OR substr(hostname_ascii, -length(NEW.domain) - 1) = '.' || NEW.domain)
      AND identities IS NULL
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
