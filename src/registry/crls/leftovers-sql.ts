import type { Database } from '../../core/config.ts'
import type { Claim } from '../../core/model.ts'
import type { UnixSeconds } from '../../core/units.ts'
import { ACCESS_SQL, accessParams, GRANTED_SQL } from '../../store/access.ts'
import { runBatch, truth } from '../../store/d1.ts'
import type { ScopedParams, Statement } from '../../store/statement.ts'

/**
 * What CRLs leave behind: uploads that broke off, and the entries of CRLs that are gone, which may be a million, more than one
 * statement should delete. A request takes away its own account's, in part; the rest goes from time to time (src/jobs).
 */

/**
 * Entries that one batch sweeps out: twice what one brings in (crl-upload.ts), so that what uploads leave behind is never
 * more than the CRLs they replaced last, and never more than the quota together with what is there. Measured at 0.1 s in workerd; D1 gives a statement 30 s.
 */
export const SWEPT_ENTRIES = 40_000

/**
 * How long after it was last heard of an upload counts as broken off, in seconds. It says when it sends a batch, and sends the
 * next as soon as that is through; D1 gives up on one after 30 s. So others see it once in 60 s at least: this is twice that.
 */
const UPLOAD_LEASE_SECONDS = 120

/** Takes away what uploads of the claim's account left that broke off, if the claim holds. `clock` in Unix seconds, UTC. */
export function sweepBrokenOff(claim: Claim, clock: number): Statement {
  return {
    sql: `WITH ${ACCESS_SQL} DELETE FROM crls WHERE state = 'loading' AND uploaded_at < ?8
      AND account_id = (SELECT account_id FROM access WHERE ${GRANTED_SQL})`,
    params: accessParams(claim, clock - UPLOAD_LEASE_SECONDS),
  }
}

/** Takes away some entries of CRLs of the claim's account that are gone, if the claim holds. */
export function sweepGarbage(claim: Claim): readonly Statement[] {
  const account = `(SELECT account_id FROM access WHERE ${GRANTED_SQL})`
  return sweepStatements(`WITH ${ACCESS_SQL}`, { params: accessParams(claim) }, `account_id = ${account}`)
}

/**
 * Takes away what uploads of anybody left that broke off, and some entries of CRLs that are gone.
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

/** Deletes entries, and the note of each CRL that has none left. `condition` is on `crl_garbage`. */
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
