import { contextTag, type DerReader, TAG, type Tlv } from '../asn1/der.ts'
import { Malformed } from '../asn1/malformed.ts'
import { ia5, latin1, oidValue, readOid } from '../asn1/values.ts'
import { hasEmptyRdn, type Name, nameFrom } from './name.ts'

/**
 * GeneralName (RFC 5280 4.2.1.6), with what each form holds. Only the form is sure: what stands in a certificate may be no
 * name of its form at all, and whoever compares it has to look. In nameConstraints, the values are well formed.
 */
export type GeneralName =
  /** Type undefined: what is in it is malformed. */
  | { readonly form: 'otherName'; readonly type: string | undefined }
  /** One character an octet. Octets above 7F are not what an IA5String may hold. */
  | { readonly form: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'; readonly value: string }
  | { readonly form: 'x400Address' | 'ediPartyName' }
  /** Undefined: it is no Name. */
  | { readonly form: 'directoryName'; readonly name: Name | undefined }
  | { readonly form: 'iPAddress'; readonly octets: Uint8Array }
  /** Undefined: it is no OBJECT IDENTIFIER. */
  | { readonly form: 'registeredID'; readonly type: string | undefined }

export type GeneralNameForm = GeneralName['form']

/**
 * Where the name stands. In a certificate a malformed name decides nothing until a rule asks for it, so it is read. A
 * constraint is a rule: it must be well formed, its dNSName may be empty or begin with a dot, its iPAddress has a mask.
 */
export type GeneralNamePlace = 'name' | 'constraint'

const P = (n: number) => contextTag(n, 'primitive')
const C = (n: number) => contextTag(n, 'constructed')

/**
 * Letters, digits, hyphens and underscores in labels of 1 to 63 octets, 253 in all; `*` as a whole first label.
 * Underscores are no host names (RFC 5280 4.2.1.6 wants the preferred syntax of RFC 1034), but they are in use.
 */
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

/** Whether the value of a dNSName is a domain name, possibly with a wildcard. */
export function isDomainName(value: string): boolean {
  return DNS_NAME.test(value)
}

/** Reads the next GeneralName. Throws Malformed for one of no known form; in a constraint, for whatever is wrong with it. */
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

/** GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName; the sequence has been opened already. */
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

/** Name is a CHOICE, so its tag is explicit. */
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

/** Ones, then zeros. */
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
