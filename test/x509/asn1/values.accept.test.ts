import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/core/bytes.ts'
import { ascii, bool, bytes, int, oid, tlv } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import {
  bitString,
  booleanDefaultFalse,
  booleanValue,
  characterString,
  ia5,
  integerHex,
  integerOctets,
  isCharacterString,
  octetAlignedBitString,
  oidValue,
  readOid,
  sameOctets,
  smallCount,
  unsignedOctets,
} from '../../../src/x509/asn1/values.ts'
import { first } from '../../support/reading.ts'

const value = (tag: number, hex: string) => first(tlv(tag, fromHex(hex)))

describe('an INTEGER in its shortest form is read', () => {
  it.each([
    ['zero', '00'],
    ['127, the most of one octet', '7f'],
    ['128 needs a sign octet', '0080'],
    ['255', '00ff'],
    ['256', '0100'],
    ['-1', 'ff'],
    ['-128', '80'],
    ['-129', 'ff7f'],
  ])('%s', (_rule, hex) => {
    expect(toHex(integerOctets(value(TAG.integer, hex), 'test'))).toBe(hex)
  })

  it.each([
    ['zero stays one octet', '00', '00'],
    ['without a sign octet nothing is taken away', '7f', '7f'],
    ['the sign octet is taken away', '0080', '80'],
    ['zeros inside stay', '00800000', '800000'],
  ])('unsigned: %s', (_rule, hex, unsigned) => {
    expect(toHex(unsignedOctets(value(TAG.integer, hex), 'test'))).toBe(unsigned)
  })

  it.each([
    ['0', '00', 0],
    ['1', '01', 1],
    ['128', '0080', 128],
    ['65536', '010000', 65_536],
    ['2^31 - 1, the most', '7fffffff', 2_147_483_647],
  ])('a count of %s', (_rule, hex, count) => {
    expect(smallCount(value(TAG.integer, hex), 'test')).toBe(count)
  })
})

describe('a BOOLEAN is 00 or FF', () => {
  it('00 is false', () => expect(booleanValue(value(TAG.boolean, '00'), 'test')).toBe(false))
  it('FF is true', () => expect(booleanValue(value(TAG.boolean, 'ff'), 'test')).toBe(true))

  it.each([
    ['left out is false, and the next value is not read', int(1), false, TAG.integer],
    ['TRUE', bytes(bool(true), int(1)), true, TAG.integer],
    ['FALSE written out is tolerated', bytes(bool(false), int(1)), false, TAG.integer],
    ['nothing at all is false', bytes(), false, undefined],
  ])('DEFAULT FALSE: %s', (_rule, der, expected, next) => {
    const reader = DerReader.over(der)
    expect([booleanDefaultFalse(reader, 'test'), reader.nextTag]).toEqual([expected, next])
  })
})

describe('an OBJECT IDENTIFIER is read in dotted form', () => {
  it.each([
    ['commonName', '550403', '2.5.4.3'],
    ['RSADSI', '2a864886f70d', '1.2.840.113549'],
    ['domainComponent', '0992268993f22c640119', '0.9.2342.19200300.100.1.25'],
    ['the example of X.690 8.19.5', '813403', '2.100.3'],
    ['first octet 0', '00', '0.0'],
    ['the last under 0', '27', '0.39'],
    ['the first under 1', '28', '1.0'],
    ['the last under 1', '4f', '1.39'],
    ['the first under 2', '50', '2.0'],
    ['second arc above 39 under 2', '8837', '2.999'],
    ['arc 128: two octets, the last of them zero', '2a8100', '1.2.128'],
    ['arc 2^53 + 1, which no number holds', '2a9080808080808001', '1.2.9007199254740993'],
    ['a UUID of all ones, 128 bits', `6983${'ff'.repeat(17)}7f`, '2.25.340282366920938463463374607431768211455'],
  ])('%s', (_rule, hex, dotted) => {
    expect(oidValue(value(TAG.objectIdentifier, hex), 'test')).toBe(dotted)
  })

  it('64 bytes, the most', () => {
    const dotted = oidValue(value(TAG.objectIdentifier, `2a${'01'.repeat(63)}`), 'test')
    expect(dotted).toBe(`1.2${'.1'.repeat(63)}`)
  })

  it('from a reader', () => expect(readOid(DerReader.over(oid('2.5.29.19')), 'test')).toBe('2.5.29.19'))
})

