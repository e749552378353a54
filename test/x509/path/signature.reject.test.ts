import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { type Bytes, bits, bytes, explicit, int, nul, oid, seq } from '../../../src/testing/der.ts'
import { ecdsa, hashIdentifier, pssParameters, rsaPkcs1, rsaPss, type Signing } from '../../../src/testing/keys.ts'
import { spkiP256 } from '../../support/pki.ts'
import { ED25519, issue, issueLeaf, newKeys, P256, refusal } from '../../support/x509/chain.ts'
import { sequence } from '../../support/x509/sequence.ts'

const SIGNED_BY = {
  'RSA PKCS #1': rsaPkcs1(256),
  'RSASSA-PSS': rsaPss(256, 32),
  ECDSA: P256,
  Ed25519: ED25519,
} as const

/** SEC 2 2.4.2 */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

describe('a signature is invalid', () => {
  it.each(Object.entries(SIGNED_BY))('with one bit changed: %s', async (_name, signing) => {
    const root = await issue({ cn: 'Root', keys: await newKeys(signing) })
    const leaf = await issueLeaf(root, { breakSignature: true })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({
      fault: { reason: 'signature_invalid', issuer: 'CN=Root' },
      certificate: { role: 'leaf' },
    })
  })

  it.each(Object.entries(SIGNED_BY))('with one bit of the signed octets changed: %s', async (_name, signing) => {
    const root = await issue({ cn: 'Root', keys: await newKeys(signing) })
    const { der } = await issueLeaf(root, { cn: 'client' })
    const text = new TextDecoder('latin1').decode(der)
    const changed = der.slice()
    changed[text.lastIndexOf('client')] = 'C'.charCodeAt(0)
    expect(await refusal({ leaf: { der: changed }, anchors: [root] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'mismatch' },
    })
  })

  it('of an intermediate', async () => {
    const root = await issue({ cn: 'Root' })
    const middle = await issue({ cn: 'CA', by: root, breakSignature: true })
    expect(await refusal({ leaf: await issueLeaf(middle), chain: [middle], anchors: [root] })).toMatchObject({
      code: 'signature_invalid',
      certificate: { role: 'intermediate', subject: 'CN=CA' },
    })
  })

  it.each<readonly [rule: string, signature: Bytes]>([
    ['empty', bytes()],
    ['raw instead of DER', new Uint8Array(64).fill(1)],
    ['r is zero', seq(int(0), int(1))],
    ['s is zero', seq(int(1), int(0))],
    ['r is negative', seq(int(fromHex('ff')), int(1))],
    ['r padded', seq(int(fromHex('0001')), int(1))],
    ['r longer than the curve', seq(int(2n ** 256n), int(1))],
    ['a third member', seq(int(1), int(1), int(1))],
    ['something behind it', bytes(seq(int(1), int(1)), nul())],
    ['a length in BER', fromHex('308106020101020101')],
  ])('a malformed ECDSA signature: %s', async (_rule, signature) => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root, { signature: bits(signature) })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'encoding' },
    })
  })

  it.each([0, 1, 63, 65, 4_000])('an Ed25519 signature of %s octets', async (length) => {
    const root = await issue({ cn: 'Root', keys: await newKeys(ED25519) })
    const leaf = await issueLeaf(root, { signature: bits(new Uint8Array(length)) })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'encoding' },
    })
  })

  it.each([0, 1, 255, 257, 4_000])('an RSA signature of %s octets, under a key of 256', async (length) => {
    for (const signing of [rsaPkcs1(256), rsaPss(256, 32)]) {
      const root = await issue({ cn: 'Root', keys: await newKeys(signing) })
      const leaf = await issueLeaf(root, { signature: bits(new Uint8Array(length).fill(1)) })
      expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ fault: { because: 'mismatch' } })
    }
  })

  it.each([0, 31, 33, 223, 990])('RSASSA-PSS made with a salt of 32 octets, declared as %s', async (salt) => {
    const root = await issue({ cn: 'Root', keys: await newKeys(rsaPss(256, 32)) })
    const leaf = await issueLeaf(root, { algorithm: rsaPss(256, salt).identifier })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ fault: { because: 'mismatch' } })
  })

  it.each([
    ['r is the order of the curve', P256_ORDER, 1n],
    ['s is the order of the curve', 1n, P256_ORDER],
    ['both as large as the octets allow', 2n ** 256n - 1n, 2n ** 256n - 1n],
  ])('an ECDSA signature out of range: %s', async (_rule, r, s) => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root, { signature: bits(seq(int(r), int(s))) })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ fault: { because: 'mismatch' } })
  })

  it('made for a curve, under a key of another', async () => {
    const root = await issue({ cn: 'Root', keys: await newKeys(ecdsa('P-384', 384)) })
    const other = await issue({ cn: 'Root', keys: await newKeys(ecdsa('P-256', 384)) })
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [other] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'encoding' },
    })
  })

  it.each<readonly [name: string, signing: Signing, key: Signing]>([
    ['RSA under EC', rsaPkcs1(256), P256],
    ['EC under RSA', P256, rsaPkcs1(256)],
    ['EC under Ed25519', P256, ED25519],
    ['Ed25519 under EC', ED25519, P256],
  ])('made by a key of another type: %s', async (_name, signing, key) => {
    const real = await issue({ cn: 'Root', keys: await newKeys(signing) })
    const namesake = await issue({ cn: 'Root', keys: await newKeys(key) })
    expect(await refusal({ leaf: await issueLeaf(real), anchors: [namesake] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'key_type' },
    })
  })
})

