import type { Env } from './config.ts'
import { handleRequest } from './http/router.ts'

export { ClientCertificates } from './rpc/client-certificates.ts'

/** The Worker. Time, ids, the log and the client's address enter here and nowhere else. */
export default {
  fetch(request, env) {
    return handleRequest(request, env, {
      now: Math.floor(Date.now() / 1000),
      newId: () => crypto.randomUUID(),
      logError: (entry) => console.error(JSON.stringify(entry)),
      // Cloudflare sets it, over whatever a client sends.
      address: request.headers.get('cf-connecting-ip') ?? undefined,
    })
  },
} satisfies ExportedHandler<Env>
