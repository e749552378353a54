import type { Database } from '../../core/config.ts'
import type { CertificateRecord, Claim } from '../../core/model.ts'
import type { Result } from '../../core/result.ts'
import type { CertificateId } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, type Denied, GRANTED_SQL, moreParams, whenGranted } from '../../store/access.ts'
import { FIRST_LINK_SQL, IN_SCOPE_SQL, RECORD_COLUMNS_SQL, recordFrom } from '../../store/certificate-record.ts'
import { number, runBatch } from '../../store/d1.ts'
import type { OfRecord } from '../../store/record-target.ts'
import { pageSql } from '../../store/statement.ts'

/** One page of a scope's certificates, and how many there are in all. */
export interface CertificatePage {
  readonly items: readonly CertificateRecord[]
  readonly total: number
}

/**
 * Lists a scope's certificates in the order in which they were added. `offset` and `limit` count certificates. An index skips
 * those before the page, and only rows of the page are read.
 */
export async function selectCertificates(
  db: Database,
  claim: Claim,
  offset: number,
  limit: number,
): Promise<Result<CertificatePage, Denied>> {
  const params = accessParams(claim)
  const [rows, page] = await runBatch(db, [
    {
      sql: `WITH ${ACCESS_SQL}
        SELECT access.*, iif(access.zone_id IS NULL,
            (SELECT own_certificates FROM accounts WHERE id = access.account_id),
            (SELECT certificates FROM zones WHERE id = access.zone_id)
          ) AS total
        FROM access`,
      params,
    },
    {
      sql: `WITH ${ACCESS_SQL},
        page AS (
          SELECT c.rowid AS key, c.sequence FROM certificates c
          WHERE c.account_id = (SELECT account_id FROM access WHERE ${GRANTED_SQL}) AND c.zone_id IS (SELECT zone_id FROM access)
          ORDER BY c.sequence ${pageSql(8)}
        )
        SELECT ${RECORD_COLUMNS_SQL} FROM page CROSS JOIN certificates c ON c.rowid = page.key ${FIRST_LINK_SQL}
        ORDER BY page.sequence`,
      params: moreParams(params, limit, offset),
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => ({ items: page?.map(recordFrom) ?? [], total: number(row, 'total') }))
}

/** One certificate of a scope; undefined where the scope does not have it. */
export async function selectCertificate(
  db: Database,
  claim: Claim,
  id: CertificateId,
): Promise<OfRecord<CertificateRecord>> {
  const [rows] = await runBatch(db, [
    {
      sql: `WITH ${ACCESS_SQL},
        found AS (SELECT ${RECORD_COLUMNS_SQL} FROM access CROSS JOIN certificates c ON c.id = ?8 AND ${IN_SCOPE_SQL} ${FIRST_LINK_SQL})
        SELECT access.*, found.* FROM access LEFT JOIN found ON TRUE`,
      params: accessParams(claim, id),
    },
  ])
  return whenGranted(claim, rows?.[0], (row) => (row['id'] === null ? undefined : recordFrom(row)))
}
