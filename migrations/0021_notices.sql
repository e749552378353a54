-- What people are told in time: certificates that expire, CRLs that go stale, report modes that end. An index for each, by time.

CREATE INDEX certificate_chain_by_expiry ON certificate_chain (not_after);
CREATE INDEX crls_by_next_update ON crls (next_update) WHERE state = 'current';
CREATE INDEX crl_fetches_failing ON crl_fetches (failing_since) WHERE failing_since IS NOT NULL;
CREATE INDEX hostname_modes_by_end ON hostname_modes (until) WHERE until IS NOT NULL;

-- One row: how far people were told. What comes due between two runs is told once, whatever happens in between.
CREATE TABLE notice_runs (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- all that came due until then was told: Unix seconds, UTC
  told_until INTEGER NOT NULL,
  -- no run before then: one is under way, or one failed
  next_at INTEGER NOT NULL,
  -- how many runs failed since then
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0)
) STRICT;
