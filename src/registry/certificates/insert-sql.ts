import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim, Hostname, QuotaLack, ScopeDomains } from '../../core/model.ts'
import { ACCESS_SQL, type Access, accessFrom, accessParams, GRANTED_SQL, quotaFrom } from '../../store/access.ts'
import { number, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import { usedSql } from '../../store/quotas.ts'
import type { SqlValue, Statement } from '../../store/statement.ts'
import { crowdedSql, HAS_ROOM_SQL, hostnameLackFrom, NEW_HOSTNAMES_SQL, ROOM_SQL } from './hostname-limits-sql.ts'

/** One certificate of a record's PEM: a row of `certificate_chain`. Times are Unix seconds, UTC. */
export interface ChainLink {
  readonly der: Uint8Array
  readonly md5: string
  readonly sha256: string
  readonly serialNumber: string
  readonly subject: string
  readonly issuer: string
  readonly notBefore: number
  readonly notAfter: number
  readonly publicKey: string
  readonly signatureAlgorithm: string
  readonly selfIssued: boolean
  /** What a CA is looked up by. */
  readonly nameKey: string
  readonly caKey: string
  /** Paths may end at it. */
  readonly isAnchor: boolean
}

/** What an insert stores. */
export interface NewCertificate {
  readonly id: string
  readonly name: string
  readonly contentSha256: string
  readonly chain: readonly ChainLink[]
}

/** What the database says of a claim to add a certificate, all read in the transaction that would add it. */
export interface AddOutcome {
  readonly access: Access
  /** Indexes into the hostnames asked for: those that are not the scope's. */
  readonly foreignHostnames: readonly number[]
  readonly scopeDomains: ScopeDomains
  /** Indexes likewise: those whose certificates would be more than the limits. */
  readonly crowdedHostnames: readonly number[]
  readonly quota: { readonly limit: number; readonly used: number }
  /** The quota of hostnames, where it has no room for those that are new. */
  readonly lack: QuotaLack | undefined
  /** The account holds this content already. */
  readonly duplicate: boolean
  /** The stored record; undefined when anything above forbade it, or there was nothing to store. */
  readonly added: CertificateRecord | undefined
}

const NO_SCOPE = {
  foreignHostnames: [],
  crowdedHostnames: [],
  quota: { limit: 0, used: 0 },
  lack: undefined,
  duplicate: false,
  added: undefined,
} as const

/**
 * ?8 the content's SHA-256 or NULL, ?9 the hostnames as a JSON array, ?10 the record's id or NULL, ?11 its certificates and
 * ?12 bytes, ?13 and ?14 the limits of both for a hostname. Once the record is there, nothing more is looked up: hostnames
 * may be many.
 */
const SITUATION_SQL = `WITH RECURSIVE ${ACCESS_SQL},
  added AS (SELECT EXISTS (SELECT 1 FROM certificates WHERE id = ?10) AS yes),
  ${wantedHostnamesSql(`iif((SELECT yes FROM added), '[]', ?9)`)},
  ${FOREIGN_HOSTNAMES_SQL},
  situation AS MATERIALIZED (
    SELECT access.*,
      ${usedSql('certificates')} AS used,
      EXISTS (SELECT 1 FROM certificates WHERE account_id = access.account_id AND content_sha256 = ?8) AS duplicate,
      (SELECT json_group_array(position) FROM foreign_hostnames) AS foreign_positions,
      ${crowdedSql({ certificates: '?11', bytes: '?12', maxCertificates: '?13', maxBytes: '?14' })} AS crowded_positions,
      ${NEW_HOSTNAMES_SQL} AS new_hostnames
    FROM access
  )`

/**
 * Adds a certificate if the claim holds, every hostname is the scope's, the quota has room and the account does not
 * hold the content already; and says how each of these stands. One round trip, one transaction.
 *
 * `certificate` undefined: nothing is added, and the answer says what else would have stood against it.
 */
export async function insertCertificate(
  db: Database,
  claim: Claim,
  hostnames: readonly Hostname[],
  certificate: NewCertificate | undefined,
  limits: HostnameLimits,
): Promise<AddOutcome> {
  const situation: readonly SqlValue[] = [
    ...accessParams(claim),
    certificate?.contentSha256 ?? null,
    JSON.stringify(hostnames.map(({ ascii }) => ascii)),
    certificate?.id ?? null,
    certificate?.chain.length ?? 0,
    certificate === undefined ? 0 : chainBytes(certificate),
    limits.certificates,
    limits.bytes,
  ]
  const inserts = certificate === undefined ? [] : insertStatements(situation, hostnames, certificate)
  const batch = await runBatch(db, [
    ...inserts,
    {
      sql: `${SITUATION_SQL} SELECT access.*, ${scopeDomainsSql("foreign_positions <> '[]'")}, ${ROOM_SQL} FROM situation AS access`,
      params: situation,
    },
  ])
  const inserted = certificate && batch[0]
  const row = batch.at(-1)?.[0]
  const access = accessFrom(row)
  const scopeDomains = scopeDomainsFrom(row, claim)
  if (row === undefined || row['account_id'] === null) return { access, scopeDomains, ...NO_SCOPE }
  return {
    access,
    foreignHostnames: JSON.parse(text(row, 'foreign_positions')),
    scopeDomains,
    crowdedHostnames: JSON.parse(text(row, 'crowded_positions')),
    quota: { limit: quotaFrom(row), used: number(row, 'used') },
    lack: hostnameLackFrom(row),
    duplicate: truth(row, 'duplicate'),
    added: certificate && inserted?.length === 1 ? recordOf(certificate, claim.now, hostnames) : undefined,
  }
}

/** Takes back what insertCertificate added. */
export async function withdrawCertificate(db: Database, id: string): Promise<void> {
  await runBatch(db, [
    { sql: 'DELETE FROM certificate_hostnames WHERE certificate_id = ?1', params: [id] },
    { sql: 'DELETE FROM certificates WHERE id = ?1', params: [id] },
  ])
}

/** The record and what hangs on it; the later statements find nothing to hang on when the first inserted nothing. */
function insertStatements(
  situation: readonly SqlValue[],
  hostnames: readonly Hostname[],
  certificate: NewCertificate,
): readonly Statement[] {
  const { id, name, chain } = certificate
  return [
    {
      sql: `${SITUATION_SQL}
        INSERT INTO certificates (id, account_id, zone_id, name, content_sha256, chain_certificates, chain_bytes,
          created_at, updated_at)
        SELECT ?10, account_id, zone_id, ?15, ?8, ?11, ?12, ?6, ?6 FROM situation AS access
        WHERE ${GRANTED_SQL} AND used < quota AND NOT duplicate
          AND foreign_positions = '[]' AND crowded_positions = '[]'
          AND ${HAS_ROOM_SQL}
        RETURNING id`,
      params: [...situation, name],
    },
    ...chain.map((link, position) => insertLink(id, position, link)),
    {
      sql: `INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
        SELECT c.id, h.key, h.value ->> 'text', h.value ->> 'ascii'
        FROM certificates c, json_each(?2) h WHERE c.id = ?1`,
      params: [id, JSON.stringify(hostnames)],
    },
  ]
}

function chainBytes({ chain }: NewCertificate): number {
  return chain.reduce((sum, { der }) => sum + der.length, 0)
}

function insertLink(id: string, position: number, link: ChainLink): Statement {
  return {
    sql: `INSERT INTO certificate_chain (certificate_id, position, der, fingerprint_md5, fingerprint_sha256,
        serial_number, subject, issuer, not_before, not_after, public_key, signature_algorithm, self_issued, name_key,
        ca_key, is_anchor)
      SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16 FROM certificates WHERE id = ?1`,
    params: [
      id,
      position,
      link.der,
      link.md5,
      link.sha256,
      link.serialNumber,
      link.subject,
      link.issuer,
      link.notBefore,
      link.notAfter,
      link.publicKey,
      link.signatureAlgorithm,
      link.selfIssued ? 1 : 0,
      link.nameKey,
      link.caKey,
      link.isAnchor ? 1 : 0,
    ],
  }
}

function recordOf(
  { id, name, chain }: NewCertificate,
  now: number,
  hostnames: readonly Hostname[],
): CertificateRecord | undefined {
  const first = chain[0]
  return (
    first && {
      id,
      name,
      fingerprintMd5: first.md5,
      hostnames: hostnames.map(({ text: sent }) => sent),
      createdAt: now,
      updatedAt: now,
      expiresOn: first.notAfter,
    }
  )
}
