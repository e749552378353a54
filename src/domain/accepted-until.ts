import type { Certificate } from '../x509/certificate.ts'
import type { Accepted, CertificateRef } from '../x509/path/verdict.ts'
import type { ReadChain, Trust } from './trust.ts'

/**
 * Up to when an accepted leaf needs no other decision, Unix seconds: a certificate of its path expires, or a CRL that was
 * looked at goes stale.
 * @param at when it was accepted, Unix seconds
 */
export function acceptedUntil({ path, revocation }: Accepted, presented: ReadChain, trust: Trust, at: number): number {
  const expire = path.flatMap((ref) => candidates(ref, presented, trust).map(notAfter))
  const fresh = revocation.flatMap(({ status, crl }) => (status === 'good' && crl ? [crl.nextUpdate] : []))
  // An anchor's namesakes may have expired before: they were not the one.
  return Math.min(...expire.filter((end) => at <= end), ...fresh)
}

/** What a path's certificate can be: of an anchor, all that are registered under its id. */
function candidates(
  { role, position = 0, anchorId }: CertificateRef,
  { leaf, chain }: ReadChain,
  { anchors, intermediates }: Trust,
): readonly (Certificate | Uint8Array)[] {
  if (role === 'leaf') return [leaf]
  if (role === 'intermediate') return [...chain, ...intermediates].slice(position - 1, position)
  return [...anchors.byDer.values()].flatMap(({ certificate, origin }) =>
    origin.role === 'anchor' && origin.ids.some((id) => id === anchorId) ? [certificate] : [],
  )
}

function notAfter(given: Certificate | Uint8Array): number {
  return given instanceof Uint8Array ? Number.NEGATIVE_INFINITY : given.notAfter
}
