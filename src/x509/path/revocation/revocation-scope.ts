import { EXTENSION } from '../../asn1/oids.ts'
import type { Certificate } from '../../certificate/certificate.ts'
import { directoryNameKey, readDistributionPoints } from '../../certificate/distribution-points.ts'
import type { CheckedCrl } from './revocation.ts'

/**
 * The CRLs of a CA that cover a certificate: if they do not list it, it is good (RFC 5280 6.3.3 (b) (2)).
 *
 * (ii) and (iii): onlyContainsUserCerts and onlyContainsCACerts are compared with cA of basicConstraints. (i): a CRL that is
 * published under a name covers the certificates whose cRLDistributionPoints have that name. A certificate without
 * cRLDistributionPoints is covered where its CA has no other part: step-ca names its only CRL, but does not write that name into
 * certificates. A CRL under the issuer's own name covers all (end of 6.3.3).
 * @param crls all those of one issuer
 */
export function covering(crls: readonly CheckedCrl[], certificate: Certificate): readonly CheckedCrl[] {
  const isCa = certificate.extensions.values.basicConstraints?.cA === true
  const ofItsKind = crls.filter(({ covers }) => covers === 'all' || (covers === 'ca') === isCa)
  const parts = new Set(ofItsKind.flatMap(({ part }) => (part === undefined ? [] : [JSON.stringify(part)])))
  if (parts.size === 0) return ofItsKind
  const named = pointNames(certificate)
  const names = new Set([...(named ?? []), directoryNameKey(certificate.issuer)])
  const isOnlyPart = named === undefined && parts.size === 1
  return ofItsKind.filter(({ part }) => part === undefined || isOnlyPart || part.some((name) => names.has(name)))
}

/**
 * The names in a certificate's cRLDistributionPoints; undefined where it has none. A point for some reasons only does not count,
 * nor one of another CRL issuer, since indirect CRLs are not accepted.
 */
function pointNames({ extensions, issuer }: Certificate): readonly string[] | undefined {
  const extension = extensions.list.find(({ oid }) => oid === EXTENSION.crlDistributionPoints)
  if (extension === undefined) return undefined
  // An extension that cannot be read has no names, so no part covers the certificate.
  const points = readDistributionPoints(extension.value, issuer) ?? []
  const own = points.filter(({ reasons, crlIssuers }) => !reasons && crlIssuers.length === 0)
  return own.flatMap(({ names = [] }) => names)
}
