import type { PlacedCertificate } from './rules.ts'

/** Certificates of a hostname by which the same clients come in, or which stand for the same CA. */
export type Overlap = {
  /** Two or more: different ones, except in `same_certificate`. */
  readonly certificates: readonly [PlacedCertificate, ...PlacedCertificate[]]
} & (
  | { readonly code: 'same_certificate' }
  | { readonly code: 'same_key' }
  | { readonly code: 'same_name'; readonly keys: number }
  | { readonly code: 'cross_signed'; readonly isAnchor: boolean; readonly issuers: readonly string[] }
)

/**
 * The overlaps among what a hostname trusts. Certificates are gathered by what they have in common: pairs would be 500,000 among 1,000.
 * Whether a certificate is valid now does not matter, nor are signatures checked: an issuer is a name.
 */
export function overlapsOf(certificates: readonly PlacedCertificate[]): readonly Overlap[] {
  const allAnchors = certificates.filter(({ role }) => role === 'anchor')
  const anchors = distinct(allAnchors)
  const known = new Set(anchors.map(({ sha256 }) => sha256))
  const intermediates = distinct(certificates.filter(({ sha256 }) => !known.has(sha256)))
  return [
    ...severalBy(allAnchors, ({ sha256 }) => sha256).map((group) => overlap('same_certificate', group)),
    ...severalBy(anchors, ({ keySha256 }) => keySha256).map((group) => overlap('same_key', group)),
    // Intermediates that one issuer issued again; those of different issuers are cross-signed.
    ...severalBy(intermediates, ({ keySha256, issuer }) => keySha256 && `${keySha256} ${issuer}`).map((group) =>
      overlap('same_key', group),
    ),
    ...severalBy(anchors, ({ nameKey }) => nameKey).flatMap(withKeys),
    ...severalBy([...anchors, ...intermediates], ({ caKey }) => caKey).flatMap(crossSigned),
  ]
}

type Group = Overlap['certificates']

const overlap = (code: 'same_certificate' | 'same_key', certificates: Group): Overlap => ({ code, certificates })

/** Anchors of one name, if they have several keys. */
function withKeys(certificates: Group): readonly Overlap[] {
  const keys = new Set(certificates.map(({ caKey }) => caKey)).size
  return keys > 1 ? [{ code: 'same_name', keys, certificates }] : []
}

/** Certificates of one CA, if there is an intermediate, and another way up than its issuer. */
function crossSigned(certificates: Group): readonly Overlap[] {
  const intermediates = certificates.filter(({ role }) => role === 'intermediate')
  const issuers = [...new Set(intermediates.map(({ issuer }) => issuer))]
  const isAnchor = intermediates.length < certificates.length
  const isCrossSigned = issuers.length > 0 && (isAnchor || issuers.length > 1)
  return isCrossSigned ? [{ code: 'cross_signed', isAnchor, issuers, certificates }] : []
}

/** The first of those that are the same certificate. */
function distinct(certificates: readonly PlacedCertificate[]): readonly PlacedCertificate[] {
  return [...new Map(certificates.toReversed().map((one) => [one.sha256, one])).values()].toReversed()
}

/** Groups of two or more with the same key; '' is not known. */
function severalBy(
  certificates: readonly PlacedCertificate[],
  keyOf: (one: PlacedCertificate) => string,
): readonly Group[] {
  const groups = Map.groupBy(certificates, keyOf)
  groups.delete('')
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined || others.length === 0 ? [] : [[first, ...others] as const],
  )
}
