import { handleRequest } from './api/router.ts'
import type { Env } from './core/config.ts'
import { runJobs } from './jobs/index.ts'

export { ClientCertificates } from './api/client-certificates.ts'

const clock = () => Math.floor(Date.now() / 1000)
const logError = (entry: Readonly<Record<string, string>>) => console.error(JSON.stringify(entry))

/** The Worker. Time, ids, the log and the client's address enter here and nowhere else. */
export default {
  fetch(request, env) {
    return handleRequest(request, env, {
      now: clock(),
      clock,
      newId: () => crypto.randomUUID(),
      logError,
      // Cloudflare sets it, over whatever a client sends.
      address: request.headers.get('cf-connecting-ip') ?? undefined,
    })
  },
  scheduled(_, env) {
    return runJobs(env, { now: clock(), logError })
  },
} satisfies ExportedHandler<Env>
