import { describe, expect, it } from 'vitest'
import { type Bytes, bits, bytes, explicit, int, nul, oid, seq } from '../../../src/testing/der.ts'
import { hashIdentifier, pssParameters } from '../../../src/testing/keys.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { readAlgorithm } from '../../../src/x509/certificate/algorithm.ts'
import { readPublicKey } from '../../../src/x509/certificate/public-key.ts'
import { allowedKeyType, refusedKey } from '../../../src/x509/signature/keys.ts'
import { fits, signatureScheme } from '../../../src/x509/signature/signature-scheme.ts'
import { EC_KEY_OID, spkiP256, spkiRsa } from '../../support/pki.ts'
import { sequence } from '../../support/x509/sequence.ts'

const key = (spki: Bytes) => readPublicKey(DerReader.over(spki), 'test')
const scheme = (identifier: Bytes) => signatureScheme(readAlgorithm(DerReader.over(identifier), 'test'))

const PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'
const ED25519 = '1.3.101.112'
const keyOf = (algorithm: Bytes, length: number) => seq(algorithm, bits(new Uint8Array(length).fill(1)))
const pssKey = (size: number, parameters: Bytes = bytes()) => {
  const [, subjectPublicKey = nul()] = sequence(spkiRsa(size))
  return seq(seq(oid(PSS), parameters), subjectPublicKey)
}

describe('a key is allowed', () => {
  it.each<readonly [name: string, spki: Bytes, type: string]>([
    ['RSA 2048', spkiRsa(2_048), 'RSA'],
    ['RSA 8192', spkiRsa(8_192), 'RSA'],
    ['RSASSA-PSS 2048', pssKey(2_048), 'RSASSA-PSS'],
    ['RSASSA-PSS 8192', pssKey(8_192), 'RSASSA-PSS'],
    ['EC P-256', spkiP256(), 'EC'],
    ['Ed25519', keyOf(seq(oid(ED25519)), 32), 'Ed25519'],
  ])('%s', (_name, spki, type) => {
    expect([allowedKeyType(key(spki)), refusedKey(key(spki))]).toEqual([type, undefined])
  })
})

describe('a key is refused by its name', () => {
  it.each<readonly [name: string, spki: Bytes]>([
    ['RSA 2040', spkiRsa(2_040)],
    ['RSA 2049', spkiRsa(2_049)],
    ['RSA 8200', spkiRsa(8_200)],
    ['RSASSA-PSS 1024', pssKey(1_024)],
    ['RSASSA-PSS 2050', pssKey(2_050)],
    // Its octets are no RSAPublicKey.
    ['RSASSA-PSS', keyOf(seq(oid(PSS)), 32)],
    ['EC secp256k1', keyOf(seq(oid(EC_KEY_OID), oid('1.3.132.0.10')), 65)],
    ['EC with explicit parameters', keyOf(seq(oid(EC_KEY_OID), seq()), 65)],
    ['Ed25519', keyOf(seq(oid(ED25519)), 31)],
    ['Ed25519', keyOf(seq(oid(ED25519)), 33)],
    ['Ed25519', keyOf(seq(oid(ED25519), nul()), 32)],
    ['Ed448', keyOf(seq(oid('1.3.101.113')), 57)],
    // As many octets as Ed25519 has. Whoever has such a key cannot sign.
    ['1.3.101.110', keyOf(seq(oid('1.3.101.110')), 32)],
  ])('%s', (name, spki) => {
    expect([allowedKeyType(key(spki)), refusedKey(key(spki))]).toEqual([undefined, name])
  })
})

const [hash, mask, salt] = [
  explicit(0, hashIdentifier(256)),
  explicit(1, seq(oid(MGF1), hashIdentifier(256))),
  explicit(2, int(32)),
]
const pss = (...members: readonly Bytes[]) => seq(oid(PSS), seq(...members))

describe('parameters of RSASSA-PSS', () => {
  it.each<readonly [rule: string, identifier: Bytes, saltLength: number]>([
    ['with all members', pss(hash, mask, salt, explicit(3, int(1))), 32],
    ['without a trailer', pss(hash, mask, salt), 32],
    ['without a salt, which is 20 octets', pss(hash, mask), 20],
    ['with the longest salt that fits a key', seq(oid(PSS), pssParameters(256, 990)), 990],
    [
      'with a hash without NULL',
      pss(explicit(0, seq(oid('2.16.840.1.101.3.4.2.1'))), explicit(1, seq(oid(MGF1), hashIdentifier(256))), salt),
      32,
    ],
  ])('are taken %s', (_rule, identifier, saltLength) => {
    expect(scheme(identifier)).toEqual({ ok: true, value: { scheme: 'RSA-PSS', hash: 'SHA-256', saltLength } })
  })

  it.each<readonly [problem: string, identifier: Bytes]>([
    ['are missing', seq(oid(PSS))],
    ['name SHA-1 by leaving the hash out', pss(mask, salt)],
    ['name SHA-1 by leaving the hash out', pss(hash, salt)],
    ['name SHA-1 by leaving the hash out', pss()],
    ['name different hashes for message and mask', pss(hash, explicit(1, seq(oid(MGF1), hashIdentifier(384))), salt)],
    ['name a trailer other than 1', pss(hash, mask, salt, explicit(3, int(2)))],
    ['name a salt longer than any key', seq(oid(PSS), pssParameters(256, 991))],
    [
      'name the hash 1.2.3, which is not SHA-256, SHA-384 or SHA-512',
      pss(explicit(0, seq(oid('1.2.3'))), explicit(1, seq(oid(MGF1), seq(oid('1.2.3')))), salt),
    ],
    ['give the hash parameters', pss(explicit(0, seq(oid('2.16.840.1.101.3.4.2.1'), int(1))), mask, salt)],
    ['name a mask other than MGF1', pss(hash, explicit(1, seq(oid('1.2.3'), hashIdentifier(256))), salt)],
  ])('are refused, since they %s', (problem, identifier) => {
    const { ok, error } = scheme(identifier) as { ok: false; error: object }
    expect([ok, error]).toEqual([false, { reason: 'signature_parameters', algorithm: 'rsassaPss', problem }])
  })

  it('are refused with Ed25519, which takes none', () => {
    expect(scheme(seq(oid(ED25519), nul()))).toMatchObject({ error: { problem: 'takes no parameters' } })
  })
})

describe('a signature with RSASSA-PSS', () => {
  const signature = scheme(pss(hash, mask, salt))
  it.each<readonly [rule: string, spki: Bytes, expected: boolean]>([
    ['fits a key for any', pssKey(2_048), true],
    ['fits a key for its hash and a shorter salt', pssKey(2_048, pssParameters(256, 31)), true],
    ['does not fit a key for a longer salt', pssKey(2_048, pssParameters(256, 33)), false],
    ['does not fit a key with parameters that cannot be read', pssKey(2_048, nul()), false],
    ['fits a key under rsaEncryption', spkiRsa(2_048), true],
    ['does not fit an EC key', spkiP256(), false],
    ['does not fit an Ed25519 key', keyOf(seq(oid(ED25519)), 32), false],
  ])('%s', (_rule, spki, expected) => {
    const type = allowedKeyType(key(spki))
    expect(signature.ok && type && fits(signature.value, key(spki), type)).toBe(expected)
  })
})
