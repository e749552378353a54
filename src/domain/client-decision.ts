import { fail, ok, type Result } from '../result.ts'
import { readCertificate } from '../x509/certificate.ts'
import { sha256 } from '../x509/fingerprint.ts'
import type { Accepted, Refused } from '../x509/path/verdict.ts'
import { parseHostname } from './hostname.ts'
import { decide, type PresentedChain } from './trust.ts'
import type { AcceptedLeaf, LoadedTrust, TrustCache } from './trust-cache.ts'

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
export type ClientDecision =
  | (Accepted & { readonly cached: boolean })
  | Refused
  | ({ readonly accepted: false } & NoDecision)

/** Leaves kept for one hostname. Each takes about 1 KB. */
const MAX_ACCEPTED_LEAVES = 1_000

/**
 * Decides whether a client may reach a hostname, with the certificates that the hostname's owner associated with it.
 * `nowMs` is Unix time in ms. Never throws for what a client, or an unavailable database, can cause; and never accepts
 * without a trust set.
 */
export async function decideClient(
  cache: TrustCache,
  hostname: string,
  presented: Result<PresentedChain, NoDecision>,
  nowMs: number,
  logError: (cause: unknown) => void,
): Promise<ClientDecision> {
  if (!presented.ok) return { accepted: false, ...presented.error }
  const loaded = await loadTrust(cache, hostname, nowMs, logError)
  if (!loaded.ok) return { accepted: false, ...loaded.error }
  const at = Math.floor(nowMs / 1_000)
  const { trust, accepted } = loaded.value
  const key = await sha256(presented.value.leaf)
  const known = accepted.get(key) as AcceptedLeaf<Accepted['path']> | undefined
  if (known !== undefined && at <= known.notAfter) return { accepted: true, path: known.path, cached: true }
  const verdict = await decide(trust, presented.value, at)
  if (!verdict.accepted) return verdict
  remember(accepted, key, presented.value.leaf, verdict.path)
  return { ...verdict, cached: false }
}

async function loadTrust(
  cache: TrustCache,
  hostname: string,
  nowMs: number,
  logError: (cause: unknown) => void,
): Promise<Result<LoadedTrust, NoDecision>> {
  const ascii = parseHostname(hostname)
  if (!ascii.ok) return fail({ code: 'hostname_invalid', message: 'the hostname is not a fully qualified domain name' })
  try {
    const loaded = await cache.get(ascii.value, nowMs)
    if (!loaded.enabled) {
      return fail({ code: 'hostname_not_enabled', message: 'the hostname is in no zone for which Access is enabled' })
    }
    if (!loaded.hasCertificates) {
      return fail({ code: 'hostname_without_certificates', message: 'no certificate is associated with the hostname' })
    }
    return ok(loaded)
  } catch (cause) {
    logError(cause)
    return fail({ code: 'trust_unavailable', message: 'the trust store could not be read; nobody is let in meanwhile' })
  }
}

/** Keeps an accepted leaf with the trust it was accepted under: it goes when that goes. */
function remember(accepted: LoadedTrust['accepted'], key: string, leaf: Uint8Array, path: Accepted['path']): void {
  const read = readCertificate(leaf)
  if (!read.ok) return
  const [oldest] = accepted.keys()
  if (oldest !== undefined && accepted.size >= MAX_ACCEPTED_LEAVES) accepted.delete(oldest)
  accepted.set(key, { notAfter: read.value.notAfter, path })
}
