import { latin1, toHex } from '../../core/bytes.ts'
import { MAX_OID_BYTES } from '../limits.ts'
import { type DerReader, TAG, type Tlv } from './der.ts'
import { Malformed } from './malformed.ts'

/**
 * Content octets of an INTEGER, two's complement, in their shortest form (X.690 8.3.2). The caller checks the tag, since some
 * INTEGERs of extensions have implicit tags.
 */
export function integerOctets(tlv: Tlv, field: string): Uint8Array {
  const octets = tlv.content
  const [first, second] = octets
  if (first === undefined) throw new Malformed(field, 'an INTEGER without content')
  if (second !== undefined && ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))) {
    throw new Malformed(field, 'an INTEGER that is not in its shortest form')
  }
  return octets
}

/** Content octets of an INTEGER that must not be negative, without the sign octet. Zero is one octet, 0x00. */
export function unsignedOctets(tlv: Tlv, field: string): Uint8Array {
  const octets = integerOctets(tlv, field)
  if ((octets[0] ?? 0) >= 0x80) throw new Malformed(field, 'is negative')
  return octets[0] === 0 && octets.length > 1 ? octets.subarray(1) : octets
}

/** A small INTEGER that counts something (pathLenConstraint, skipCerts): 0 to 2^31 - 1. */
export function smallCount(tlv: Tlv, field: string): number {
  const octets = unsignedOctets(tlv, field)
  const value = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  if (octets.length > 4 || value > 0x7fff_ffff) throw new Malformed(field, 'is larger than 2147483647')
  return value
}

/** A BOOLEAN: 00 is FALSE, FF is TRUE, and any other octet is malformed (X.690 11.1). */
export function booleanValue(tlv: Tlv, field: string): boolean {
  const [octet, ...rest] = tlv.content
  if (rest.length > 0 || (octet !== 0x00 && octet !== 0xff)) {
    throw new Malformed(field, 'a BOOLEAN that is neither 00 nor FF')
  }
  return octet === 0xff
}

/**
 * `BOOLEAN DEFAULT FALSE`. DER leaves FALSE out (X.690 11.5), but many issuers write it. It is read, as OpenSSL and Go do, since
 * it changes nothing.
 */
export function booleanDefaultFalse(reader: DerReader, field: string): boolean {
  const tlv = reader.optional(TAG.boolean, field)
  return tlv !== undefined && booleanValue(tlv, field)
}

/** OBJECT IDENTIFIER in dotted form: minimal subidentifiers, none cut short (X.690 8.19). */
export function oidValue(tlv: Tlv, field: string): string {
  const octets = tlv.content
  if (octets.length === 0) throw new Malformed(field, 'an OBJECT IDENTIFIER without content')
  if (octets.length > MAX_OID_BYTES) {
    throw new Malformed(field, `an OBJECT IDENTIFIER of more than ${MAX_OID_BYTES} bytes`)
  }
  let text = ''
  let start = 0
  for (let end = 1; end <= octets.length; end += 1) {
    if ((octets[end - 1] ?? 0) >= 0x80) continue
    const arc = subidentifier(octets.subarray(start, end), field)
    text += start === 0 ? firstArcs(arc) : `.${arc}`
    start = end
  }
  if (start < octets.length) {
    subidentifier(octets.subarray(start), field)
    throw new Malformed(field, 'an OBJECT IDENTIFIER that is cut short')
  }
  return text
}

/** The first subidentifier holds two arcs: 40 * first + second (X.690 8.19.4). */
function firstArcs(value: number | bigint): string {
  if (value < 40) return `0.${value}`
  return value < 80 ? `1.${BigInt(value) - 40n}` : `2.${BigInt(value) - 80n}`
}

/** Most octets of a subidentifier that a number holds exactly: 7 bits each, 53 in all. */
const MAX_NUMBER_OCTETS = 7

/** A number in base 128, most significant octet first; bit 8 is set on all octets except the last (X.690 8.19.2). */
function subidentifier(octets: Uint8Array, field: string): number | bigint {
  if (octets[0] === 0x80) throw new Malformed(field, 'an OBJECT IDENTIFIER with a padded arc')
  if (octets.length > MAX_NUMBER_OCTETS) {
    return octets.reduce((value, octet) => value * 128n + BigInt(octet & 0x7f), 0n)
  }
  let value = 0
  for (const octet of octets) value = value * 128 + (octet & 0x7f)
  return value
}

/** Reads the next value as an OBJECT IDENTIFIER. */
export function readOid(reader: DerReader, field: string): string {
  return oidValue(reader.expect(TAG.objectIdentifier, field), field)
}

/** A BIT STRING: its octets, and how many bits of the last one are unused. Unused bits are zero (X.690 11.2.1). */
export interface BitString {
  readonly octets: Uint8Array
  readonly unusedBits: number
}

