import { contextTag, type DerReader } from '../der.ts'
import { checkDistributionPointName } from '../extension-values.ts'
import { Malformed } from '../malformed.ts'
import { bitString, booleanValue } from '../values.ts'
import type { CrlCoverage } from './crl.ts'

/** issuingDistributionPoint (RFC 5280 5.2.5): which part of its issuer's certificates a CRL speaks of. */
export interface IssuingDistributionPoint {
  readonly covers: CrlCoverage
  /** distributionPoint is there: the CRL is the one of several that is published at that place. */
  readonly partition: boolean
  readonly onlySomeReasons: boolean
  readonly indirect: boolean
  readonly onlyAttributeCerts: boolean
}

const P = (n: number) => contextTag(n, 'primitive')

/** Reads it to its end. Throws Malformed, also where nothing is in it or two of the "only" exclude each other. */
export function readIssuingDistributionPoint(value: DerReader, field: string): IssuingDistributionPoint {
  const members = value.sequence(field)
  if (members.done) throw new Malformed(field, 'is empty')
  const name = members.optional(contextTag(0, 'constructed'), `${field}.distributionPoint`)
  if (name !== undefined) checkDistributionPointName(name.open(field), `${field}.distributionPoint`)
  const onlyUserCerts = flag(members, 1, `${field}.onlyContainsUserCerts`)
  const onlyCaCerts = flag(members, 2, `${field}.onlyContainsCACerts`)
  const reasons = members.optional(P(3), `${field}.onlySomeReasons`)
  if (reasons !== undefined) bitString(reasons, `${field}.onlySomeReasons`)
  const indirect = flag(members, 4, `${field}.indirectCRL`)
  const onlyAttributeCerts = flag(members, 5, `${field}.onlyContainsAttributeCerts`)
  members.end(field)
  // "at most one of onlyContainsUserCerts, onlyContainsCACerts, and onlyContainsAttributeCerts may be set to TRUE"
  if ([onlyUserCerts, onlyCaCerts, onlyAttributeCerts].filter(Boolean).length > 1) {
    throw new Malformed(field, 'speaks of nothing: it is limited to certificates of two kinds')
  }
  return {
    covers: onlyUserCerts ? 'user' : onlyCaCerts ? 'ca' : 'all',
    partition: name !== undefined,
    onlySomeReasons: reasons !== undefined,
    indirect,
    onlyAttributeCerts,
  }
}

/** `[n] BOOLEAN DEFAULT FALSE`; a written-out FALSE changes nothing and is read, as in certificates. */
function flag(members: DerReader, number: number, field: string): boolean {
  const tlv = members.optional(P(number), field)
  return tlv !== undefined && booleanValue(tlv, field)
}