describe('an algorithm is not allowed', () => {
  it.each([
    ['md5WithRSAEncryption', '1.2.840.113549.1.1.4', true],
    ['sha1WithRSAEncryption', '1.2.840.113549.1.1.5', true],
    ['sha224WithRSAEncryption', '1.2.840.113549.1.1.14', false],
    ['ecdsa-with-SHA1', '1.2.840.10045.4.1', true],
    ['dsaWithSHA256', '2.16.840.1.101.3.4.3.2', false],
    ['Ed448', '1.3.101.113', false],
    ['ML-DSA-65', '2.16.840.1.101.3.4.3.18', false],
    ['1.2.3.4', '1.2.3.4', false],
  ])('%s', async (algorithm, id, weak) => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root, { algorithm: seq(oid(id)) })
    const expected = { fault: { reason: 'signature_algorithm_not_allowed', algorithm, weak } }
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject(expected)
    const middle = await issue({ cn: 'CA', by: root, algorithm: seq(oid(id)) })
    expect(await refusal({ leaf: await issueLeaf(middle), chain: [middle], anchors: [root] })).toMatchObject(expected)
  })

  const PSS = '1.2.840.113549.1.1.10'
  const MGF1 = '1.2.840.113549.1.1.8'
  const SHA1 = seq(oid('1.3.14.3.2.26'), nul())
  const [hash, mask, salt] = [hashIdentifier(256), seq(oid(MGF1), hashIdentifier(256)), explicit(2, int(32))]
  it.each<readonly [rule: string, identifier: Bytes]>([
    ['ECDSA with an OID', seq(oid('1.2.840.10045.4.3.2'), oid('1.2.3'))],
    ['RSA with an OID', seq(oid('1.2.840.113549.1.1.11'), oid('1.2.3'))],
    ['Ed25519 with NULL', seq(oid('1.3.101.112'), nul())],
    ['RSASSA-PSS without any', seq(oid(PSS))],
    ['RSASSA-PSS with NULL', seq(oid(PSS), nul())],
    ['RSASSA-PSS all default, which is SHA-1', seq(oid(PSS), seq())],
    ['RSASSA-PSS with SHA-1', seq(oid(PSS), seq(explicit(0, SHA1), explicit(1, mask), salt))],
    ['RSASSA-PSS without a mask, which is SHA-1', seq(oid(PSS), seq(explicit(0, hash), salt))],
    [
      'RSASSA-PSS with another hash in the mask',
      seq(oid(PSS), seq(explicit(0, hash), explicit(1, seq(oid(MGF1), hashIdentifier(384))), salt)),
    ],
    [
      'RSASSA-PSS with a mask that is not MGF1',
      seq(oid(PSS), seq(explicit(0, hash), explicit(1, seq(oid('1.2.3'), hash)), salt)),
    ],
    ['RSASSA-PSS with trailer 2', seq(oid(PSS), seq(explicit(0, hash), explicit(1, mask), salt, explicit(3, int(2))))],
    ['RSASSA-PSS with a salt longer than any key', seq(oid(PSS), pssParameters(256, 991))],
    ['RSASSA-PSS with more behind', seq(oid(PSS), seq(explicit(0, hash), explicit(1, mask), salt, nul()))],
    [
      'RSASSA-PSS with parameters of the hash',
      seq(oid(PSS), seq(explicit(0, seq(oid('2.16.840.1.101.3.4.2.1'), int(1))), explicit(1, mask), salt)),
    ],
  ])('for its parameters: %s', async (_rule, identifier) => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root, { algorithm: identifier })
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({ code: 'signature_parameters' })
    const intermediate = await issue({ cn: 'CA', by: root, algorithm: identifier })
    const below = { leaf: await issueLeaf(intermediate), chain: [intermediate], anchors: [root] }
    expect(await refusal(below)).toMatchObject({
      code: 'signature_parameters',
      certificate: { role: 'intermediate' },
    })
  })
})

describe('a key cannot be used', () => {
  it('a point that is not on its curve', async () => {
    const root = await issue({ cn: 'Root', spki: spkiP256(fromHex(`04${'11'.repeat(64)}`)) })
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [root] })).toMatchObject({
      fault: { reason: 'key_unusable', key: 'EC P-256' },
      certificate: { role: 'anchor' },
    })
  })

  it('an id-RSASSA-PSS key for PKCS #1', async () => {
    const keys = await newKeys(rsaPkcs1(256))
    const [, keyBits = nul()] = sequence(keys.spki)
    const root = await issue({ cn: 'Root', keys, spki: seq(seq(oid('1.2.840.113549.1.1.10')), keyBits) })
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [root] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'key_type' },
    })
  })

  it.each([
    ['another hash', pssParameters(384, 32)],
    ['a longer salt', pssParameters(256, 33)],
    ['malformed', nul()],
  ])('an id-RSASSA-PSS key whose parameters ask for something else: %s', async (_rule, parameters) => {
    const keys = await newKeys(rsaPss(256, 32))
    const [, keyBits = nul()] = sequence(keys.spki)
    const root = await issue({ cn: 'Root', keys, spki: seq(seq(oid('1.2.840.113549.1.1.10'), parameters), keyBits) })
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [root] })).toMatchObject({
      fault: { reason: 'signature_invalid', because: 'key_type' },
    })
  })
})
