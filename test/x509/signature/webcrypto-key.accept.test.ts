import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { type Bytes, bits, bytes, int, oid, seq } from '../../../src/testing/der.ts'
import { DerReader } from '../../../src/x509/asn1/der.ts'
import { readPublicKey } from '../../../src/x509/certificate/public-key.ts'
import { isUsableKey } from '../../../src/x509/signature/webcrypto-key.ts'
import { EC_KEY_OID, RSA_KEY_OID, spkiP256, spkiRsa } from '../../support/pki.ts'

const usable = (spki: Bytes) => isUsableKey(readPublicKey(DerReader.over(spki), 'test'))
const ec = (curve: string, point: string) => seq(seq(oid(EC_KEY_OID), oid(curve)), bits(fromHex(point)))

/** Generator points (SEC 2 2.5.1 and 2.6.1), which are on their curves. */
const P384_G =
  '04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f'
const P521_G =
  '0400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650'

describe('WebCrypto takes a key', () => {
  it.each([
    ['P-256', spkiP256()],
    ['P-384', ec('1.3.132.0.34', P384_G)],
    ['P-521', ec('1.3.132.0.35', P521_G)],
    ['RSA 2048, exponent 65537', spkiRsa(2_048)],
    ['RSA 2048, exponent 3', spkiRsa(2_048, 3)],
    ['RSA 2048, exponent 17', spkiRsa(2_048, 17)],
    ['RSA 2048, exponent 37', spkiRsa(2_048, 37)],
    ['RSA without NULL', seq(seq(oid(RSA_KEY_OID)), bits(seq(int((1n << 2_047n) + 1n), int(65_537))))],
    ['RSA 4096', spkiRsa(4_096)],
    ['RSA 8192, the largest of limits.ts', spkiRsa(8_192)],
  ])('%s', async (_rule, spki) => expect(await usable(spki)).toBe(true))

  it('that is a view of a larger buffer', async () => {
    const spki = bytes(spkiP256(), int(1))
    expect(await usable(spki)).toBe(true)
  })
})
