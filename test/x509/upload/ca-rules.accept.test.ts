import { describe, expect, it } from 'vitest'
import { bits, bool, bytes, int, nul, oid, seq, time } from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage, name } from '../../../src/testing/extensions.ts'
import { caFaults } from '../../../src/x509/upload/ca-rules.ts'
import { type CertificateParts, certificate, EC_KEY_OID, RSA_KEY_OID, spkiRsa } from '../../support/pki.ts'
import { sound } from '../../support/reading.ts'

const faults = (parts: CertificateParts) => caFaults(sound(certificate(parts)))

const spkiEc = (curve: string, octets: number) =>
  seq(seq(oid(EC_KEY_OID), oid(curve)), bits(bytes([0x04], new Uint8Array(octets - 1))))

describe('a certificate without faults is accepted', () => {
  it.each<[string, CertificateParts]>([
    ['a root', {}],
    ['an intermediate', { issuer: name('Root'), subject: name('Intermediate') }],
    [
      'expired: that does not matter here (contract 3)',
      { notBefore: time('1995-01-01T00:00:00Z'), notAfter: time('1999-01-01T00:00:00Z') },
    ],
    ['not valid yet', { notBefore: time('2060-01-01T00:00:00Z'), notAfter: time('2070-01-01T00:00:00Z') }],
    [
      'valid for one second: notAfter equals notBefore',
      { notBefore: time('2026-01-01T00:00:00Z'), notAfter: time('2026-01-01T00:00:00Z') },
    ],
    ['without keyUsage', { extensions: [basicConstraints(true)] }],
    ['keyUsage of keyCertSign among others', { extensions: [basicConstraints(true), keyUsage(0x86, 1)] }],
    ['basicConstraints not critical, as old roots have it', { extensions: [extension('2.5.29.19', seq(bool(true)))] }],
    ['pathLen 0', { extensions: [basicConstraints(true, 0)] }],
    [
      'an unknown extension that is not critical',
      { extensions: [basicConstraints(true), extension('1.2.3.4', nul())] },
    ],
    [
      'extensions that decide nothing, malformed',
      {
        extensions: [
          basicConstraints(true),
          extension('2.5.29.17', seq()),
          extension('2.5.29.18', seq()),
          extension('1.3.6.1.5.5.7.1.1', nul()),
          extension('2.5.29.31', bytes()),
        ],
      },
    ],
    [
      'a known extension that is critical',
      { extensions: [basicConstraints(true), extension('2.5.29.54', int(0), true)] },
    ],
  ])('%s', (_rule, parts) => expect(faults(parts)).toEqual([]))
})

describe('the eight signature algorithms of contract 3 are allowed', () => {
  it.each([
    ['SHA-1 with RSA', '1.2.840.113549.1.1.5', true],
    ['SHA-256 with RSA', '1.2.840.113549.1.1.11', true],
    ['SHA-384 with RSA', '1.2.840.113549.1.1.12', true],
    ['SHA-512 with RSA', '1.2.840.113549.1.1.13', true],
    ['SHA-256 with RSA, NULL left out', '1.2.840.113549.1.1.11', false],
    ['ECDSA with SHA-1', '1.2.840.10045.4.1', false],
    ['ECDSA with SHA-256', '1.2.840.10045.4.3.2', false],
    ['ECDSA with SHA-384', '1.2.840.10045.4.3.3', false],
    ['ECDSA with SHA-512', '1.2.840.10045.4.3.4', false],
    ['ECDSA with SHA-256 and NULL, as Java 11 writes it', '1.2.840.10045.4.3.2', true],
  ])('%s', (_rule, dotted, withNull) => {
    expect(faults({ algorithm: seq(oid(dotted), withNull ? nul() : bytes()) })).toEqual([])
  })
})

describe('keys that WebCrypto can check are allowed', () => {
  it.each([
    ['RSA 2048, the smallest', spkiRsa(2_048)],
    ['RSA without NULL', seq(seq(oid(RSA_KEY_OID)), bits(seq(int((1n << 2_047n) + 1n), int(65_537))))],
    ['RSA 4096', spkiRsa(4_096)],
    ['RSA 8192, the largest', spkiRsa(8_192)],
    ['P-256', spkiEc('1.2.840.10045.3.1.7', 65)],
    ['P-384', spkiEc('1.3.132.0.34', 97)],
    ['P-521', spkiEc('1.3.132.0.35', 133)],
  ])('%s', (_rule, spki) => expect(faults({ spki })).toEqual([]))
})
