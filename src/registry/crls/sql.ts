import type { Database } from '../../core/config.ts'
import type { Claim, RecordCertificate } from '../../core/model.ts'
import type { CertificateId, Hex, UnixSeconds } from '../../core/units.ts'
import { accessParams, moreParams } from '../../store/access.ts'
import { recordChange } from '../../store/changes.ts'
import { number, oneOf, type Row, runBatch, text } from '../../store/d1.ts'
import { QUOTAS_SQL, type Quotas, quotasFrom } from '../../store/quotas.ts'
import { RECORD_CERTIFICATE_SQL, recordCertificateFrom } from '../../store/record-certificate.ts'
import { type OfRecord, SITUATION_SQL, situationSql, TARGET_SQL, whenFound } from '../../store/record-target.ts'
import { pageSql } from '../../store/statement.ts'
import { UNKEYED_SQL, type UnkeyedLink, unkeyedFrom } from './ca-keys-sql.ts'
import { type CoverageLoss, lossesFrom, lostWithCrlsSql } from './coverage-sql.ts'
import { CRL_JSON_SQL, keepCrls } from './deleted-sql.ts'
import { sweepGarbage } from './leftovers-sql.ts'

/** A current CRL of a record. Times are Unix seconds, UTC. */
export interface CrlRecord {
  /** Subject of the CA that signed it, for people. */
  readonly issuer: string
  readonly caFingerprintSha256: Hex
  /** The CA that signed it: its name and key (caKeys), or its fingerprint in rows older than migration 0007. */
  readonly caKey: Hex
  /** SHA-256 of its DER. */
  readonly contentSha256: Hex
  /** cRLNumber, hexadecimal, padded to 40 digits; null where it has none, or one that is too long. */
  readonly number: string | null
  readonly thisUpdate: UnixSeconds
  readonly nextUpdate: UnixSeconds
  readonly covers: 'all' | 'user' | 'ca'
  /** The names of issuingDistributionPoint, a sorted JSON array; empty where it has none. */
  readonly part: string
  /** How many certificates it lists. */
  readonly entries: number
  readonly uploadedAt: UnixSeconds
}

/** The columns of a CRL, from `crls`. */
export const CRL_COLUMNS_SQL = `
  crls.issuer, crls.ca_fingerprint_sha256, crls.ca_key, crls.content_sha256, crls.crl_number, crls.this_update,
  crls.next_update, crls.covers, crls.part, crls.entries, crls.uploaded_at`

/** The current CRLs of `target`. */
export const CURRENT_CRLS_SQL = `FROM target CROSS JOIN crls ON crls.certificate_id = target.id AND crls.state = 'current'`

/**
 * A page of a record's current CRLs, in the order in which they were uploaded, and how many there are in all. `offset` and
 * `limit` count CRLs.
 */
export async function selectCrls(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  offset: number,
  limit: number,
): Promise<OfRecord<{ readonly crls: readonly CrlRecord[]; readonly total: number }>> {
  const params = accessParams(claim, certificateId)
  const [rows, crls] = await runBatch(db, [
    { sql: situationSql('(SELECT crls FROM target) AS total'), params },
    {
      sql: `WITH ${TARGET_SQL},
        page AS (
          SELECT k.id FROM crls k WHERE k.certificate_id = (SELECT id FROM target) AND k.state = 'current'
          ORDER BY k.id ${pageSql(9)}
        )
        SELECT ${CRL_COLUMNS_SQL} FROM page CROSS JOIN crls ON crls.id = page.id ORDER BY page.id`,
      params: moreParams(params, limit, offset),
    },
  ])
  return whenFound(claim, rows?.[0], (row) => ({ crls: crls?.map(crlFrom) ?? [], total: number(row, 'total') }))
}

/** What an upload must know before its body is read. */
export interface UploadTarget {
  /** The record's certificates, in their order. */
  readonly chain: readonly RecordCertificate[]
  /** Its current CRLs. */
  readonly crls: readonly CrlRecord[]
  /** The quotas of the account. */
  readonly quotas: Quotas
  /** Certificates of the account that have no keys yet: see fillCaKeys. */
  readonly unkeyed: readonly UnkeyedLink[]
}

