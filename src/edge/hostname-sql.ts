import type { Database } from '../core/config.ts'
import type { ModeSetting, RecordCertificate, TrustRecord } from '../core/model.ts'
import type { AccountId, AsciiHostname, ZoneId } from '../core/units.ts'
import { number, oneOf, type Row, runBatch, text, truth } from '../store/d1.ts'
import { countsSql, OWNERS_SQL } from '../store/hostname-owner.ts'
import { RECORD_CERTIFICATE_SQL, recordCertificateFrom } from '../store/record-certificate.ts'
import type { SqlValue, Statement } from '../store/statement.ts'
import { IdentityRules } from './identity-rules.ts'

/** What the edge knows of a hostname, except its certificates. */
export interface HostnameFacts {
  /** The hostname lies in a zone. */
  readonly owned: boolean
  /** The hostname lies in a zone, and Access is enabled for that zone and its account. */
  readonly enabled: boolean
  /** The account of that zone; empty where there is none. */
  readonly accountId: AccountId
  /** That zone; empty where there is none. */
  readonly zoneId: ZoneId
  /** What happens to refused clients: until its end, `report` lets them through and logs them. */
  readonly mode: ModeSetting
  /** Who may enter, of the clients with a valid certificate; undefined: all of them. */
  readonly identities: IdentityRules | undefined
  /** Certificates were associated with it at some time, by its owner at that time. */
  readonly everAssociated: boolean
  /** The origin is told of the client: client_certificate_forwarding of the hostname's setting. */
  readonly forwarding: boolean
  /** Certificates are associated with it. */
  readonly hasCertificates: boolean
  /** The account has a CRL or a record with a blocked serial number: selectRevocation may find some. */
  readonly revocable: boolean
  /** Changes each time that what is trusted or revoked for the hostname may have changed. */
  readonly version: string
}

/** What to load of a hostname. */
export interface HostnameQuestion {
  /** A-label form. */
  readonly ascii: AsciiHostname
  /** Whether its records are wanted. */
  readonly records: boolean
  /** The version whose records are known. They are not read again while the version is the same. */
  readonly version: string | undefined
  /** Ids of records whose certificates are known. */
  readonly known: readonly string[]
}

/** A record of a hostname. `chain` is undefined where the question named it as known. */
export interface LoadedRecord extends Omit<TrustRecord, 'chain'> {
  readonly chain: readonly RecordCertificate[] | undefined
}

export interface LoadedHostname {
  readonly facts: HostnameFacts
  /** Undefined where they were not asked for, or the version is the same. */
  readonly records: readonly LoadedRecord[] | undefined
}

/** `owner`: the zone that a hostname lies in, and whether Access is enabled for it. ?1 is a JSON array of the one name. */
const OWNER_SQL = `WITH RECURSIVE wanted_hostnames(list) AS (VALUES (?1)), ${OWNERS_SQL},
  owner AS (
    SELECT o.zone_id, o.account_id, a.enabled AND z.enabled AS enabled, o.zone_id || ' ' || a.trust_version AS version
    FROM owners o CROSS JOIN zones z ON z.id = o.zone_id CROSS JOIN accounts a ON a.id = o.account_id
  )`

/** The certificates that count for the hostname ?2 of `owner`: those of the owning account itself and of the owning zone. */
const CERTIFICATES_SQL = `owner
  CROSS JOIN certificate_hostnames h ON h.hostname_ascii = ?2
  CROSS JOIN certificates c ON c.id = h.certificate_id
    AND c.account_id = owner.account_id AND (c.zone_id IS NULL OR c.zone_id = owner.zone_id)`

/** Whether the records must be read. ?3 is the known version. */
const CHANGED_SQL = 'owner.enabled AND owner.version IS NOT ?3'

/**
 * Loads a hostname in one round trip. The owner is looked up each time: what was set before a more specific zone took the name
 * over does not count.
 */
