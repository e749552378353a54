import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, GRANTED_SQL } from '../../store/access.ts'
import { runBatch, truth } from '../../store/d1.ts'
import type { ScopedParams, Statement } from '../../store/statement.ts'

/**
 * What CRLs leave behind: uploads that broke off, and the entries of deleted CRLs, which may be a million, too many for one
 * statement. A request deletes some of its own account's; a cron trigger deletes the rest (src/jobs).
 */

/**
 * How many entries one batch deletes: twice what one inserts (upload-sql.ts). What uploads leave behind is then never more than
 * the CRLs that they replaced last, and never more than the quota together with the entries in use. It takes 0.1 s in workerd;
 * D1 allows a statement 30 s.
 */
export const SWEPT_ENTRIES = 40_000

/**
 * After how many seconds without a sign of life an upload counts as broken off. It gives one with each batch, and sends the next
 * batch as soon as one ends; D1 gives up on a batch after 30 s. So there is a sign at least every 60 s, and this is twice that.
 */
const UPLOAD_LEASE_SECONDS = 120

/** Deletes the uploads of the claim's account that broke off, if the claim holds. @param clock Unix seconds, UTC */
export function sweepBrokenOff(claim: Claim, clock: number): Statement {
  return {
    sql: `WITH ${ACCESS_SQL} DELETE FROM crls WHERE state = 'loading' AND uploaded_at < ?8
      AND account_id = (SELECT account_id FROM access WHERE ${GRANTED_SQL})`,
    params: accessParams(claim, clock - UPLOAD_LEASE_SECONDS),
  }
}

/** Deletes some entries of deleted CRLs of the claim's account, if the claim holds. */
export function sweepGarbage(claim: Claim): readonly Statement[] {
  const account = `(SELECT account_id FROM access WHERE ${GRANTED_SQL})`
  return sweepStatements(`WITH ${ACCESS_SQL}`, { params: accessParams(claim) }, `account_id = ${account}`)
}

/**
 * Deletes the uploads of all accounts that broke off, and some entries of deleted CRLs.
 * @param now Unix seconds, UTC
 * @returns whether there are more
 */
export async function sweepLeftovers(db: Database, now: UnixSeconds): Promise<boolean> {
  const brokenOff = "DELETE FROM crls WHERE state = 'loading' AND uploaded_at < ?1"
  const batch = await runBatch(db, [
    { unscoped: 'operator', sql: brokenOff, params: [now - UPLOAD_LEASE_SECONDS] },
    ...sweepStatements('', { params: [], unscoped: 'operator' }, 'TRUE'),
    { unscoped: 'operator', sql: 'SELECT EXISTS (SELECT 1 FROM crl_garbage) AS more', params: [] },
  ])
  const row = batch.at(-1)?.[0]
  return row !== undefined && truth(row, 'more')
}

type Asked = { readonly params: ScopedParams } | { readonly params: readonly []; readonly unscoped: 'operator' }

/** Deletes entries, and the row of each CRL without entries. @param condition on `crl_garbage` */
function sweepStatements(context: string, asked: Asked, condition: string): readonly Statement[] {
  return [
    {
      sql: `${context} DELETE FROM crl_entries WHERE (crl_id, serial) IN (
          SELECT e.crl_id, e.serial FROM (SELECT crl_id FROM crl_garbage WHERE ${condition}) g
            CROSS JOIN crl_entries e ON e.crl_id = g.crl_id
          LIMIT ${SWEPT_ENTRIES}
        )`,
      ...asked,
    },
    {
      sql: `${context} DELETE FROM crl_garbage WHERE ${condition}
        AND NOT EXISTS (SELECT 1 FROM crl_entries e WHERE e.crl_id = crl_garbage.crl_id)`,
      ...asked,
    },
  ]
}
