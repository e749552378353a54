import { describe, expect, it } from 'vitest'
import { toHex } from '../../../src/core/bytes.ts'
import { type Bytes, bytes } from '../../../src/testing/der.ts'
import { name } from '../../../src/testing/extensions.ts'
import { decodeUpload, type Upload } from '../../../src/x509/upload/upload.ts'
import { certificate, pem, RSA_SHA256, spkiRsa } from '../../support/pki.ts'
import { OPENSSL_ROOT } from '../../support/x509/openssl-root.ts'

/** The upload of a text, which must be accepted. */
async function accepted(text: string): Promise<Upload> {
  const decoded = await decodeUpload(text)
  if (!decoded.ok) throw new Error(`refused: ${JSON.stringify(decoded.error)}`)
  return decoded.value
}

async function sha256(octets: Bytes): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', octets)))
}

const A = certificate({ subject: name('A') })
const B = certificate({ subject: name('B'), issuer: name('A') })

describe('the facts of a certificate are those OpenSSL prints', () => {
  it('one by one', async () => {
    const { certificates } = await accepted(OPENSSL_ROOT.pem)
    expect(certificates).toMatchObject([
      {
        md5: OPENSSL_ROOT.md5,
        sha256: OPENSSL_ROOT.sha256,
        serialNumber: 'f3c1a2b4d5e6f708',
        subject: OPENSSL_ROOT.subject,
        issuer: OPENSSL_ROOT.subject,
        notBefore: OPENSSL_ROOT.notBefore,
        notAfter: OPENSSL_ROOT.notAfter,
        publicKey: 'EC P-256',
        signatureAlgorithm: 'ecdsa-with-SHA384',
        selfIssued: true,
        usableKey: true,
      },
    ])
    expect(certificates[0]?.der).toHaveLength(OPENSSL_ROOT.derBytes)
  })

  it('the content of one certificate is its DER', async () => {
    expect((await accepted(OPENSSL_ROOT.pem)).contentSha256).toBe(OPENSSL_ROOT.sha256)
  })
})

describe('a bundle', () => {
  it('keeps the order of the text', async () => {
    const { certificates } = await accepted(pem(B) + pem(A))
    expect(certificates.map(({ subject, issuer }) => [subject, issuer])).toEqual([
      ['CN=B', 'CN=A'],
      ['CN=A', 'CN=A'],
    ])
    expect(certificates.map(({ der }) => toHex(der))).toEqual([toHex(B), toHex(A)])
  })

  it('has the digests of each certificate apart', async () => {
    const { certificates } = await accepted(pem(A) + pem(B))
    expect(certificates.map(({ sha256 }) => sha256)).toEqual([await sha256(A), await sha256(B)])
  })

  it('has the DER of all as its content, in order', async () => {
    expect((await accepted(pem(A) + pem(B))).contentSha256).toBe(await sha256(bytes(A, B)))
  })

  it('in another order has different content', async () => {
    expect((await accepted(pem(B) + pem(A))).contentSha256).not.toBe((await accepted(pem(A) + pem(B))).contentSha256)
  })

  it('says of each certificate whether it is self-issued', async () => {
    const { certificates } = await accepted(pem(A) + pem(B))
    expect(certificates.map(({ selfIssued }) => selfIssued)).toEqual([true, false])
  })
})

describe('the same DER has the same content in any form', () => {
  const plain = pem(A) + pem(B)
  it.each([
    ['CRLF', plain.replaceAll('\n', '\r\n')],
    ['the two characters \\n', plain.replaceAll('\n', '\\n')],
    ['indented', plain.replace(/^/gm, '    ')],
    ['text around', `Root A\n${pem(A)}\nIssued by A\n${pem(B)}\nend\n`],
    [
      'lines of 76',
      plain
        .replace(/([A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, '$1')
        .replace(/^[A-Za-z0-9+/=]+$/gm, (b64) => b64.replace(/.{76}/g, '$&\n')),
    ],
  ])('%s', async (_rule, text) => {
    expect(text).not.toBe(plain)
    expect((await accepted(text)).contentSha256).toBe(await sha256(bytes(A, B)))
  })
})

describe('certificates that look alike but differ are not repetitions', () => {
  it('same names, another serial number', async () => {
    const again = certificate({ subject: name('A') })
    expect((await accepted(pem(A) + pem(again))).certificates).toHaveLength(2)
  })
})

describe('a sound RSA key is stored whether WebCrypto takes it or not', () => {
  it.each([
    [65_537, true],
    [3, true],
    [43_147, false], // a public root has this one
  ])('exponent %i: usableKey %s', async (exponent, usableKey) => {
    const der = certificate({ algorithm: RSA_SHA256, spki: spkiRsa(2_048, exponent) })
    expect((await accepted(pem(der))).certificates).toMatchObject([
      { publicKey: 'RSA 2048', signatureAlgorithm: 'sha256WithRSAEncryption', usableKey },
    ])
  })
})
