import type { Database } from '../../core/config.ts'
import type { Claim, ModeSetting } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { AccountId, AsciiHostname, CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import type { HostnameFacts } from '../../edge/hostname-sql.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, whenGranted } from '../../store/access.ts'
import { number, oneOf, runBatch, text, truth } from '../../store/d1.ts'
import { OWNERS_SQL, wantedHostnamesSql } from '../../store/hostname-owner.ts'
import { derFrom } from '../../store/record-certificate.ts'

/** A hostname of the scope at which clients were seen. */
export interface SeenAt {
  /** Of its row. */
  readonly id: number
  readonly hostname: AsciiHostname
  readonly clients: number
  /** Requests of clients that found no room. */
  readonly others: number
}

/** The hostnames of a list that are the scope's and at which clients were seen, and the scope's account. */
export async function selectSeenAt(
  db: Database,
  claim: Claim,
  hostnames: readonly AsciiHostname[],
): Promise<Result<{ readonly accountId: AccountId; readonly seen: readonly SeenAt[] }, Denied>> {
  const params = accessParams(claim, JSON.stringify(hostnames))
  const [rows, seen] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT access.* FROM access`, params: accessParams(claim) },
    {
      sql: `WITH RECURSIVE ${ACCESS_SQL}, ${wantedHostnamesSql('?8')}, ${OWNERS_SQL}
        SELECT h.id, h.hostname_ascii, h.own + h.strangers AS clients, h.own_others + h.stranger_others AS others
        FROM access CROSS JOIN wanted_hostnames
          CROSS JOIN json_each(wanted_hostnames.list) w
          CROSS JOIN owners o ON o.position = w.key
          CROSS JOIN client_hostnames h ON h.zone_id = o.zone_id AND h.hostname_ascii = w.value
        WHERE ${GRANTED_SQL} AND h.account_id = access.account_id AND (access.zone_id IS NULL OR o.zone_id = access.zone_id)`,
      params,
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => ({
    accountId: text(row, 'account_id'),
    seen:
      seen?.map((one) => ({
        id: number(one, 'id'),
        hostname: text(one, 'hostname_ascii'),
        clients: number(one, 'clients'),
        others: number(one, 'others'),
      })) ?? [],
  }))
}

/** A client that was seen. */
export interface SeenClient {
  /** SHA-256 of its certificate; or the code, where there was none that could be read. */
  readonly client: string
  readonly certified: boolean
  readonly subject: string
  readonly issuer: string
  readonly accepted: number
  readonly refused: number
  readonly lastAt: UnixSeconds
  /** SHA-256 of what came with the certificate; '': nothing; undefined: it is not kept. */
  readonly chain: Hex | undefined
}

/** The clients of a hostname, those that were seen last first. @param limit at most so many */
export async function selectSeenClients(db: Database, { id }: SeenAt, limit: number): Promise<readonly SeenClient[]> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'found before',
      sql: `SELECT c.client, length(c.client) = 64 AS certified, c.subject, c.issuer, c.accepted, c.refused, c.chain,
          max(coalesce(c.accepted_at, 0), coalesce(c.refused_at, 0)) AS last_at
        FROM clients c WHERE c.hostname_id = ?1 ORDER BY last_at DESC, c.client LIMIT ?2 + 0`,
      params: [id, limit],
    },
  ])
  return (rows ?? []).map((row) => ({
    client: text(row, 'client'),
    certified: truth(row, 'certified'),
    subject: text(row, 'subject'),
    issuer: text(row, 'issuer'),
    accepted: number(row, 'accepted'),
    refused: number(row, 'refused'),
    lastAt: number(row, 'last_at'),
    chain: row['chain'] === null ? undefined : text(row, 'chain'),
  }))
}

/** The DER of those clients' certificates, and of what came with them, that are kept. */
export async function selectKept(
  db: Database,
  account: AccountId,
  hashes: readonly Hex[],
): Promise<ReadonlyMap<Hex, Uint8Array>> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'found before',
      sql: `SELECT k.sha256, hex(k.der) AS der_hex
        FROM json_each(?2) w CROSS JOIN client_certificates k ON k.account_id = ?1 AND k.sha256 = w.value`,
      params: [account, JSON.stringify(hashes)],
    },
  ])
  return new Map(rows?.map((row) => [text(row, 'sha256'), derFrom(row)]))
}

/** The mode of a hostname as it was set. */
export interface StoredMode {
  readonly setting: ModeSetting
  /** It was set with a permission for the account. */
  readonly byAccount: boolean
  /** The certificates of the account itself that protect the hostname. */
  readonly accountRecords: readonly CertificateId[]
}

/** The mode that the owner of a hostname has set; undefined where there is none. */
export async function selectStoredMode(
  db: Database,
  { accountId, zoneId }: HostnameFacts,
  hostname: AsciiHostname,
): Promise<StoredMode | undefined> {
  const [rows] = await runBatch(db, [
    {
      unscoped: 'edge',
      sql: `SELECT m.mode, m.until, m.by_account, (
          SELECT json_group_array(c.id) FROM certificate_hostnames h CROSS JOIN certificates c ON c.id = h.certificate_id
          WHERE h.hostname_ascii = ?2 AND c.account_id = ?1 AND c.zone_id IS NULL
        ) AS account_records
        FROM hostname_modes m WHERE m.account_id = ?1 AND m.hostname_ascii = ?2 AND m.zone_id = ?3`,
      params: [accountId, hostname, zoneId],
    },
  ])
  const [row] = rows ?? []
  if (row === undefined) return undefined
  const mode = oneOf(row, 'mode', ['report', 'open'])
  return {
    setting: mode === 'report' ? { mode, until: number(row, 'until') } : { mode },
    byAccount: truth(row, 'by_account'),
    accountRecords: JSON.parse(text(row, 'account_records')),
  }
}
