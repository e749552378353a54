/** The API as `npm start` runs it: with a line of log for each request. */

import type { Env } from '../../src/core/config.ts'
import api from '../../src/index.ts'

export default {
  async fetch(request, env, context) {
    const begin = Date.now()
    const response = await api.fetch(request, env, context)
    // Without the query. What a path could break a line with is percent-encoded.
    console.log(`${request.method} ${new URL(request.url).pathname} ${response.status} (${Date.now() - begin} ms)`)
    return response
  },
} satisfies ExportedHandler<Env>
