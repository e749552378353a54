import type { Certificate } from '../certificate.ts'
import { nameKey } from './name-key.ts'

/** Where a certificate came from. Positions of presented certificates count from 1, in the order given. */
export type Origin =
  | { readonly role: 'leaf' }
  | { readonly role: 'intermediate'; readonly position: number }
  | { readonly role: 'anchor'; readonly id: string }

/** A certificate with what the search compares, computed once. */
export interface Entry {
  readonly certificate: Certificate
  readonly origin: Origin
  /** Equal for names that match by RFC 5280 7.1. */
  readonly subjectKey: string
  readonly issuerKey: string
  /** Equal for the same SubjectPublicKeyInfo. */
  readonly publicKeyKey: string
  /** RFC 5280 3.2: issuer and subject are the same name. */
  readonly selfIssued: boolean
}

export function entry(certificate: Certificate, origin: Origin): Entry {
  const { subject, issuer, publicKey } = certificate
  const subjectKey = nameKey(subject)
  const issuerKey = nameKey(issuer)
  return {
    certificate,
    origin,
    subjectKey,
    issuerKey,
    publicKeyKey: octetsKey(publicKey.der),
    selfIssued: subjectKey === issuerKey,
  }
}

/** One character an octet, each octet its own: WHATWG's latin1 is windows-1252, which maps all 256 apart. */
const LATIN1 = new TextDecoder('latin1')

/** A string that stands for octets in maps and sets. */
export function octetsKey(octets: Uint8Array): string {
  return LATIN1.decode(octets)
}
