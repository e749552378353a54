import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { type Bytes, bits, bytes, int, nul, octets, oid, seq, tlv } from '../../../src/testing/der.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { readPublicKey } from '../../../src/x509/certificate/public-key.ts'
import { EC_KEY_OID, RSA_KEY_OID, spkiRsa } from '../../support/pki.ts'
import { malformed, objection } from '../../support/reading.ts'

const reading = (der: Bytes) => objection(() => readPublicKey(DerReader.over(der), 'spki'))

const RSA = seq(oid(RSA_KEY_OID), nul())
const rsa = (...members: readonly Bytes[]) => seq(RSA, bits(seq(...members)))
const MODULUS = int((1n << 2_047n) + 1n)
const EXPONENT = int(65_537)

const P256 = oid('1.2.840.10045.3.1.7')
const ec = (parameters: Bytes, key: Bytes) => seq(seq(oid(EC_KEY_OID), parameters), bits(key))
const point = (length: number, first = 0x04) => bytes([first], new Uint8Array(length - 1))

const TRAILING = 'has bytes after its last field'

it('the keys that the rows break are sound', () => {
  expect([reading(rsa(MODULUS, EXPONENT)), reading(ec(P256, point(65)))]).toEqual([undefined, undefined])
})

describe('a SubjectPublicKeyInfo is refused', () => {
  it.each([
    ['not a SEQUENCE', octets(RSA), 'spki', 'has tag 0x04 where 0x30 belongs'],
    ['without an algorithm', seq(), 'spki.algorithm', 'is missing'],
    ['without a key', seq(RSA), 'spki.subjectPublicKey', 'is missing'],
    ['key in an OCTET STRING', seq(RSA, octets(nul())), 'spki.subjectPublicKey', 'has tag 0x04 where 0x03 belongs'],
    ['more after the key', seq(RSA, bits(seq(MODULUS, EXPONENT)), nul()), 'spki', TRAILING],
    [
      'a key with unused bits',
      seq(seq(oid('1.3.101.112')), bits(Uint8Array.of(0xf0), 4)),
      'spki.subjectPublicKey',
      'a BIT STRING that does not end on a whole octet',
    ],
  ])('%s', (_rule, der, field, problem) => expect(reading(der)).toEqual(malformed(field, problem)))
})

describe('an RSA key is refused', () => {
  const key = 'spki.subjectPublicKey'
  const modulus = `${key}.modulus`
  const exponent = `${key}.publicExponent`
  const NOT_NULL = 'an RSA key with parameters other than NULL (RFC 3279 2.3.1)'
  const BAD_EXPONENT = 'is not an odd number of at least 3'
  const NOT_SHORTEST = 'an INTEGER that is not in its shortest form'
  const body = bits(seq(MODULUS, EXPONENT))
  it.each([
    ['with other parameters than NULL', seq(seq(oid(RSA_KEY_OID), seq()), body), key, NOT_NULL],
    ['with a NULL that has content', seq(seq(oid(RSA_KEY_OID), bytes([5, 1, 0])), body), key, NOT_NULL],
    ['empty', seq(RSA, bits(bytes())), key, 'is missing'],
    ['not a SEQUENCE', seq(RSA, bits(MODULUS)), key, 'has tag 0x02 where 0x30 belongs'],
    ['more after the SEQUENCE', seq(RSA, bits(bytes(seq(MODULUS, EXPONENT), nul()))), key, TRAILING],
    ['without an exponent', rsa(MODULUS), exponent, 'is missing'],
    ['a third number', rsa(MODULUS, EXPONENT, int(3)), key, TRAILING],
    ['modulus even', rsa(int(1n << 2_047n), EXPONENT), modulus, 'is even'],
    ['modulus zero', rsa(int(0), EXPONENT), modulus, 'is even'],
    ['modulus negative: the sign octet forgotten', rsa(int(fromHex('c3')), EXPONENT), modulus, 'is negative'],
    ['modulus padded', rsa(int(fromHex('0003')), EXPONENT), modulus, NOT_SHORTEST],
    ['modulus not an INTEGER', rsa(octets(nul()), EXPONENT), modulus, 'has tag 0x04 where 0x02 belongs'],
    ['exponent 0', spkiRsa(2_048, 0), exponent, BAD_EXPONENT],
    ['exponent 1', spkiRsa(2_048, 1), exponent, BAD_EXPONENT],
    ['exponent 2', spkiRsa(2_048, 2), exponent, BAD_EXPONENT],
    ['exponent even: 65536', spkiRsa(2_048, 65_536), exponent, BAD_EXPONENT],
    ['exponent negative', rsa(MODULUS, int(fromHex('ff'))), exponent, 'is negative'],
    ['exponent padded', rsa(MODULUS, int(fromHex('00010001'))), exponent, NOT_SHORTEST],
  ])('%s', (_rule, der, field, problem) => expect(reading(der)).toEqual(malformed(field, problem)))
})

describe('an EC key is refused', () => {
  const key = 'spki.subjectPublicKey'
  const not = (curve: string) => `is neither an uncompressed nor a compressed point of ${curve}`
  const NOT_P256 = not('P-256')
  const PADDED_OID = tlv(0x06, fromHex('2a8001'))
  it.each([
    ['without a curve', seq(seq(oid(EC_KEY_OID)), bits(point(65))), 'an EC key without a curve'],
    ['a compressed point, one byte short', ec(P256, point(32, 0x02)), NOT_P256],
    ['a compressed point, one byte long', ec(P256, point(34, 0x03)), NOT_P256],
    ['a compressed point as long as an uncompressed one', ec(P256, point(65, 0x02)), NOT_P256],
    ['an uncompressed point as long as a compressed one', ec(P256, point(33)), NOT_P256],
    ['a compressed point of another curve', ec(P256, point(49, 0x02)), NOT_P256],
    ['a hybrid point', ec(P256, point(65, 0x06)), NOT_P256],
    ['the point at infinity', ec(P256, Uint8Array.of(0)), NOT_P256],
    ['no point', ec(P256, bytes()), NOT_P256],
    ['one byte short', ec(P256, point(64)), NOT_P256],
    ['one byte long', ec(P256, point(66)), NOT_P256],
    ['a point of another curve', ec(P256, point(97)), NOT_P256],
    ['P-384, one byte short', ec(oid('1.3.132.0.34'), point(96)), not('P-384')],
    ['P-521 in 131 bytes', ec(oid('1.3.132.0.35'), point(131)), not('P-521')],
    ['a curve with a padded arc', ec(PADDED_OID, point(65)), 'an OBJECT IDENTIFIER with a padded arc'],
  ])('%s', (_rule, der, problem) => expect(reading(der)).toEqual(malformed(key, problem)))
})
