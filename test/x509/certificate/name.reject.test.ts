import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bytes, int, octets, oid, printable, seq, set, tlv, utf8 } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { readName } from '../../../src/x509/certificate/name.ts'
import { malformed, objection } from '../../support/reading.ts'

const CN = oid('2.5.4.3')
const reading = (der: Bytes) => objection(() => readName(DerReader.over(der), 'subject'))

it('the name that the rows break is sound', () => {
  expect(reading(seq(set(seq(CN, utf8('x')))))).toBeUndefined()
})

describe('a name is refused', () => {
  const NOT_ALLOWED = 'has characters that its string type does not allow'
  it.each([
    ['not a SEQUENCE', set(set(seq(CN, utf8('x')))), 'has tag 0x31 where 0x30 belongs'],
    ['an RDN that is not a SET', seq(seq(seq(CN, utf8('x')))), 'has tag 0x30 where 0x31 belongs'],
    ['an attribute that is not a SEQUENCE', seq(set(CN)), 'has tag 0x06 where 0x30 belongs'],
    ['an attribute without a type', seq(set(seq())), 'is missing'],
    ['a type that is no OBJECT IDENTIFIER', seq(set(seq(int(1), utf8('x')))), 'has tag 0x02 where 0x06 belongs'],
    [
      'a type with a padded arc',
      seq(set(seq(tlv(0x06, fromHex('80550403')), utf8('x')))),
      'an OBJECT IDENTIFIER with a padded arc',
    ],
    ['an attribute without a value', seq(set(seq(CN))), 'is cut short'],
    ['an attribute with two values', seq(set(seq(CN, utf8('x'), utf8('y')))), 'has bytes after its last field'],
    ['invalid UTF-8', seq(set(seq(CN, tlv(TAG.utf8String, fromHex('ff'))))), NOT_ALLOWED],
    ['@ in a PrintableString', seq(set(seq(CN, printable('a@b')))), NOT_ALLOWED],
    ['BMPString of odd length', seq(set(seq(CN, tlv(TAG.bmpString, ascii('abc'))))), NOT_ALLOWED],
    [
      'BER inside a value that has no text',
      seq(set(seq(CN, seq(bytes([0x05, 0x81, 0x00]))))),
      'a length that is not in its shortest form is BER, not DER',
    ],
    [
      'a second RDN with a fault',
      seq(set(seq(CN, utf8('x'))), set(seq(CN, tlv(TAG.ia5String, fromHex('80'))))),
      NOT_ALLOWED,
    ],
  ])('%s', (_rule, der, problem) => expect(reading(der)).toEqual(malformed('subject', problem)))

  it('nothing at all', () => expect(reading(bytes())).toEqual(malformed('subject', 'is missing')))

  it('an OCTET STRING that holds a name', () => {
    expect(reading(octets(seq()))).toEqual(malformed('subject', 'has tag 0x04 where 0x30 belongs'))
  })
})
