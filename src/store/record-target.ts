import { ACCESS_SQL, type Access, accessFrom, GRANTED_SQL } from './access.ts'
import { IN_SCOPE_SQL } from './certificate-record.ts'
import { type Row, truth } from './d1.ts'

/**
 * `target(id, crls, blocked_serials)`: the record ?8 and how many of these it has, if the scope has it and the claim holds. What
 * hangs on a record is read from and written to through it, so that nothing happens to a record of somebody else.
 */
export const TARGET_SQL = `${ACCESS_SQL},
  target AS (
    SELECT c.id, c.crls, c.blocked_serials FROM access JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}
    WHERE ${GRANTED_SQL}
  )`

/** How a claim on a record stands, with further columns. */
export const situationSql = (...columns: readonly string[]) => `WITH ${TARGET_SQL}
  SELECT ${['access.*', 'EXISTS (SELECT 1 FROM target) AS found', ...columns].join(', ')} FROM access`

/** How a claim on a record stands. */
export const SITUATION_SQL = situationSql()

/** What the database says of a claim on a record. */
export interface TargetOutcome {
  readonly access: Access
  /** The scope has the record; false also when the claim does not hold. */
  readonly found: boolean
}

/** Reads the columns of SITUATION_SQL. */
export function targetFrom(row: Row | undefined): TargetOutcome {
  return { access: accessFrom(row), found: row !== undefined && truth(row, 'found') }
}
