import type { Database } from '../config.ts'
import type { Claim, TrustBundle } from '../model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams, GRANTED_SQL } from './access.ts'
import { number, type Row, runBatch, text, truth } from './d1.ts'
import { FOREIGN_HOSTNAMES_SQL, OWNERS_SQL } from './hostname-owner.ts'

/** The certificates of `certificates c` that are associated with the name ?N, each with its whole chain in order. */
const bundlesSql = (name: string) => `
  JOIN certificate_hostnames h ON h.certificate_id = c.id AND h.hostname_ascii = ${name}
  JOIN certificate_chain ch ON ch.certificate_id = c.id`

const BUNDLE_COLUMNS_SQL = 'c.id, ch.position, ch.der'
const BUNDLE_ORDER_SQL = 'ORDER BY c.created_at, c.id, ch.position'

/**
 * The bundles that a scope trusts for a hostname: an account's with those of its zones, or one zone's own.
 * `ascii` is the name in A-label form.
 */
export async function selectTrustAnchors(
  db: Database,
  claim: Claim,
  ascii: string,
): Promise<{ readonly access: Access; readonly foreign: boolean; readonly bundles: readonly TrustBundle[] }> {
  const params = [...accessParams(claim), JSON.stringify([ascii])]
  const situation = `WITH RECURSIVE ${ACCESS_SQL}, wanted_hostnames(list) AS (VALUES (?8)), ${FOREIGN_HOSTNAMES_SQL}`
  const [rows, links] = await runBatch(db, [
    { sql: `${situation} SELECT access.*, EXISTS (SELECT 1 FROM foreign_hostnames) AS is_foreign FROM access`, params },
    {
      sql: `${situation} SELECT ${BUNDLE_COLUMNS_SQL} FROM access
        JOIN certificates c
          ON c.account_id = access.account_id AND (access.zone_id IS NULL OR c.zone_id = access.zone_id)
        ${bundlesSql('?9')}
        WHERE ${GRANTED_SQL} AND NOT EXISTS (SELECT 1 FROM foreign_hostnames) ${BUNDLE_ORDER_SQL}`,
      params: [...params, ascii],
    },
  ])
  const row = rows?.[0]
  return {
    access: accessFrom(row),
    foreign: row !== undefined && truth(row, 'is_foreign'),
    bundles: bundlesFrom(links ?? []),
  }
}

/** What the edge trusts for a hostname, whoever asks. */
export interface HostnameTrust {
  /** The hostname lies in a zone, and Access is enabled for that zone and its account. */
  readonly enabled: boolean
  readonly bundles: readonly TrustBundle[]
}

/**
 * The bundles that the owner of a hostname trusts for it: those of the owning account itself and of the owning zone.
 * Ownership is looked up anew each time: associations made before a more specific zone took the name over do not count.
 */
export async function selectHostnameTrust(db: Database, ascii: string): Promise<HostnameTrust> {
  const owner = `WITH RECURSIVE wanted_hostnames(list) AS (VALUES (?1)), ${OWNERS_SQL},
    owner AS (
      SELECT o.zone_id, o.account_id, a.enabled AND z.enabled AS enabled
      FROM owners o JOIN zones z ON z.id = o.zone_id JOIN accounts a ON a.id = o.account_id
    )`
  const params = [JSON.stringify([ascii])]
  const [rows, links] = await runBatch(db, [
    { sql: `${owner} SELECT enabled FROM owner`, params },
    {
      sql: `${owner} SELECT ${BUNDLE_COLUMNS_SQL} FROM owner
        JOIN certificates c ON c.account_id = owner.account_id AND (c.zone_id IS NULL OR c.zone_id = owner.zone_id)
        ${bundlesSql('?2')}
        WHERE owner.enabled ${BUNDLE_ORDER_SQL}`,
      params: [...params, ascii],
    },
  ])
  const row = rows?.[0]
  return { enabled: row !== undefined && truth(row, 'enabled'), bundles: bundlesFrom(links ?? []) }
}

/** Gathers rows, one a certificate, into bundles. */
function bundlesFrom(rows: readonly Row[]): readonly TrustBundle[] {
  const bundles = new Map<string, Uint8Array[]>()
  for (const row of rows) {
    const id = text(row, 'id')
    const chain = bundles.get(id) ?? []
    chain[number(row, 'position')] = octets(row, 'der')
    bundles.set(id, chain)
  }
  return [...bundles].map(([id, chain]) => ({ id, chain }))
}

/** D1 gives a BLOB as an array of numbers. */
function octets(row: Row, column: string): Uint8Array {
  const value = row[column]
  if (!Array.isArray(value)) throw new Error(`column ${column} is not a BLOB`)
  return Uint8Array.from(value)
}
