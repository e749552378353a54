import { describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { entryOf } from '../../../src/core/table.ts'
import { bits, bytes, explicit, int, nul, octets, oid, seq, time } from '../../../src/testing/der.ts'
import { name } from '../../../src/testing/extensions.ts'
import { decodeCertificates, TEXT_FAULT_TEXTS, type TextFault } from '../../../src/x509/text/index.ts'
import { certificate, ECDSA_SHA256, pem, RSA_KEY_OID, spkiP256 } from '../../support/pki.ts'

const DER = certificate()
const SIGNATURE = bits(seq(int(1), int(1)))
const csr = seq(seq(int(0), name('a'), spkiP256(), explicit(0)), ECDSA_SHA256, SIGNATURE)
const crl = (...version: Uint8Array[]) =>
  seq(seq(...version, ECDSA_SHA256, name('a'), time('2026-01-01T00:00:00Z')), ECDSA_SHA256, SIGNATURE)
const DATA = seq(oid('1.2.840.113549.1.7.1'), explicit(0, octets(bytes([1]))))
const pkcs7 = seq(oid('1.2.840.113549.1.7.2'), explicit(0, seq(int(1))))
const KEY = new Uint8Array(64).fill(7)

const KINDS = [
  ['a request', 'certificate_request', csr, /certificate signing request/],
  ['a CRL', 'crl', crl(int(1)), /CRL/],
  ['a CRL of version 1', 'crl', crl(), /CRL/],
  ['PKCS #7', 'pkcs7', pkcs7, /openssl pkcs7 -print_certs/],
  ['PKCS #7 in BER', 'pkcs7', bytes([0x30, 0x80], pkcs7.slice(2), [0, 0]), /openssl pkcs7 -print_certs/],
  ['PKCS #12', 'pkcs12', seq(int(3), DATA), /openssl pkcs12 -nokeys/],
  ['PKCS #12 in BER', 'pkcs12', bytes([0x30, 0x80], int(3), DATA, [0, 0]), /openssl pkcs12 -nokeys/],
  ['a key, PKCS #8', 'private_key', seq(int(0), seq(oid(RSA_KEY_OID), nul()), octets(KEY)), /private key: never send/],
  ['a key, RSA', 'private_key', seq(int(0), int(KEY), int(65_537), int(KEY)), /private key: never send/],
  ['a key, EC', 'private_key', seq(int(1), octets(KEY)), /private key: never send/],
  [
    'an encrypted key',
    'encrypted_private_key',
    seq(seq(oid('1.2.840.113549.1.5.13'), seq()), octets(KEY)),
    /encrypted private key: never send/,
  ],
  ['a public key', 'public_key', spkiP256(), /PUBLIC KEY/],
  ['a public key, RSA', 'public_key', seq(int(KEY), int(65_537)), /PUBLIC KEY/],
  ['trust settings behind it', 'trusted_certificate', bytes(DER, seq(seq(oid('1.2.3')))), /openssl x509 -in FILE/],
  ['PEM encoded twice', 'pem', new TextEncoder().encode(pem(DER)), /encoded once more/],
  ['a Java keystore', 'java_keystore', bytes([0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2], KEY), /keytool -exportcert -rfc/],
] as const

const refusal = (text: string) => {
  const decoded = decodeCertificates(text)
  return decoded.ok ? `accepted: ${decoded.value.blocks.length} blocks` : decoded.error
}
const words = (text: string) => {
  const decoded = decodeCertificates(text)
  return decoded.ok ? 'accepted' : entryOf<TextFault, 'reason', string>(TEXT_FAULT_TEXTS, 'reason', decoded.error)
}

describe('another kind of file is named, with what to do,', () => {
  it.each(KINDS)('under the label of a certificate: %s', (_, kind, der, advice) => {
    expect(refusal(pem(der))).toEqual({ reason: 'other_kind', kind, position: 1, count: 1 })
    expect(words(pem(der))).toMatch(/^is not a well-formed certificate but /)
    expect(words(pem(der))).toMatch(advice)
  })

  // Base64 of a PEM is read as the PEM.
  it.each(KINDS.filter(([, kind]) => kind !== 'pem'))('as bare base64, and as RFC 9440: %s', (_, kind, der) => {
    const fault = { reason: 'other_kind', kind, position: 1, count: 1 }
    expect(refusal(toBase64(der))).toEqual(fault)
    expect(refusal(`:${toBase64(der)}:`)).toEqual(fault)
  })

  it('after a certificate, with its position', () => {
    expect(refusal(pem(DER) + pem(csr))).toMatchObject({ kind: 'certificate_request', position: 2, count: 2 })
  })

  it.each([
    ['CERTIFICATE REQUEST', /\(CERTIFICATE REQUEST\): that is a certificate signing request/],
    ['NEW CERTIFICATE REQUEST', /certificate signing request/],
    ['X509 CRL', /\(X509 CRL\): that is a certificate revocation list/],
    ['PKCS7', /\(PKCS7\): that is PKCS #7/],
    ['CMS', /openssl pkcs7 -print_certs/],
    ['PUBLIC KEY', /\(PUBLIC KEY\): that is a public key/],
    ['RSA PUBLIC KEY', /that is a public key/],
    ['EC PRIVATE KEY', /that is a private key: never send one/],
    ['ENCRYPTED PRIVATE KEY', /that is an encrypted private key/],
    ['TRUSTED CERTIFICATE', /openssl x509 -in FILE writes it without/],
    ['X509 CERTIFICATE', /openssl x509 -in FILE writes it under CERTIFICATE/],
    ['DH PARAMETERS', /\(DH PARAMETERS\): only CERTIFICATE blocks are accepted$/],
  ])('by its label: %s', (label, advice) => {
    expect(words(pem(DER, label))).toMatch(/^has a PEM block of another kind at line 1 /)
    expect(words(pem(DER, label))).toMatch(advice)
  })
})

describe('base64 must be canonical and complete', () => {
  it.each([
    ['a letter less', toBase64(DER).slice(0, -5), 'base64_broken'],
    ['a letter more', toBase64(DER).replace('M', 'MA'), 'base64_broken'],
    ['base64url', toBase64(DER).replace(/(?<=^M.{20})./, '_'), 'base64url'],
    ['cut short', toBase64(DER.slice(0, 90)), 'base64_of_something'],
    ['one of two broken', `${toBase64(DER)},${toBase64(DER).slice(0, -5)}`, 'base64_broken'],
    ['URL-encoded, a letter less', `${encodeURIComponent(toBase64(DER).slice(0, -5))}%0A`, 'base64_broken'],
  ])('%s', (_, sent, looksLike) => expect(refusal(sent)).toEqual({ reason: 'pem_no_certificate', looksLike }))

  it('bits that decoding would drop', () => {
    const der = [0, 1, 2].map((n) => certificate({ subject: name('x'.repeat(n)) })).find((d) => d.length % 3 === 1)
    const sent = toBase64(der ?? DER).replace(/.==$/, 'B==')
    expect(refusal(sent)).toEqual({ reason: 'pem_no_certificate', looksLike: 'base64_broken' })
  })
})

describe('x-forwarded-client-cert is refused', () => {
  const url = (der: Uint8Array) => encodeURIComponent(pem(der))
  const other = certificate()
  it.each([
    ['with several elements', `Cert="${url(DER)}",Cert="${url(other)}"`, { reason: 'xfcc_several' }],
    ['whose Cert is not first of Chain', `Cert="${url(other)}";Chain="${url(DER)}"`, { reason: 'xfcc_differs' }],
    ['with two in Cert', `Cert="${url(DER)}${url(other)}";Chain="${url(DER)}"`, { reason: 'xfcc_differs' }],
    [
      'without certificates',
      'By=spiffe://a;Hash=00;Subject="CN=a"',
      { reason: 'pem_no_certificate', looksLike: 'xfcc_without_cert' },
    ],
    ['with an empty Cert', 'Hash=00;Cert=""', { reason: 'pem_empty' }],
    ['with another thing as Cert', 'Hash=00;Cert="x"', { reason: 'pem_no_certificate', looksLike: undefined }],
  ])('%s', (_, text, fault) => {
    expect(refusal(text)).toEqual(fault)
    expect(words(text)).toMatch(/\w/)
  })
})

describe('more certificates than the limit', () => {
  it.each([
    ['with commas between', Array(17).fill(toBase64(DER)).join(',')],
    ['far more, with commas between', Array(100).fill(toBase64(DER)).join(',')],
    ['URL-encoded', encodeURIComponent(pem(DER).repeat(17))],
    ['in base64 of PEM', btoa(pem(DER).repeat(17))],
  ])('%s', (_, text) => expect(refusal(text)).toEqual({ reason: 'too_many_certificates', limit: 16 }))
})

it('nested encodings are limited', () => {
  let text = pem(DER)
  for (let i = 0; i < 6; i += 1) text = encodeURIComponent(text)
  expect(refusal(text)).toEqual({ reason: 'pem_boundary', line: 1 })
})
