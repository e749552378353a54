import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { bits, bool, bytes, explicit, implicit, int, nul, octets, oid, seq, time } from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage } from '../../../src/testing/extensions.ts'
import { caFaults } from '../../../src/x509/upload/ca-rules.ts'
import { type CertificateParts, certificate, EC_KEY_OID, spkiRsa } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'

const faults = (parts: CertificateParts) => caFaults(sound(certificate(parts)))

it('the certificate that the rows break has no faults', () => expect(faults({})).toEqual([]))

describe('a certificate that is not a CA’s is refused', () => {
  const v1: CertificateParts = { version: null, extensions: null }
  const NONE = { reason: 'not_a_ca', because: 'no_basic_constraints' }
  const FALSE = { reason: 'not_a_ca', because: 'ca_false' }
  it.each([
    ['no extensions', { extensions: null }, NONE],
    ['version 1', v1, NONE],
    ['no basicConstraints among others', { extensions: [keyUsage(0x04, 2)] }, NONE],
    ['cA left out', { extensions: [basicConstraints(false)] }, FALSE],
    ['cA FALSE written out', { extensions: [extension('2.5.29.19', seq(bool(false)), true)] }, FALSE],
    ['pathLen but no cA', { extensions: [basicConstraints(false, 1)] }, FALSE],
    ['no CA and no keyCertSign is one fault', { extensions: [basicConstraints(false), keyUsage(0x80, 7)] }, FALSE],
  ])('%s', (_rule, parts, fault) => expect(faults(parts)).toEqual([fault]))

  it.each([
    ['digitalSignature only', keyUsage(0x80, 7)],
    ['cRLSign only', keyUsage(0x02, 1)],
    ['every bit but keyCertSign', extension('2.5.29.15', bits(fromHex('fb80'), 7), true)],
    ['no bit at all', extension('2.5.29.15', bits(bytes()), true)],
  ])('keyUsage without keyCertSign (RFC 5280 6.1.4 (n)): %s', (_rule, usage) => {
    expect(faults({ extensions: [basicConstraints(true), usage] })).toEqual([{ reason: 'no_key_cert_sign' }])
  })
})

