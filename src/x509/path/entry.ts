import type { CertificateId } from '../../core/units.ts'
import { octetsKey } from '../asn1/values.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { nameKey } from '../certificate/name-key.ts'

/** Where a certificate came from. */
export type Origin =
  | { readonly role: 'leaf' }
  /** Presented: its place in the list as given, from 1. */
  | { readonly role: 'intermediate'; readonly position: number }
  /** Registered: the id of its record. */
  | { readonly role: 'intermediate'; readonly certificateId: CertificateId }
  | AnchorOrigin

export interface AnchorOrigin {
  readonly role: 'anchor'
  /** Ids of the records that have it. */
  readonly ids: readonly [string, ...string[]]
  /** Whether one of these records refuses certificates below it that no CRL covers. */
  readonly mustBeCovered: boolean
}

/** What identifies a CA: certificates of the same name and key are of the same CA, even if their issuers differ. */
export interface CaIdentity {
  readonly certificate: Certificate
  /** Equal for names that match by RFC 5280 7.1. */
  readonly subjectKey: string
  /** Equal for the same SubjectPublicKeyInfo. */
  readonly publicKeyKey: string
}

/** A certificate with the keys that the search compares, computed once. */
export interface Entry extends CaIdentity {
  readonly origin: Origin
  /** Like subjectKey, of the issuer. */
  readonly issuerKey: string
  /** Whether issuer and subject are the same name (RFC 5280 3.2). */
  readonly selfIssued: boolean
}

export function entry(certificate: Certificate, origin: Origin): Entry {
  const identity = caIdentity(certificate)
  const issuerKey = nameKey(certificate.issuer)
  return { ...identity, origin, issuerKey, selfIssued: identity.subjectKey === issuerKey }
}

export function caIdentity(certificate: Certificate): CaIdentity {
  const { subject, publicKey } = certificate
  return { certificate, subjectKey: nameKey(subject), publicKeyKey: octetsKey(publicKey.der) }
}

export function sameCa(a: CaIdentity, b: CaIdentity): boolean {
  return a.subjectKey === b.subjectKey && a.publicKeyKey === b.publicKeyKey
}
