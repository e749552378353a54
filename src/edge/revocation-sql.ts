import type { Database } from '../core/config.ts'
import type { AccountId, CertificateId, Hex, UnixSeconds } from '../core/units.ts'
import { number, oneOf, type Row, runBatch, text } from '../store/d1.ts'

/** A current CRL. Times are Unix seconds, UTC. */
export interface CrlRow {
  /** Its id, which its entries refer to. */
  readonly crlId: number
  /** The record it was uploaded to. */
  readonly certificateId: CertificateId
  /** The DER of the CA that signed it, and of the certificates from there up to the anchor that proves it, concatenated. */
  readonly caPath: Uint8Array
  /** cRLNumber, hexadecimal, padded to 40 digits; undefined where the CRL has none. */
  readonly number: string | undefined
  readonly thisUpdate: UnixSeconds
  readonly nextUpdate: UnixSeconds
  readonly covers: 'all' | 'user' | 'ca'
  /** The names of its distributionPoint; undefined where it has none. */
  readonly part: readonly string[] | undefined
  readonly whenStale: 'soft' | 'hard'
}

/** An entry of a current CRL. */
export interface CrlEntryRow {
  readonly crlId: number
  readonly serial: Hex
  readonly revokedAt: UnixSeconds
  readonly reason: number
}

/** A serial number that is blocked below a record's CAs. */
export interface BlockedSerialRow {
  readonly certificateId: CertificateId
  readonly serial: Hex
  readonly blockedAt: UnixSeconds
}

export interface RevocationRows {
  /** Ids of the asked records that still exist. */
  readonly certificateIds: readonly string[]
  readonly crls: readonly CrlRow[]
  readonly entries: readonly CrlEntryRow[]
  readonly blocked: readonly BlockedSerialRow[]
}

/** What is asked about. */
export interface RevocationQuestion {
  readonly accountId: AccountId
  /** Ids of the hostname's records. */
  readonly certificateIds: readonly string[]
  /** Name keys of the issuers (caKeys). */
  readonly issuerKeys: readonly string[]
  /** Lower-case hexadecimal of the content octets. */
  readonly serials: readonly string[]
}

/** Rows from before migration 0007 lack the name of their CA, so they are always looked up. */
const NAME_UNKNOWN = ''

/** The current CRLs of CAs by name in an account. ?1 is the account, ?2 the names. */
const CRLS_SQL = `json_each(?2) w
  CROSS JOIN crls c ON c.account_id = ?1 AND c.issuer_key = w.value AND c.state = 'current'`

/**
 * Looks up serial numbers: the current CRLs of the account whose CA has one of the names, whatever record they were uploaded
 * to, with the entries that match; and the numbers that are blocked for the records. It is one round trip and one transaction,
 * so a CRL that is being replaced is seen either before or after. Each look-up goes by index; CROSS JOIN keeps SQLite from
 * reordering the tables, so the number of entries does not matter.
 */
export async function selectRevocation(
  db: Database,
  { accountId, certificateIds, issuerKeys, serials }: RevocationQuestion,
): Promise<RevocationRows> {
  const names = JSON.stringify([...issuerKeys, NAME_UNKNOWN])
  const [ids, wanted] = [JSON.stringify(certificateIds), JSON.stringify(serials)]
  const [crls, entries, blocked, records] = await runBatch(db, [
    {
      unscoped: 'edge',
      sql: `SELECT c.id, c.certificate_id, hex(c.ca_path) AS ca_path, c.crl_number, c.this_update, c.next_update, c.covers,
          c.part, coalesce(p.stale_crl, 'hard') AS when_stale
        FROM ${CRLS_SQL} LEFT JOIN revocation_policies p ON p.certificate_id = c.certificate_id
        ORDER BY c.id`,
      params: [accountId, names],
    },
    {
      unscoped: 'edge',
      sql: `SELECT e.crl_id, e.serial, e.revoked_at, e.reason
        FROM ${CRLS_SQL} CROSS JOIN json_each(?3) s CROSS JOIN crl_entries e ON e.crl_id = c.id AND e.serial = s.value`,
      params: [accountId, names, wanted],
    },
    {
      unscoped: 'edge',
      sql: `SELECT b.certificate_id, b.serial, b.blocked_at
        FROM json_each(?1) w
          CROSS JOIN json_each(?2) s
          CROSS JOIN blocked_serials b ON b.certificate_id = w.value AND b.serial = s.value`,
      params: [ids, wanted],
    },
    {
      unscoped: 'edge',
      sql: 'SELECT c.id FROM json_each(?1) w CROSS JOIN certificates c ON c.id = w.value',
      params: [ids],
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
  const part = text(row, 'part')
  return {
    crlId: number(row, 'id'),
    certificateId: text(row, 'certificate_id'),
    caPath: Uint8Array.fromHex(text(row, 'ca_path')),
    number: row['crl_number'] === null ? undefined : text(row, 'crl_number'),
    thisUpdate: number(row, 'this_update'),
    nextUpdate: number(row, 'next_update'),
    covers: oneOf(row, 'covers', ['all', 'user', 'ca']),
    part: part === '' ? undefined : JSON.parse(part),
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
