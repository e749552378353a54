import type { Database, HostnameLimits } from '../../core/config.ts'
import type { CertificateRecord, Claim, Hostname, QuotaLack, ScopeDomains } from '../../core/model.ts'
import { fail, ok, type Result } from '../../core/result.ts'
import type { CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { recordChange } from '../../store/changes.ts'
import { number, type Row, runBatch, text, truth } from '../../store/d1.ts'
import {
  FOREIGN_HOSTNAMES_SQL,
  scopeDomainsFrom,
  scopeDomainsSql,
  wantedHostnamesSql,
} from '../../store/hostname-owner.ts'
import { usedSql } from '../../store/quotas.ts'
import type { ScopedParams, Statement } from '../../store/statement.ts'
import type { DecodedCertificate } from '../../x509/index.ts'
import { CERTIFICATE_JSON_SQL, openHostnamesSql } from './change-sql.ts'
import { crowdedSql, HAS_ROOM_SQL, hostnameLackFrom, NEW_HOSTNAMES_SQL, ROOM_SQL } from './hostname-limits-sql.ts'

/** One certificate of a record's PEM: a row of `certificate_chain`. */
export interface ChainLink extends Omit<DecodedCertificate, 'certificate' | 'usableKey'> {
  /** Whether paths may end at it. */
  readonly isAnchor: boolean
}

/** What an insert stores. */
export interface NewCertificate {
  readonly id: CertificateId
  readonly name: string
  readonly contentSha256: Hex
  /** The first gives the record its fingerprint and date (contract 2). */
  readonly chain: readonly [ChainLink, ...ChainLink[]]
  /** Where it was deleted and comes back: when it was first added. */
  readonly createdAt?: UnixSeconds
}

/** Other records of the account that have the key of a certificate that was added. */
export interface SameKey {
  /** Of the certificate that was added, counted from 1. */
  readonly position: number
  /** Three of them that the scope may see, sorted. */
  readonly records: readonly CertificateId[]
  /** How many more there are, of the ten that are looked at. */
  readonly others: number
}

/** A record that was added. */
export interface AddedRecord extends CertificateRecord {
  readonly sameKeys: readonly SameKey[]
}

/** Why a certificate was not added, read in the transaction that would have added it. */
export interface AddObstacles {
  /** The indexes of the given hostnames that are outside of the scope. */
  readonly foreignHostnames: readonly number[]
  readonly scopeDomains: ScopeDomains
  /** The indexes of the given hostnames whose certificates would exceed the limits. */
  readonly crowdedHostnames: readonly number[]
  /** If the hostnames are no obstacle: the quota without room; if all have room, the account holds this content already. */
  readonly otherwise: ({ readonly reason: 'quota_reached' } & QuotaLack) | { readonly reason: 'duplicate_certificate' }
}

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

/** Whether nothing but the claim stands against it, of `access`, a situation. */
const ADDABLE_SQL = `(used < quota AND NOT duplicate AND foreign_positions = '[]' AND crowded_positions = '[]'
  AND ${HAS_ROOM_SQL})`

/**
 * Adds a certificate if the claim holds, every hostname is in the scope, the quotas have room, and the account does not hold the
 * content already. Otherwise returns the obstacles. It takes one round trip and transaction.
 * @param along statements that follow in the same transaction
 */
export async function insertCertificate(
  db: Database,
  claim: Claim,
  hostnames: readonly Hostname[],
  certificate: NewCertificate,
  limits: HostnameLimits,
  along: readonly Statement[] = [],
): Promise<Result<Result<AddedRecord, AddObstacles>, Denied>> {
  const situation = situationParams(claim, hostnames, certificate, limits)
  const batch = await runBatch(db, [
    ...insertStatements(claim, situation, hostnames, certificate),
    ...along,
    selectSameKeys(claim, certificate),
    { sql: OBSTACLES_SQL, params: situation },
  ])
  const sameKeys = batch.at(-2)?.map(sameKeyFrom) ?? []
  return whenGranted(claim, batch.at(-1)?.[0], (row) =>
    batch[0]?.length === 1
      ? ok({ ...recordOf(certificate, claim.now, hostnames), sameKeys })
      : fail(obstaclesFrom(row, claim)),
  )
}

/** What insertCertificate would return. Nothing is added. It takes one round trip. */
export async function tryCertificate(
  db: Database,
  claim: Claim,
  hostnames: readonly Hostname[],
  certificate: NewCertificate,
  limits: HostnameLimits,
): Promise<Result<Result<AddedRecord, AddObstacles>, Denied>> {
  const params = situationParams(claim, hostnames, certificate, limits)
  const [same, rows] = await runBatch(db, [selectSameKeys(claim, certificate, 'TRUE'), { sql: OBSTACLES_SQL, params }])
  return whenGranted(claim, rows?.[0], (row) =>
    truth(row, 'addable')
      ? ok({ ...recordOf(certificate, claim.now, hostnames), sameKeys: same?.map(sameKeyFrom) ?? [] })
      : fail(obstaclesFrom(row, claim)),
  )
}

/** How many records with one key are looked at, and how many of them a message names. */
const MAX_SAME_KEY = 10
const MAX_NAMED = 3

/**
 * By index, so neither other accounts nor other records of this one cost anything.
 * @param condition by default, nothing is selected if nothing was added
 */
function selectSameKeys(
  claim: Claim,
  { id, chain }: NewCertificate,
  condition = 'EXISTS (SELECT 1 FROM certificates WHERE id = ?8)',
): Statement {
  return {
    sql: `WITH ${ACCESS_SQL},
      same AS (
        SELECT k.key AS position, (
          SELECT json_group_array(iif(access.zone_id IS NULL OR c.zone_id IS access.zone_id, c.id, NULL)) FROM (
            SELECT DISTINCT ch.certificate_id FROM certificate_chain ch INDEXED BY certificate_chain_of_account
            WHERE ch.account_id = access.account_id AND ch.key_sha256 = k.value AND ch.certificate_id <> ?8
            LIMIT ${MAX_SAME_KEY}
          ) found CROSS JOIN certificates c ON c.id = found.certificate_id
        ) AS records
        FROM access CROSS JOIN json_each(?9) k
        WHERE ${GRANTED_SQL} AND k.value <> '' AND ${condition}
      )
      SELECT position, records FROM same WHERE records <> '[]'`,
    params: accessParams(claim, id, JSON.stringify(chain.map(({ keySha256 }) => keySha256))),
  }
}

function sameKeyFrom(row: Row): SameKey {
  const found: readonly (CertificateId | null)[] = JSON.parse(text(row, 'records'))
  const records = found
    .filter((id) => id !== null)
    .toSorted()
    .slice(0, MAX_NAMED)
  return { position: number(row, 'position') + 1, records, others: found.length - records.length }
}

/** The obstacles to a certificate that cannot be added because of other faults. It takes one round trip. */
export async function selectAddObstacles(
  db: Database,
  claim: Claim,
  hostnames: readonly Hostname[],
  limits: HostnameLimits,
): Promise<Result<AddObstacles, Denied>> {
  const params = situationParams(claim, hostnames, undefined, limits)
  const [rows] = await runBatch(db, [{ sql: OBSTACLES_SQL, params }])
  return whenGranted(claim, rows?.[0], (row) => obstaclesFrom(row, claim))
}

const OBSTACLES_SQL = `${SITUATION_SQL}
  SELECT access.*, ${scopeDomainsSql("foreign_positions <> '[]'")}, ${HAS_ROOM_SQL} AS has_room, ${ROOM_SQL},
    ${ADDABLE_SQL} AS addable
  FROM situation AS access`

function situationParams(
  claim: Claim,
  hostnames: readonly Hostname[],
  certificate: NewCertificate | undefined,
  limits: HostnameLimits,
): ScopedParams {
  return accessParams(
    claim,
    certificate?.contentSha256 ?? null,
    JSON.stringify(hostnames.map(({ ascii }) => ascii)),
    certificate?.id ?? null,
    certificate?.chain.length ?? 0,
    certificate === undefined ? 0 : chainBytes(certificate),
    limits.certificates,
    limits.bytes,
  )
}

function obstaclesFrom(row: Row, claim: Claim): AddObstacles {
  const [limit, used] = [number(row, 'quota'), number(row, 'used')]
  const lack =
    used >= limit
      ? ({ quota: 'certificates', limit, used, added: 1 } as const)
      : truth(row, 'has_room')
        ? undefined
        : hostnameLackFrom(row)
  return {
    foreignHostnames: JSON.parse(text(row, 'foreign_positions')),
    scopeDomains: scopeDomainsFrom(row, claim),
    crowdedHostnames: JSON.parse(text(row, 'crowded_positions')),
    otherwise: lack === undefined ? { reason: 'duplicate_certificate' } : { reason: 'quota_reached', ...lack },
  }
}

/** Removes what insertCertificate added. */
export async function withdrawCertificate(db: Database, claim: Claim, id: CertificateId): Promise<void> {
  const { expects: _, ...withdrawal } = claim
  await runBatch(db, [
    recordChange(withdrawal, accessParams(claim, id), {
      operation: 'withdraw_certificate',
      certificateId: id,
      from: 'access CROSS JOIN certificates c ON c.id = ?8',
      where: 'TRUE',
      before: CERTIFICATE_JSON_SQL,
      after: 'NULL',
      hostnames: '(SELECT json_group_array(hostname_ascii) FROM certificate_hostnames WHERE certificate_id = c.id)',
    }),
    { unscoped: 'found before', sql: 'DELETE FROM certificate_hostnames WHERE certificate_id = ?1', params: [id] },
    { unscoped: 'found before', sql: 'DELETE FROM certificates WHERE id = ?1', params: [id] },
  ])
}

/** Inserts the record and its parts. If the first statement inserts nothing, the others find no record and insert nothing. */
function insertStatements(
  claim: Claim,
  situation: ScopedParams,
  hostnames: readonly Hostname[],
  certificate: NewCertificate,
): readonly Statement[] {
  const { id, name, chain } = certificate
  return [
    {
      sql: `${SITUATION_SQL}
        INSERT INTO certificates (id, account_id, zone_id, name, content_sha256, chain_certificates, chain_bytes,
          created_at, updated_at)
        SELECT ?10, account_id, zone_id, ?15, ?8, ?11, ?12, ?16, max(?6, ?16) FROM situation AS access
        WHERE ${GRANTED_SQL} AND ${ADDABLE_SQL}
        RETURNING id`,
      params: moreParams(situation, name, certificate.createdAt ?? claim.now),
    },
    insertChain(id, chain),
    recordAdded(claim, hostnames, certificate),
    ...(hostnames.length === 0 ? [] : [insertHostnames(id, hostnames)]),
  ]
}

/** Stands before the hostnames: these end the mode `open` (migration 0011). */
function recordAdded(claim: Claim, hostnames: readonly Hostname[], { id, name, contentSha256, chain }: NewCertificate) {
  const after = {
    name,
    associated_hostnames: hostnames.map(({ text: sent }) => sent),
    content_sha256: contentSha256,
    fingerprints_sha256: chain.map(({ sha256 }) => sha256),
  }
  const ascii = JSON.stringify(hostnames.map((hostname) => hostname.ascii))
  return recordChange(claim, accessParams(claim, id, ascii, JSON.stringify(after)), {
    operation: 'add_certificate',
    certificateId: id,
    where: 'EXISTS (SELECT 1 FROM certificates WHERE id = ?8)',
    before: openHostnamesSql('?9'),
    after: '?10',
    hostnames: '?9',
  })
}

function insertHostnames(id: CertificateId, hostnames: readonly Hostname[]): Statement {
  return {
    unscoped: 'follows',
    sql: `INSERT INTO certificate_hostnames (certificate_id, position, hostname, hostname_ascii)
        SELECT c.id, h.key, h.value ->> 'text', h.value ->> 'ascii'
        FROM certificates c, json_each(?2) h WHERE c.id = ?1`,
    params: [id, JSON.stringify(hostnames)],
  }
}

function chainBytes({ chain }: NewCertificate): number {
  return chain.reduce((sum, { der }) => sum + der.length, 0)
}

/** D1 carries a BLOB as an array of numbers, twice as long as the hexadecimal. */
function insertChain(id: CertificateId, chain: NewCertificate['chain']): Statement {
  return {
    unscoped: 'follows',
    sql: `INSERT INTO certificate_chain (certificate_id, position, der, fingerprint_md5, fingerprint_sha256,
        serial_number, subject, issuer, not_before, not_after, public_key, signature_algorithm, self_issued, name_key,
        ca_key, is_anchor, account_id, key_sha256)
      SELECT c.id, l.key, unhex(l.value ->> 'der'), l.value ->> 'md5', l.value ->> 'sha256', l.value ->> 'serialNumber',
        l.value ->> 'subject', l.value ->> 'issuer', l.value ->> 'notBefore', l.value ->> 'notAfter',
        l.value ->> 'publicKey', l.value ->> 'signatureAlgorithm', l.value ->> 'selfIssued', l.value ->> 'nameKey',
        l.value ->> 'caKey', l.value ->> 'isAnchor', c.account_id, l.value ->> 'keySha256'
      FROM certificates c CROSS JOIN json_each(?2) l WHERE c.id = ?1`,
    params: [id, JSON.stringify(chain.map(linkJson))],
  }
}

function linkJson({ der, ...facts }: ChainLink) {
  return { ...facts, der: der.toHex() }
}

function recordOf(
  { id, name, chain: [first] }: NewCertificate,
  now: UnixSeconds,
  hostnames: readonly Hostname[],
): CertificateRecord {
  return {
    id,
    name,
    fingerprintMd5: first.md5,
    hostnames: hostnames.map(({ text: sent }) => sent),
    createdAt: now,
    updatedAt: now,
    expiresOn: first.notAfter,
  }
}
