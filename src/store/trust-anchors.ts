import type { Database } from '../config.ts'
import type { Claim, HostnameMode, TrustBundle } from '../model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams, GRANTED_SQL } from './access.ts'
import { DER_SQL, derFrom } from './certificate-der.ts'
import { number, oneOf, type Row, runBatch, text, truth } from './d1.ts'
import { FOREIGN_HOSTNAMES_SQL, OWNERS_SQL } from './hostname-owner.ts'

/** The certificates of `certificates c` that are associated with the name ?N, each with its whole chain in order. */
const bundlesSql = (name: string) => `
  JOIN certificate_hostnames h ON h.certificate_id = c.id AND h.hostname_ascii = ${name}
  JOIN certificate_chain ch ON ch.certificate_id = c.id
  LEFT JOIN revocation_policies p ON p.certificate_id = c.id`

const BUNDLE_COLUMNS_SQL = `c.id, ch.position, ${DER_SQL}, coalesce(p.uncovered, 'allow') AS uncovered`
const BUNDLE_ORDER_SQL = 'ORDER BY c.sequence, ch.position'

/** What a scope knows of a hostname. */
export interface ScopeTrust {
  readonly access: Access
  /** The hostname is not the scope's. */
  readonly foreign: boolean
  /** The scope's account; empty where there is no such scope. */
  readonly accountId: string
  readonly bundles: readonly TrustBundle[]
  /** As HostnameTrust has it. */
  readonly revocable: boolean
}

/** `certificates c` that count for a scope. */
const SCOPES_CERTIFICATES_SQL =
  'c.account_id = access.account_id AND (access.zone_id IS NULL OR c.zone_id = access.zone_id)'

/**
 * Whether anything may be revoked: the account has a CRL, which counts wherever its CA stands, or one of the `certificates c`,
 * associated with the name ?N and under that condition, has a blocked serial number.
 */
const revocableSql = (account: string, name: string, condition: string) => `
  EXISTS (SELECT 1 FROM crls WHERE crls.account_id = ${account} AND crls.state = 'current')
  OR EXISTS (
    SELECT 1 FROM certificate_hostnames h
      CROSS JOIN certificates c ON c.id = h.certificate_id
      CROSS JOIN blocked_serials b ON b.certificate_id = c.id
    WHERE h.hostname_ascii = ${name} AND ${condition}
  ) AS revocable`

/**
 * The bundles that a scope trusts for a hostname: an account's with those of its zones, or one zone's own.
 * `ascii` is the name in A-label form.
 */
export async function selectTrustAnchors(db: Database, claim: Claim, ascii: string): Promise<ScopeTrust> {
  const params = [...accessParams(claim), JSON.stringify([ascii]), ascii]
  const situation = `WITH RECURSIVE ${ACCESS_SQL}, wanted_hostnames(list) AS (VALUES (?8)), ${FOREIGN_HOSTNAMES_SQL}`
  const [rows, links] = await runBatch(db, [
    {
      sql: `${situation} SELECT access.*, EXISTS (SELECT 1 FROM foreign_hostnames) AS is_foreign,
          ${revocableSql('access.account_id', '?9', SCOPES_CERTIFICATES_SQL)}
        FROM access`,
      params,
    },
    {
      sql: `${situation} SELECT ${BUNDLE_COLUMNS_SQL} FROM access
        JOIN certificates c ON ${SCOPES_CERTIFICATES_SQL}
        ${bundlesSql('?9')}
        WHERE ${GRANTED_SQL} AND NOT EXISTS (SELECT 1 FROM foreign_hostnames) ${BUNDLE_ORDER_SQL}`,
      params,
    },
  ])
  const row = rows?.[0]
  return {
    access: accessFrom(row),
    foreign: row !== undefined && truth(row, 'is_foreign'),
    accountId: typeof row?.['account_id'] === 'string' ? row['account_id'] : '',
    bundles: bundlesFrom(links ?? []),
    revocable: row !== undefined && truth(row, 'revocable'),
  }
}

/** What the edge knows of a hostname, whoever asks. */
export interface HostnameTrust {
  /** The hostname lies in a zone. */
  readonly owned: boolean
  /** It does, and Access is enabled for that zone and its account. */
  readonly enabled: boolean
  /** What becomes of refused clients: `report` lets them through and says so. */
  readonly mode: HostnameMode
  /** The origin is told of the client: client_certificate_forwarding of the hostname's setting. */
  readonly forwarding: boolean
  /** The account that owns it; empty where none does. */
  readonly accountId: string
  readonly bundles: readonly TrustBundle[]
  /** The account has a CRL, or one of the bundles a blocked serial number: selectRevocation may find some. */
  readonly revocable: boolean
}

/** `certificates c` that count for a hostname of `owner`: those of the owning account itself and of the owning zone. */
const OWNERS_CERTIFICATES_SQL = 'c.account_id = owner.account_id AND (c.zone_id IS NULL OR c.zone_id = owner.zone_id)'

/**
 * The bundles that the owner of a hostname trusts for it, and what the owner set for it, in one round trip.
 * Ownership is looked up anew each time: what was set before a more specific zone took the name over does not count.
 */
export async function selectHostnameTrust(db: Database, ascii: string): Promise<HostnameTrust> {
  const owner = `WITH RECURSIVE wanted_hostnames(list) AS (VALUES (?1)), ${OWNERS_SQL},
    owner AS (
      SELECT o.zone_id, o.account_id, a.enabled AND z.enabled AS enabled
      FROM owners o JOIN zones z ON z.id = o.zone_id JOIN accounts a ON a.id = o.account_id
    )`
  const params = [JSON.stringify([ascii]), ascii]
  const [rows, links] = await runBatch(db, [
    {
      sql: `${owner} SELECT enabled, account_id,
          (SELECT mode FROM hostname_modes m WHERE m.account_id = owner.account_id AND m.hostname_ascii = ?2) AS mode,
          EXISTS (
            SELECT 1 FROM hostname_settings s
            WHERE s.account_id = owner.account_id AND s.hostname_ascii = ?2 AND s.client_certificate_forwarding
          ) AS forwarding,
          ${revocableSql('owner.account_id', '?2', OWNERS_CERTIFICATES_SQL)}
        FROM owner`,
      params,
    },
    {
      sql: `${owner} SELECT ${BUNDLE_COLUMNS_SQL} FROM owner JOIN certificates c ON ${OWNERS_CERTIFICATES_SQL}
        ${bundlesSql('?2')}
        WHERE owner.enabled ${BUNDLE_ORDER_SQL}`,
      params,
    },
  ])
  const row = rows?.[0]
  const says = (column: string) => row !== undefined && truth(row, column)
  return {
    owned: row !== undefined,
    enabled: says('enabled'),
    mode: row?.['mode'] === 'report' ? 'report' : 'required',
    forwarding: says('forwarding'),
    accountId: row === undefined ? '' : text(row, 'account_id'),
    bundles: bundlesFrom(links ?? []),
    revocable: says('revocable'),
  }
}

/** Gathers rows, one a certificate, into bundles. */
function bundlesFrom(rows: readonly Row[]): readonly TrustBundle[] {
  const bundles = new Map<string, TrustBundle & { readonly chain: Uint8Array[] }>()
  for (const row of rows) {
    const id = text(row, 'id')
    const bundle = bundles.get(id) ?? { id, chain: [], uncovered: oneOf(row, 'uncovered', ['allow', 'refuse']) }
    bundle.chain[number(row, 'position')] = derFrom(row)
    bundles.set(id, bundle)
  }
  return [...bundles.values()]
}
