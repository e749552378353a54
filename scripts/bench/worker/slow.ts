/** The Worker that decides while the database takes its time: what a client waits for when trust runs out. */

import { decideClient, type Edge, newEdge } from '../../../src/edge/decision.ts'
import { readHandshake } from '../../../src/edge/handshake.ts'
import type { ClientChain, Stampeded, StampedeJob } from '../job.ts'
import { hostnameWith } from './hostname.ts'
import { tlsClientAuth } from './tls-client-auth.ts'

const HOSTNAME = 'admin.bench.example'
/** How old trust may be, in seconds: the least that there is, so that it runs out often. */
const MAX_AGE_SECONDS = 1

let chain: ClientChain
/** By the ms that the database takes. */
const edges = new Map<number, Edge>()

export default {
  async fetch(request: Request, _: unknown, context: ExecutionContext): Promise<Response> {
    const [, what, latency] = new URL(request.url).pathname.split('/')
    const latencyMs = Number(latency)
    const waitUntil = (promise: Promise<unknown>) => context.waitUntil(promise)
    if (what === 'chain') {
      chain = await request.json()
      return new Response('ok')
    }
    if (what === 'stampede') return Response.json(await stampede(await request.json(), waitUntil))
    const edge = edges.get(latencyMs) ?? slowEdge(latencyMs).edge
    edges.set(latencyMs, edge)
    return new Response((await accepts(edge, waitUntil)) ? 'ok' : 'refused', { status: 200 })
  },
}

/** Decisions that all come at once when nothing is known. */
async function stampede(
  { requests, latencyMs }: StampedeJob,
  waitUntil: ExecutionContext['waitUntil'],
): Promise<Stampeded> {
  const { edge, loads } = slowEdge(latencyMs)
  const start = Date.now()
  const accepted = await Promise.all(Array.from({ length: requests }, () => accepts(edge, waitUntil)))
  if (!accepted.every(Boolean)) throw new Error('a client was refused')
  return { loads: loads(), elapsedMs: Date.now() - start }
}

async function accepts(edge: Edge, waitUntil: ExecutionContext['waitUntil']): Promise<boolean> {
  const ambient = { nowMs: Date.now(), waitUntil, logError: console.error }
  const { decision } = await decideClient(edge, HOSTNAME, readHandshake(tlsClientAuth(chain)), ambient)
  return decision.accepted
}

/** An edge whose database answers after a time. */
function slowEdge(latencyMs: number): { readonly edge: Edge; readonly loads: () => number } {
  const hostname = hostnameWith([chain.root])
  let loads = 0
  const load = async () => {
    loads += 1
    await scheduler.wait(latencyMs)
    return hostname
  }
  const lookUp = () => Promise.reject(new Error('nothing is revocable here'))
  return {
    edge: newEdge({ load, lookUp }, { maxAgeSeconds: MAX_AGE_SECONDS, staleIfErrorSeconds: 0 }),
    loads: () => loads,
  }
}
