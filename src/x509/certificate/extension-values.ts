import { toHex } from '../../core/bytes.ts'
import { contextTag, type DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { bitString, booleanDefaultFalse, integerOctets, readOid, smallCount } from '../asn1/values.ts'
import { type GeneralName, type GeneralNameForm, readGeneralName, readGeneralNames } from './general-name.ts'
import { readRdn } from './name.ts'
import { checkPolicyQualifiers } from './policy-qualifiers.ts'

/** Reads the values of the extensions of RFC 5280 section 4.2, with one function for each. */

const P = (n: number) => contextTag(n, 'primitive')
const C = (n: number) => contextTag(n, 'constructed')

/** 4.2.1.1. Returns keyIdentifier in hexadecimal. The syntax of issuer and serial is checked; their values are not used. */
export function readAuthorityKeyIdentifier(value: DerReader, field: string): string | undefined {
  const members = value.sequence(field)
  const keyIdentifier = members.optional(P(0), field)
  const issuer = members.optional(C(1), field)
  const serial = members.optional(P(2), field)
  members.end(field)
  if (issuer !== undefined) readGeneralNames(issuer.open(field), field)
  if (serial !== undefined) integerOctets(serial, field)
  return keyIdentifier && toHex(keyIdentifier.content)
}

/** 4.2.1.3, bits 0 to 8 in order. */
const KEY_USAGE_BITS = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const

export type KeyUsage = ReadonlySet<(typeof KEY_USAGE_BITS)[number]>

/** 4.2.1.3. Trailing zero bits, which DER leaves out (X.690 11.2.2), are read, since they mean nothing. */
export function readKeyUsage(value: DerReader, field: string): KeyUsage {
  const { octets } = bitString(value.expect(TAG.bitString, field), field)
  return new Set(KEY_USAGE_BITS.filter((_, bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0))
}

/** 4.2.1.2, hexadecimal. */
export function readSubjectKeyIdentifier(value: DerReader, field: string): string {
  return toHex(value.expect(TAG.octetString, field).content)
}

/** 4.2.1.4: at least one policy, without duplicates. Returns their ids, dotted. Qualifiers need only be DER. */
export function readCertificatePolicies(value: DerReader, field: string): ReadonlySet<string> {
  return readPolicies(value, field, (qualifiers) => qualifiers.checkBelow(field))
}

/** Checks a critical certificatePolicies: every qualifier must be known, and is read to its end. */
export function checkCriticalPolicies(value: DerReader, field: string): void {
  const qualifierField = `${field}.policyQualifiers`
  readPolicies(value, field, (qualifiers) => checkPolicyQualifiers(qualifiers.open(qualifierField), qualifierField))
}

function readPolicies(value: DerReader, field: string, check: (qualifiers: Tlv) => void): ReadonlySet<string> {
  const list = value.sequence(field)
  if (list.done) throw new Malformed(field, 'is empty')
  const policies = new Set<string>()
  while (!list.done) {
    const policy = list.sequence(field)
    const oid = readOid(policy, field)
    if (policies.has(oid)) throw new Malformed(field, `has policy ${oid} twice`)
    policies.add(oid)
    const qualifiers = policy.optional(TAG.sequence, field)
    if (qualifiers !== undefined) check(qualifiers)
    policy.end(field)
  }
  return policies
}

/** 4.2.1.5: pairs of policies. */
export function checkPolicyMappings(value: DerReader, field: string): void {
  const mappings = value.sequence(field)
  if (mappings.done) throw new Malformed(field, 'is empty')
  while (!mappings.done) {
    const pair = mappings.sequence(field)
    readOid(pair, field)
    readOid(pair, field)
    pair.end(field)
  }
}

/** 4.2.1.6. An empty extension, which the syntax forbids, names nothing. */
export function readSubjectAltName(value: DerReader, field: string): readonly GeneralName[] {
  const names = value.sequence(field)
  return names.done ? [] : readGeneralNames(names, field)
}

/** The forms of names on which constraints are processed (4.2.1.10). */
const PROCESSED_FORMS: ReadonlySet<GeneralNameForm> = new Set([
  'rfc822Name',
  'dNSName',
  'directoryName',
  'uniformResourceIdentifier',
  'iPAddress',
])

/**
 * GeneralNames in a critical extension. X.509 (2019) 9.3.2.1: "at least one of the name forms that is present shall be
 * recognized and processed", the others may be ignored.
 */
export function checkProcessedNames(value: DerReader, field: string): void {
  const names = readGeneralNames(value.sequence(field), field)
  if (names.some(({ form }) => PROCESSED_FORMS.has(form))) return
  throw new Malformed(
    field,
    `has only names of forms that are not processed: ${[...new Set(names.map(({ form }) => form))].join(', ')}`,
  )
}

/** 4.2.1.9. */
export interface BasicConstraints {
  readonly cA: boolean
  /** pathLenConstraint: a number of certificates; undefined where it is absent. */
  readonly pathLen: number | undefined
}

export function readBasicConstraints(value: DerReader, field: string): BasicConstraints {
  const members = value.sequence(field)
  const cA = booleanDefaultFalse(members, `${field}.cA`)
  const pathLen = members.optional(TAG.integer, `${field}.pathLenConstraint`)
  members.end(field)
  return { cA, pathLen: pathLen && smallCount(pathLen, `${field}.pathLenConstraint`) }
}

/** 4.2.1.10. `minimum` is 0 and `maximum` is absent, so neither is kept. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[]
  readonly excluded: readonly GeneralName[]
}

export function readNameConstraints(value: DerReader, field: string): NameConstraints {
  const members = value.sequence(field)
  const permitted = members.optional(C(0), `${field}.permittedSubtrees`)
  const excluded = members.optional(C(1), `${field}.excludedSubtrees`)
  members.end(field)
  if (permitted === undefined && excluded === undefined) throw new Malformed(field, 'is empty')
  return {
    permitted: permitted ? subtrees(permitted.open(field), `${field}.permittedSubtrees`) : [],
    excluded: excluded ? subtrees(excluded.open(field), `${field}.excludedSubtrees`) : [],
  }
}

/** GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree. */
function subtrees(reader: DerReader, field: string): readonly GeneralName[] {
  const bases: GeneralName[] = []
  while (!reader.done) {
    const subtree = reader.sequence(field)
    bases.push(readGeneralName(subtree, field, 'constraint'))
    const minimum = subtree.optional(P(0), `${field}.minimum`)
    if (minimum !== undefined && smallCount(minimum, `${field}.minimum`) !== 0) {
      throw new Malformed(`${field}.minimum`, 'is not 0')
    }
    if (subtree.nextTag === P(1)) throw new Malformed(`${field}.maximum`, 'is present')
    subtree.end(field)
  }
  if (bases.length === 0) throw new Malformed(field, 'is empty')
  return bases
}

/** 4.2.1.11: two optional counts, of which at least one is present. */
export function checkPolicyConstraints(value: DerReader, field: string): void {
  const members = value.sequence(field)
  if (members.done) throw new Malformed(field, 'is empty')
  for (const n of [0, 1]) {
    const skip = members.optional(P(n), field)
    if (skip !== undefined) smallCount(skip, field)
  }
  members.end(field)
}

/** 4.2.1.12: at least one purpose, dotted. */
export function readExtKeyUsage(value: DerReader, field: string): readonly string[] {
  const members = value.sequence(field)
  const purposes: string[] = []
  while (!members.done) purposes.push(readOid(members, field))
  if (purposes.length === 0) throw new Malformed(field, 'is empty')
  return purposes
}

/** 4.2.1.13, and 4.2.1.15 for freshestCRL, whose syntax is the same. */
export function checkDistributionPoints(value: DerReader, field: string): void {
  const points = value.sequence(field)
  if (points.done) throw new Malformed(field, 'is empty')
  while (!points.done) {
    const point = points.sequence(field)
    const name = point.optional(C(0), `${field}.distributionPoint`)
    const reasons = point.optional(P(1), `${field}.reasons`)
    const issuer = point.optional(C(2), `${field}.cRLIssuer`)
    point.end(field)
    if (name !== undefined) checkDistributionPointName(name.open(field), `${field}.distributionPoint`)
    if (reasons !== undefined) bitString(reasons, `${field}.reasons`)
    if (issuer !== undefined) readGeneralNames(issuer.open(field), `${field}.cRLIssuer`)
    // "a DistributionPoint MUST NOT consist of only the reasons field"
    if (name === undefined && issuer === undefined) throw new Malformed(field, 'has a point without a name')
  }
}

/** DistributionPointName: fullName or nameRelativeToCRLIssuer (4.2.1.13, 5.2.5). */
function checkDistributionPointName(choice: DerReader, field: string): void {
  const tlv = choice.read(field)
  choice.end(field)
  if (tlv.tag === C(0)) readGeneralNames(tlv.open(field), field)
  else if (tlv.tag === C(1)) checkRelativeName(tlv.open(field), field)
  else throw new Malformed(field, 'is neither fullName nor nameRelativeToCRLIssuer')
}

function checkRelativeName(set: DerReader, field: string): void {
  if (readRdn(set, field).length === 0) throw new Malformed(field, 'has an empty RelativeDistinguishedName')
}

/** 4.2.1.14. */
export function checkInhibitAnyPolicy(value: DerReader, field: string): void {
  smallCount(value.expect(TAG.integer, field), field)
}
