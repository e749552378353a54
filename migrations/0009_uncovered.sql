-- What becomes of certificates below a record's certificates that no CRL covers: `refuse` demands that revocation is known.

ALTER TABLE revocation_policies
  ADD COLUMN uncovered TEXT NOT NULL DEFAULT 'allow' CHECK (uncovered IN ('allow', 'refuse'));
