import { EXTENSION } from '../../asn1/oids.ts'
import type { Certificate } from '../../certificate/certificate.ts'
import { directoryNameKey, readDistributionPoints } from '../../certificate/distribution-points.ts'
import type { CheckedCrl } from './revocation.ts'

/**
 * Those of a CA's CRLs that cover a certificate: what they do not list is good (RFC 5280 6.3.3 (b) (2)).
 *
 * (ii) and (iii): onlyContainsUserCerts and onlyContainsCACerts, by cA of basicConstraints. (i): a CRL that is published
 * under a name covers the certificates whose cRLDistributionPoints have that name. A certificate without any is covered
 * where its CA has no other part: step-ca names its only CRL, and writes the name into no certificate. One under the
 * issuer's own name covers all (6.3.3, at its end).
 * @param crls all of one issuer
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
 * The names under which its issuer's CRLs tell of a certificate; undefined where it has no cRLDistributionPoints. A point
 * for some reasons only does not count, nor one that another CRL issuer serves: indirect CRLs are not taken.
 */
function pointNames({ extensions, issuer }: Certificate): readonly string[] | undefined {
  const extension = extensions.list.find(({ oid }) => oid === EXTENSION.crlDistributionPoints)
  if (extension === undefined) return undefined
  // One that cannot be read names nothing: no part covers the certificate then.
  const points = readDistributionPoints(extension.value, issuer) ?? []
  const own = points.filter(({ reasons, crlIssuers }) => !reasons && crlIssuers.length === 0)
  return own.flatMap(({ names = [] }) => names)
}
