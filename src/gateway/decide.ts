import { type ClientSinks, type NoteAmbient, noteClient } from '../edge/clients/note.ts'
import { type DecisionAmbient, decideClient, type Edge, type LeafDecision } from '../edge/decision.ts'
import { readHandshake, subjectOf } from '../edge/handshake.ts'
import type { HostnameFacts } from '../edge/hostname-sql.ts'
import type { ClientIdentity } from '../edge/identity.ts'
import { reports } from '../edge/report-mode.ts'

/** A request as Cloudflare hands it over. */
export type IncomingRequest = Request<unknown, IncomingRequestCfProperties>

/** Whether a request goes on to the origin. */
export type Admission =
  | {
      readonly pass: true
      /** What the origin is told of the client; absent where it is told nothing. */
      readonly identity?: ClientIdentity
      /** The client, where the decision was made for this request and not taken from memory. */
      readonly decided?: Extract<LeafDecision, { readonly accepted: true }>['leaf']
    }
  | {
      readonly pass: false
      /** The request goes on all the same, because the hostname's mode is `report`. */
      readonly report: boolean
      readonly why: Extract<LeafDecision, { readonly accepted: false }>
      /** Of the leaf, for the log; undefined where there is none that can be read. */
      readonly subject: string | undefined
    }

/** What a decision on a request needs besides the request. */
export interface DecideRequest extends DecisionAmbient, NoteAmbient {
  /** Undefined where clients are not counted. */
  readonly clients: ClientSinks | undefined
  /** Whether requests to hostnames without certificates go on. */
  readonly allowUnprotected: boolean
}

/**
 * Decides on a request to a hostname. The client's certificate comes from the handshake, by `request.cf`, and never from a
 * header (RFC 9440 section 4).
 */
export async function decideRequest(
  { cf }: IncomingRequest,
  hostname: string,
  edge: Edge,
  options: DecideRequest,
): Promise<Admission> {
  const presented = readHandshake(cf?.tlsClientAuth)
  const decided = await decideClient(edge, hostname, presented, options)
  const { facts, decision } = decided
  if (options.clients !== undefined) noteClient(presented, decided, options.clients, options)
  if (decision.accepted) {
    const { leaf, cached } = decision
    return { pass: true, ...(facts?.forwarding && { identity: leaf.identity }), ...(!cached && { decided: leaf }) }
  }
  if (options.allowUnprotected && facts !== undefined && isUnprotected(facts)) return { pass: true }
  const report = facts !== undefined && reports(facts, options.nowMs)
  return { pass: false, report, why: decision, subject: subjectOf(presented) }
}

/**
 * Whether a hostname is not protected: it never had a certificate, or its owner opened it later. Where Access is switched off
 * for its owner, it counts as protected, since the owner may have wanted that.
 */
function isUnprotected({ owned, enabled, hasCertificates, everAssociated, mode }: HostnameFacts): boolean {
  if (mode.mode === 'open') return enabled && !hasCertificates
  return !everAssociated && (!owned || enabled)
}
