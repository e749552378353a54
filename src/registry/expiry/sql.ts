import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { CertificateId, UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { number, oneOf, type Row, runBatch, text } from '../../store/d1.ts'
import { isOwnSql } from '../../store/hostname-owner.ts'

/** Something that ends. */
export interface Expiry {
  readonly kind: 'certificate' | 'crl' | 'report_mode'
  readonly at: UnixSeconds
  /** The record; undefined for a mode. */
  readonly certificateId: CertificateId | undefined
  /** The subject of the certificate, the issuer of the CRL, or the hostname. */
  readonly subject: string
  /** Of the record; undefined for a mode. */
  readonly name: string | undefined
}

/** Records `c` of the scope: an account has its own, a zone has its own. */
const RECORDS_SQL = `access CROSS JOIN certificates c ON ${GRANTED_SQL} AND c.account_id = access.account_id
    AND c.zone_id IS access.zone_id`

/**
 * What ends in a scope at or after a moment, the first of it first: its certificates, its CRLs, and the report modes of its
 * hostnames. One round trip. It reads what the account has, and nothing of others.
 */
export async function selectExpiry(
  db: Database,
  claim: Claim,
  from: UnixSeconds,
  limit: number,
): Promise<Result<readonly Expiry[], Denied>> {
  const params = moreParams(accessParams(claim), from, limit)
  const [rows, ...kinds] = await runBatch(db, [
    { sql: `WITH ${ACCESS_SQL} SELECT access.* FROM access`, params: accessParams(claim) },
    {
      sql: `WITH ${ACCESS_SQL}
        SELECT 'certificate' AS kind, ch.not_after AS at, c.id, c.name, substr(ch.subject, 1, 1024) AS subject
        FROM ${RECORDS_SQL} CROSS JOIN certificate_chain ch ON ch.certificate_id = c.id AND +ch.not_after >= ?8
        ORDER BY ch.not_after LIMIT ?9`,
      params,
    },
    {
      sql: `WITH ${ACCESS_SQL}
        SELECT 'crl' AS kind, k.next_update AS at, c.id, c.name, substr(k.issuer, 1, 1024) AS subject
        FROM ${RECORDS_SQL} CROSS JOIN crls k ON k.certificate_id = c.id AND k.state = 'current' AND +k.next_update >= ?8
        ORDER BY k.next_update LIMIT ?9`,
      params,
    },
    {
      sql: `WITH ${ACCESS_SQL}
        SELECT 'report_mode' AS kind, m.until AS at, NULL AS id, NULL AS name, m.hostname AS subject
        FROM hostname_modes m WHERE +m.until >= ?8 AND ${isOwnSql('m', claim.scope.kind)} ORDER BY m.until LIMIT ?9`,
      params,
    },
  ])
  const all = kinds.flat().toSorted((a, b) => number(a, 'at') - number(b, 'at'))
  return whenGranted(claim, rows?.[0], () => all.slice(0, limit).map(expiryFrom))
}

function expiryFrom(row: Row): Expiry {
  return {
    kind: oneOf(row, 'kind', ['certificate', 'crl', 'report_mode']),
    at: number(row, 'at'),
    certificateId: row['id'] === null ? undefined : text(row, 'id'),
    subject: text(row, 'subject'),
    name: row['name'] === null ? undefined : text(row, 'name'),
  }
}
