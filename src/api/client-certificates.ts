import { WorkerEntrypoint } from 'cloudflare:workers'
import { configFrom, type Env } from '../core/config.ts'
import {
  type ClientDecision,
  databaseSource,
  decideClient,
  type Edge,
  newEdge,
  plainDecision,
} from '../edge/decision.ts'
import { readHandshake, type TlsClientAuth } from '../edge/handshake.ts'
import { readTexts } from '../edge/presented.ts'

/**
 * Who wants to reach which hostname: what Cloudflare saw in the handshake, or certificates as PEM, RFC 9440, or what
 * another proxy put into a header (`edge/presented.ts`).
 */
export type VerifyRequest = { readonly hostname: string } & (
  | { readonly tlsClientAuth: TlsClientAuth | null | undefined }
  | { readonly certificate: string; readonly chain?: string }
)

/** One for the isolate; it lives as long as the isolate does. */
let edge: Edge | undefined

/**
 * The service-binding API. Everything comes back as data: Workers RPC keeps only an error's name and message, so a
 * reason attached to an exception would not arrive.
 */
export class ClientCertificates extends WorkerEntrypoint<Env> {
  /** Decides whether a client may reach a hostname. Never rejects for what a client sent. */
  async verify(request: VerifyRequest): Promise<ClientDecision> {
    const { d1, trustMaxAgeSeconds } = configFrom(this.env)
    edge ??= newEdge(databaseSource(d1), trustMaxAgeSeconds)
    const presented =
      'certificate' in request
        ? readTexts(request.certificate, request.chain ?? '')
        : readHandshake(request.tlsClientAuth)
    const decision = await decideClient(edge, request.hostname, presented, {
      nowMs: Date.now(),
      waitUntil: (promise) => this.ctx.waitUntil(promise),
      logError: (cause) => console.error(JSON.stringify({ event: 'trust_unavailable', cause: String(cause) })),
    })
    return plainDecision(decision)
  }
}
