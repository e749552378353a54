import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bytes,
  explicit,
  implicit,
  int,
  oid,
  printable,
  seq,
  set,
  utf8,
} from '../../../src/testing/der.ts'
import { name } from '../../../src/testing/extensions.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { readGeneralName, readGeneralNames } from '../../../src/x509/certificate/general-name.ts'
import { malformed, objection } from '../../support/reading.ts'

const asName = (der: Bytes) => objection(() => readGeneralName(DerReader.over(der), 'san', 'name'))
const asConstraint = (der: Bytes) => objection(() => readGeneralName(DerReader.over(der), 'nc', 'constraint'))
const dns = (text: string) => implicit(2, ascii(text))

const NOT_SHORTEST = 'a length that is not in its shortest form is BER, not DER'
const NOT_ASCII = 'has characters outside ASCII'
const TRAILING = 'has bytes after its last field'
const UMLAUT = fromHex('6bc3b66c6e')
const BER_NULL = bytes([0x05, 0x81, 0x00])
const UPN = oid('1.3.6.1.4.1.311.20.2.3')

describe('a GeneralName of no known form is refused', () => {
  it.each([
    ['[9], which no form has', implicit(9, [1])],
    ['a universal type', utf8('example.com')],
    ['dNSName constructed', explicit(2, utf8('example.com'))],
    ['directoryName primitive', implicit(4, name('x'))],
  ])('%s', (_rule, der) => expect(asName(der)).toEqual(malformed('san', 'has a GeneralName of no known form')))

  it('nothing at all', () => expect(asName(bytes())).toEqual(malformed('san', 'is cut short')))

  it('GeneralNames without a name', () => {
    expect(objection(() => readGeneralNames(DerReader.over(bytes()), 'san'))).toEqual(malformed('san', 'has no names'))
  })

  it('GeneralNames whose second name is cut short', () => {
    expect(objection(() => readGeneralNames(DerReader.over(bytes(dns('a.example'), [0x82, 1])), 'san'))).toEqual(
      malformed('san', 'is cut short: its length runs past the end'),
    )
  })
})

describe('a constraint is refused', () => {
  it.each([
    ['otherName without a type', explicit(0), 'nc otherName', 'is missing'],
    ['otherName without a value', explicit(0, UPN), 'nc otherName', 'is missing'],
    ['otherName with a bare value', explicit(0, UPN, utf8('x')), 'nc otherName', 'has tag 0x0c where 0xa0 belongs'],
    ['otherName with a BER value', explicit(0, UPN, explicit(0, BER_NULL)), 'nc otherName', NOT_SHORTEST],
    ['otherName with more after', explicit(0, UPN, explicit(0, utf8('x')), int(1)), 'nc otherName', TRAILING],
    ['rfc822Name beyond ASCII', implicit(1, UMLAUT), 'nc rfc822Name', NOT_ASCII],
    ['dNSName beyond ASCII', implicit(2, UMLAUT), 'nc dNSName', NOT_ASCII],
    ['URI beyond ASCII', implicit(6, UMLAUT), 'nc URI', NOT_ASCII],
    ['x400Address in BER', explicit(3, BER_NULL), 'nc', NOT_SHORTEST],
    ['ediPartyName in BER', explicit(5, BER_NULL), 'nc', NOT_SHORTEST],
    ['directoryName without a name', explicit(4), 'nc directoryName', 'is missing'],
    ['directoryName not a name', explicit(4, set()), 'nc directoryName', 'has tag 0x31 where 0x30 belongs'],
    [
      'directoryName with an empty RDN',
      explicit(4, seq(set())),
      'nc directoryName',
      'has an empty RelativeDistinguishedName',
    ],
    ['directoryName twice', explicit(4, name('x'), name('y')), 'nc directoryName', TRAILING],
    [
      'directoryName with a malformed name',
      explicit(4, seq(set(seq(oid('2.5.4.3'), printable('a@b'))))),
      'nc directoryName',
      'has characters that its string type does not allow',
    ],
    ['registeredID empty', implicit(8, []), 'nc registeredID', 'an OBJECT IDENTIFIER without content'],
    ['registeredID cut short', implicit(8, [0x2a, 0x81]), 'nc registeredID', 'an OBJECT IDENTIFIER that is cut short'],
  ])('%s', (_rule, der, field, problem) => expect(asConstraint(der)).toEqual(malformed(field, problem)))

  const label63 = 'a'.repeat(63)
  it.each([
    ['a blank', ' '],
    ['two leading dots', '..example.com'],
    ['a trailing dot', 'example.com.'],
    ['an empty label', 'a..example'],
    ['a label of 64', `${'a'.repeat(64)}.example`],
    ['254 characters', [label63, label63, label63, 'b'.repeat(62)].join('.')],
    ['a hyphen at the start of a label', 'a.-b.example'],
    ['a hyphen at the end of a label', 'a-.example'],
    ['* alone', '*'],
    ['* as part of a label', 'a*.example.com'],
    ['* not in the first label', 'a.*.example.com'],
    ['two *', '*.*.example.com'],
    ['a URL', 'https://example.com'],
    ['a port', 'example.com:443'],
    ['a NUL', 'example.com\u0000.evil.example'],
    ['a line feed at the end', 'example.com\n'],
  ])('a dNSName that is not a domain name: %s', (_rule, text) => {
    expect(asConstraint(dns(text))).toEqual(malformed('nc dNSName', 'is not a domain name'))
  })

  it.each([0, 4, 7, 9, 16, 31, 33])('an iPAddress of %i bytes', (length) => {
    expect(asConstraint(implicit(7, new Uint8Array(length)))).toEqual(malformed('nc iPAddress', `has ${length} bytes`))
  })
})

describe('an iPAddress constraint whose mask is not a prefix is refused', () => {
  it.each([
    ['a one after a zero in one octet', 'c0000200fffffd00'],
    ['a one in the octet after a zero', 'c0000200ff00ff00'],
    ['only the last bit', 'c000020000000001'],
    ['the first bit missing', 'c00002007fffffff'],
    ['IPv6, the last bit after zeros', `${'0'.repeat(32)}ffff${'0'.repeat(27)}1`],
  ])('%s', (_rule, hex) => {
    expect(asConstraint(implicit(7, fromHex(hex)))).toEqual(
      malformed('nc iPAddress', 'has a mask that is not a prefix (RFC 4632 3.1)'),
    )
  })
})
