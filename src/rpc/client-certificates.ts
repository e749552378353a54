import { WorkerEntrypoint } from 'cloudflare:workers'
import { configFrom, type Env } from '../config.ts'
import { type ClientDecision, decideClient } from '../domain/client-decision.ts'
import { type EdgeTrust, edgeTrust } from '../domain/edge-trust.ts'
import { readHandshake, type TlsClientAuth } from '../domain/handshake.ts'
import { readTexts } from '../domain/presented.ts'

/**
 * Who wants to reach which hostname: what Cloudflare saw in the handshake, or certificates as PEM, RFC 9440, or what
 * another proxy put into a header (`domain/presented.ts`).
 */
export type VerifyRequest = { readonly hostname: string } & (
  | { readonly tlsClientAuth: TlsClientAuth | null | undefined }
  | { readonly certificate: string; readonly chain?: string }
)

/** One for the isolate; it lives as long as the isolate does. */
let edge: EdgeTrust | undefined

/**
 * The service-binding API. Everything comes back as data: Workers RPC keeps only an error's name and message, so a
 * reason attached to an exception would not arrive.
 */
export class ClientCertificates extends WorkerEntrypoint<Env> {
  /** Decides whether a client may reach a hostname. Never rejects for what a client sent. */
  verify(request: VerifyRequest): Promise<ClientDecision> {
    const { d1, trustMaxAgeSeconds } = configFrom(this.env)
    edge ??= edgeTrust(d1, trustMaxAgeSeconds)
    const presented =
      'certificate' in request
        ? readTexts(request.certificate, request.chain ?? '')
        : readHandshake(request.tlsClientAuth)
    return decideClient(edge, request.hostname, presented, {
      nowMs: Date.now(),
      logError: (cause) => console.error(JSON.stringify({ event: 'trust_unavailable', cause: String(cause) })),
    })
  }
}