describe('any other signature algorithm is refused', () => {
  it.each([
    ['MD2 with RSA', '1.2.840.113549.1.1.2', 'md2WithRSAEncryption'],
    ['MD5 with RSA', '1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
    ['SHA-224 with RSA', '1.2.840.113549.1.1.14', 'sha224WithRSAEncryption'],
    ['RSASSA-PSS', '1.2.840.113549.1.1.10', 'rsassaPss'],
    ['RSA with SHA3-256', '2.16.840.1.101.3.4.3.14', 'RSA-SHA3-256'],
    ['ECDSA with SHA-224', '1.2.840.10045.4.3.1', 'ecdsa-with-SHA224'],
    ['ECDSA with SHA3-256', '2.16.840.1.101.3.4.3.10', '2.16.840.1.101.3.4.3.10'],
    ['DSA with SHA-1', '1.2.840.10040.4.3', 'dsaWithSHA1'],
    ['Ed25519', '1.3.101.112', 'Ed25519'],
    ['Ed448', '1.3.101.113', 'Ed448'],
    ['ML-DSA-65', '2.16.840.1.101.3.4.3.18', 'ML-DSA-65'],
    ['the key algorithm of RSA, which signs nothing', '1.2.840.113549.1.1.1', '1.2.840.113549.1.1.1'],
  ])('%s', (_rule, dotted, algorithm) => {
    expect(faults({ algorithm: seq(oid(dotted)) })).toEqual([{ reason: 'signature_algorithm', algorithm }])
  })

  it.each([
    [
      'RSASSA-PSS with SHA-256 in its parameters',
      seq(oid('1.2.840.113549.1.1.10'), seq(explicit(2, int(32)))),
      'rsassaPss',
    ],
    ['MD5 with NULL', seq(oid('1.2.840.113549.1.1.4'), nul()), 'md5WithRSAEncryption'],
  ])('%s', (_rule, identifier, algorithm) => {
    expect(faults({ algorithm: identifier })).toEqual([{ reason: 'signature_algorithm', algorithm }])
  })

  it.each([
    ['the curve with ECDSA', seq(oid('1.2.840.10045.4.3.2'), oid('1.2.840.10045.3.1.7')), 'ecdsa-with-SHA256'],
    ['an OCTET STRING with RSA', seq(oid('1.2.840.113549.1.1.11'), octets(nul())), 'sha256WithRSAEncryption'],
  ])('parameters that an allowed one does not take: %s', (_rule, identifier, algorithm) => {
    expect(faults({ algorithm: identifier })).toEqual([{ reason: 'signature_parameters', algorithm }])
  })
})

describe('keys that cannot be checked are refused', () => {
  it.each([512, 1_024, 2_047, 8_193, 16_384])('RSA of %i bits', (size) => {
    expect(faults({ spki: spkiRsa(size) })).toEqual([
      { reason: 'key_size', key: `RSA ${size}`, minBits: 2_048, maxBits: 8_192 },
    ])
  })

  const ec = (parameters: Uint8Array, length = 65) =>
    seq(seq(oid(EC_KEY_OID), parameters), bits(bytes([0x04], new Uint8Array(length - 1))))
  it.each([
    ['P-256', '1.2.840.10045.3.1.7', 0x02, 33],
    ['P-384', '1.3.132.0.34', 0x03, 49],
    ['P-521', '1.3.132.0.35', 0x02, 67],
  ])('a compressed point of %s', (curve, dotted, form, length) => {
    const spki = seq(seq(oid(EC_KEY_OID), oid(dotted)), bits(bytes([form], new Uint8Array(length - 1))))
    expect(faults({ spki })).toEqual([{ reason: 'key_compressed', key: `EC ${curve} (compressed point)` }])
  })

  const other = (dotted: string) => seq(seq(oid(dotted)), bits(new Uint8Array(32)))
  it.each([
    ['P-224', ec(oid('1.3.132.0.33'), 57), 'EC P-224'],
    ['secp256k1', ec(oid('1.3.132.0.10')), 'EC secp256k1'],
    ['brainpoolP256r1', ec(oid('1.3.36.3.3.2.8.1.1.7')), 'EC brainpoolP256r1'],
    ['an unknown curve', ec(oid('1.2.3.4')), 'EC 1.2.3.4'],
    ['explicit parameters', ec(seq(int(1))), 'EC with explicit parameters'],
    ['Ed25519', other('1.3.101.112'), 'Ed25519'],
    ['RSASSA-PSS', other('1.2.840.113549.1.1.10'), 'RSASSA-PSS'],
    ['DSA', other('1.2.840.10040.4.1'), '1.2.840.10040.4.1'],
  ])('%s', (_rule, spki, key) => expect(faults({ spki })).toEqual([{ reason: 'key_type', key }]))
})

describe('a critical extension that is unknown is refused (RFC 5280 4.2)', () => {
  const CA = basicConstraints(true)
  it.each([
    ['one', [CA, extension('1.2.3.4', nul(), true)], ['1.2.3.4']],
    [
      'each of several',
      [extension('1.2.3.4', nul(), true), CA, extension('1.2.3.5', nul(), true)],
      ['1.2.3.4', '1.2.3.5'],
    ],
    ['only the critical ones', [CA, extension('1.2.3.4', nul()), extension('1.2.3.5', nul(), true)], ['1.2.3.5']],
    ['of the 2.5.29 arc too', [CA, extension('2.5.29.16', seq(implicit(0, [1])), true)], ['2.5.29.16']],
    [
      'the poison of a precertificate (RFC 6962 3.1)',
      [CA, extension('1.3.6.1.4.1.11129.2.4.3', nul(), true)],
      ['1.3.6.1.4.1.11129.2.4.3'],
    ],
  ])('%s', (_rule, extensions, oids) => {
    expect(faults({ extensions })).toEqual(oids.map((oid) => ({ reason: 'unknown_critical_extension', oid })))
  })
})

it('a critical extension that cannot be processed is refused, each one', () => {
  const extensions = [
    basicConstraints(true),
    extension('2.5.29.17', seq(), true),
    extension('2.5.29.14', octets(fromHex('01')), true),
  ]
  expect(faults({ extensions })).toMatchObject([
    { reason: 'unprocessed_critical_extension', extension: 'subjectAltName', problem: 'has no names' },
    { reason: 'unprocessed_critical_extension', extension: 'subjectKeyIdentifier' },
  ])
})

it('notAfter one second before notBefore is refused', () => {
  const parts = { notBefore: time('2026-01-01T00:00:01Z'), notAfter: time('2026-01-01T00:00:00Z') }
  expect(faults(parts)).toEqual([{ reason: 'validity_reversed', notBefore: 1_767_225_601, notAfter: 1_767_225_600 }])
})

it('several faults come together', () => {
  const parts = {
    algorithm: seq(oid('1.2.840.113549.1.1.4'), nul()),
    spki: spkiRsa(1_024),
    extensions: [basicConstraints(true), keyUsage(0x80, 7), extension('1.2.3.4', nul(), true)],
    notBefore: time('2026-01-02T00:00:00Z'),
    notAfter: time('2026-01-01T00:00:00Z'),
  }
  expect(new Set(faults(parts).map(({ reason }) => reason))).toEqual(
    new Set(['no_key_cert_sign', 'signature_algorithm', 'key_size', 'unknown_critical_extension', 'validity_reversed']),
  )
})
