import type { Env } from './config.ts'
import { handleRequest } from './http/router.ts'

export { ClientCertificates } from './rpc/client-certificates.ts'

/** The Worker. Time, ids and the log enter here and nowhere else. */
export default {
  fetch(request, env) {
    return handleRequest(request, env, {
      now: Math.floor(Date.now() / 1000),
      newId: () => crypto.randomUUID(),
      logError: (entry) => console.error(JSON.stringify(entry)),
    })
  },
} satisfies ExportedHandler<Env>
