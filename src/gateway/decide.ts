import type { UnixMilliseconds } from '../core/units.ts'
import { type DecisionAmbient, decideClient, type Edge, type LeafDecision } from '../edge/decision.ts'
import { readHandshake } from '../edge/handshake.ts'
import type { HostnameFacts } from '../edge/hostname-sql.ts'
import type { ClientIdentity } from '../edge/identity.ts'

/** A request as Cloudflare hands it over. */
export type IncomingRequest = Request<unknown, IncomingRequestCfProperties>

/** What becomes of a request: on to the origin, with what it may be told of the client; or no further. */
export type Outcome =
  | {
      readonly pass: true
      readonly identity?: ClientIdentity
      /** The client that was let in by a decision made for this request. */
      readonly decided?: Extract<LeafDecision, { readonly accepted: true }>['leaf']
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
  { cf }: IncomingRequest,
  hostname: string,
  edge: Edge,
  options: DecideRequest,
): Promise<Outcome> {
  const { facts, decision } = await decideClient(edge, hostname, readHandshake(cf?.tlsClientAuth), options)
  if (decision.accepted) {
    const { leaf, cached } = decision
    return { pass: true, ...(facts?.forwarding && { identity: leaf.identity }), ...(!cached && { decided: leaf }) }
  }
  if (options.allowUnprotected && facts !== undefined && isUnprotected(facts)) return { pass: true }
  // Where Access is switched off, nobody decides and nothing is reported: nobody gets through.
  return { pass: false, report: facts?.enabled === true && reports(facts, options.nowMs), why: decision }
}

function reports({ mode }: HostnameFacts, nowMs: UnixMilliseconds): boolean {
  return mode.mode === 'report' && nowMs < (mode.until ?? 0) * 1_000
}

/**
 * Nobody asked for this hostname to be protected: no certificate was ever associated with it, or its owner opened it since.
 * Where Access was switched off for its owner, somebody may have.
 */
function isUnprotected({ owned, enabled, hasCertificates, everAssociated, mode }: HostnameFacts): boolean {
  if (mode.mode === 'open') return enabled && !hasCertificates
  return !everAssociated && (!owned || enabled)
}
