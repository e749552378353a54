import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../src/core/bytes.ts'
import { type Bytes, bits, int, nul, oid, seq } from '../../../src/testing/der.ts'
import { rsaPkcs1 } from '../../../src/testing/keys.ts'
import { RSA_KEY_OID } from '../../support/pki.ts'
import { type Issued, issue, issueLeaf, pathOf, refusal, tbsOf } from '../../support/x509/chain.ts'

/** RSA keys whose exponent WebCrypto does not generate, with the arithmetic of RFC 8017 8.2.1. */
interface RsaKey {
  readonly modulus: bigint
  readonly exponent: bigint
  readonly privateExponent: bigint
}

const number = (octets: Bytes) => BigInt(`0x${toHex(octets)}`)
const fromBase64url = (text: string) => {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return number(Uint8Array.from(binary, (c) => c.charCodeAt(0)))
}

/** The primes of a generated key with another exponent. Repeated if it has a common factor with p - 1 or q - 1. */
async function rsaKey(exponent: bigint): Promise<RsaKey> {
  for (;;) {
    const pair = (await crypto.subtle.generateKey(rsaPkcs1(256).generate, true, ['sign', 'verify'])) as CryptoKeyPair
    const { p = '', q = '' } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey
    const phi = (fromBase64url(p) - 1n) * (fromBase64url(q) - 1n)
    // 1 / e mod phi: the x for which e divides 1 + x phi.
    for (let x = 1n; x < exponent; x += 1n) {
      if ((1n + x * phi) % exponent !== 0n) continue
      return { modulus: fromBase64url(p) * fromBase64url(q), exponent, privateExponent: (1n + x * phi) / exponent }
    }
  }
}

/** EMSA-PKCS1-v1_5 of SHA-256 (RFC 8017 9.2), raised to the private exponent. */
async function signature({ modulus, privateExponent }: RsaKey, message: Bytes): Promise<Bytes> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', message))
  const info = [...fromHex('3031300d060960864801650304020105000420'), ...digest]
  const padded = [0, 1, ...Array.from({ length: 256 - 3 - info.length }, () => 0xff), 0, ...info]
  let [result, base, left] = [1n, number(Uint8Array.from(padded)), privateExponent]
  for (; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * base) % modulus
    base = (base * base) % modulus
  }
  return fromHex(result.toString(16).padStart(512, '0'))
}

/** A root with that key, and a leaf that it signed. */
async function chain(exponent: bigint): Promise<{ readonly root: Issued; readonly leaf: { readonly der: Bytes } }> {
  const key = await rsaKey(exponent)
  const { identifier } = rsaPkcs1(256)
  const spki = seq(seq(oid(RSA_KEY_OID), nul()), bits(seq(int(key.modulus), int(key.exponent))))
  const root = await issue({ cn: 'Root', spki })
  const tbs = tbsOf((await issueLeaf(root, { algorithm: identifier })).der)
  return { root, leaf: { der: seq(tbs, identifier, bits(await signature(key, tbs))) } }
}

describe('RSA, by public exponent', () => {
  it.each([3n, 17n, 37n, 65_537n])('%i: the signature is verified', async (exponent) => {
    const { root, leaf } = await chain(exponent)
    expect(await pathOf({ leaf, anchors: [root] })).toEqual(['client', 'Root'])
  })

  it.each([5n, 257n])('%i: refused, with the reason', async (exponent) => {
    const { root, leaf } = await chain(exponent)
    expect(await refusal({ leaf, anchors: [root] })).toMatchObject({
      fault: { reason: 'key_unusable', key: 'RSA 2048' },
      message: expect.stringContaining('an RSA exponent other than 3, 17, 37 and 65537'),
    })
  })
})
