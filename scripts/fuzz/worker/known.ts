import { toBase64 } from '../../../src/core/bytes.ts'
import type { Certificate } from '../../../src/x509/certificate/certificate.ts'
import { integerHex, TAG } from '../../../src/x509/index.ts'
import { signatureScheme } from '../../../src/x509/signature/signature-scheme.ts'
import { disagreement } from '../../../src/x509/upload/second-decoder.ts'
import type { CertificateFacts } from '../wire.ts'

/** A kind of certificate that is read here and that OpenSSL or pkijs refuses. docs/conformance.md lists each. */
export interface KnownClass {
  readonly name: string
  readonly has: (certificate: Certificate) => boolean
}

export const KNOWN: readonly KnownClass[] = [
  {
    name: 'name-value-type',
    // OpenSSL takes VisibleString for no string of a name.
    has: ({ subject, issuer }) =>
      [subject, issuer].some(({ rdns }) =>
        rdns.flat().some(({ text, tag }) => text === null || tag === TAG.visibleString),
      ),
  },
  {
    name: 'unknown-algorithm',
    has: ({ publicKey: { kind }, signatureAlgorithm }) =>
      kind.type === 'other' ||
      (kind.type === 'EC' && kind.bits === undefined) ||
      !signatureScheme(signatureAlgorithm).ok,
  },
]

/** What OpenSSL is asked about. */
export function factsOf(certificate: Certificate): CertificateFacts {
  return {
    der: toBase64(certificate.der),
    serialNumber: integerHex(certificate.serialNumber),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    known: KNOWN.find(({ has }) => has(certificate))?.name,
  }
}

/** A disagreement with pkijs that belongs to no known class. */
export function pkijsProblem(certificate: Certificate): string | undefined {
  const field = disagreement(certificate)
  return field !== undefined && factsOf(certificate).known === undefined ? `pkijs disagrees on ${field}` : undefined
}