/** Whether an upload is allowed, and what the record has. */
export async function selectUploadTarget(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
): Promise<OfRecord<UploadTarget>> {
  const params = accessParams(claim, certificateId)
  const [rows, chain, crls, unkeyed] = await runBatch(db, [
    { sql: situationSql(QUOTAS_SQL), params },
    {
      sql: `WITH ${TARGET_SQL} SELECT ${RECORD_CERTIFICATE_SQL}
        FROM certificate_chain ch WHERE ch.certificate_id = (SELECT id FROM target) ORDER BY ch.position`,
      params,
    },
    { sql: `WITH ${TARGET_SQL} SELECT ${CRL_COLUMNS_SQL} ${CURRENT_CRLS_SQL}`, params },
    { sql: UNKEYED_SQL, params },
  ])
  return whenFound(claim, rows?.[0], (row) => ({
    unkeyed: unkeyed?.map(unkeyedFrom) ?? [],
    chain: chain?.map(recordCertificateFrom) ?? [],
    crls: crls?.map(crlFrom) ?? [],
    quotas: quotasFrom(row),
  }))
}

/** Whether a CRL was signed by the CA ?9; true for all where ?9 is null. */
const OF_CA_SQL = '(?9 IS NULL OR ca_fingerprint_sha256 = ?9)'

/** CRLs that were deleted. */
export interface DeletedCrls {
  readonly deleted: number
  /** The CAs that only these CRLs covered. */
  readonly uncovered: readonly CoverageLoss[]
}

/**
 * Deletes a record's current CRLs, but not one whose upload is under way.
 * @param caFingerprintSha256 of the CA whose CRLs to delete; null for all
 */
export async function deleteCrls(
  db: Database,
  claim: Claim,
  certificateId: CertificateId,
  caFingerprintSha256: Hex | null,
): Promise<OfRecord<DeletedCrls>> {
  const params = accessParams(claim, certificateId)
  const own = moreParams(params, caFingerprintSha256)
  const [rows, losses, , , , deleted] = await runBatch(db, [
    { sql: SITUATION_SQL, params },
    {
      sql: `WITH ${TARGET_SQL} SELECT ${lostWithCrlsSql(OF_CA_SQL)} AS uncovered`,
      params: own,
    },
    recordChange(claim, own, {
      operation: 'delete_crls',
      certificateId,
      context: `WITH ${TARGET_SQL}`,
      where: `EXISTS (SELECT 1 ${CURRENT_CRLS_SQL} AND ${OF_CA_SQL})`,
      before: `(SELECT json_group_array(${CRL_JSON_SQL} ORDER BY k.id) FROM target CROSS JOIN crls k
        ON k.certificate_id = target.id AND k.state = 'current' AND ${OF_CA_SQL})`,
      after: 'NULL',
    }),
    ...keepCrls(claim, own, `WITH ${TARGET_SQL}`, OF_CA_SQL),
    {
      sql: `WITH ${TARGET_SQL} DELETE FROM crls
        WHERE certificate_id IN (SELECT id FROM target) AND state = 'current' AND ${OF_CA_SQL}
        RETURNING id`,
      params: own,
    },
    ...sweepGarbage(claim),
  ])
  const uncovered = losses?.[0] === undefined ? [] : lossesFrom(losses[0], 'uncovered')
  return whenFound(claim, rows?.[0], () => ({ deleted: deleted?.length ?? 0, uncovered }))
}

/** Reads CRL_COLUMNS_SQL. */
export function crlFrom(row: Row): CrlRecord {
  return {
    issuer: text(row, 'issuer'),
    caFingerprintSha256: text(row, 'ca_fingerprint_sha256'),
    caKey: text(row, 'ca_key'),
    contentSha256: text(row, 'content_sha256'),
    number: row['crl_number'] === null ? null : text(row, 'crl_number'),
    thisUpdate: number(row, 'this_update'),
    nextUpdate: number(row, 'next_update'),
    covers: oneOf(row, 'covers', ['all', 'user', 'ca']),
    part: text(row, 'part'),
    entries: number(row, 'entries'),
    uploadedAt: number(row, 'uploaded_at'),
  }
}
