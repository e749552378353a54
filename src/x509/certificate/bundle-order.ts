import { isSelfSigned } from './anchors.ts'
import type { Certificate } from './certificate.ts'
import { authorityKeyIdentifier } from './informing-extensions.ts'
import { compareKeyIdentifiers } from './key-identifiers.ts'
import { nameKey } from './name-key.ts'

/** How a certificate of a bundle stands to the others. */
export interface BundlePlace {
  readonly selfSigned: boolean
  /**
   * The index of its issuer in the bundle, by name and key identifier: no signature is checked. Undefined where the issuer is not
   * there, and of a self-signed certificate.
   */
  readonly issuer: number | undefined
}

/** The places of all certificates of a bundle, in its order. For people: paths are found by signatures (path/search.ts). */
export function bundlePlaces(certificates: readonly Certificate[]): readonly BundlePlace[] {
  const subjects = certificates.map(({ subject }) => nameKey(subject))
  return certificates.map((certificate, index) => {
    const selfSigned = isSelfSigned(certificate)
    return { selfSigned, issuer: selfSigned ? undefined : issuerOf(certificate, index, certificates, subjects) }
  })
}

/** A key identifier that matches is better than none. Among equals, the next one: a chain goes up to its root. */
function issuerOf(
  certificate: Certificate,
  index: number,
  certificates: readonly Certificate[],
  subjects: readonly string[],
): number | undefined {
  const [issuer, keyIdentifier] = [nameKey(certificate.issuer), authorityKeyIdentifier(certificate)]
  const ranked = [...certificates.keys()]
    .filter((other) => other !== index && subjects[other] === issuer)
    .map((other) => ({ other, keys: keysOf(keyIdentifier, certificates[other]) }))
    .filter(({ keys }) => keys !== 'differ')
    .toSorted((a, b) => rank(a, index) - rank(b, index))
  return ranked[0]?.other
}

function keysOf(keyIdentifier: string | undefined, issuer: Certificate | undefined) {
  return issuer === undefined ? 'differ' : compareKeyIdentifiers(keyIdentifier, issuer)
}

/** The lower the better. There are 16 certificates at most. */
function rank({ other, keys }: { readonly other: number; readonly keys: string }, index: number): number {
  return (keys === 'match' ? 0 : 1_000) + (other > index ? other - index : 100 + index - other)
}
