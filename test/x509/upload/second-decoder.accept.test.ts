import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import {
  ascii,
  type Bytes,
  bits,
  bool,
  bytes,
  explicit,
  implicit,
  int,
  nul,
  octets,
  oid,
  printable,
  seq,
  set,
  time,
  tlv,
  utf8,
} from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage, name } from '../../../src/testing/extensions.ts'
import { disagreement } from '../../../src/x509/upload/second-decoder.ts'
import {
  type CertificateParts,
  certificate,
  dnsNames,
  EC_KEY_OID,
  RSA_KEY_OID,
  RSA_SHA256,
  spkiRsa,
} from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'

const disagree = (parts: CertificateParts) => disagreement(sound(certificate(parts)))
const cn = (value: Bytes): CertificateParts => ({ subject: seq(set(seq(oid('2.5.4.3'), value))) })

/** A UUID of all ones under 2.25: an arc of 128 bits. */
const UUID = '2.25.340282366920938463463374607431768211455'

describe('pkijs agrees on what this reader reads', () => {
  it.each<[string, CertificateParts]>([
    ['a root', {}],
    ['version 1', { version: null, extensions: null }],
    ['version 1 written out', { version: explicit(0, int(0)), extensions: null }],
    ['version 2', { version: explicit(0, int(1)), extensions: null }],
    ['unique identifiers', { uniqueIds: bytes(implicit(1, [0, 1]), implicit(2, [0, 2])) }],
    ['serial zero', { serial: int(0) }],
    ['a negative serial', { serial: int(fromHex('ee2b3deb')) }],
    ['a serial of -1', { serial: int(fromHex('ff')) }],
    ['a negative serial of 40 octets', { serial: int(fromHex('80'.repeat(40))) }],
    ['a serial with a sign octet', { serial: int(fromHex('00ff00')) }],
    ['a serial of 40 octets', { serial: int(fromHex('7f'.repeat(40))) }],
    ['RSA with NULL', { algorithm: RSA_SHA256, spki: spkiRsa(2_048) }],
    ['RSA without NULL', { algorithm: seq(oid('1.2.840.113549.1.1.11')), spki: spkiRsa(2_048, 43_147) }],
    ['an RSA key without NULL', { spki: seq(seq(oid(RSA_KEY_OID)), bits(seq(int((1n << 2_047n) + 1n), int(3)))) }],
    ['P-384', { spki: seq(seq(oid(EC_KEY_OID), oid('1.3.132.0.34')), bits(bytes([4], new Uint8Array(96)))) }],
    ['a signature that is DER itself', { signature: bits(seq(int(5), int(7))) }],
    ['a signature that is not DER', { signature: bits(fromHex('deadbeef')) }],
    ['issuer and subject of their own', { issuer: name('Issuer'), subject: name('Subject') }],
    ['an empty subject', { issuer: name('Issuer'), subject: seq() }],
    [
      'an unknown extension that holds no DER',
      { extensions: [basicConstraints(true), extension('1.2.3', fromHex('ff'))] },
    ],
    ['critical FALSE written out', { extensions: [basicConstraints(true), extension('1.2.3', nul(), false)] }],
    [
      'many extensions',
      { extensions: [basicConstraints(true, 0), keyUsage(0x06, 1), dnsNames('a.example', 'b.example')] },
    ],
  ])('%s', (_rule, parts) => expect(disagree(parts)).toBeUndefined())
})

describe('agreement on basicConstraints', () => {
  it.each([
    ['absent', []],
    ['cA TRUE', [seq(bool(true))]],
    ['cA FALSE written out', [seq(bool(false))]],
    ['cA left out', [seq()]],
    ['pathLen 0', [seq(bool(true), int(0))]],
    ['pathLen of three octets', [seq(bool(true), int(8_388_607))]],
    ['pathLen 2^31 - 1', [seq(bool(true), int(2_147_483_647))]],
    ['pathLen without cA', [seq(int(3))]],
  ])('%s', (_rule, values) => {
    const extensions = [extension('1.2.3', nul()), ...values.map((value) => extension('2.5.29.19', value))]
    expect(disagree({ extensions })).toBeUndefined()
  })
})

