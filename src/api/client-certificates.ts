import { WorkerEntrypoint } from 'cloudflare:workers'
import { after } from '../core/after.ts'
import { configFrom, type Env } from '../core/config.ts'
import { jsonLog } from '../core/log.ts'
import { ClientCounter } from '../edge/clients/counter.ts'
import { noteClient } from '../edge/clients/note.ts'
import {
  type ClientDecision,
  databaseSource,
  decideClient,
  type Edge,
  newEdge,
  plainDecision,
  trustDatabase,
} from '../edge/decision.ts'
import { readHandshake, type TlsClientAuth } from '../edge/handshake.ts'
import { readTexts } from '../edge/presented.ts'

/**
 * A client and the hostname that it wants to reach. The client is given as what Cloudflare saw in the handshake, or as
 * certificates in PEM, RFC 9440, or the form of another proxy's header (`edge/presented.ts`).
 */
export type VerifyRequest = { readonly hostname: string } & (
  | { readonly tlsClientAuth: TlsClientAuth | null | undefined }
  | { readonly certificate: string; readonly chain?: string }
)

const log = jsonLog(() => Date.now())

/** Lives as long as the isolate. */
let edge: Edge | undefined
const counter = new ClientCounter()

/**
 * The API of the service binding. Every outcome is returned as data: of an exception, Workers RPC keeps the name and message
 * only, and would drop the reason.
 */
export class ClientCertificates extends WorkerEntrypoint<Env> {
  /** Decides whether a client may reach a hostname. Never rejects for what a client sent. */
  async verify(request: VerifyRequest): Promise<ClientDecision> {
    const { d1, trust, clients } = configFrom(this.env)
    edge ??= newEdge(databaseSource(trustDatabase(d1, trust.reads)), trust.ages)
    const presented =
      'certificate' in request
        ? readTexts(request.certificate, request.chain ?? '')
        : readHandshake(request.tlsClientAuth)
    const logged = (event: 'trust_unavailable' | 'trust_stale' | 'clients_lost') => (cause: unknown) =>
      log({ level: 'error', event, hostname: request.hostname, cause: String(cause) })
    const ambient = {
      nowMs: Date.now(),
      clockMs: Date.now,
      waitUntil: (promise: Promise<unknown>) => this.ctx.waitUntil(promise),
      later: (work: () => Promise<unknown>, afterSeconds: number) => this.ctx.waitUntil(after(afterSeconds).then(work)),
      onLost: logged('clients_lost'),
      logError: logged('trust_unavailable'),
      onStale: logged('trust_stale'),
    }
    const decided = await decideClient(edge, request.hostname, presented, ambient)
    // A handshake is a request of a client. Certificates as text may be a question about one.
    if (clients !== undefined && 'tlsClientAuth' in request) {
      noteClient(presented, decided, { ...clients, counter, db: d1 }, ambient)
    }
    return plainDecision(decided)
  }
}
