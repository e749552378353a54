import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, int, tlv } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import {
  bitString,
  booleanDefaultFalse,
  booleanValue,
  characterString,
  ia5,
  integerOctets,
  octetAlignedBitString,
  oidValue,
  readOid,
  smallCount,
  unsignedOctets,
} from '../../../src/x509/asn1/values.ts'
import { MAX_OID_BYTES } from '../../../src/x509/limits.ts'
import { first, malformed, objection } from '../../support/reading.ts'

const value = (tag: number, hex: string) => first(tlv(tag, fromHex(hex)))

describe('an INTEGER is refused', () => {
  const EMPTY = 'an INTEGER without content'
  const PADDED = 'an INTEGER that is not in its shortest form'
  it.each([
    ['empty', '', EMPTY],
    ['zero in two octets', '0000', PADDED],
    ['127 in two octets', '007f', PADDED],
    ['-1 in two octets', 'ffff', PADDED],
    ['-128 in two octets', 'ff80', PADDED],
  ])('%s', (_rule, hex, problem) => {
    const tlv = value(TAG.integer, hex)
    expect(objection(() => integerOctets(tlv, 'n'))).toEqual(malformed('n', problem))
    expect(objection(() => unsignedOctets(tlv, 'n'))).toEqual(malformed('n', problem))
    expect(objection(() => smallCount(tlv, 'n'))).toEqual(malformed('n', problem))
  })

  it.each([
    ['-1', 'ff'],
    ['-128', '80'],
    ['-129', 'ff7f'],
  ])('negative where it must not be: %s', (_rule, hex) => {
    expect(objection(() => unsignedOctets(value(TAG.integer, hex), 'n'))).toEqual(malformed('n', 'is negative'))
    expect(objection(() => smallCount(value(TAG.integer, hex), 'n'))).toEqual(malformed('n', 'is negative'))
  })

  it.each([
    ['2^31', '0080000000'],
    ['2^32', '0100000000'],
    ['2^32 with small octets', '0100000001'],
    ['of a kilobyte', `01${'00'.repeat(1_023)}`],
  ])('too large for a count: %s', (_rule, hex) => {
    expect(objection(() => smallCount(value(TAG.integer, hex), 'n'))).toEqual(
      malformed('n', 'is larger than 2147483647'),
    )
  })
})

describe('a BOOLEAN is refused', () => {
  it.each([
    ['01 for TRUE', '01'],
    ['fe', 'fe'],
    ['empty', ''],
    ['two octets, FF twice', 'ffff'],
    ['two octets, 00 twice', '0000'],
  ])('%s', (_rule, hex) => {
    const refusal = malformed('flag', 'a BOOLEAN that is neither 00 nor FF')
    expect(objection(() => booleanValue(value(TAG.boolean, hex), 'flag'))).toEqual(refusal)
    expect(objection(() => booleanDefaultFalse(DerReader.over(tlv(TAG.boolean, fromHex(hex))), 'flag'))).toEqual(
      refusal,
    )
  })
})

describe('an OBJECT IDENTIFIER is refused', () => {
  const PADDED = 'an OBJECT IDENTIFIER with a padded arc'
  const CUT = 'an OBJECT IDENTIFIER that is cut short'
  it.each([
    ['empty', '', 'an OBJECT IDENTIFIER without content'],
    ['first arc padded', '8055', PADDED],
    ['later arc padded', '55048003', PADDED],
    ['an arc of padding only', '550480', PADDED],
    ['last arc cut short', '5504ff', CUT],
    ['only the start of an arc', '81', CUT],
    ['65 bytes', `2a${'01'.repeat(64)}`, `an OBJECT IDENTIFIER of more than ${MAX_OID_BYTES} bytes`],
    ['one arc of 65 bytes', `${'ff'.repeat(64)}7f`, `an OBJECT IDENTIFIER of more than ${MAX_OID_BYTES} bytes`],
  ])('%s', (_rule, hex, problem) => {
    expect(objection(() => oidValue(value(TAG.objectIdentifier, hex), 'type'))).toEqual(malformed('type', problem))
  })

  it('another type in its place', () => {
    expect(objection(() => readOid(DerReader.over(int(1)), 'type'))).toEqual(
      malformed('type', 'has tag 0x02 where 0x06 belongs'),
    )
  })
})

