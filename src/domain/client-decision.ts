import { fail, ok, type Result } from '../result.ts'
import { sha256 } from '../x509/fingerprint.ts'
import type { Accepted, Refused, Verdict } from '../x509/path/verdict.ts'
import { acceptedUntil } from './accepted-until.ts'
import { clientIdentity } from './client-identity.ts'
import type { EdgeTrust } from './edge-trust.ts'
import { parseHostname } from './hostname.ts'
import type { LoadedRevocation } from './revocation.ts'
import {
  decide,
  type PresentedChain,
  type ReadChain,
  readCertificates,
  serialNumbers,
  type Trust,
  trustOf,
} from './trust.ts'
import type { AcceptedLeaf, LoadedTrust } from './trust-cache.ts'

/** Why no decision about a path was even begun. */
export type NoDecision =
  | { readonly code: 'no_certificate'; readonly message: string }
  | { readonly code: 'certificate_unreadable'; readonly message: string }
  | { readonly code: 'certificate_left_out'; readonly message: string }
  | { readonly code: 'hostname_invalid'; readonly message: string }
  | { readonly code: 'hostname_not_enabled'; readonly message: string }
  | { readonly code: 'hostname_without_certificates'; readonly message: string }
  | { readonly code: 'trust_unavailable'; readonly message: string }

/** The answer about a client: plain data, so that all of it crosses Workers RPC. `cached`: an earlier decision, still good. */
export type ClientDecision = (Omit<Accepted, 'trace'> & { readonly cached: boolean }) | Refused | NotDecided

/** No path was looked at. */
export type NotDecided = { readonly accepted: false } & NoDecision

/** A leaf that is let in, with what an origin may be told of it; or why not. */
export type LeafDecision =
  | { readonly accepted: true; readonly leaf: AcceptedLeaf; readonly cached: boolean }
  | Refused
  | NotDecided

/** When a decision is made, and where the cause of one that cannot be made goes. */
export interface DecisionAmbient {
  /** Unix time in ms. */
  readonly nowMs: number
  readonly logError: (cause: unknown) => void
}

/** Accepted leaves kept for one hostname, and revoked paths. Each takes some 3 KB. */
const MAX_REMEMBERED = 1_000

const UNAVAILABLE: NoDecision = {
  code: 'trust_unavailable',
  message: 'the trust store could not be read; nobody is let in meanwhile',
}

/**
 * Decides whether a client may reach a hostname, with the certificates that the hostname's owner associated with it.
 * Never throws for what a client, or an unavailable database, can cause; and never accepts without a trust set.
 */
export async function decideClient(
  edge: EdgeTrust,
  hostname: string,
  presented: Result<PresentedChain, NoDecision>,
  ambient: DecisionAmbient,
): Promise<ClientDecision> {
  if (!presented.ok) return { accepted: false, ...presented.error }
  const trust = await findTrust(edge, hostname, ambient)
  if (!trust.ok) return { accepted: false, ...trust.error }
  const obstacle = whyUndecidable(trust.value)
  if (obstacle !== undefined) return { accepted: false, ...obstacle }
  const decision = await decideLeaf(edge, trust.value, presented.value, ambient)
  if (!decision.accepted) return decision
  const { path, revocation } = decision.leaf
  return { accepted: true, path, ...(revocation && { revocation }), cached: decision.cached }
}

/** What is trusted for a hostname: from memory, or from the database. */
export async function findTrust(
  edge: EdgeTrust,
  hostname: string,
  { nowMs, logError }: DecisionAmbient,
): Promise<Result<LoadedTrust, NoDecision>> {
  const ascii = parseHostname(hostname)
  if (!ascii.ok) return fail({ code: 'hostname_invalid', message: 'the hostname is not a fully qualified domain name' })
  try {
    return ok(await edge.cache.get(ascii.value, nowMs))
  } catch (cause) {
    logError(cause)
    return fail(UNAVAILABLE)
  }
}

/** Why nobody can be let in to a hostname, whatever they present. */
export function whyUndecidable({ enabled, hasCertificates }: LoadedTrust): NoDecision | undefined {
  if (!enabled) {
    return { code: 'hostname_not_enabled', message: 'the hostname is in no zone for which Access is enabled' }
  }
  if (!hasCertificates) {
    return { code: 'hostname_without_certificates', message: 'no certificate is associated with the hostname' }
  }
  return undefined
}

/**
 * Decides on a leaf with the trust that was found for a hostname. A leaf that was accepted under that very trust, and
 * has not run out since, is known by its SHA-256 alone.
 */
export async function decideLeaf(
  edge: EdgeTrust,
  loaded: LoadedTrust,
  presented: PresentedChain,
  { nowMs, logError }: DecisionAmbient,
): Promise<LeafDecision> {
  const at = Math.floor(nowMs / 1_000)
  const key = await sha256(presented.leaf)
  const known = loaded.accepted.get(key)
  if (known !== undefined && at <= known.until) return { accepted: true, leaf: known, cached: true }
  const read = readCertificates(presented)
  const { verdict, trust } = await decideAnew(edge, loaded, read, at, logError)
  if (!verdict.accepted) return verdict
  const accepted: AcceptedLeaf = {
    until: acceptedUntil(verdict, read, trust, at),
    path: verdict.path,
    ...(verdict.revocation && { revocation: verdict.revocation }),
    ...(loaded.forwarding && { identity: clientIdentity(key, verdict.path, presented, trust) }),
  }
  remember(loaded.accepted, key, accepted)
  return { accepted: true, leaf: accepted, cached: false }
}

/**
 * Builds and validates a path; then, where the hostname's CAs have revoked anything, once more with what they have
 * revoked. In that order, so that whoever has no certificate of theirs cannot make anybody ask the database. Where that
 * is away, nobody is let in. A record that was deleted since its trust was loaded took its CRLs and blocks along: its CAs
 * are trusted no more, or clients they had revoked would be let in. What is refused then is remembered by its path, which
 * a client cannot vary as it can what it presents: a revoked one asks the database no more often than a good one.
 * Returns the trust that the verdict is of, too.
 */
async function decideAnew(
  edge: EdgeTrust,
  { trust, bundles, revocable, refused }: LoadedTrust,
  presented: ReadChain,
  at: number,
  logError: (cause: unknown) => void,
): Promise<{ readonly verdict: Verdict | NotDecided; readonly trust: Trust }> {
  const verdict = await decide(trust, presented, { at, revocation: undefined })
  if (!verdict.accepted || !revocable) return { verdict, trust }
  const path = verdict.path.map(({ sha256 }) => sha256).join()
  const known = refused.get(path)
  if (known !== undefined) return { verdict: known, trust }
  let revocation: LoadedRevocation
  try {
    revocation = await edge.revocation(bundles, serialNumbers(presented, trust))
  } catch (cause) {
    logError(cause)
    return { verdict: { accepted: false, ...UNAVAILABLE }, trust }
  }
  const current = revocation.bundles.length === bundles.length ? trust : trustOf(revocation.bundles)
  const second = await decide(current, presented, { at, revocation })
  if (!second.accepted) remember(refused, path, second)
  return { verdict: second, trust: current }
}

/** Keeps a decision with the trust it was made under: it goes when that goes. */
function remember<T>(decisions: Map<string, T>, key: string, decision: T): void {
  const [oldest] = decisions.keys()
  if (oldest !== undefined && decisions.size >= MAX_REMEMBERED) decisions.delete(oldest)
  decisions.set(key, decision)
}
