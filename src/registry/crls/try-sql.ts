import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import { ok } from '../../core/result.ts'
import type { AsciiHostname, CertificateId, Hex } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, GRANTED_SQL, moreParams } from '../../store/access.ts'
import { number, runBatch, text, truth } from '../../store/d1.ts'
import { type OfRecord, SITUATION_SQL, TARGET_SQL, whenFound } from '../../store/record-target.ts'
import { type CoverageLoss, lossesFrom, lostWithCrlsSql } from './coverage-sql.ts'

/** What a deletion of a record or of its CRLs would take away. */
export interface TriedDeletion {
  /** How many hostnames the record has. */
  readonly hostnames: number
  readonly blockedSerials: number
  /** How many CRLs would go. */
  readonly crls: number
  /** The CAs that only those CRLs cover. */
  readonly uncovered: readonly CoverageLoss[]
  /** The hostnames that have a CA of them, and that the scope may see; and how many others have one. */
  readonly reached: readonly AsciiHostname[]
  readonly hidden: number
}

/** Whether a CRL was signed by the CA ?9; true for all where ?9 is null. */
const OF_CA_SQL = '(?9 IS NULL OR k.ca_fingerprint_sha256 = ?9)'

/**
 * What would go with a record's CRLs. It takes one round trip.
 * @param caFingerprintSha256 of the CA whose CRLs would go; null for all
 */
export async function tryDeletion(
  db: Database,
  claim: Claim,
  id: CertificateId,
  caFingerprintSha256: Hex | null,
): Promise<OfRecord<TriedDeletion>> {
  const target = accessParams(claim, id)
  const params = moreParams(target, caFingerprintSha256)
  const [rows, facts, keys] = await runBatch(db, [
    { sql: SITUATION_SQL, params: target },
    {
      sql: `WITH ${TARGET_SQL}
        SELECT target.blocked_serials, (SELECT count(*) FROM certificate_hostnames WHERE certificate_id = target.id) AS hostnames,
          (SELECT count(*) FROM crls k WHERE k.certificate_id = target.id AND k.state = 'current' AND ${OF_CA_SQL}) AS crls,
          ${lostWithCrlsSql(OF_CA_SQL)} AS uncovered
        FROM target`,
      params,
    },
    {
      sql: `WITH ${TARGET_SQL} SELECT DISTINCT a.ca_key FROM target
          CROSS JOIN crls k ON k.certificate_id = target.id AND k.state = 'current' AND ${OF_CA_SQL}
          CROSS JOIN crl_authorities a ON a.crl_id = k.id`,
      params,
    },
  ])
  const found = whenFound(claim, rows?.[0], () => {
    const [row] = facts ?? []
    if (row === undefined) throw new Error('a record was found and is not there')
    return {
      hostnames: number(row, 'hostnames'),
      blockedSerials: number(row, 'blocked_serials'),
      crls: number(row, 'crls'),
      uncovered: lossesFrom(row, 'uncovered'),
    }
  })
  if (!found.ok || found.value === undefined) return found as OfRecord<never>
  const caKeys = keys?.map((row) => text(row, 'ca_key')) ?? []
  return ok({ ...found.value, ...(await selectReached(db, claim, caKeys)) })
}

/** Most pairs of a certificate and a hostname that are looked at. */
const MAX_PAIRS = 10_000

/** The hostnames of the account that have a certificate of a CA. @param caKeys of the CAs */
export async function selectReached(db: Database, claim: Claim, caKeys: readonly Hex[]) {
  if (caKeys.length === 0) return { reached: [], hidden: 0 }
  const [rows] = await runBatch(db, [
    {
      sql: `WITH ${ACCESS_SQL}
        SELECT hostname_ascii, max(visible) AS visible FROM (
          SELECT h.hostname_ascii, access.zone_id IS NULL OR c.zone_id IS access.zone_id AS visible
          FROM access CROSS JOIN certificates c ON c.account_id = access.account_id
            CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id AND +ch.ca_key IN (SELECT value FROM json_each(?8))
            CROSS JOIN certificate_hostnames h ON h.certificate_id = c.id
          WHERE ${GRANTED_SQL} LIMIT ${MAX_PAIRS}
        ) GROUP BY hostname_ascii`,
      params: accessParams(claim, JSON.stringify(caKeys)),
    },
  ])
  const reached = (rows ?? []).filter((row) => truth(row, 'visible')).map((row) => text(row, 'hostname_ascii'))
  return { reached, hidden: (rows?.length ?? 0) - reached.length }
}
