import { handleRequest } from './api/router.ts'
import { after } from './core/after.ts'
import type { Env } from './core/config.ts'
import { jsonLog } from './core/log.ts'
import { runJobs } from './jobs/index.ts'

export { ClientCertificates } from './api/client-certificates.ts'

const clockMs = () => Date.now()
const clock = () => Math.floor(clockMs() / 1000)
const newId = () => crypto.randomUUID()
const log = jsonLog(clockMs)

/** The Worker. Time, ids, the log and the client's address enter here and nowhere else. */
export default {
  fetch(request, env, context) {
    return handleRequest(request, env, {
      now: clock(),
      clock,
      clockMs,
      newId,
      log,
      later: (work, afterSeconds) => context.waitUntil(after(afterSeconds).then(work)),
      // Cloudflare sets it, over whatever a client sends.
      address: request.headers.get('cf-connecting-ip') ?? undefined,
    })
  },
  scheduled(_, env) {
    return runJobs(env, { now: clock(), clock, clockMs, newId, log, fetcher: (url, init) => fetch(url, init) })
  },
} satisfies ExportedHandler<Env>
