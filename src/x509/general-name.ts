import { contextTag, type DerReader, TAG, type Tlv } from './der.ts'
import { Malformed } from './malformed.ts'
import { type Name, nameFrom } from './name.ts'
import { ia5, oidValue, readOid } from './values.ts'

/** GeneralName (RFC 5280 4.2.1.6), with what each form holds once read. */
export type GeneralName =
  | { readonly form: 'otherName'; readonly type: string }
  | { readonly form: 'rfc822Name'; readonly value: string }
  | { readonly form: 'dNSName'; readonly value: string }
  | { readonly form: 'x400Address' }
  | { readonly form: 'directoryName'; readonly name: Name }
  | { readonly form: 'ediPartyName' }
  | { readonly form: 'uniformResourceIdentifier'; readonly value: string }
  | { readonly form: 'iPAddress'; readonly octets: Uint8Array }
  | { readonly form: 'registeredID'; readonly type: string }

/** Where the name stands decides what is well formed: a constraint's dNSName may be empty, its iPAddress has a mask. */
export type GeneralNamePlace = 'name' | 'constraint'

const P = (n: number) => contextTag(n, 'primitive')
const C = (n: number) => contextTag(n, 'constructed')

/**
 * Letters, digits, hyphens and underscores in labels of 1 to 63 octets, 253 in all; `*` as a whole first label.
 * Underscores are no host names (RFC 5280 4.2.1.6 wants the preferred syntax of RFC 1034), but they are in use.
 */
const DNS_NAME =
  /^(?=.{1,253}$)(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/

/** Reads the next GeneralName. */
export function readGeneralName(reader: DerReader, field: string, place: GeneralNamePlace): GeneralName {
  const tlv = reader.read(field)
  switch (tlv.tag) {
    case C(0):
      return readOtherName(tlv, field)
    case P(1):
      return { form: 'rfc822Name', value: ia5(tlv.content, `${field} rfc822Name`) }
    case P(2):
      return { form: 'dNSName', value: dnsName(tlv, field, place) }
    case C(3):
      tlv.checkBelow(field)
      return { form: 'x400Address' }
    case C(4): {
      // Name is a CHOICE, so its tag is explicit.
      const inner = tlv.open(`${field} directoryName`)
      const name = nameFrom(inner.expect(TAG.sequence, `${field} directoryName`), `${field} directoryName`)
      inner.end(`${field} directoryName`)
      return { form: 'directoryName', name }
    }
    case C(5):
      tlv.checkBelow(field)
      return { form: 'ediPartyName' }
    case P(6):
      return { form: 'uniformResourceIdentifier', value: ia5(tlv.content, `${field} URI`) }
    case P(7):
      return { form: 'iPAddress', octets: ipAddress(tlv, field, place) }
    case P(8):
      return { form: 'registeredID', type: oidValue(tlv, `${field} registeredID`) }
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

function readOtherName(tlv: Tlv, field: string): GeneralName {
  const inner = tlv.open(`${field} otherName`)
  const type = readOid(inner, `${field} otherName`)
  const value = inner.expect(C(0), `${field} otherName`).open(`${field} otherName`)
  inner.end(`${field} otherName`)
  value.read(`${field} otherName`).checkBelow(`${field} otherName`)
  value.end(`${field} otherName`)
  return { form: 'otherName', type }
}

function dnsName(tlv: Tlv, field: string, place: GeneralNamePlace): string {
  const value = ia5(tlv.content, `${field} dNSName`)
  // RFC 5280 4.2.1.10: an empty constraint stands for every name; a leading dot is common and means subdomains.
  const bare = place === 'constraint' ? value.replace(/^\./, '') : value
  if (bare === '' && place === 'constraint') return value
  if (!DNS_NAME.test(bare)) throw new Malformed(`${field} dNSName`, 'is not a domain name')
  return value
}

function ipAddress(tlv: Tlv, field: string, place: GeneralNamePlace): Uint8Array {
  const octets = tlv.content
  const width = place === 'name' ? 1 : 2
  if (octets.length !== 4 * width && octets.length !== 16 * width) {
    throw new Malformed(`${field} iPAddress`, `has ${octets.length} bytes`)
  }
  if (place === 'constraint' && !isPrefixMask(octets.subarray(octets.length / 2))) {
    throw new Malformed(`${field} iPAddress`, 'has a mask that is not a prefix (RFC 4632 3.1)')
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
