import { sameOctets } from '../asn1/values.ts'
import type { Certificate } from './certificate.ts'
import { authorityKeyIdentifier, subjectKeyIdentifier } from './informing-extensions.ts'

/**
 * The certificates of an upload that paths may end at: the self-signed ones. Where none is self-signed, the last one, since a
 * chain ends with the certificate nearest to its root (contract 3). The others help to build paths.
 */
export function anchorsOf(certificates: readonly Certificate[]): readonly Certificate[] {
  const roots = certificates.filter(isSelfSigned)
  return roots.length > 0 ? roots : certificates.slice(-1)
}

/**
 * Whether issuer and subject are the same name, and the authority's key identifier, where there is one, is the subject's own
 * (RFC 5280 4.2.1.1). A certificate by which a CA changes its key is self-issued too, but names the other key. The signature is
 * not checked, since the owner of the record vouches for the certificate.
 */
export function isSelfSigned(certificate: Certificate): boolean {
  const authority = authorityKeyIdentifier(certificate)
  const sameKey = authority === undefined || authority === subjectKeyIdentifier(certificate)
  return sameOctets(certificate.issuer.der, certificate.subject.der) && sameKey
}
