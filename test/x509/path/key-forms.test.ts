import { describe, expect, it } from 'vitest'
import { type Bytes, bits, bytes, oid, seq } from '../../../src/testing/der.ts'
import { ecdsa, type Keys, rsaPkcs1, rsaPss } from '../../../src/testing/keys.ts'
import { EC_KEY_OID, RSA_KEY_OID } from '../../support/pki.ts'
import { issue, issueLeaf, newKeys, P256, pathOf, refusal } from '../../support/x509/chain.ts'
import { block, known } from '../../support/x509/revocations.ts'
import { sequence } from '../../support/x509/sequence.ts'

const CURVES = { 'P-256': '1.2.840.10045.3.1.7', 'P-384': '1.3.132.0.34', 'P-521': '1.3.132.0.35' } as const

/** The same key with its point compressed (SEC 1 2.3.3): the sign of y, and x. */
function compressed(keys: Keys, curve: keyof typeof CURVES): Keys {
  const [, subjectPublicKey = bytes()] = sequence(keys.spki)
  const length = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }[curve]
  const point = subjectPublicKey.subarray(-2 * length)
  const key = bytes([0x02 | ((point.at(-1) ?? 0) & 1)], point.subarray(0, length))
  return { ...keys, spki: seq(seq(oid(EC_KEY_OID), oid(CURVES[curve])), bits(key)) }
}

/** The same RSA key, without the NULL of its algorithm. */
function withoutNull(keys: Keys): Keys {
  const [, subjectPublicKey = bytes()] = sequence(keys.spki)
  return { ...keys, spki: seq(seq(oid(RSA_KEY_OID)), subjectPublicKey) }
}

describe('a compressed point', () => {
  it.each([
    ['P-256', P256],
    ['P-384', ecdsa('P-384', 384)],
    ['P-521', ecdsa('P-521', 512)],
  ] as const)('is read in a client certificate: nothing here uses its key; %s', async (curve, signing) => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root, { keys: compressed(await newKeys(signing), curve) })
    expect(await pathOf({ leaf, anchors: [root] })).toEqual(['client', 'Root'])
  })

  it('is refused by name in an intermediate and in an anchor', async () => {
    const keys = compressed(await newKeys(), 'P-256')
    const root = await issue({ cn: 'Root' })
    const middle = await issue({ cn: 'CA', by: root, keys })
    const expected = { reason: 'key_compressed', key: 'EC P-256 (compressed point)' }
    expect(await refusal({ leaf: await issueLeaf(middle), chain: [middle], anchors: [root] })).toMatchObject({
      fault: expected,
      certificate: { role: 'intermediate', position: 1 },
      suggestion: expect.stringContaining('openssl ec -conv_form uncompressed'),
    })
    const anchor = await issue({ cn: 'Anchor', keys })
    expect(await refusal({ leaf: await issueLeaf(anchor), anchors: [anchor] })).toMatchObject({
      fault: expected,
      certificate: { role: 'anchor' },
    })
  })
})

describe('an RSA key without NULL', () => {
  it.each([
    ['RSA PKCS #1', rsaPkcs1(256)],
    ['RSASSA-PSS', rsaPss(256, 32)],
  ])('is used in an anchor, an intermediate and a client: %s', async (_rule, signing) => {
    const root = await issue({ cn: 'Root', keys: withoutNull(await newKeys(signing)) })
    const middle = await issue({ cn: 'CA', by: root, keys: withoutNull(await newKeys(signing)) })
    const leaf = await issueLeaf(middle, { keys: withoutNull(await newKeys(signing)) })
    expect(await pathOf({ leaf, chain: [middle], anchors: [root] })).toEqual(['client', 'CA', 'Root'])
  })

  it('is the same CA as with NULL: a block for one applies below the other', async () => {
    const keys = await newKeys(rsaPkcs1(256))
    const registered = await issue({ cn: 'Root', keys })
    const same = await issue({ cn: 'Root', keys: withoutNull(keys) })
    const leaf = await issueLeaf(same)
    const given = (by: { readonly der: Bytes }) => ({
      leaf,
      anchors: [same],
      revocation: known([], [block(leaf)], [by]),
    })
    expect(await refusal(given(registered))).toMatchObject({ code: 'blocked' })
  })
})
