import type { Claim } from '../core/model.ts'
import { fail, ok, type Result } from '../core/result.ts'
import { ACCESS_SQL, type Denied, GRANTED_SQL, whenGranted } from './access.ts'
import { IN_SCOPE_SQL } from './certificate-record.ts'
import { type Row, truth } from './d1.ts'

/**
 * `target(id, crls, blocked_serials)`: the record ?8 with its numbers of CRLs and blocked serials, if the scope has it and the
 * claim holds. All that belongs to a record is read and written through it, so no statement reaches another tenant's record.
 */
export const TARGET_SQL = `${ACCESS_SQL},
  target AS (
    SELECT c.id, c.crls, c.blocked_serials FROM access CROSS JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL}
    WHERE ${GRANTED_SQL}
  )`

/** Whether a claim on a record holds, with further columns. */
export const situationSql = (...columns: readonly string[]) => `WITH ${TARGET_SQL}
  SELECT ${['access.*', 'EXISTS (SELECT 1 FROM target) AS found', ...columns].join(', ')} FROM access`

/** Whether a claim on a record holds. */
export const SITUATION_SQL = situationSql()

/** The scope has no such record. A record of another scope is not found either (contract 4, 12135). */
export interface NotFound {
  readonly reason: 'certificate_not_found'
}

/** What a statement found of a record; undefined where the scope has no record with that id. */
export type OfRecord<T> = Result<T | undefined, Denied>

/** whenGranted, for a claim on a record. The row has the columns of SITUATION_SQL. */
export function whenFound<T>(claim: Claim, row: Row | undefined, read: (row: Row) => T): OfRecord<T> {
  return whenGranted(claim, row, (granted) => (truth(granted, 'found') ? read(granted) : undefined))
}

/** The same as a Result, for callers that check nothing between access and the record. */
export function orNotFound<T>(outcome: OfRecord<T>): Result<T, Denied | NotFound> {
  if (!outcome.ok) return outcome
  return outcome.value === undefined ? fail({ reason: 'certificate_not_found' }) : ok(outcome.value)
}