describe('a BIT STRING is read with its unused bits', () => {
  it.each([
    ['no bits', '00', '', 0],
    ['whole octets', '00a5ff', 'a5ff', 0],
    ['one unused bit, zero', '01fe', 'fe', 1],
    ['seven unused bits, zero', '0780', '80', 7],
    ['only the last octet has unused bits', '04fff0', 'fff0', 4],
  ])('%s', (_rule, hex, octets, unused) => {
    const read = bitString(value(TAG.bitString, hex), 'test')
    expect([toHex(read.octets), read.unusedBits]).toEqual([octets, unused])
  })

  it('of whole octets, as keys and signatures are', () => {
    expect(toHex(octetAlignedBitString(value(TAG.bitString, '0001ff'), 'test'))).toBe('01ff')
  })
})

describe('a character string is read by its type', () => {
  it.each([
    ['UTF8String, empty', TAG.utf8String, '', ''],
    ['UTF8String beyond ASCII', TAG.utf8String, 'c3bc', 'ü'],
    ['UTF8String beyond the BMP', TAG.utf8String, 'f09f9880', '😀'],
    ['UTF8String: a byte order mark is a character', TAG.utf8String, 'efbbbf41', '\ufeffA'],
    ['UTF8String: the last code point', TAG.utf8String, 'f48fbfbf', '\u{10ffff}'],
    ['NumericString: digits and space', TAG.numericString, '302039', '0 9'],
    ['TeletexString as Latin-1', TAG.teletexString, '4bf66c6e', 'Köln'],
    ['IA5String from 00', TAG.ia5String, '007f', '\u0000\u007f'],
    ['VisibleString from space to tilde', TAG.visibleString, '207e', ' ~'],
    ['BMPString', TAG.bmpString, '004b00f6', 'Kö'],
    ['BMPString: the last before the surrogates and the first after', TAG.bmpString, 'd7ffe000', '\ud7ff\ue000'],
    ['UniversalString beyond the BMP', TAG.universalString, '0001f60000000041', '😀A'],
    ['UniversalString: the last code point', TAG.universalString, '0010ffff', '\u{10ffff}'],
  ])('%s', (_rule, tag, hex, text) => {
    expect(isCharacterString(tag)).toBe(true)
    expect(characterString(value(tag, hex), 'test')).toBe(text)
  })

  it('PrintableString: every character of X.680 41.4', () => {
    const all = "ABCXYZabcxyz0189 '()+,-./:=?"
    expect(characterString(first(tlv(TAG.printableString, ascii(all))), 'test')).toBe(all)
  })

  it('PrintableString: * and & as in real roots, though not in X.680', () => {
    expect(characterString(first(tlv(TAG.printableString, ascii('A&B *'))), 'test')).toBe('A&B *')
  })

  it.each([
    ['INTEGER', TAG.integer],
    ['OCTET STRING', TAG.octetString],
    ['UTCTime', TAG.utcTime],
    ['SEQUENCE', TAG.sequence],
  ])('%s is no character string', (_rule, tag) => expect(isCharacterString(tag)).toBe(false))

  it('under an implicit tag, ASCII', () => expect(ia5(ascii('a@b.example'), 'test')).toBe('a@b.example'))
})

describe('octets are compared and shown', () => {
  it.each([
    ['the same', '0102', '0102', true],
    ['both empty', '', '', true],
    ['another last octet', '0102', '0103', false],
    ['another first octet', '0102', '0002', false],
    ['one is the start of the other', '01', '0102', false],
    ['the other is the start of the one', '0102', '01', false],
  ])('%s', (_rule, a, b, same) => expect(sameOctets(fromHex(a), fromHex(b))).toBe(same))

  it.each([
    ['zero', '00', '00'],
    ['one octet', '7f', '7f'],
    ['without the octet that keeps it positive', '0080', '80'],
    ['-1', 'ff', '-01'],
    ['-128, whose magnitude has its high bit set', '80', '-80'],
    ['-129', 'ff7f', '-81'],
    ['several octets', 'ee2b3deb', '-11d4c215'],
    ['-32768', '8000', '-8000'],
  ])('an INTEGER as OpenSSL prints it: %s', (_rule, octets, text) => {
    expect(integerHex(fromHex(octets))).toBe(text)
  })
})
