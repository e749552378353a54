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
import {
  type GeneralName,
  type GeneralNamePlace,
  readGeneralName,
  readGeneralNames,
} from '../../../src/x509/certificate/general-name.ts'

const read = (der: Bytes, place: GeneralNamePlace) => readGeneralName(DerReader.over(der), 'test', place)
const dns = (text: string) => implicit(2, ascii(text))

describe('each form of RFC 5280 4.2.1.6 is read', () => {
  it.each([
    [
      'otherName',
      explicit(0, oid('1.3.6.1.4.1.311.20.2.3'), explicit(0, utf8('upn'))),
      { type: '1.3.6.1.4.1.311.20.2.3' },
    ],
    ['rfc822Name', implicit(1, ascii('ca@example.com')), { value: 'ca@example.com' }],
    ['dNSName', dns('example.com'), { value: 'example.com' }],
    ['x400Address', explicit(3, seq(utf8('x'))), {}],
    ['directoryName', explicit(4, name('Root')), { name: { rdns: [[{ type: '2.5.4.3', text: 'Root' }]] } }],
    ['ediPartyName', explicit(5, explicit(1, utf8('x'))), {}],
    ['uniformResourceIdentifier', implicit(6, ascii('http://example.com/ca')), { value: 'http://example.com/ca' }],
    ['iPAddress', implicit(7, [192, 0, 2, 1]), { octets: Uint8Array.of(192, 0, 2, 1) }],
    ['registeredID', implicit(8, fromHex('2a0304')), { type: '1.2.3.4' }],
  ])('%s', (form, der, holds) => {
    expect(read(der, 'name')).toMatchObject({ form, ...holds })
  })

  it('several, in order', () => {
    const names = readGeneralNames(DerReader.over(bytes(dns('a.example'), implicit(7, [192, 0, 2, 1]))), 'test')
    expect(names.map(({ form }) => form)).toEqual(['dNSName', 'iPAddress'])
  })
})

describe('a dNSName of letters, digits, hyphens and underscores is read', () => {
  const label63 = 'a'.repeat(63)
  it.each([
    ['one label', 'localhost'],
    ['upper case stays', 'Example.COM'],
    ['a digit at the start', '1.example'],
    ['a hyphen inside', 'a-b--c.example'],
    ['an underscore, as hosts in use have', '_dmarc.a_b.example'],
    ['an A-label', 'xn--kln-sna.example'],
    ['* as the whole first label', '*.example.com'],
    ['a label of 63', `${label63}.example`],
    ['a last label of 63', `example.${label63}`],
    ['253 characters', [label63, label63, label63, 'b'.repeat(61)].join('.')],
  ])('%s', (_rule, value) => {
    expect(read(dns(value), 'name')).toEqual({ form: 'dNSName', value })
  })
})

describe('a name of a certificate is read with any content, since nothing uses it yet', () => {
  const UPN = oid('1.3.6.1.4.1.311.20.2.3')
  const BER_NULL = bytes([0x05, 0x81, 0x00])
  it.each([
    ['empty', ''],
    ['a blank', ' '],
    ['a leading dot', '.example.com'],
    ['a final dot', 'example.com.'],
    ['an empty label', 'a..example'],
    ['a label of 64', `${'a'.repeat(64)}.example`],
    ['a hyphen at the end of a label', 'a-.example'],
    ['* as part of a label', 'a*.example.com'],
    ['a URL', 'https://example.com'],
    ['a NUL', 'example.com\u0000.evil.example'],
  ])('a dNSName: %s', (_rule, value) => expect(read(dns(value), 'name')).toEqual({ form: 'dNSName', value }))

  it.each([
    ['rfc822Name', 1],
    ['dNSName', 2],
    ['uniformResourceIdentifier', 6],
  ])('%s beyond ASCII: one character for each octet', (form, number) => {
    expect(read(implicit(number, fromHex('6bc3b66c')), 'name')).toEqual({ form, value: 'k\u00c3\u00b6l' })
  })

  it.each([0, 3, 5, 8, 15, 17, 32])('an iPAddress of %i bytes', (length) => {
    expect(read(implicit(7, new Uint8Array(length)), 'name')).toEqual({
      form: 'iPAddress',
      octets: new Uint8Array(length),
    })
  })

  it.each<readonly [rule: string, der: Bytes, read: GeneralName]>([
    ['otherName without a type', explicit(0), { form: 'otherName', type: undefined }],
    ['otherName without a value', explicit(0, UPN), { form: 'otherName', type: undefined }],
    ['otherName with a BER value', explicit(0, UPN, explicit(0, BER_NULL)), { form: 'otherName', type: undefined }],
    ['x400Address in BER', explicit(3, BER_NULL), { form: 'x400Address' }],
    ['ediPartyName in BER', explicit(5, BER_NULL), { form: 'ediPartyName' }],
    ['directoryName without a name', explicit(4), { form: 'directoryName', name: undefined }],
    ['directoryName not a name', explicit(4, set()), { form: 'directoryName', name: undefined }],
    ['directoryName with an empty RDN', explicit(4, seq(set())), { form: 'directoryName', name: undefined }],
    ['directoryName twice', explicit(4, name('x'), name('y')), { form: 'directoryName', name: undefined }],
    [
      'directoryName with a malformed name',
      explicit(4, seq(set(seq(oid('2.5.4.3'), printable('a@b'))))),
      { form: 'directoryName', name: undefined },
    ],
    ['registeredID empty', implicit(8, []), { form: 'registeredID', type: undefined }],
  ])('%s', (_rule, der, expected) => expect(read(der, 'name')).toEqual(expected))

  it('a malformed name hides no other name', () => {
    const names = readGeneralNames(DerReader.over(bytes(explicit(0), dns(''), dns('a.example'))), 'test')
    expect(names.map(({ form }) => form)).toEqual(['otherName', 'dNSName', 'dNSName'])
  })
})

describe('in a constraint', () => {
  it.each([
    ['a dNSName', 'example.com'],
    ['an empty dNSName means every name', ''],
    ['a leading dot', '.example.com'],
  ])('%s', (_rule, value) => {
    expect(read(dns(value), 'constraint')).toEqual({ form: 'dNSName', value })
  })

  it.each([
    ['0.0.0.0/0', 'c000020000000000'],
    ['/1', 'c000020080000000'],
    ['/8', '0a000000ff000000'],
    ['/23', 'c0000200fffffe00'],
    ['/32', 'c0000201ffffffff'],
    ['IPv6 /0', '0'.repeat(64)],
    ['IPv6 /33', `20010db8${'0'.repeat(24)}ffffffff80${'0'.repeat(22)}`],
    ['IPv6 /128', `20010db8${'0'.repeat(24)}${'f'.repeat(32)}`],
  ])('an iPAddress has an address and a prefix mask: %s', (_rule, hex) => {
    expect(read(implicit(7, fromHex(hex)), 'constraint')).toEqual({ form: 'iPAddress', octets: fromHex(hex) })
  })

  it('a directoryName may be the empty name', () => {
    expect(read(explicit(4, seq()), 'constraint')).toMatchObject({ form: 'directoryName', name: { rdns: [] } })
  })
})

it('an iPAddress as a name has 16 bytes for IPv6', () => {
  const octets = fromHex(`20010db8${'0'.repeat(23)}1`)
  expect(read(implicit(7, octets), 'name')).toEqual({ form: 'iPAddress', octets })
})

it('the value after a GeneralName is not read', () => {
  const reader = DerReader.over(bytes(dns('a.example'), int(1)))
  readGeneralName(reader, 'test', 'name')
  expect(reader.nextTag).toBe(0x02)
})
