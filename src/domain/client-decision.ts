import { fail, ok, type Result } from '../result.ts'
import type { Certificate } from '../x509/certificate.ts'
import { sha256 } from '../x509/fingerprint.ts'
import type { RevocationData } from '../x509/path/revocation.ts'
import type { Accepted, Refused, Verdict } from '../x509/path/verdict.ts'
import { acceptedUntil } from './accepted-until.ts'
import { clientIdentity } from './client-identity.ts'
import type { EdgeTrust } from './edge-trust.ts'
import { parseHostname } from './hostname.ts'
import { decide, type PresentedChain, readCertificates } from './trust.ts'
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

/** Accepted leaves kept for one hostname, and what is known of paths. Each takes some 3 KB. */
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
  return { accepted: true, path, revocation, cached: decision.cached }
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
  let away: unknown
  const lookUp = (path: readonly Certificate[]) =>
    rememberedRevocation(edge, loaded, path).catch((cause) => {
      away = cause
      throw cause
    })
  let verdict: Verdict
  try {
    verdict = await decide(loaded.trust, read, { at, revocation: loaded.revocable ? lookUp : undefined })
  } catch (cause) {
    if (away === undefined) throw cause
    logError(away)
    return { accepted: false, ...UNAVAILABLE }
  }
  if (!verdict.accepted) return verdict
  const accepted: AcceptedLeaf = {
    until: acceptedUntil(verdict, read, loaded.trust, at),
    path: verdict.path,
    revocation: verdict.revocation,
    ...(loaded.forwarding && { identity: clientIdentity(key, verdict.path, presented, loaded.trust) }),
  }
  remember(loaded.accepted, key, accepted)
  return { accepted: true, leaf: accepted, cached: false }
}

/**
 * What is known of a path. The search asks for paths that are valid otherwise, so that nobody without a certificate of the
 * hostname's CAs can make anybody ask the database; and each is asked for once while this trust is kept, by what a client
 * cannot vary: a revoked one asks the database no more often than a good one.
 */
async function rememberedRevocation(
  edge: EdgeTrust,
  { accountId, bundles, revocation }: LoadedTrust,
  path: readonly Certificate[],
): Promise<RevocationData> {
  const key = (await Promise.all(path.map(({ der }) => sha256(der)))).join()
  const known = revocation.get(key)
  if (known !== undefined) return known
  const data = await edge.revocation({ accountId, bundles }, path)
  remember(revocation, key, data)
  return data
}

/** Keeps something with the trust it was found out under: it goes when that goes. */
function remember<T>(kept: Map<string, T>, key: string, value: T): void {
  const [oldest] = kept.keys()
  if (oldest !== undefined && kept.size >= MAX_REMEMBERED) kept.delete(oldest)
  kept.set(key, value)
}
