import {
  type DecisionAmbient,
  decideLeaf,
  findTrust,
  type LeafDecision,
  whyUndecidable,
} from '../domain/client-decision.ts'
import type { ClientIdentity } from '../domain/client-identity.ts'
import type { EdgeTrust } from '../domain/edge-trust.ts'
import { readHandshake } from '../domain/handshake.ts'
import type { AcceptedLeaf, LoadedTrust } from '../domain/trust-cache.ts'

/** A request as Cloudflare hands it over. */
export type IncomingRequest = Request<unknown, IncomingRequestCfProperties>

/** What becomes of a request: on to the origin, with what it may be told of the client; or no further. */
export type Outcome =
  | {
      readonly pass: true
      readonly identity?: ClientIdentity
      /** Of a client that was let in by a decision made for this request. */
      readonly decided?: Pick<AcceptedLeaf, 'path' | 'revocation'>
    }
  | {
      readonly pass: false
      /** It goes on all the same: the hostname's mode is `report`. */
      readonly report: boolean
      readonly why: Extract<LeafDecision, { readonly accepted: false }>
    }

/** How to decide. */
export interface DecideRequest extends DecisionAmbient {
  /** Hostnames without certificates are passed on. */
  readonly allowUnprotected: boolean
}

/**
 * Decides on a request to a hostname. The client's certificate is what the handshake left in `request.cf`, never a
 * header (RFC 9440 section 4).
 */
export async function decideRequest(
  request: IncomingRequest,
  hostname: string,
  edge: EdgeTrust,
  options: DecideRequest,
): Promise<Outcome> {
  const found = await findTrust(edge, hostname, options)
  if (!found.ok) return { pass: false, report: false, why: { accepted: false, ...found.error } }
  const trust = found.value
  if (options.allowUnprotected && isUnprotected(trust)) return { pass: true }
  const decision = await decideHandshake(request, edge, trust, options)
  if (!decision.accepted) return { pass: false, report: trust.mode === 'report', why: decision }
  const { identity, path, revocation } = decision.leaf
  return { pass: true, ...(identity && { identity }), ...(!decision.cached && { decided: { path, revocation } }) }
}

async function decideHandshake(
  { cf }: IncomingRequest,
  edge: EdgeTrust,
  trust: LoadedTrust,
  ambient: DecisionAmbient,
): Promise<LeafDecision> {
  const obstacle = whyUndecidable(trust)
  if (obstacle !== undefined) return { accepted: false, ...obstacle }
  const presented = readHandshake(cf?.tlsClientAuth)
  if (!presented.ok) return { accepted: false, ...presented.error }
  return await decideLeaf(edge, trust, presented.value, ambient)
}

/** Nobody asked for this hostname to be protected. Where Access was switched off for its owner, somebody may have. */
function isUnprotected({ owned, enabled, hasCertificates }: LoadedTrust): boolean {
  return !owned || (enabled && !hasCertificates)
}
