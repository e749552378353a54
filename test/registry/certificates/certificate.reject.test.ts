import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { ascii, type Bytes, bits, bytes, int, nul, octets, oid, seq, time, tlv } from '../../../src/testing/der.ts'
import { basicConstraints, extension, keyUsage, name } from '../../../src/testing/extensions.ts'
import { type Answer, post } from '../../support/api.ts'
import { certificate, ECDSA_SHA256, pem, RSA_SHA256, root, spkiP256, spkiRsa } from '../../support/pki.ts'
import { bare, freshTenant, soundBody, storedRows } from '../../support/requests.ts'

let tenant: Awaited<ReturnType<typeof freshTenant>>
beforeAll(async () => {
  tenant = await freshTenant()
})

let before: unknown
beforeEach(async () => {
  before = await storedRows()
})
afterEach(async () => {
  expect(await storedRows()).toEqual(before)
})

const send = (sent: string): Promise<Answer> =>
  post(tenant.accountPath, tenant.authorization, soundBody({ certificate: sent }))

async function expectOneFault(sent: string, detail: RegExp): Promise<void> {
  const { status, body } = await send(sent)
  expect(status).toBe(400)
  expect(bare(body)).toStrictEqual({
    result: null,
    success: false,
    errors: [
      {
        code: 12130,
        message: expect.stringMatching(/^access\.api\.error\.invalid_request: certificate /),
        source: { pointer: '/certificate' },
      },
    ],
    messages: [],
  })
  expect(body.errors[0]?.message).toMatch(detail)
}

const algorithm = (id: string): Bytes => seq(oid(id), nul())
const ED25519 = seq(oid('1.3.101.112'))
const spkiEd25519 = seq(ED25519, bits(new Uint8Array(32).fill(7)))
const rsa = { spki: spkiRsa(2048) }
const UNKNOWN = '1.3.6.1.4.1.99999.1'
const ca = [basicConstraints(true), keyUsage(0x04, 2)] as const

