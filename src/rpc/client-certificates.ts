import { WorkerEntrypoint } from 'cloudflare:workers'
import { configFrom, type Env } from '../config.ts'
import { type ClientDecision, decideClient, type NoDecision } from '../domain/client-decision.ts'
import { readChain, readLeaf } from '../domain/presented.ts'
import type { PresentedChain } from '../domain/trust.ts'
import { TrustCache } from '../domain/trust-cache.ts'
import { loadHostnameTrust } from '../domain/verify-client.ts'
import { fail, ok, type Result } from '../result.ts'

/** The keys of `request.cf.tlsClientAuth` that a decision needs (contract 6). */
export type TlsClientAuth = Pick<
  IncomingRequestCfPropertiesTLSClientAuth,
  'certPresented' | 'certRFC9440' | 'certRFC9440TooLarge' | 'certChainRFC9440' | 'certChainRFC9440TooLarge'
>

/** Who wants to reach which hostname: what Cloudflare saw in the handshake, or certificates as PEM or RFC 9440. */
export type VerifyRequest = { readonly hostname: string } & (
  | { readonly tlsClientAuth: TlsClientAuth | null | undefined }
  | { readonly certificate: string; readonly chain?: string }
)

/** One for the isolate; it lives as long as the isolate does. */
let cache: TrustCache | undefined

/**
 * The service-binding API. Everything comes back as data: Workers RPC keeps only an error's name and message, so a
 * reason attached to an exception would not arrive.
 */
export class ClientCertificates extends WorkerEntrypoint<Env> {
  /** Decides whether a client may reach a hostname. Never rejects for what a client sent. */
  verify(request: VerifyRequest): Promise<ClientDecision> {
    const { d1, trustMaxAgeSeconds } = configFrom(this.env)
    // Any replica will do: the age that an answer may have is bounded by the cache, not by the session.
    cache ??= new TrustCache((ascii) => loadHostnameTrust(d1, ascii), trustMaxAgeSeconds)
    const presented = 'certificate' in request ? fromTexts(request) : fromHandshake(request.tlsClientAuth)
    return decideClient(cache, request.hostname, presented, Date.now(), (cause) =>
      console.error(JSON.stringify({ event: 'trust_unavailable', cause: String(cause) })),
    )
  }
}

function fromTexts(request: { certificate: string; chain?: string }): Result<PresentedChain, NoDecision> {
  const leaf = readLeaf(request.certificate)
  const chain = readChain(request.chain ?? '')
  if (!leaf.ok || !chain.ok) {
    const message = `${leaf.ok ? 'the chain' : 'the certificate'} is neither PEM nor as in RFC 9440`
    return fail({ code: 'certificate_unreadable', message })
  }
  return ok({ leaf: leaf.value, chain: chain.value })
}

/**
 * What the handshake left (contract 6). `certVerified` is not looked at: it speaks of Cloudflare's own check.
 * A certificate that was too large to be passed on is told apart from none at all.
 */
function fromHandshake(auth: TlsClientAuth | null | undefined): Result<PresentedChain, NoDecision> {
  if (auth?.certRFC9440TooLarge || auth?.certChainRFC9440TooLarge) {
    const what = auth.certRFC9440TooLarge ? 'certificate is larger than 10 KiB' : 'chain is larger than 16 KiB'
    return fail({ code: 'certificate_left_out', message: `the client's ${what}: Cloudflare did not pass it on` })
  }
  if (auth?.certPresented !== '1' || !auth.certRFC9440) {
    return fail({ code: 'no_certificate', message: 'the client presented no certificate' })
  }
  return fromTexts({ certificate: auth.certRFC9440, chain: auth.certChainRFC9440 ?? '' })
}
