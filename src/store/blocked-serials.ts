import type { Database } from '../config.ts'
import type { Claim } from '../model.ts'
import { accessParams } from './access.ts'
import { number, runBatch, text } from './d1.ts'
import { SITUATION_SQL, TARGET_SQL, type TargetOutcome, targetFrom } from './record-target.ts'

/** A blocked serial number of a record. */
export interface BlockedSerialRecord {
  /** Lower-case hexadecimal of the INTEGER's content octets. */
  readonly serial: string
  /** Unix seconds, UTC. */
  readonly blockedAt: number
}

/** One page of a record's blocked serials, in their order, and how many there are. `offset` and `limit` count serials. */
export async function selectBlockedSerials(
  db: Database,
  claim: Claim,
  certificateId: string,
  offset: number,
  limit: number,
): Promise<TargetOutcome & { readonly serials: readonly BlockedSerialRecord[]; readonly total: number }> {
  const params = [...accessParams(claim), certificateId]
  const [rows, totals, page] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT count(*) AS total FROM target JOIN blocked_serials b ON b.certificate_id = target.id`,
      params,
    },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT b.serial, b.blocked_at FROM target JOIN blocked_serials b ON b.certificate_id = target.id
        ORDER BY b.serial LIMIT ?9 OFFSET ?10`,
      params: [...params, limit, offset],
    },
  ])
  return {
    ...targetFrom(rows?.[0]),
    serials: page?.map((row) => ({ serial: text(row, 'serial'), blockedAt: number(row, 'blocked_at') })) ?? [],
    total: totals?.[0] === undefined ? 0 : number(totals[0], 'total'),
  }
}

/**
 * Blocks a serial number, if the claim holds and the scope has the record; one that is blocked already stays as it is.
 * `serial` undefined: nothing is changed, and the answer says what would have stood against it.
 */
export async function insertBlockedSerial(
  db: Database,
  claim: Claim,
  certificateId: string,
  serial: string | undefined,
): Promise<TargetOutcome & { readonly blockedAt: number | undefined }> {
  const params = [...accessParams(claim), certificateId]
  const own = [...params, serial ?? null]
  const changes = [
    {
      sql: `WITH ${TARGET_SQL} INSERT INTO blocked_serials (certificate_id, serial, blocked_at)
        SELECT id, ?9, ?6 FROM target WHERE TRUE ON CONFLICT DO NOTHING`,
      params: own,
    },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT b.blocked_at FROM target JOIN blocked_serials b ON b.certificate_id = target.id AND b.serial = ?9`,
      params: own,
    },
  ]
  const batch = await runBatch(db, [{ sql: SITUATION_SQL, params }, ...(serial === undefined ? [] : changes)])
  const blocked = batch[2]?.[0]
  return { ...targetFrom(batch[0]?.[0]), blockedAt: blocked && number(blocked, 'blocked_at') }
}

/** Takes a block away, if the claim holds and the scope has the record. `removed`: it was blocked. */
export async function deleteBlockedSerial(
  db: Database,
  claim: Claim,
  certificateId: string,
  serial: string | undefined,
): Promise<TargetOutcome & { readonly removed: boolean }> {
  const params = [...accessParams(claim), certificateId]
  const [rows, removed] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    {
      sql: `WITH ${TARGET_SQL} DELETE FROM blocked_serials
        WHERE certificate_id IN (SELECT id FROM target) AND serial = ?9 RETURNING serial`,
      params: [...params, serial ?? null],
    },
  ])
  return { ...targetFrom(rows?.[0]), removed: removed?.length === 1 }
}
