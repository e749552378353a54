import type { CertificateId, Hex } from '../../core/units.ts'
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
  /** What it is registered under: the same certificate can be under several ids. */
  readonly ids: readonly [string, ...string[]]
  /** One of its owners demands that the revocation of every certificate below it is known. */
  readonly mustBeCovered: boolean
}

/** What makes a CA: certificates of the same name and key are the same CA, whoever certified it. */
export interface CaIdentity {
  readonly certificate: Certificate
  /** Equal for names that match by RFC 5280 7.1. */
  readonly subjectKey: string
  /** Equal for the same SubjectPublicKeyInfo. */
  readonly publicKeyKey: string
}

/** A certificate with what the search compares, computed once. */
export interface Entry extends CaIdentity {
  readonly origin: Origin
  readonly issuerKey: Hex
  /** RFC 5280 3.2: issuer and subject are the same name. */
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
