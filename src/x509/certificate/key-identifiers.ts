import type { Certificate } from './certificate.ts'
import { subjectKeyIdentifier } from './informing-extensions.ts'

/**
 * How an authorityKeyIdentifier compares to an issuer's subjectKeyIdentifier (RFC 5280 4.2.1.1, 5.2.1). It is a hint at the
 * signing key and not a proof, so it orders candidates and explains refusals, but decides nothing.
 * @param wanted the authority's keyIdentifier, hexadecimal; undefined where there is none
 */
export function compareKeyIdentifiers(wanted: string | undefined, issuer: Certificate): 'match' | 'differ' | 'absent' {
  const offered = subjectKeyIdentifier(issuer)
  if (wanted === undefined || offered === undefined) return 'absent'
  return wanted === offered ? 'match' : 'differ'
}
