import { DerReader, TAG, type Tlv } from './der.ts'
import { Malformed } from './malformed.ts'
import { integerOctets, oidValue } from './values.ts'

/** What people send in place of a CRL. */
export type DerKind = 'certificate' | 'certificate_request' | 'ocsp_response' | 'pkcs7' | 'pkcs12' | 'private_key'

/** OIDs of what PKCS #7 calls content types (RFC 2315 14). */
const PKCS7 = '1.2.840.113549.1.7.'

/**
 * What DER is, by how it begins; undefined for anything else. Only to name it: nothing of it is checked.
 * Never throws.
 */
export function identifyDer(der: Uint8Array): DerKind | undefined {
  try {
    return kindOf(DerReader.over(der).sequence('value'))
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}

function kindOf(members: DerReader): DerKind | undefined {
  const first = members.read('value')
  switch (first.tag) {
    // ContentInfo (RFC 2315 7)
    case TAG.objectIdentifier:
      return oidValue(first, 'value').startsWith(PKCS7) ? 'pkcs7' : undefined
    // OCSPResponse (RFC 6960 4.2.1)
    case TAG.enumerated:
      return 'ocsp_response'
    // PFX has version 3 (RFC 7292 4), the forms of private keys 0 or 1 (RFC 5958 2, RFC 8017 A.1.2, RFC 5915 3)
    case TAG.integer:
      return integerOctets(first, 'value')[0] === 3 ? 'pkcs12' : 'private_key'
    case TAG.sequence:
      return kindOfSigned(first)
    default:
      return undefined
  }
}

/** By what stands where a CRL has its version, signature, issuer and thisUpdate (RFC 5280 4.1, 5.1; RFC 2986 4). */
function kindOfSigned(tbs: Tlv): DerKind | undefined {
  const members = tbs.open('value')
  const version = members.read('value')
  if (version.tag === 0xa0) return 'certificate'
  if (version.tag !== TAG.integer) return undefined
  const second = members.sequence('value')
  if (second.nextTag === TAG.set || second.done) return 'certificate_request'
  members.read('value')
  return members.nextTag === TAG.sequence ? 'certificate' : undefined
}
