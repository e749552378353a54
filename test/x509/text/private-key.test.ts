import { describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { bytes, explicit, int, nul, octets, oid, seq } from '../../../src/testing/der.ts'
import { privateKeyIn } from '../../../src/x509/text/index.ts'
import { certificate, pem, RSA_KEY_OID, spkiP256, spkiRsa } from '../../support/pki.ts'

const SECRET = Uint8Array.from({ length: 128 }, (_, i) => (i * 89 + 41) & 0xff)
const PKCS8 = seq(int(0), seq(oid(RSA_KEY_OID), nul()), octets(SECRET))
const PKCS1 = seq(int(0), int(new Uint8Array(257).fill(0x5a)), int(65_537), int(SECRET))
const SEC1 = seq(int(1), octets(SECRET.slice(0, 32)))
const ENCRYPTED = seq(seq(oid('1.2.840.113549.1.5.13'), seq()), octets(SECRET))
const PKCS12 = seq(int(3), seq(oid('1.2.840.113549.1.7.1'), explicit(0, octets(SECRET))))

const url = encodeURIComponent
const utf16 = (text: string) => [...text].map((character) => `${character}\0`).join('')
const lines = (text: string, length: number) => (text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []).join('\n')
const octetsOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** What may be around a text. */
const ENCODINGS: readonly (readonly [string, (text: string) => string])[] = [
  ['unchanged', (text) => text],
  ['URL-encoded', url],
  ['URL-encoded twice', (text) => url(url(text))],
  ['in a form', (text) => url(text).replaceAll('%20', '+')],
  ['in base64', btoa],
  ['in base64, in lines', (text) => lines(btoa(text), 76)],
  ['in base64 in a URL', (text) => url(btoa(text))],
  ['in UTF-16', utf16],
  ['in base64 of UTF-16', (text) => toBase64(octetsOf(`\u00ff\u00fe${utf16(text)}`))],
  ['with zero-width spaces', (text) => text.replace(/./g, '$&\u200b')],
  ['with no-break spaces', (text) => text.replaceAll(' ', '\u00a0')],
  ['on one line', (text) => text.replaceAll('\n', '')],
  ['in the words of a kubeconfig', (text) => `users:\n- name: a\n  user:\n    client-key-data: ${btoa(text)}\n`],
  ['after other words', (text) => `this is the key that belongs to it ${btoa(text)} and so on`],
]

describe.each(ENCODINGS)('a private key %s is found:', (_how, encode) => {
  it.each([
    ['PKCS #8', pem(PKCS8, 'PRIVATE KEY')],
    ['RSA', pem(PKCS1, 'RSA PRIVATE KEY')],
    ['EC', pem(SEC1, 'EC PRIVATE KEY')],
    ['encrypted', pem(ENCRYPTED, 'ENCRYPTED PRIVATE KEY')],
    ['under the label of a certificate', pem(PKCS8)],
    ['behind a certificate', pem(certificate()) + pem(PKCS8, 'PRIVATE KEY')],
  ])('%s', (_, text) => {
    expect(privateKeyIn(encode(text))).toBe('private_key')
  })
})

describe.each([
  ['alone', (der: Uint8Array) => toBase64(der)],
  ['in lines of 64', (der: Uint8Array) => lines(toBase64(der), 64)],
  ['in lines of 10', (der: Uint8Array) => lines(toBase64(der), 10)],
  ['as RFC 9440', (der: Uint8Array) => `:${toBase64(der)}:`],
  ['behind a certificate, as Traefik writes it', (der: Uint8Array) => `${toBase64(certificate())},${toBase64(der)}`],
  ['URL-encoded', (der: Uint8Array) => `${url(toBase64(der))}%0A`],
  ['in quotation marks', (der: Uint8Array) => `"${toBase64(der)}"`],
  ['after a name', (der: Uint8Array) => `key=${toBase64(der)}`],
  ['after words', (der: Uint8Array) => `please keep this safe ${toBase64(der)}`],
  ['between words, in lines', (der: Uint8Array) => `my key\n${lines(toBase64(der), 64)}\nthat was it`],
  ['under another label', (der: Uint8Array) => pem(der, 'X509 CRL')],
])('base64 of DER %s is found:', (_how, write) => {
  it.each([
    ['PKCS #8', 'private_key', PKCS8],
    ['RSA', 'private_key', PKCS1],
    ['EC', 'private_key', SEC1],
    ['encrypted', 'private_key', ENCRYPTED],
    ['PKCS #12', 'pkcs12', PKCS12],
    ['PKCS #12 in BER', 'pkcs12', bytes([0x30, 0x80], PKCS12.slice(3), [0, 0])],
  ] as const)('%s', (_, form, der) => expect(privateKeyIn(write(der))).toBe(form))
})

it('a private JWK in a text is found', () => {
  expect(privateKeyIn('{"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "d" : "d"}]}')).toBe('private_key')
  expect(privateKeyIn('{"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}], "note": "d"}')).toBeUndefined()
})

describe('not a private key:', () => {
  it.each(ENCODINGS)('a certificate, a request or a public key, %s', (_, encode) => {
    for (const der of [certificate(), certificate({ spki: spkiRsa(2048) }), spkiP256(), spkiRsa(2048)]) {
      expect(privateKeyIn(encode(pem(der)))).toBeUndefined()
      expect(privateKeyIn(encode(toBase64(der)))).toBeUndefined()
    }
  })

  it.each([
    ['prose', 'The private key stays where it is; only the certificate is sent to the service. '.repeat(20)],
    ['a URL', 'https://example.com/a/very/long/path/to/somewhere/that/is/no/key/at/all'],
    ['a JSON Web Token', `eyJhbGciOiJFUzI1NiJ9.${'eyJzdWIiOiIxMjM0NTY3ODkwIn0'.repeat(9)}.c2ln`],
    ['other base64', toBase64(new Uint8Array(100))],
    ['a name', 'Allow devs'],
  ])('%s', (_, text) => expect(privateKeyIn(text)).toBeUndefined())
})

it('a PEM label is found in a text of any size, other forms up to the size of a body', () => {
  const words = 'words '.repeat(50_000)
  expect(privateKeyIn(`${words}${pem(PKCS8, 'PRIVATE KEY')}`)).toBe('private_key')
  expect(privateKeyIn(`${words.slice(0, 200_000)} ${toBase64(PKCS8)}`)).toBe('private_key')
})
