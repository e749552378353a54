/** The API as `npm start` runs it: once the database is ready, and with a line of log for each request. */

import type { Env } from '../../src/core/config.ts'
import api from '../../src/index.ts'

interface StartEnv extends Env {
  /** The Worker of the database (scripts/workerd/sql-worker.ts). */
  readonly SQL: Fetcher
  /** Who knows it need not wait: the process that fills the database. */
  readonly SECRET: string
}

/** How long to wait before the next look at the database, in ms. */
const LOOK_AGAIN_MS = 10

let isReady = false

/** Waits until the database has its tables, and what is to be in them from the start. */
async function whenReady(sql: Fetcher): Promise<void> {
  while (!isReady) {
    isReady = (await sql.fetch('http://sql/')).ok
    if (!isReady) await scheduler.wait(LOOK_AGAIN_MS)
  }
}

export default {
  async fetch(request, env, context) {
    const begin = Date.now()
    if (request.headers.get('access-mtls-start') === env.SECRET) return await api.fetch(request, env, context)
    await whenReady(env.SQL)
    const response = await api.fetch(request, env, context)
    // Without the query. What a path could break a line with is percent-encoded.
    console.log(`${request.method} ${new URL(request.url).pathname} ${response.status} (${Date.now() - begin} ms)`)
    return response
  },
} satisfies ExportedHandler<StartEnv>
