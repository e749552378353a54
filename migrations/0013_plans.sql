-- What a million certificates in ten thousand accounts need to be found by.

-- A list of settings passes over what is before its page, and looks at rows only where a zone's token set them.
DROP INDEX hostname_settings_in_order;
CREATE INDEX hostname_settings_in_order ON hostname_settings (account_id, sequence, by_account);
DROP INDEX hostname_settings_of_zone;
CREATE INDEX hostname_settings_of_zone ON hostname_settings (zone_id, sequence, by_account);

-- A credential's grants, whichever they are on: to be found, and to be deleted with it.
CREATE INDEX grants_of_credential ON grants (credential_id);
-- What keeps an account or a zone from being deleted.
CREATE INDEX grants_of_account ON grants (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX grants_of_zone ON grants (zone_id) WHERE zone_id IS NOT NULL;

-- The first domains of an account are named where hostnames are not its own.
DROP INDEX zones_by_account;
CREATE INDEX zones_of_account ON zones (account_id, domain);

-- As before, but looks at what was set through the zones around the new one, and not at what anybody set.
DROP TRIGGER zone_begins_without_modes;
CREATE TRIGGER zone_begins_without_modes AFTER INSERT ON zones
BEGIN
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
