import type { Database } from '../../core/config.ts'
import type { Claim, QuotaLack } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { AsciiHostname, CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { accessParams, moreParams } from '../../store/access.ts'
import { recordChange, rfc3339Sql } from '../../store/changes.ts'
import { number, type Row, runBatch, text, truth } from '../../store/d1.ts'
import { hasRoomSql, lackFrom, roomQuotaSql } from '../../store/quotas.ts'
import { type OfRecord, SITUATION_SQL, situationSql, TARGET_SQL, whenFound } from '../../store/record-target.ts'
import { pageSql, type ScopedParams, type Statement } from '../../store/statement.ts'

/**
 * Whether `blocked_serials b` is shown. A positive number with a negative twin is stored as both (`negativeTwin`), and shown
 * once.
 */
const SHOWN_SQL = `NOT EXISTS (
  SELECT 1 FROM blocked_serials p WHERE p.certificate_id = b.certificate_id AND p.serial = '00' || b.serial)`

/** Whether the serial numbers ?9, which are blocked together, fit: one of them is blocked already, or the quota has room. */
const HAS_ROOM_SQL = `EXISTS (
    SELECT 1 FROM blocked_serials b WHERE b.certificate_id = ?8 AND b.serial IN (SELECT value FROM json_each(?9))
  ) OR ${hasRoomSql('blockedSerials', '1')}`

/**
 * Whether a CA of the account has the serial number ?10, or a CRL of the record lists ?9. Then the text was rightly read as
 * hexadecimal. Most blocked numbers are not known, since clients' certificates are not kept.
 */
const KNOWN_SQL = `
  EXISTS (
    SELECT 1 FROM crls JOIN crl_entries e ON e.crl_id = crls.id
    WHERE crls.certificate_id = target.id AND crls.state = 'current' AND e.serial = ?9)
  OR EXISTS (
    SELECT 1 FROM certificates own
      CROSS JOIN certificates c ON c.account_id = own.account_id
      CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
    WHERE own.id = target.id AND ch.serial_number = ?10)`

/** A blocked serial number of a record. */
export interface BlockedSerialRecord {
  /** Lower-case hexadecimal of the INTEGER's content octets. */
  readonly serial: Hex
  /** Unix seconds, UTC. */
  readonly blockedAt: UnixSeconds
}

/** A page of a record's blocked serials, sorted, and how many there are in all. `offset` and `limit` count serials. */
export async function selectBlockedSerials(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  offset: number,
  limit: number,
): Promise<OfRecord<{ readonly items: readonly BlockedSerialRecord[]; readonly total: number }>> {
  const params = accessParams(claim, certificateId)
  const [rows, page] = await runBatch(db, [
    { sql: situationSql('(SELECT blocked_serials FROM target) AS total'), params },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT b.serial, b.blocked_at FROM blocked_serials b
        WHERE b.certificate_id = (SELECT id FROM target) AND ${SHOWN_SQL} ORDER BY b.serial ${pageSql(9)}`,
      params: moreParams(params, limit, offset),
    },
  ])
  return whenFound(claim, rows?.[0], (row) => ({
    items: page?.map((one) => ({ serial: text(one, 'serial'), blockedAt: number(one, 'blocked_at') })) ?? [],
    total: number(row, 'total'),
  }))
}

/** Serial numbers to block together, as lower-case hexadecimal of their content octets. The first is the one that is shown. */
export interface SerialChange {
  readonly serials: readonly [string, ...string[]]
  /** Whether to find out that the first is known. */
  readonly askKnown: boolean
}

/** A serial number that is blocked. */
export interface Block {
  /** When it was blocked: Unix seconds, UTC. */
  readonly blockedAt: UnixSeconds
  /** Whether the number is known; undefined where that was not asked. */
  readonly known: boolean | undefined
}

/**
 * Blocks serial numbers, if the claim holds, the scope has the record, and the quota has room. A number that is blocked already
 * stays as it is. Without a `change`, only the claim is checked.
 */
export async function insertBlockedSerial(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  change: SerialChange | undefined,
): Promise<OfRecord<Result<Block, QuotaLack>>> {
  const params = accessParams(claim, certificateId)
  const [rows, , , blocked] = await runBatch(db, [
    { sql: situationSql(roomQuotaSql('blockedSerials')), params },
    ...(change === undefined ? [] : insertStatements(claim, certificateId, params, change)),
  ])
  return whenFound(claim, rows?.[0], (row) => {
    const block = blocked?.[0]
    if (block === undefined) return fail(lackFrom(row, 'blockedSerials', 1))
    const known = change?.askKnown === true ? truth(block, 'known') : undefined
    return ok({ blockedAt: number(block, 'blocked_at'), known })
  })
}

/** As certificates are stored with it. */
const withoutSign = (serial: Hex): Hex => serial.replace(/^00(?=.)/, '')

function insertStatements(
  claim: Claim,
  certificateId: CertificateId,
  params: ScopedParams,
  { serials, askKnown }: SerialChange,
): readonly Statement[] {
  const [first] = serials
  return [
    recordChange(claim, moreParams(params, JSON.stringify(serials), first), {
      operation: 'block_serial',
      certificateId,
      context: `WITH ${TARGET_SQL}`,
      from: 'access CROSS JOIN target',
      where: `(${HAS_ROOM_SQL}) AND EXISTS (
        SELECT 1 FROM json_each(?9) w WHERE NOT EXISTS (
          SELECT 1 FROM blocked_serials b WHERE b.certificate_id = target.id AND b.serial = w.value))`,
      before: 'NULL',
      after: `json_object('serial', ?10, 'blocked_at', ${rfc3339Sql('?6')})`,
    }),
    {
      sql: `WITH ${TARGET_SQL} INSERT INTO blocked_serials (certificate_id, serial, blocked_at)
        SELECT target.id, value, ?6 FROM target, access, json_each(?9) WHERE ${HAS_ROOM_SQL} ON CONFLICT DO NOTHING`,
      params: moreParams(params, JSON.stringify(serials)),
    },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT b.blocked_at, ${askKnown ? KNOWN_SQL : '?10'} AS known
        FROM target JOIN blocked_serials b ON b.certificate_id = target.id AND b.serial = ?9`,
      params: moreParams(params, first, askKnown ? withoutSign(first) : null),
    },
  ]
}

/** The hostnames of `target`. */
const HOSTNAMES_SQL = `WITH ${TARGET_SQL} SELECT h.hostname_ascii
  FROM target CROSS JOIN certificate_hostnames h ON h.certificate_id = target.id`
const hostnamesFrom = (rows: readonly Row[] = []) => rows.map((row) => text(row, 'hostname_ascii'))

/** What a dry run needs besides what the write answers: the hostnames of the record. */
interface OnHostnames {
  readonly hostnames: readonly AsciiHostname[]
}

/** What insertBlockedSerial would return. Nothing is blocked. */
export async function tryBlock(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  change: SerialChange | undefined,
): Promise<OfRecord<Result<Block & OnHostnames, QuotaLack>>> {
  const params = accessParams(claim, certificateId)
  const { serials, askKnown } = change ?? { serials: [''] as const, askKnown: false }
  const [first] = serials
  const [rows, blocked, hostnames] = await runBatch(db, [
    {
      sql: situationSql(roomQuotaSql('blockedSerials'), `(${HAS_ROOM_SQL}) AS has_room`),
      params: moreParams(params, JSON.stringify(serials)),
    },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT b.blocked_at, ${askKnown ? KNOWN_SQL : '?10'} AS known
        FROM target LEFT JOIN blocked_serials b ON b.certificate_id = target.id AND b.serial = ?9`,
      params: moreParams(params, first, askKnown ? withoutSign(first) : null),
    },
    { sql: HOSTNAMES_SQL, params },
  ])
  return whenFound(claim, rows?.[0], (row) => {
    const [block] = blocked ?? []
    if (block === undefined || !truth(row, 'has_room')) return fail(lackFrom(row, 'blockedSerials', 1))
    return ok({
      blockedAt: block['blocked_at'] === null ? claim.now : number(block, 'blocked_at'),
      known: askKnown ? truth(block, 'known') : undefined,
      hostnames: hostnamesFrom(hostnames),
    })
  })
}

/** What deleteBlockedSerial would return. Nothing is unblocked. */
export async function tryUnblock(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  serials: readonly string[],
): Promise<OfRecord<{ readonly removed: string | undefined } & OnHostnames>> {
  const params = accessParams(claim, certificateId)
  const [rows, blocked, hostnames] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    {
      sql: `WITH ${TARGET_SQL} SELECT b.serial FROM target CROSS JOIN json_each(?9) w
          CROSS JOIN blocked_serials b ON b.certificate_id = target.id AND b.serial = w.value`,
      params: moreParams(params, JSON.stringify(serials)),
    },
    { sql: HOSTNAMES_SQL, params },
  ])
  const there = new Set(blocked?.map((row) => text(row, 'serial')))
  return whenFound(claim, rows?.[0], () => ({
    removed: serials.find((serial) => there.has(serial)),
    hostnames: hostnamesFrom(hostnames),
  }))
}

/** Unblocks serial numbers, if the claim holds and the scope has the record. `removed`: the first that was blocked. */
export async function deleteBlockedSerial(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  serials: readonly string[],
): Promise<OfRecord<{ readonly removed: string | undefined }>> {
  const params = accessParams(claim, certificateId)
  const own = moreParams(params, JSON.stringify(serials))
  const [rows, , removed] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    recordChange(claim, own, {
      operation: 'unblock_serial',
      certificateId,
      context: `WITH ${TARGET_SQL}`,
      // The first of them that is blocked: the one that is answered.
      from: `access CROSS JOIN target CROSS JOIN (
        SELECT b.serial, b.blocked_at, min(w.key) FROM target t CROSS JOIN json_each(?9) w
          CROSS JOIN blocked_serials b ON b.certificate_id = t.id AND b.serial = w.value) blocked`,
      where: 'blocked.serial IS NOT NULL',
      before: `json_object('serial', blocked.serial, 'blocked_at', ${rfc3339Sql('blocked.blocked_at')})`,
      after: 'NULL',
    }),
    {
      sql: `WITH ${TARGET_SQL} DELETE FROM blocked_serials
        WHERE certificate_id IN (SELECT id FROM target) AND serial IN (SELECT value FROM json_each(?9)) RETURNING serial`,
      params: own,
    },
  ])
  const gone = new Set(removed?.map((row) => text(row, 'serial')))
  return whenFound(claim, rows?.[0], () => ({ removed: serials.find((serial) => gone.has(serial)) }))
}
