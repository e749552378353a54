import { sameOctets } from '../asn1/values.ts'
import type { Certificate } from './certificate.ts'
import { authorityKeyIdentifier, subjectKeyIdentifier } from './informing-extensions.ts'

/**
 * Which certificates of an upload paths may end at: those that are self-signed; where none is, the last one, as a chain
 * ends with what stands nearest to its root (contract 3). The others help to build paths.
 */
export function anchorsOf(certificates: readonly Certificate[]): readonly Certificate[] {
  const roots = certificates.filter(isSelfSigned)
  return roots.length > 0 ? roots : certificates.slice(-1)
}

/**
 * Issuer and subject are the same name, and the authority's key identifier, where there is one, is the subject's own
 * (RFC 5280 4.2.1.1). A CA that changed its key is self-issued too, but names the other key. The signature is not
 * checked: whoever registered the certificate vouches for it.
 */
function isSelfSigned(certificate: Certificate): boolean {
  const authority = authorityKeyIdentifier(certificate)
  const sameKey = authority === undefined || authority === subjectKeyIdentifier(certificate)
  return sameOctets(certificate.issuer.der, certificate.subject.der) && sameKey
}
