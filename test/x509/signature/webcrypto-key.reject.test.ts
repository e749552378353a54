import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { type Bytes, bits, bytes, oid, seq } from '../../../src/testing/der.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { readPublicKey } from '../../../src/x509/certificate/public-key.ts'
import { isUsableKey } from '../../../src/x509/signature/webcrypto-key.ts'
import { EC_KEY_OID, spkiP256, spkiRsa } from '../../support/pki.ts'

const usable = (spki: Bytes) => isUsableKey(readPublicKey(DerReader.over(spki), 'test'))
const zeros = (curve: string, length: number) =>
  seq(seq(oid(EC_KEY_OID), oid(curve)), bits(bytes([0x04], new Uint8Array(length - 1))))

describe('WebCrypto does not take a key', () => {
  it.each([
    ['P-256, a point off the curve', spkiP256(fromHex(`04${'01'.repeat(64)}`))],
    ['P-256, coordinates above the prime', spkiP256(fromHex(`04${'ff'.repeat(64)}`))],
    ['P-384, a point off the curve', zeros('1.3.132.0.34', 97)],
    ['P-521, a point off the curve', zeros('1.3.132.0.35', 133)],
    ['RSA with exponent 5', spkiRsa(2_048, 5)],
    ['RSA with exponent 65539', spkiRsa(2_048, 65_539)],
    ['RSA with exponent 43147', spkiRsa(2_048, 43_147)],
    ['RSA with exponent 2^64 + 1', spkiRsa(2_048, 2n ** 64n + 1n)],
  ])('%s', async (_rule, spki) => expect(await usable(spki)).toBe(false))
})
