-- Refused requests, counted: failed authentication, and writes that were refused. One row for each day, account, credential, address
-- and code, however many requests it stands for.

CREATE TABLE refusals (
  -- of the path's scope; '': none that exists. No reference: it is kept when the account is gone.
  account_id TEXT NOT NULL,
  -- days since 1970-01-01, UTC
  day INTEGER NOT NULL,
  -- '': its secret is unknown
  credential_id TEXT NOT NULL,
  -- of the client, an IPv6 address as its /64 (src/web/client-address.ts); 'others': too many different ones on that day
  address TEXT NOT NULL,
  -- of the answer's first error
  code INTEGER NOT NULL,
  count INTEGER NOT NULL CHECK (count > 0),
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL CHECK (last_at >= first_at),
  PRIMARY KEY (account_id, day, credential_id, address, code)
) STRICT, WITHOUT ROWID;

-- By age, to be deleted.
CREATE INDEX refusals_by_day ON refusals (day);

-- Different addresses are at anybody's disposal, so a day has a limited number of rows.
CREATE TABLE refusal_days (
  day INTEGER PRIMARY KEY,
  rows INTEGER NOT NULL CHECK (rows >= 0)
) STRICT;

CREATE TRIGGER refusal_is_counted AFTER INSERT ON refusals
BEGIN
  INSERT INTO refusal_days (day, rows) VALUES (NEW.day, 1) ON CONFLICT DO UPDATE SET rows = rows + 1;
END;

CREATE TRIGGER refusal_is_gone AFTER DELETE ON refusals
BEGIN
  UPDATE refusal_days SET rows = rows - 1 WHERE day = OLD.day;
  DELETE FROM refusal_days WHERE day = OLD.day AND rows = 0;
END;
