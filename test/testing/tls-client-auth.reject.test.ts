import { describe, expect, it } from 'vitest'
import { bytes } from '../../src/testing/der.ts'
import { type CertVerified, tlsClientAuthFrom } from '../../src/testing/tls-client-auth.ts'
import { certificate, pem, root } from '../support/pki.ts'

const SOUND = root()

/** Values that a caller without types may pass. */
const untyped = tlsClientAuthFrom as (...args: readonly unknown[]) => Promise<unknown>

describe('tlsClientAuthFrom refuses, with a TypeError that says where', () => {
  it.each([
    ['nothing', [], /^pem must be PEM text, not undefined$/],
    ['null', [null], /^pem must be PEM text, not null$/],
    ['octets', [certificate()], /^pem must be PEM text, not object$/],
    ['a chain of octets', [SOUND, [certificate()]], /^chain must be PEM text, not object$/],
    ['an empty text', [''], /^pem is not PEM of certificates: it is empty$/],
    ['a text without a block', ['hello'], /it has no CERTIFICATE block$/],
    ['a key', [pem(bytes([0x30, 0]), 'PRIVATE KEY')], /line 1 begins or ends a block of another kind, "PRIVATE KEY"$/],
    ['a block without an end', ['-----BEGIN CERTIFICATE-----\nAAAA'], /the block that begins on line 1 has no END$/],
    ['an end without a block', ['-----END CERTIFICATE-----'], /line 1 is an END without a BEGIN$/],
    [
      'a boundary behind a comment sign',
      [SOUND.replace('-----BEGIN', '# -----BEGIN')],
      /line 1 is a malformed BEGIN or END line$/,
    ],
    [
      'a boundary of other dashes',
      [SOUND.replace('-----BEGIN', '––BEGIN')],
      /line 1 is a malformed BEGIN or END line$/,
    ],
    ['a block that is not base64', ['-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----'], /is not base64$/],
    ['seventeen in one text', [SOUND.repeat(17)], /more than 16 certificates; pass them as several texts$/],
    ['a block that is not a certificate', [pem(bytes([0x30, 0]))], /^pem: certificate 1 cannot be read: \S+ /],
    [
      'a chain with a malformed certificate',
      [SOUND, pem(bytes([0x30, 0]))],
      /^chain: certificate 1 cannot be read: \S+ /,
    ],
    ['a huge one', [pem(new Uint8Array(16_385))], /it has 16385 bytes, more than 16384$/],
  ])('%s', async (_, args, message) => {
    await expect(untyped(...args)).rejects.toThrow(TypeError)
    await expect(untyped(...args)).rejects.toThrow(message)
  })

  it.each(['NONE', 'success', 'FAILED:', ''])('a certVerified of %j', async (certVerified) => {
    const refused = tlsClientAuthFrom(SOUND, '', { certVerified: certVerified as CertVerified })
    await expect(refused).rejects.toThrow(/^certVerified must be SUCCESS, FAILED or FAILED:<reason>/)
  })
})
