import { expect, it } from 'vitest'
import { bits, nul, oid, seq } from '../../../src/testing/der.ts'
import { ecdsa, type Keys, pssParameters, rsaPkcs1, rsaPss, type Signing } from '../../../src/testing/keys.ts'
import { ED25519, issue, issueLeaf, newKeys, pathOf } from '../../support/x509/chain.ts'
import { sequence } from '../../support/x509/sequence.ts'

it.each<readonly [rule: string, signing: Signing]>([
  ['RSA PKCS #1 with SHA-256', rsaPkcs1(256)],
  ['RSA PKCS #1 with SHA-384', rsaPkcs1(384)],
  ['RSA PKCS #1 with SHA-512', rsaPkcs1(512)],
  [
    'RSA PKCS #1 without parameters (RFC 4055 2.1)',
    { ...rsaPkcs1(256), identifier: seq(oid('1.2.840.113549.1.1.11')) },
  ],
  ['RSASSA-PSS with SHA-256', rsaPss(256, 32)],
  ['RSASSA-PSS with SHA-384', rsaPss(384, 48)],
  ['RSASSA-PSS with SHA-512', rsaPss(512, 64)],
  ['RSASSA-PSS with a salt of 0', rsaPss(256, 0)],
  ['RSASSA-PSS with the longest salt', rsaPss(256, 222)],
  ['ECDSA P-256 with SHA-256', ecdsa('P-256', 256)],
  ['ECDSA P-256 with SHA-512', ecdsa('P-256', 512)],
  ['ECDSA P-384 with SHA-256', ecdsa('P-384', 256)],
  ['ECDSA P-384 with SHA-384', ecdsa('P-384', 384)],
  ['ECDSA P-521 with SHA-512', ecdsa('P-521', 512)],
  ['ECDSA P-521 with SHA-256', ecdsa('P-521', 256)],
  [
    'ECDSA with NULL, as Java 11 writes it',
    { ...ecdsa('P-256', 256), identifier: seq(oid('1.2.840.10045.4.3.2'), nul()) },
  ],
  ['Ed25519', ED25519],
])('a signature holds: %s', async (_rule, signing) => {
  const root = await issue({ cn: 'Root', keys: await newKeys(signing) })
  // Several, since r and s are sometimes shorter.
  for (let i = 0; i < 5; i += 1) {
    expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root] })).toEqual(['client', 'Root'])
  }
})

/** The same RSA key under id-RSASSA-PSS. */
function asPssKey(keys: Keys, ...parameters: readonly Uint8Array<ArrayBufferLike>[]): Keys {
  const [, keyBits] = sequence(keys.spki)
  return { ...keys, spki: seq(seq(oid('1.2.840.113549.1.1.10'), ...parameters), keyBits ?? bits(nul())) }
}

it.each([
  ['without parameters', []],
  ['with the parameters of the signature', [pssParameters(256, 32)]],
  ['with a shorter salt than the signature (RFC 4055 3.3)', [pssParameters(256, 20)]],
])('a key under id-RSASSA-PSS %s', async (_rule, parameters) => {
  const root = await issue({ cn: 'Root', keys: asPssKey(await newKeys(rsaPss(256, 32)), ...parameters) })
  expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root] })).toEqual(['client', 'Root'])
})

it('an anchor is trusted without a check of its signature', async () => {
  const root = await issue({ cn: 'Root', breakSignature: true })
  expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root] })).toEqual(['client', 'Root'])
})

it('an anchor signed with SHA-1', async () => {
  const root = await issue({ cn: 'Root', algorithm: seq(oid('1.2.840.113549.1.1.5'), nul()) })
  expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root] })).toEqual(['client', 'Root'])
})
