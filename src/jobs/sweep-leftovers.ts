import type { Database } from '../core/config.ts'
import type { UnixSeconds } from '../core/units.ts'
import { sweepLeftovers } from '../registry/crls/leftovers-sql.ts'

/**
 * Batches of one run, which delete up to 360,000 entries. The free plan lets an invocation make 50 queries of D1: each batch
 * has 4 statements, and the other jobs need 13. Between two batches D1 serves other requests.
 */
const MAX_BATCHES = 9

/** Deletes what CRLs leave behind, up to the limit of one run. @param now Unix seconds, UTC */
export async function sweep(db: Database, now: UnixSeconds): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) if (!(await sweepLeftovers(db, now))) return
}
