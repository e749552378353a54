import type { Database } from '../config.ts'
import { number, oneOf, type Row, runBatch, text } from './d1.ts'

/** A current CRL. Times are Unix seconds, UTC. */
export interface CrlRow {
  /** Names it among the rows of this answer. */
  readonly crlId: number
  readonly certificateId: string
  /** Which certificate of the record signed it, from 0. */
  readonly position: number
  /** cRLNumber, hexadecimal, padded to 40 digits. */
  readonly number: string
  readonly thisUpdate: number
  readonly nextUpdate: number
  readonly covers: 'all' | 'user' | 'ca'
  readonly whenStale: 'soft' | 'hard'
}

/** An entry of one of these. */
export interface CrlEntryRow {
  readonly crlId: number
  readonly serial: string
  readonly revokedAt: number
  readonly reason: number
}

/** A serial number that is blocked below a record's CAs. */
export interface BlockedSerialRow {
  readonly certificateId: string
  readonly serial: string
  readonly blockedAt: number
}

export interface RevocationRows {
  /** Those of the records that are still there: what was known of the others went with them. */
  readonly certificateIds: readonly string[]
  readonly crls: readonly CrlRow[]
  readonly entries: readonly CrlEntryRow[]
  readonly blocked: readonly BlockedSerialRow[]
}

/**
 * What is known of some serial numbers (lower-case hexadecimal of their content octets) under some records: all
 * current CRLs of these, the entries and the blocked serials that match. One round trip, one transaction: a CRL that
 * is being replaced is seen as it was or as it will be. Each look-up goes by index; CROSS JOIN keeps SQLite from
 * turning the tables round, so the number of entries does not matter.
 */
export async function selectRevocation(
  db: Database,
  certificateIds: readonly string[],
  serials: readonly string[],
): Promise<RevocationRows> {
  const params = [JSON.stringify(certificateIds), JSON.stringify(serials)]
  const [crls, entries, blocked, records] = await runBatch(db, [
    {
      sql: `SELECT c.id, c.certificate_id, ch.position, c.crl_number, c.this_update, c.next_update, c.covers,
          coalesce(p.stale_crl, 'hard') AS when_stale
        FROM json_each(?1) w
          CROSS JOIN crls c ON c.certificate_id = w.value AND c.state = 'current'
          CROSS JOIN certificate_chain ch
            ON ch.certificate_id = c.certificate_id AND ch.fingerprint_sha256 = c.ca_fingerprint_sha256
          LEFT JOIN revocation_policies p ON p.certificate_id = c.certificate_id
        ORDER BY c.id`,
      params: params.slice(0, 1),
    },
    {
      sql: `SELECT e.crl_id, e.serial, e.revoked_at, e.reason
        FROM json_each(?1) w
          CROSS JOIN crls c ON c.certificate_id = w.value AND c.state = 'current'
          CROSS JOIN json_each(?2) s
          CROSS JOIN crl_entries e ON e.crl_id = c.id AND e.serial = s.value`,
      params,
    },
    {
      sql: `SELECT b.certificate_id, b.serial, b.blocked_at
        FROM json_each(?1) w
          CROSS JOIN json_each(?2) s
          CROSS JOIN blocked_serials b ON b.certificate_id = w.value AND b.serial = s.value`,
      params,
    },
    {
      sql: 'SELECT c.id FROM json_each(?1) w CROSS JOIN certificates c ON c.id = w.value',
      params: params.slice(0, 1),
    },
  ])
  return {
    certificateIds: records?.map((row) => text(row, 'id')) ?? [],
    crls: crls?.map(crlFrom) ?? [],
    entries: entries?.map(entryFrom) ?? [],
    blocked: blocked?.map(blockedFrom) ?? [],
  }
}

function crlFrom(row: Row): CrlRow {
  return {
    crlId: number(row, 'id'),
    certificateId: text(row, 'certificate_id'),
    position: number(row, 'position'),
    number: text(row, 'crl_number'),
    thisUpdate: number(row, 'this_update'),
    nextUpdate: number(row, 'next_update'),
    covers: oneOf(row, 'covers', ['all', 'user', 'ca']),
    whenStale: oneOf(row, 'when_stale', ['soft', 'hard']),
  }
}

function entryFrom(row: Row): CrlEntryRow {
  return {
    crlId: number(row, 'crl_id'),
    serial: text(row, 'serial'),
    revokedAt: number(row, 'revoked_at'),
    reason: number(row, 'reason'),
  }
}

function blockedFrom(row: Row): BlockedSerialRow {
  return {
    certificateId: text(row, 'certificate_id'),
    serial: text(row, 'serial'),
    blockedAt: number(row, 'blocked_at'),
  }
}
