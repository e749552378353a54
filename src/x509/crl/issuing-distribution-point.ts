import { contextTag, type DerReader } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { bitString, booleanValue } from '../asn1/values.ts'
import { type CrlCoverage, distributionPointNames } from '../certificate/distribution-points.ts'
import type { Name } from '../certificate/name.ts'
import { MAX_DISTRIBUTION_POINT_BYTES } from '../limits.ts'
import type { Oddities } from './oddities.ts'

/** issuingDistributionPoint (RFC 5280 5.2.5): which of its issuer's certificates a CRL covers. */
export interface IssuingDistributionPoint {
  readonly covers: CrlCoverage
  /** Comparison keys of distributionPoint, sorted: the CRL is the one of several parts that is published there. */
  readonly names: readonly string[] | undefined
  readonly onlySomeReasons: boolean
  readonly indirect: boolean
  readonly onlyAttributeCerts: boolean
}

const P = (n: number) => contextTag(n, 'primitive')

/**
 * Reads issuingDistributionPoint to its end. Throws Malformed, also where two of its "only…" flags exclude each other.
 * @param issuer of the CRL, to which a name may be relative
 */
export function readIssuingDistributionPoint(
  value: DerReader,
  field: string,
  issuer: Name,
  oddities: Oddities,
): IssuingDistributionPoint {
  const members = value.sequence(field)
  if (members.done) oddities.add({ oddity: 'empty', field })
  const names = readNames(members, `${field}.distributionPoint`, issuer)
  const onlyUserCerts = flag(members, 1, `${field}.onlyContainsUserCerts`)
  const onlyCaCerts = flag(members, 2, `${field}.onlyContainsCACerts`)
  const reasons = members.optional(P(3), `${field}.onlySomeReasons`)
  if (reasons !== undefined) bitString(reasons, `${field}.onlySomeReasons`)
  const indirect = flag(members, 4, `${field}.indirectCRL`)
  const onlyAttributeCerts = flag(members, 5, `${field}.onlyContainsAttributeCerts`)
  members.end(field)
  // "at most one of onlyContainsUserCerts, onlyContainsCACerts, and onlyContainsAttributeCerts may be set to TRUE"
  if ([onlyUserCerts, onlyCaCerts, onlyAttributeCerts].filter(Boolean).length > 1) {
    throw new Malformed(field, 'covers nothing: it is limited to certificates of two different kinds')
  }
  return {
    covers: onlyUserCerts ? 'user' : onlyCaCerts ? 'ca' : 'all',
    names,
    onlySomeReasons: reasons !== undefined,
    indirect,
    onlyAttributeCerts,
  }
}

/** Reads the names of distributionPoint. They are bounded, since they are stored and compared in every decision. */
function readNames(members: DerReader, field: string, issuer: Name): readonly string[] | undefined {
  const name = members.optional(contextTag(0, 'constructed'), field)
  if (name === undefined) return undefined
  if (name.content.length > MAX_DISTRIBUTION_POINT_BYTES) {
    throw new Malformed(field, `is longer than ${MAX_DISTRIBUTION_POINT_BYTES} bytes`)
  }
  const inner = name.open(field)
  const names = distributionPointNames(inner, field, issuer)
  inner.end(field)
  return names
}

/** `[n] BOOLEAN DEFAULT FALSE`. FALSE may be written out, as in certificates, since it changes nothing. */
function flag(members: DerReader, number: number, field: string): boolean {
  const tlv = members.optional(P(number), field)
  return tlv !== undefined && booleanValue(tlv, field)
}