describe('a certificate is refused that', () => {
  it.each([
    [
      'has no Basic Constraints',
      root({ extensions: [keyUsage(0x04, 2)] }),
      /no Basic Constraints; CA:TRUE is required/,
    ],
    ['has no extensions', root({ extensions: null }), /no Basic Constraints/],
    ['is of version 1', root({ version: null, extensions: null }), /no Basic Constraints/],
    ['has CA:FALSE', root({ extensions: [basicConstraints(false)] }), /CA:FALSE; CA:TRUE is required/],
    ['may not sign certificates', root({ extensions: [ca[0], keyUsage(0x80, 7)] }), /lacks keyCertSign/],
    ['has an Ed25519 key', root({ spki: spkiEd25519 }), /key of type Ed25519/],
    ['is signed with MD5', root({ ...rsa, algorithm: algorithm('1.2.840.113549.1.1.4') }), /signed with md5WithRSA/],
    [
      'is signed with RSA-PSS',
      root({ ...rsa, algorithm: seq(oid('1.2.840.113549.1.1.10'), seq()) }),
      /signed with rsassaPss/,
    ],
    ['is signed with SHA-224', root({ ...rsa, algorithm: algorithm('1.2.840.113549.1.1.14') }), /sha224WithRSA/],
    ['is signed with an unknown algorithm', root({ algorithm: algorithm(UNKNOWN) }), /1\.3\.6\.1\.4\.1\.99999\.1/],
    ['has an RSA key of 1024 bits', root({ algorithm: RSA_SHA256, spki: spkiRsa(1024) }), /RSA 1024.*2048 to 8192/],
    ['has an RSA key of 2047 bits', root({ algorithm: RSA_SHA256, spki: spkiRsa(2047) }), /RSA 2047.*2048 to 8192/],
    ['has an RSA key of 8193 bits', root({ algorithm: RSA_SHA256, spki: spkiRsa(8193) }), /RSA 8193.*2048 to 8192/],
    [
      'has a point that is not on P-256',
      root({ spki: spkiP256(bytes([4], new Uint8Array(64).fill(1))) }),
      /not a point on its curve/,
    ],
    [
      'has an unknown critical extension',
      root({ extensions: [...ca, extension(UNKNOWN, nul(), true)] }),
      /critical extension.*99999\.1/,
    ],
    [
      'ends before it begins',
      root({ notAfter: time('2024-12-31T23:59:59Z') }),
      /never valid: notAfter 2024-12-31T23:59:59Z/,
    ],
    [
      'begins in month 13',
      root({ notBefore: tlv(0x17, ascii('251301000000Z')) }),
      /notBefore is a date or time that does not exist/,
    ],
    [
      'ends on 30 February',
      root({ notAfter: tlv(0x17, ascii('300230000000Z')) }),
      /notAfter is a date or time that does not exist/,
    ],
    ['has a time without seconds', root({ notAfter: tlv(0x17, ascii('3001010000Z')) }), /notAfter is not in the form/],
    [
      'has a time with an offset',
      root({ notAfter: tlv(0x17, ascii('300101000000+0100')) }),
      /notAfter is not in the form/,
    ],
    ['has a time of another type', root({ notAfter: int(1) }), /neither a UTCTime nor/],
    [
      'has another algorithm outside than inside',
      root({ outerAlgorithm: RSA_SHA256 }),
      /differs from tbsCertificate\.signature/,
    ],
    ['has bytes after its end', root({ after: nul() }), /not a well-formed certificate/],
    [
      'is longer than 16 KiB',
      root({ extensions: [...ca, extension(UNKNOWN, octets(new Uint8Array(16_384)))] }),
      /of 16\d{3} bytes; at most 16384/,
    ],
  ])('%s', async (_, sent, detail) => {
    await expectOneFault(sent, detail)
  })

  it.each<[string, string, readonly RegExp[]]>([
    [
      'is signed with Ed25519 by an Ed25519 key',
      root({ algorithm: ED25519, spki: spkiEd25519 }),
      [/signed with Ed25519/, /key of type Ed25519/],
    ],
    [
      'is a leaf of 1024 bits signed with MD5',
      root({
        algorithm: algorithm('1.2.840.113549.1.1.4'),
        spki: spkiRsa(1024),
        extensions: [basicConstraints(false)],
      }),
      [/CA:FALSE/, /md5WithRSA/, /RSA 1024/],
    ],
  ])('%s: every fault is named', async (_, sent, details) => {
    const { status, body } = await send(sent)
    expect(status).toBe(400)
    expect(body.errors.map(({ source }) => source?.pointer)).toEqual(details.map(() => '/certificate'))
    expect(body.errors.map(({ message }) => message)).toEqual(details.map((detail) => expect.stringMatching(detail)))
  })
})