describe('a BIT STRING is refused', () => {
  const IMPOSSIBLE = 'a BIT STRING with an impossible count of unused bits'
  const NOT_ZERO = 'a BIT STRING whose unused bits are not zero'
  it.each([
    ['empty', '', 'a BIT STRING without content'],
    ['eight unused bits', '0800', IMPOSSIBLE],
    ['255 unused bits', 'ff00', IMPOSSIBLE],
    ['unused bits of no octet', '01', IMPOSSIBLE],
    ['one unused bit that is one', '0101', NOT_ZERO],
    ['the highest of seven unused bits is one', '07c0', NOT_ZERO],
    ['the lowest of four unused bits is one', '04f1', NOT_ZERO],
  ])('%s', (_rule, hex, problem) => {
    const tlv = value(TAG.bitString, hex)
    expect(objection(() => bitString(tlv, 'bits'))).toEqual(malformed('bits', problem))
    expect(objection(() => octetAlignedBitString(tlv, 'bits'))).toEqual(malformed('bits', problem))
  })

  it('unused bits, if whole octets are required', () => {
    expect(objection(() => octetAlignedBitString(value(TAG.bitString, '04f0'), 'key'))).toEqual(
      malformed('key', 'a BIT STRING that does not end on a whole octet'),
    )
  })
})

describe('a character string is refused for octets its type does not allow', () => {
  it.each([
    ['UTF8String: a lone continuation octet', TAG.utf8String, '80'],
    ['UTF8String: cut short', TAG.utf8String, '41e282'],
    ['UTF8String: longer than needed', TAG.utf8String, 'c080'],
    ['UTF8String: a surrogate', TAG.utf8String, 'eda080'],
    ['UTF8String: above U+10FFFF', TAG.utf8String, 'f4908080'],
    ['UTF8String: Latin-1', TAG.utf8String, '4bf66c6e'],
    ['NumericString: a letter', TAG.numericString, '3041'],
    ['NumericString: a hyphen', TAG.numericString, '302d31'],
    ['PrintableString: @', TAG.printableString, '614062'],
    ['PrintableString: _', TAG.printableString, '615f62'],
    ['PrintableString: a quotation mark', TAG.printableString, '22'],
    ['PrintableString: UTF-8', TAG.printableString, 'c3bc'],
    ['PrintableString: a trailing line feed', TAG.printableString, '410a'],
    ['PrintableString: NUL', TAG.printableString, '410042'],
    ['IA5String: above ASCII', TAG.ia5String, '4180'],
    ['VisibleString: a control character', TAG.visibleString, '411f'],
    ['VisibleString: DEL', TAG.visibleString, '7f'],
    ['BMPString: an odd length', TAG.bmpString, '004100'],
    ['BMPString: a lone surrogate', TAG.bmpString, 'd83d'],
    ['BMPString: a pair of surrogates', TAG.bmpString, 'd83dde00'],
    ['BMPString: the last surrogate', TAG.bmpString, 'dfff'],
    ['UniversalString: length not a multiple of 4', TAG.universalString, '00000041004100'],
    ['UniversalString: a surrogate', TAG.universalString, '0000d800'],
    ['UniversalString: above U+10FFFF', TAG.universalString, '00110000'],
    ['UniversalString: the highest bit set', TAG.universalString, '80000041'],
  ])('%s', (_rule, tag, hex) => {
    expect(objection(() => characterString(value(tag, hex), 'text'))).toEqual(
      malformed('text', 'has characters that its string type does not allow'),
    )
  })

  it('another type in place of a character string', () => {
    expect(objection(() => characterString(value(TAG.octetString, '41'), 'text'))).toEqual(
      malformed('text', 'has characters that its string type does not allow'),
    )
  })

  it('under an implicit tag, beyond ASCII', () => {
    expect(objection(() => ia5(new TextEncoder().encode('köln.example'), 'host'))).toEqual(
      malformed('host', 'has characters outside ASCII'),
    )
    expect(objection(() => ia5(ascii('koeln.example'), 'host'))).toBeUndefined()
  })
})
