/** The Worker in which the store's look-ups are timed, against the least that D1 can be asked. They wait for D1. */

import { selectHostnameTrust } from '../../src/store/trust-anchors.ts'
import { rootsInWords, type StoreJob } from './bench-job.ts'
import { compareInRounds, type Once } from './bench-rounds.ts'

export default {
  async fetch(request: Request, { DB }: { readonly DB: D1Database }): Promise<Response> {
    const job: StoreJob = await request.json()
    const comparison = {
      floor: { name: 'SELECT 1', once: selectOne(DB) },
      subjects: job.trusts.map(({ hostname, roots }) => ({
        section: 'trust from D1',
        name: rootsInWords(roots),
        once: selectTrust(DB, hostname, roots),
      })),
    }
    return Response.json(await compareInRounds(comparison, job))
  },
}

function selectOne(db: D1Database): Once {
  return async () => {
    await db.prepare('SELECT 1 AS one').first()
  }
}

function selectTrust(db: D1Database, hostname: string, roots: number): Once {
  return async () => {
    const { bundles } = await selectHostnameTrust(db, hostname)
    if (bundles.length !== roots) throw new Error(`${hostname} has ${bundles.length} roots, not ${roots}`)
  }
}
