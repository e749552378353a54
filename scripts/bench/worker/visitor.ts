/** The Worker that visits the gateway with a client certificate: only a Worker can say what `request.cf` holds. */

import type { VisitorJob } from '../job.ts'
import { compareInRounds, type Once } from '../rounds.ts'
import { tlsClientAuth } from './tls-client-auth.ts'

interface Bindings {
  readonly GATEWAY: Fetcher
  /** Sends on to the same origin, and looks at nothing. */
  readonly PASS: Fetcher
}

export default {
  async fetch(request: Request, { GATEWAY, PASS }: Bindings): Promise<Response> {
    const job: VisitorJob = await request.json()
    const comparison = {
      floor: { name: 'a Worker that passes on', once: visit(PASS, job) },
      subjects: [{ section: 'gateway', name: 'request, leaf cached', once: visit(GATEWAY, job) }],
    }
    return Response.json(await compareInRounds(comparison, job))
  },
}

function visit(to: Fetcher, { hostname, chain }: VisitorJob): Once {
  const cf = { tlsClientAuth: tlsClientAuth(chain) }
  return async () => {
    const answer = await to.fetch(`https://${hostname}/`, { cf })
    if ((await answer.text()) !== 'ok') throw new Error(`the origin was not reached: ${answer.status}`)
  }
}
