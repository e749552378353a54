import { after } from './core/after.ts'
import { jsonLog } from './core/log.ts'
import { handleGateway } from './gateway/handle.ts'
import type { GatewayEnv } from './gateway/settings.ts'

/** The gateway Worker: put on the routes of protected hostnames. Time, ids and the log enter here and nowhere else. */
export default {
  fetch(request, env, context) {
    return handleGateway(request, env, {
      nowMs: Date.now(),
      clockMs: Date.now,
      newId: () => crypto.randomUUID(),
      log: jsonLog(Date.now),
      waitUntil: (promise) => context.waitUntil(promise),
      later: (work, afterSeconds) => context.waitUntil(after(afterSeconds).then(work)),
    })
  },
} satisfies ExportedHandler<GatewayEnv, unknown, unknown, IncomingRequestCfProperties>