describe('agreement on object identifiers, including arcs above 2^53', () => {
  const ca = basicConstraints(true)
  it.each<[string, CertificateParts]>([
    ['extension 2.25.<128 bits>', { extensions: [ca, extension(UUID, nul())] }],
    ['extension with arc 2^53', { extensions: [ca, extension('1.2.9007199254740992', nul())] }],
    ['extension with arc 2^32', { extensions: [ca, extension('1.2.4294967296', nul())] }],
    ['extension 2.999', { extensions: [ca, extension('2.999', nul())] }],
    ['attribute type 2.25.<128 bits>', { subject: seq(set(seq(oid(UUID), utf8('x')))) }],
  ])('%s', (_rule, parts) => expect(disagree(parts)).toBeUndefined())
})

describe('agreement on names', () => {
  it.each<[string, Bytes]>([
    ['UTF8String', utf8('Root')],
    ['UTF8String beyond ASCII', utf8('Köln')],
    ['UTF8String beyond the BMP', utf8('Root 😀')],
    ['UTF8String, empty', utf8('')],
    ['UTF8String with a byte order mark', utf8('\ufeffRoot')],
    ['UTF8String with NUL', utf8('a\u0000b')],
    ['PrintableString', printable("Root CA (1) +,-./:=?'")],
    ['PrintableString with & and *', printable('A&B *')],
    ['TeletexString', tlv(0x14, ascii('Root'))],
    ['TeletexString beyond ASCII', tlv(0x14, fromHex('4bf66c6e'))],
    ['BMPString', tlv(0x1e, fromHex('004b00f6006c006e'))],
    ['BMPString beyond Latin-1', tlv(0x1e, fromHex('4e2d6587'))],
    ['UniversalString', tlv(0x1c, fromHex('0000004b000000f6'))],
    ['IA5String', tlv(0x16, ascii('ca@example.com'))],
    ['NumericString', tlv(0x12, ascii('12 34'))],
    ['VisibleString', tlv(0x1a, ascii('~x_'))],
    ['BIT STRING', bits(fromHex('a0'), 5)],
    ['OCTET STRING', octets(fromHex('a0'))],
    ['SEQUENCE of strings', seq(utf8('a'), utf8('b'))],
  ])('%s', (_rule, value) => expect(disagree(cn(value))).toBeUndefined())

  it.each([
    ['alone', seq(set())],
    ['first', seq(set(), set(seq(oid('2.5.4.3'), utf8('x'))))],
    ['last', seq(set(seq(oid('2.5.4.3'), utf8('x'))), set())],
  ])('an empty RDN, %s', (_rule, subject) => expect(disagree({ subject })).toBeUndefined())

  it('an RDN of several attributes, and several RDNs', () => {
    const both = set(seq(oid('2.5.4.10'), utf8('Org')), seq(oid('2.5.4.11'), utf8('Unit')))
    expect(disagree({ subject: seq(both, set(seq(oid('2.5.4.3'), utf8('x')))) })).toBeUndefined()
  })
})

describe('agreement on times', () => {
  it.each([
    ['1950, the first of UTCTime', time('1950-01-01T00:00:00Z')],
    ['2049, the last of UTCTime', time('2049-12-31T23:59:59Z')],
    ['2050 in GeneralizedTime', time('2050-01-01T00:00:00Z')],
    ['9999', time('9999-12-31T23:59:59Z')],
    ['1949 in GeneralizedTime', time('1949-12-31T23:59:59Z')],
    ['2026 in GeneralizedTime', tlv(0x18, ascii('20260601123456Z'))],
    ['a leap day', time('2024-02-29T12:34:56Z')],
    ['an hour that summer time skips', time('2026-03-29T01:30:00Z')],
  ])('%s', (_rule, moment) => {
    expect(disagree({ notBefore: moment, notAfter: moment })).toBeUndefined()
  })
})
