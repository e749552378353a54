import { latin1 } from '../../core/bytes.ts'
import { contextTag, type DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { ia5, oidValue, readOid } from '../asn1/values.ts'
import { hasEmptyRdn, type Name, nameFrom } from './name.ts'

/**
 * GeneralName (RFC 5280 4.2.1.6). In nameConstraints, its value is well formed. Anywhere else the value may not be a name of
 * its form, so each comparison must check it.
 */
export type GeneralName =
  /** `type` is undefined where the value is malformed. */
  | { readonly form: 'otherName'; readonly type: string | undefined }
  /** One character for each octet. An IA5String may not hold octets above 7F, but `value` may. */
  | { readonly form: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'; readonly value: string }
  | { readonly form: 'x400Address' | 'ediPartyName' }
  /** `name` is undefined where the value is not a Name. */
  | { readonly form: 'directoryName'; readonly name: Name | undefined }
  | { readonly form: 'iPAddress'; readonly octets: Uint8Array }
  /** `type` is undefined where the value is not an OBJECT IDENTIFIER. */
  | { readonly form: 'registeredID'; readonly type: string | undefined }

export type GeneralNameForm = GeneralName['form']

/**
 * Where the name is. `name`: a malformed one is read, since it decides nothing until a rule asks for it. `constraint`: it is a
 * rule and must be well formed; its dNSName may be empty or begin with a dot, and its iPAddress has a mask.
 */
export type GeneralNamePlace = 'name' | 'constraint'

const P = (n: number) => contextTag(n, 'primitive')
const C = (n: number) => contextTag(n, 'constructed')

/**
 * Letters, digits, hyphens and underscores in labels of 1 to 63 octets, 253 in all; `*` as a whole first label. RFC 5280
 * 4.2.1.6 requires the preferred syntax of RFC 1034, which has no underscores, but names with underscores are in use.
 */
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

/** Whether the value of a dNSName is a domain name, possibly with a wildcard. */
export function isDomainName(value: string): boolean {
  return DNS_NAME.test(value)
}

/** Reads the next GeneralName. Throws Malformed for an unknown form; in a constraint, for any malformed value too. */
export function readGeneralName(reader: DerReader, field: string, place: GeneralNamePlace): GeneralName {
  const tlv = reader.read(field)
  const part = <T>(read: () => T): T | undefined => (place === 'constraint' ? read() : unlessMalformed(read))
  switch (tlv.tag) {
    case C(0):
      return { form: 'otherName', type: part(() => otherNameType(tlv, `${field} otherName`)) }
    case P(1):
      return { form: 'rfc822Name', value: text(tlv, `${field} rfc822Name`, place) }
    case P(2):
      return { form: 'dNSName', value: dnsName(tlv, `${field} dNSName`, place) }
    case C(3):
    case C(5):
      part(() => tlv.checkBelow(field))
      return { form: tlv.tag === C(3) ? 'x400Address' : 'ediPartyName' }
    case C(4):
      return { form: 'directoryName', name: part(() => directoryName(tlv, `${field} directoryName`)) }
    case P(6):
      return { form: 'uniformResourceIdentifier', value: text(tlv, `${field} URI`, place) }
    case P(7):
      return { form: 'iPAddress', octets: ipAddress(tlv, `${field} iPAddress`, place) }
    case P(8):
      return { form: 'registeredID', type: part(() => oidValue(tlv, `${field} registeredID`)) }
    default:
      throw new Malformed(field, 'has a GeneralName of no known form')
  }
}

/** Reads the members of GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName. */
export function readGeneralNames(reader: DerReader, field: string): readonly GeneralName[] {
  const names: GeneralName[] = []
  while (!reader.done) names.push(readGeneralName(reader, field, 'name'))
  if (names.length === 0) throw new Malformed(field, 'has no names')
  return names
}

function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return undefined
  }
}

function otherNameType(tlv: Tlv, field: string): string {
  const inner = tlv.open(field)
  const type = readOid(inner, field)
  const value = inner.expect(C(0), field).open(field)
  inner.end(field)
  value.read(field).checkBelow(field)
  value.end(field)
  return type
}

function text({ content }: Tlv, field: string, place: GeneralNamePlace): string {
  return place === 'constraint' ? ia5(content, field) : latin1(content)
}

function dnsName(tlv: Tlv, field: string, place: GeneralNamePlace): string {
  const value = text(tlv, field, place)
  if (place === 'name') return value
  // RFC 5280 4.2.1.10: an empty constraint stands for every name; a leading dot is common and means subdomains.
  const bare = value.replace(/^\./, '')
  if (bare !== '' && !isDomainName(bare)) throw new Malformed(field, 'is not a domain name')
  return value
}

/** The Name in a directoryName. Name is a CHOICE, so its tag is explicit. */
function directoryName(tlv: Tlv, field: string): Name {
  const inner = tlv.open(field)
  const name = nameFrom(inner.expect(TAG.sequence, field), field)
  inner.end(field)
  if (hasEmptyRdn(name)) throw new Malformed(field, 'has an empty RelativeDistinguishedName')
  return name
}

function ipAddress({ content: octets }: Tlv, field: string, place: GeneralNamePlace): Uint8Array {
  if (place === 'name') return octets
  if (octets.length !== 8 && octets.length !== 32) throw new Malformed(field, `has ${octets.length} bytes`)
  if (!isPrefixMask(octets.subarray(octets.length / 2))) {
    throw new Malformed(field, 'has a mask that is not a prefix (RFC 4632 3.1)')
  }
  return octets
}

/** Whether a mask is ones followed by zeros. */
function isPrefixMask(mask: Uint8Array): boolean {
  let ended = false
  for (const octet of mask) {
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      const set = (octet & bit) !== 0
      if (set && ended) return false
      ended = !set
    }
  }
  return true
}
