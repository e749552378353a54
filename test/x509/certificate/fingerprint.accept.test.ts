import { describe, expect, it } from 'vitest'
import { ascii } from '../../../src/testing/der.ts'
import { fingerprints, sha256 } from '../../../src/x509/certificate/fingerprint.ts'

/** RFC 1321 A.5 and FIPS 180-4's examples. */
const VECTORS = [
  ['', 'd41d8cd98f00b204e9800998ecf8427e', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
] as const

describe('digests are those of the standards, in lower-case hexadecimal', () => {
  it.each(VECTORS)('of %j', async (text, md5, sha) => {
    expect(await fingerprints(ascii(text))).toEqual({ md5, sha256: sha })
    expect(await sha256(ascii(text))).toBe(sha)
  })

  it('of a view, not of the buffer behind it', async () => {
    expect(await sha256(ascii('xabcx').subarray(1, 4))).toBe(VECTORS[1][2])
  })
})
