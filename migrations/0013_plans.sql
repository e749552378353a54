-- What a million certificates in ten thousand accounts need to be found by.

-- A list of settings passes over what is before its page, and looks at rows only where a zone's token set them.
DROP INDEX hostname_settings_in_order;
CREATE INDEX hostname_settings_in_order ON hostname_settings (account_id, sequence, by_account);
DROP INDEX hostname_settings_of_zone;
CREATE INDEX hostname_settings_of_zone ON hostname_settings (zone_id, sequence, by_account);
