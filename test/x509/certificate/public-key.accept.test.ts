import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { type Bytes, bits, bytes, int, nul, oid, seq } from '../../../src/testing/der.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { describeKey, readPublicKey } from '../../../src/x509/certificate/public-key.ts'
import { EC_KEY_OID, RSA_KEY_OID, spkiP256, spkiRsa } from '../../support/pki.ts'
import { sequence } from '../../support/x509/sequence.ts'

const read = (der: Bytes) => readPublicKey(DerReader.over(der), 'test')
const rsa = (modulus: bigint, exponent: bigint | number) =>
  seq(seq(oid(RSA_KEY_OID), nul()), bits(seq(int(modulus), int(exponent))))
const ec = (parameters: Bytes, key: Bytes) => seq(seq(oid(EC_KEY_OID), parameters), bits(key))
const point = (octets: number) => bytes([0x04], new Uint8Array(octets - 1))

describe('the bits of an RSA modulus are counted from its first one', () => {
  it.each([2_041, 2_047, 2_048, 2_049, 3_072, 4_096, 8_192, 8_193])('%i', (size) => {
    expect(read(spkiRsa(size)).kind).toMatchObject({ type: 'RSA', bits: size })
  })

  it.each([
    ['3, the smallest odd prime', 3n, 2],
    ['255', 255n, 8],
    ['257', 257n, 9],
  ])('a modulus of %s', (_rule, modulus, size) => {
    expect(read(rsa(modulus, 3)).kind).toMatchObject({ type: 'RSA', bits: size })
  })
})

describe('an odd RSA exponent of at least 3 is read', () => {
  it.each([
    ['3', 3n, '03'],
    ['65537', 65_537n, '010001'],
    ['one of 33 bits', 4_294_967_297n, '0100000001'],
    ['without its sign octet', 0x81n, '81'],
  ])('%s', (_rule, exponent, hex) => {
    const { kind } = read(spkiRsa(2_048, exponent))
    expect(kind.type === 'RSA' && toHex(kind.exponent)).toBe(hex)
  })
})

describe('an EC key on a named curve is read', () => {
  it.each([
    ['P-256', '1.2.840.10045.3.1.7', 65, 256],
    ['P-384', '1.3.132.0.34', 97, 384],
    ['P-521', '1.3.132.0.35', 133, 521],
  ])('%s', (curve, dotted, octets, size) => {
    expect(read(ec(oid(dotted), point(octets))).kind).toEqual({ type: 'EC', curve, bits: size })
  })

  it.each([
    ['P-256, even', '1.2.840.10045.3.1.7', 0x02, 33, 256],
    ['P-256, odd', '1.2.840.10045.3.1.7', 0x03, 33, 256],
    ['P-384', '1.3.132.0.34', 0x02, 49, 384],
    ['P-521', '1.3.132.0.35', 0x03, 67, 521],
  ])('compressed: %s', (name, dotted, form, octets, size) => {
    const { kind } = read(ec(oid(dotted), bytes([form], new Uint8Array(octets - 1))))
    expect(kind).toMatchObject({ type: 'EC', bits: size, compressed: true })
    expect(describeKey(kind)).toBe(`EC ${name.slice(0, 5)} (compressed point)`)
  })

  // These are well formed; ca-rules.ts refuses them.
  it.each([
    ['secp256k1', oid('1.3.132.0.10'), 'secp256k1'],
    ['brainpoolP256r1', oid('1.3.36.3.3.2.8.1.1.7'), 'brainpoolP256r1'],
    ['a curve unknown here', oid('1.2.3.4'), '1.2.3.4'],
    ['explicit parameters', seq(int(1)), 'with explicit parameters'],
    ['implicit parameters', nul(), 'with explicit parameters'],
  ])('but without a size: %s', (_rule, parameters, curve) => {
    expect(read(ec(parameters, point(65))).kind).toEqual({ type: 'EC', curve, bits: undefined })
  })
})

describe('of any other key, only the algorithm is read', () => {
  it.each([
    ['1.3.101.112', 'Ed25519'],
    ['1.3.101.113', 'Ed448'],
    ['1.2.840.113549.1.1.10', 'RSASSA-PSS'],
    ['1.2.3.4', '1.2.3.4'],
  ])('%s is %s', (dotted, name) => {
    expect(read(seq(seq(oid(dotted)), bits(new Uint8Array(32)))).kind).toEqual({ type: 'other', name })
  })
})

describe('the octets of a key', () => {
  const spki = spkiP256()
  const key = read(bytes(spki, int(1)))
  it('der is the whole SubjectPublicKeyInfo and nothing after it', () => expect(key.der).toEqual(spki))
  it('keyOctets is the point, without the count of unused bits', () => {
    expect([key.keyOctets.length, key.keyOctets[0]]).toEqual([65, 0x04])
  })
  it('der adds the NULL that an RSA key lacks, so that one key has one form', () => {
    for (const size of [256, 1_024, 2_048]) {
      const whole = spkiRsa(size)
      const [, keyBits = bytes()] = sequence(whole)
      expect(read(seq(seq(oid(RSA_KEY_OID)), keyBits))).toMatchObject({ der: whole, kind: { type: 'RSA', bits: size } })
    }
  })
  it('algorithm is that of the key', () => expect(key.algorithm.oid).toBe(EC_KEY_OID))
})

describe('a key is described', () => {
  it.each([
    ['RSA 2048', spkiRsa(2_048)],
    ['EC P-256', spkiP256()],
    ['EC with explicit parameters', ec(seq(int(1)), point(65))],
    ['Ed25519', seq(seq(oid('1.3.101.112')), bits(new Uint8Array(32)))],
  ])('%s', (text, der) => expect(describeKey(read(der).kind)).toBe(text))
})