export async function selectHostname(db: Database, question: HostnameQuestion): Promise<LoadedHostname> {
  const { ascii, records, version, known } = question
  const params: readonly SqlValue[] = [JSON.stringify([ascii]), ascii]
  const changed = [...params, version ?? null]
  const recordStatements: readonly Statement[] = [
    { unscoped: 'edge', sql: `${OWNER_SQL} ${RECORDS_SQL}`, params: changed },
    { unscoped: 'edge', sql: `${OWNER_SQL} ${CHAINS_SQL}`, params: [...changed, JSON.stringify(known)] },
  ]
  const [rows, recordRows, chainRows] = await runBatch(db, [
    { unscoped: 'edge', sql: `${OWNER_SQL} ${FACTS_SQL}`, params },
    ...(records ? recordStatements : []),
  ])
  const facts = factsFrom(rows?.[0])
  const unchanged = !records || (version !== undefined && facts.version === version)
  return { facts, records: unchanged ? undefined : recordsFrom(recordRows ?? [], chainRows ?? [], known) }
}

/**
 * A setting or mode counts only where the zone that owns the hostname now has set it. Identity rules only keep clients out, so they
 * count whoever set them.
 */
const FACTS_SQL = `SELECT owner.enabled, owner.account_id, owner.zone_id, owner.version, iif(${countsSql('m')}, m.mode, NULL) AS mode, m.until,
    m.identities,
    EXISTS (SELECT 1 FROM hostnames n WHERE n.hostname_ascii = ?2) AS ever_associated,
    EXISTS (
      SELECT 1 FROM hostname_settings s
      WHERE s.account_id = owner.account_id AND s.hostname_ascii = ?2 AND s.zone_id = owner.zone_id
        AND s.client_certificate_forwarding AND ${countsSql('s')}
    ) AS forwarding,
    EXISTS (SELECT 1 FROM ${CERTIFICATES_SQL}) AS has_certificates,
    EXISTS (SELECT 1 FROM crls WHERE crls.account_id = owner.account_id AND crls.state = 'current')
      OR EXISTS (SELECT 1 FROM ${CERTIFICATES_SQL} CROSS JOIN blocked_serials b ON b.certificate_id = c.id) AS revocable
  FROM (SELECT TRUE) LEFT JOIN owner ON TRUE
    LEFT JOIN hostname_modes m ON m.account_id = owner.account_id AND m.hostname_ascii = ?2
      AND m.zone_id = owner.zone_id`

const RECORDS_SQL = `SELECT c.id, coalesce(p.uncovered, 'allow') AS uncovered
  FROM ${CERTIFICATES_SQL} LEFT JOIN revocation_policies p ON p.certificate_id = c.id
  WHERE ${CHANGED_SQL} ORDER BY c.sequence`

const CHAINS_SQL = `SELECT c.id, ${RECORD_CERTIFICATE_SQL}
  FROM ${CERTIFICATES_SQL} CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id
  WHERE ${CHANGED_SQL} AND c.id NOT IN (SELECT value FROM json_each(?4))
  ORDER BY c.id, ch.position`

function factsFrom(row: Row | undefined): HostnameFacts {
  const says = (column: string) => row !== undefined && truth(row, column)
  const owned = typeof row?.['account_id'] === 'string'
  return {
    owned,
    enabled: says('enabled'),
    accountId: owned ? text(row, 'account_id') : '',
    zoneId: owned ? text(row, 'zone_id') : '',
    mode: modeFrom(row),
    identities: typeof row?.['identities'] === 'string' ? new IdentityRules(row['identities']) : undefined,
    everAssociated: says('ever_associated'),
    forwarding: says('forwarding'),
    hasCertificates: says('enabled') && says('has_certificates'),
    revocable: says('revocable'),
    version: owned ? text(row, 'version') : '',
  }
}

function modeFrom(row: Row | undefined): ModeSetting {
  if (row?.['mode'] === 'open') return { mode: 'open' }
  return row?.['mode'] === 'report' ? { mode: 'report', until: number(row, 'until') } : { mode: 'required' }
}

function recordsFrom(
  recordRows: readonly Row[],
  chainRows: readonly Row[],
  known: readonly string[],
): readonly LoadedRecord[] {
  const chains = Map.groupBy(chainRows, (row) => text(row, 'id'))
  return recordRows.map((row) => {
    const id = text(row, 'id')
    return {
      id,
      uncovered: oneOf(row, 'uncovered', ['allow', 'refuse']),
      chain: known.includes(id) ? undefined : (chains.get(id) ?? []).map(recordCertificateFrom),
    }
  })
}