export function bitString(tlv: Tlv, field: string): BitString {
  const unusedBits = tlv.content[0]
  const octets = tlv.content.subarray(1)
  if (unusedBits === undefined) throw new Malformed(field, 'a BIT STRING without content')
  if (unusedBits > 7 || (octets.length === 0 && unusedBits !== 0)) {
    throw new Malformed(field, 'a BIT STRING with an impossible count of unused bits')
  }
  const last = octets.at(-1) ?? 0
  if ((last & ((1 << unusedBits) - 1)) !== 0) throw new Malformed(field, 'a BIT STRING whose unused bits are not zero')
  return { octets, unusedBits }
}

/** The octets of a BIT STRING without unused bits, such as a key or a signature. */
export function octetAlignedBitString(tlv: Tlv, field: string): Uint8Array {
  const { octets, unusedBits } = bitString(tlv, field)
  if (unusedBits !== 0) throw new Malformed(field, 'a BIT STRING that does not end on a whole octet')
  return octets
}

/** X.680 41.4, which has no `*`, `@`, `&` and `_`. `*` and `&` are read all the same (see CHARACTER_STRINGS). */
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?*&]*$/
const NUMERIC = /^[0-9 ]*$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: IA5String has all 128 characters of ASCII, controls included
const IA5 = /^[\u0000-\u007f]*$/
const VISIBLE = /^[\u0020-\u007e]*$/

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether characterString reads values of a tag. */
export function isCharacterString(tag: number): boolean {
  return CHARACTER_STRINGS.has(tag)
}

const CHARACTER_STRINGS: ReadonlyMap<number, (content: Uint8Array) => string | null> = new Map([
  [TAG.utf8String, utf8],
  [TAG.numericString, (content: Uint8Array) => matching(NUMERIC, content)],
  // Real roots have * and & in PrintableString, although X.680 has neither. They are harmless, and Go reads them too.
  [TAG.printableString, (content: Uint8Array) => matching(PRINTABLE, content)],
  // T.61 is read as Latin-1, as in every other reader: no reader implements its escapes.
  [TAG.teletexString, latin1],
  [TAG.ia5String, (content: Uint8Array) => matching(IA5, content)],
  [TAG.visibleString, (content: Uint8Array) => matching(VISIBLE, content)],
  [TAG.universalString, (content: Uint8Array) => wide(content, 4)],
  [TAG.bmpString, (content: Uint8Array) => wide(content, 2)],
])

/** The text of a character string. Throws Malformed for octets that its type does not allow. */
export function characterString(tlv: Tlv, field: string): string {
  const decode = CHARACTER_STRINGS.get(tlv.tag)
  const text = decode?.(tlv.content)
  if (text === undefined || text === null) {
    throw new Malformed(field, 'has characters that its string type does not allow')
  }
  return text
}

/** Whether a text has only characters that an IA5String may hold, which is ASCII (X.680 41.2). */
export function isIa5(text: string): boolean {
  return IA5.test(text)
}

/** The text of an IA5String under an implicit tag: dNSName, rfc822Name, URI (RFC 5280 4.2.1.6). */
export function ia5(content: Uint8Array, field: string): string {
  const text = matching(IA5, content)
  if (text === null) throw new Malformed(field, 'has characters outside ASCII')
  return text
}

function utf8(content: Uint8Array): string | null {
  try {
    return UTF8.decode(content)
  } catch {
    return null
  }
}

function matching(allowed: RegExp, content: Uint8Array): string | null {
  const text = latin1(content)
  return allowed.test(text) ? text : null
}

/** The text of a BMPString (2 octets a character) or UniversalString (4); null where it has surrogates or half a character. */
function wide(content: Uint8Array, width: 2 | 4): string | null {
  if (content.length % width !== 0) return null
  let text = ''
  for (let i = 0; i < content.length; i += width) {
    const point = content.subarray(i, i + width).reduce((sum, octet) => sum * 256 + octet, 0)
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return null
    text += String.fromCodePoint(point)
  }
  return text
}

/**
 * The number that the content octets of an INTEGER stand for, in lower-case hexadecimal as OpenSSL prints it: without the sign
 * octet, and with a minus before its magnitude where it is negative.
 */
export function integerHex(octets: Uint8Array): string {
  const [first = 0] = octets
  if (first < 0x80) return toHex(first === 0 && octets.length > 1 ? octets.subarray(1) : octets)
  const magnitude = (1n << BigInt(8 * octets.length)) - BigInt(`0x${toHex(octets)}`)
  const digits = magnitude.toString(16)
  return `-${digits.length % 2 === 0 ? '' : '0'}${digits}`
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i])
}

/** WHATWG's latin1 is windows-1252, in which all 256 octets are different characters. */
const LATIN1 = new TextDecoder('latin1')

/** A string that stands for octets in maps and sets. */
export function octetsKey(octets: Uint8Array): string {
  return LATIN1.decode(octets)
}