describe('certificate is refused when it is', () => {
  const sound = root()
  const lines = sound.trimEnd().split('\n')
  const der = certificate()
  const csr = seq(seq(int(0), name('Test Root'), spkiP256(), tlv(0xa0)), ECDSA_SHA256, bits(seq(int(1), int(1))))

  it.each([
    ['an empty string', '', /in PEM, not an empty string$/],
    ['blanks', ' \n\t ', /in PEM, not an empty string$/],
    ['a word', 'certificate', /no -----BEGIN CERTIFICATE----- line/],
    ['200 KB of one letter', 'A'.repeat(200_000), /no -----BEGIN CERTIFICATE----- line/],
    ['a URL of one', 'https://pki.example/root.crt', /no -----BEGIN CERTIFICATE----- line/],
    ['DER as text', String.fromCharCode(...der), /no -----BEGIN CERTIFICATE----- line/],
    [
      'base64 of DER that is cut short',
      toBase64(der.slice(0, 120)),
      /looks like base64 of DER, but not of a certificate/,
    ],
    ['base64 of DER without its padding', toBase64(bytes(der, [0])).replace(/=+$/, ''), /is not canonical base64/],
    ['base64url of DER', toBase64(der).replace(/(?<=^M.{20})./, '-'), /looks like base64url of DER/],
    ["a file's path", '/etc/ssl/certs/ca.pem', /looks like a file's path/],
    ['HTML', '<!DOCTYPE html><title>Sign in</title>', /looks like HTML/],
    ['a request for a certificate', pem(csr, 'CERTIFICATE REQUEST'), /another kind at line 1 \(CERTIFICATE REQUEST\)/],
    [
      'a request under the label of a certificate',
      pem(csr),
      /not a well-formed certificate but a certificate signing request/,
    ],
    ['a public key', pem(spkiP256(), 'PUBLIC KEY'), /another kind at line 1 \(PUBLIC KEY\)/],
    ['a revocation list', pem(der, 'X509 CRL'), /another kind at line 1 \(X509 CRL\)/],
    ['a PKCS #7', pem(der, 'PKCS7'), /another kind at line 1 \(PKCS7\)/],
    ['under the label of OpenSSL for trust', pem(der, 'TRUSTED CERTIFICATE'), /\(TRUSTED CERTIFICATE\)/],
    ['under the old label', pem(der, 'X509 CERTIFICATE'), /\(X509 CERTIFICATE\)/],
    ['under a label in lower case', pem(der, 'certificate'), /another kind at line 1 \(certificate\)/],
    [
      'a certificate and then a public key',
      sound + pem(spkiP256(), 'PUBLIC KEY'),
      /another kind at line \d+ \(PUBLIC KEY\)/,
    ],
    ['the first half', lines.slice(0, 3).join('\n'), /BEGIN line at line 1 without its END line/],
    ['without its END line', lines.slice(0, -1).join('\n'), /BEGIN line at line 1 without its END line/],
    ['the second half', lines.slice(2).join('\n'), /END line at line \d+ without its BEGIN line/],
    ['one and a half', `${sound}${lines[0]}\nMIIB`, /BEGIN line at line \d+ without its END line/],
    ['with BEGIN twice', `${lines[0]}\n${sound}`, /BEGIN line at line 1 without its END line/],
    [
      'with four hyphens',
      sound.replace('-----BEGIN', '----BEGIN'),
      /a malformed PEM boundary at line 1: write it alone/,
    ],
    ['behind a comment sign', sound.replace('-----BEGIN', '# -----BEGIN'), /line 1: write it alone on its line/],
    ['empty between its lines', `${lines[0]}\n${lines.at(-1)}`, /not base64 in the PEM block at line 1/],
    ['with a letter that is not base64', sound.replace('\nM', '\n*'), /not base64 in the PEM block at line \d/],
    ['with a letter missing', sound.replace('\nM', '\n'), /not base64 in the PEM block at line 1/],
    ['with the URL alphabet', `${lines[0]}\nMA-_\n${lines.at(-1)}`, /not base64 in the PEM block/],
    [
      'with headers of PEM encryption',
      sound.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n'),
      /not base64 in the PEM block/,
    ],
    ['cut inside the DER', pem(der.slice(0, -1)), /not a well-formed certificate/],
    ['with a byte too many', pem(bytes(der, [0])), /not a well-formed certificate/],
    ['an indefinite length', pem(bytes([0x30, 0x80], der.slice(4), [0, 0])), /not a well-formed certificate/],
    [
      'random octets',
      pem(Uint8Array.from({ length: 300 }, (_, i) => (i * 197) & 0xff)),
      /not a well-formed certificate/,
    ],
    ['a bundle of 17', Array.from({ length: 17 }, () => root()).join(''), /at most 16 certificates$/],
    ['the same twice', sound + sound, /certificate\b.*2\b.*same as certificate 1: send each certificate once$/],
    ['a root and then a leaf', sound + root({ extensions: [basicConstraints(false)] }), /certificate\b.*2\b.*CA:FALSE/],
    [
      'a leaf and then its root',
      root({ extensions: [basicConstraints(false)] }) + sound,
      /certificate\b.*1\b.*CA:FALSE/,
    ],
  ])('%s', async (_, sent, detail) => {
    await expectOneFault(sent, detail)
  })

  it('and no label that was sent is repeated in full', async () => {
    const { text } = await send(pem(der, `<b>${'X'.repeat(500)}`))
    expect(text).not.toMatch(/X{41}|</)
  })
})
