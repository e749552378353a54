import type { Database } from '../core/config.ts'
import type { UnixSeconds } from '../core/units.ts'
import { sweepLeftovers } from '../registry/crls/leftovers-sql.ts'

/**
 * Batches of one run: 400,000 entries. D1 lets an invocation make 50 queries on the free plan, and each of these has 4
 * statements; between them, others have their turn.
 */
const MAX_BATCHES = 10

/** Takes away what CRLs leave behind, as much of it as one run may. @param now Unix seconds, UTC */
export async function sweep(db: Database, now: UnixSeconds): Promise<void> {
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) if (!(await sweepLeftovers(db, now))) return
}
