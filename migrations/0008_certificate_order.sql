-- Lists are in the order in which certificates were added. created_at has whole seconds and ids are random, so by them a
-- certificate added between two pages could push others onto a page twice, or off both. The implicit rowid is no order to
-- keep: VACUUM, or an export, may number the rows anew.
--
-- A column, and not a new table with an INTEGER PRIMARY KEY: dropping the old table would delete its rows first, and with
-- them, by ON DELETE CASCADE, every certificate's chain and CRLs.

-- 0: not numbered yet; only while the row is being inserted
ALTER TABLE certificates ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0 CHECK (sequence >= 0);

-- Those that are there keep the order in which they were listed.
UPDATE certificates SET sequence = listed.position
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS position FROM certificates) AS listed
WHERE listed.id = certificates.id;

CREATE UNIQUE INDEX certificates_by_sequence ON certificates (sequence);

-- Whoever inserts. After the newest is deleted its number is given again: what is left is in order all the same.
CREATE TRIGGER certificates_in_order AFTER INSERT ON certificates WHEN NEW.sequence = 0
BEGIN
  UPDATE certificates SET sequence = (SELECT max(sequence) + 1 FROM certificates) WHERE id = NEW.id;
END;

-- a scope's list, in the order it is answered; the count for the quota
DROP INDEX certificates_of_scope;
CREATE INDEX certificates_of_scope ON certificates (account_id, zone_id, sequence);
