import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bits, int, oid, printable, seq, set, tlv, utf8 } from '../../../src/testing/der.ts'
import { DerReader, TAG } from '../../../src/x509/asn1/der.ts'
import { displayName, hasEmptyRdn, isEmptyName, readName } from '../../../src/x509/certificate/name.ts'

const CN = '2.5.4.3'
const attribute = (type: string, value: Bytes) => seq(oid(type), value)
const cnSet = (text: string) => set(attribute(CN, utf8(text)))
const cn = (value: Bytes) => seq(set(attribute(CN, value)))
const read = (der: Bytes) => readName(DerReader.over(der), 'test')
const display = (der: Bytes) => displayName(read(der))

describe('a name is read', () => {
  it('the empty name has no RDNs', () => expect(read(seq()).rdns).toEqual([]))

  it('with type, tag, text and octets of each attribute', () => {
    const value = printable('DE')
    expect(read(seq(set(attribute('2.5.4.6', value))))).toMatchObject({
      rdns: [[{ type: '2.5.4.6', tag: TAG.printableString, text: 'DE', der: value }]],
    })
  })

  it('with RDNs in order, and several attributes of one RDN together', () => {
    const name = seq(set(attribute('2.5.4.6', printable('DE')), attribute('2.5.4.5', printable('7'))), cnSet('x'))
    expect(read(name).rdns.map((rdn) => rdn.map(({ type }) => type))).toEqual([['2.5.4.6', '2.5.4.5'], [CN]])
  })

  it('with the whole name as der, and nothing after it', () => {
    const name = cn(utf8('x'))
    const reader = DerReader.over(Uint8Array.from([...name, ...int(1)]))
    expect(toHex(readName(reader, 'test').der)).toBe(toHex(name))
    expect(reader.nextTag).toBe(TAG.integer)
  })

  it.each([
    ['UTF8String', utf8('Köln'), 'Köln'],
    ['PrintableString', printable('Koeln'), 'Koeln'],
    ['TeletexString', tlv(TAG.teletexString, fromHex('4bf66c6e')), 'Köln'],
    ['BMPString', tlv(TAG.bmpString, fromHex('004b00f6006c006e')), 'Köln'],
    ['UniversalString', tlv(TAG.universalString, fromHex('0000004b')), 'K'],
    ['IA5String', tlv(TAG.ia5String, ascii('a@b')), 'a@b'],
  ])('text of a %s', (_rule, value, text) => {
    expect(read(cn(value)).rdns[0]?.[0]?.text).toBe(text)
  })

  it.each([
    ['BIT STRING (x500UniqueIdentifier)', bits(Uint8Array.of(0xa0), 5)],
    ['SEQUENCE (postalAddress)', seq(utf8('a'), utf8('b'))],
  ])('a value that is not a character string has no text: %s', (_rule, value) => {
    expect(read(cn(value)).rdns[0]?.[0]).toMatchObject({ text: null, der: value })
  })
})

describe('RDNs without attributes, which the syntax forbids', () => {
  it.each([
    ['alone', seq(set()), [0], true],
    ['twice', seq(set(), set()), [0, 0], true],
    ['beside others', seq(set(), cnSet('x'), set()), [0, 1, 0], false],
  ])('%s', (_rule, der, lengths, empty) => {
    expect(read(der).rdns.map((rdn) => rdn.length)).toEqual(lengths)
    expect([isEmptyName(read(der)), hasEmptyRdn(read(der))]).toEqual([empty, true])
  })

  it('a name without such an RDN', () => {
    expect([seq(), seq(cnSet('x'))].map((der) => isEmptyName(read(der)))).toEqual([true, false])
    expect([seq(), seq(cnSet('x'))].map((der) => hasEmptyRdn(read(der)))).toEqual([false, false])
  })
})

describe('a name is displayed', () => {
  it('empty', () => expect(display(seq())).toBe(''))

  it('without an empty RDN', () => expect(display(seq(set(), cnSet('Root'), set()))).toBe('CN=Root'))

  it('in the order of the certificate, with + inside an RDN', () => {
    const country = set(attribute('2.5.4.6', printable('DE')))
    const both = set(attribute('2.5.4.10', utf8('Org')), attribute('2.5.4.11', utf8('Unit')))
    expect(display(seq(country, both, cnSet('Root')))).toBe('C=DE, O=Org+OU=Unit, CN=Root')
  })

  it.each([
    ['emailAddress', '1.2.840.113549.1.9.1', 'emailAddress'],
    ['domainComponent', '0.9.2342.19200300.100.1.25', 'DC'],
    ['stateOrProvince', '2.5.4.8', 'ST'],
    ['one without a short name by its OID', '1.2.3.4', '1.2.3.4'],
  ])('attribute type: %s', (_rule, type, shown) => {
    expect(display(seq(set(attribute(type, utf8('x')))))).toBe(`${shown}=x`)
  })

  it.each([
    ['a comma, so that it does not begin another RDN', 'a, CN=b', 'a\\, CN\\=b'],
    ['a plus', 'a+b', 'a\\+b'],
    ['a backslash', 'a\\b', 'a\\\\b'],
    ['a quotation mark', 'a"b', 'a\\"b'],
    ['angle brackets and semicolon', '<a>;', '\\<a\\>\\;'],
    ['a number sign at the start', '#a', '\\#a'],
    ['but not inside', 'a#b', 'a#b'],
    ['a blank at the start', ' a', '\\ a'],
    ['a blank at the end', 'a ', 'a\\ '],
    ['a single blank', ' ', '\\ '],
    ['but not inside', 'a b', 'a b'],
    ['NUL', 'a\u0000b', 'a\\00b'],
    ['a line feed', 'a\nb', 'a\\0ab'],
    ['DEL', 'a\u007fb', 'a\\7fb'],
    ['letters beyond ASCII stay', 'Köln 😀', 'Köln 😀'],
  ])('escaped (RFC 4514 2.4): %s', (_rule, text, shown) => {
    expect(display(cn(utf8(text)))).toBe(`CN=${shown}`)
  })

  it('a value without text as # and its DER', () => {
    expect(display(cn(int(0x7f)))).toBe('CN=#02017f')
  })
})
