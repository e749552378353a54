import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  ascii,
  type Bytes,
  bits,
  bytes,
  int,
  octets,
  oid,
  printable,
  seq,
  set,
  time,
  tlv,
  utf8,
} from '../../../src/testing/der.ts'
import { basicConstraints, extension, extKeyUsage } from '../../../src/testing/extensions.ts'
import { tlsClientAuthFrom } from '../../../src/testing/tls-client-auth.ts'
import { pem } from '../../support/pki.ts'
import { CLIENT_AUTH_OID, type IssueParts, issue, issueLeaf } from '../../support/x509/chain.ts'
import { publicRoot } from '../support/roots.ts'
import { runCommand } from '../support/server.ts'

const attribute = (type: string, value: Bytes) => seq(oid(type), value)
const cn = (value: Bytes) => attribute('2.5.4.3', value)
const dn = (...values: readonly Bytes[]) => seq(...values.map((value) => set(value)))
const bmp = (text: string) =>
  tlv(
    0x1e,
    [...text].flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 0xff]),
  )
const t61 = (...latin1: readonly number[]) => tlv(0x14, latin1)

/** Attribute types for which OpenSSL has a short name, and two without one. */
const TYPES = [
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 20, 41, 42, 43, 44, 45, 46, 65, 97].map((n) => `2.5.4.${n}`),
  ...[1, 2, 3].map((n) => `1.3.6.1.4.1.311.60.2.1.${n}`),
  ...['0.9.2342.19200300.100.1.1', '0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1', '1.2.840.113549.1.9.2'],
  ...['1.3.6.1.4.1.55738.9', '2.5.4.200'],
]

const NAMES: readonly (readonly [string, Bytes])[] = [
  [
    'the usual attributes',
    dn(attribute('2.5.4.6', printable('DE')), attribute('2.5.4.10', utf8('Acme')), cn(utf8('x'))),
  ],
  ['every type of attribute', dn(...TYPES.map((type) => attribute(type, utf8('a b'))))],
  ['all of printable ASCII', dn(cn(utf8(Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join(''))))],
  ['control characters', dn(cn(utf8('a\tb\nc\u0000d\u007fe')))],
  ['letters outside ASCII', dn(cn(utf8('Köln \u{1d11e}\u202e\u0085')))],
  [
    'other string types',
    dn(cn(bmp('Köln')), cn(t61(0x4b, 0xf6, 0x6c)), cn(tlv(0x1c, [0, 0, 0, 0xe9])), cn(tlv(0x16, ascii('a@b')))),
  ],
  ['values that are not strings', dn(attribute('2.5.4.45', bits(bytes([0x41, 0xfe]), 1)), cn(seq(utf8('a'))))],
  ['several attributes in one RDN', seq(set(cn(utf8('a')), attribute('2.5.4.5', utf8('1'))), set(cn(utf8('b'))))],
  ['no attributes', seq()],
  ...[' ', '  ', ' a', 'a ', '#', '#a', 'a#', '\\', '"', '', 'a=b/CN=c', ','].map((text): readonly [string, Bytes] => [
    `a CN of ${JSON.stringify(text)}`,
    dn(cn(utf8(text))),
  ]),
]

/** The output of `openssl x509` for one option. */
async function openssl(certificate: string, ...what: readonly string[]): Promise<string> {
  const run = await runCommand('openssl', ['x509', '-noout', ...what], certificate)
  expect(run.stderr, `openssl x509 ${what.join(' ')}`).toBe('')
  return run.stdout.replace(/\n$/, '')
}

/**
 * A name without what OpenSSL 3.0.19 adds to the old format: a backslash before `/` and `+` in values, and `+` between
 * the attributes of one RDN. BoringSSL has neither.
 */
async function compat(certificate: string, which: '-subject' | '-issuer'): Promise<string> {
  const printed = after(await openssl(certificate, which, '-nameopt', 'compat'))
  return ESCAPES ? printed.replace(/(?<!\\)\+/g, '/').replace(/\\([/+])/g, '$1') : printed
}

/** Everything after the first `=`: `subject=CN=x`. */
const after = (line: string) => line.slice(line.indexOf('=') + 1)
const withoutColons = (line: string) => after(line).replaceAll(':', '').toLowerCase()

const INSTALLED = (await runCommand('openssl', ['version']).catch(() => ({ code: 1 }))).code === 0
const ESCAPES =
  INSTALLED && (await openssl(pem((await issue({ cn: 'a/b' })).der), '-subject', '-nameopt', 'compat')).includes('\\/')

describe.skipIf(!INSTALLED)('tlsClientAuthFrom agrees with openssl x509 about', () => {
  it.each(NAMES)('a name of %s', async (_, subject) => {
    const by = await issue({ subject })
    const certificate = pem((await issueLeaf(by, { subject })).der)
    const auth = await tlsClientAuthFrom(certificate)
    const modern = after(await openssl(certificate, '-subject', '-nameopt', 'RFC2253'))
    const old = await compat(certificate, '-subject')
    expect(auth).toMatchObject({
      certSubjectDN: modern,
      certIssuerDN: modern,
      certSubjectDNRFC2253: modern,
      certIssuerDNRFC2253: modern,
      certSubjectDNLegacy: old,
      certIssuerDNLegacy: old,
    })
  })

  it.each<readonly [string, IssueParts]>([
    ['an ordinary certificate', {}],
    ['a serial number that would be negative without its first octet', { serial: int(0x936e_acbe_07f2_01dfn) }],
    ['a serial number of 20 octets', { serial: int(bytes([0x7f], new Uint8Array(19).fill(0xab))) }],
    ['a serial number of zero', { serial: int(0) }],
    ['times of one-digit days', { notBefore: time('2025-01-02T03:04:05Z'), notAfter: time('2050-12-09T23:59:59Z') }],
    ['times of long ago', { notBefore: time('1951-01-01T00:00:00Z'), notAfter: time('1999-12-31T23:59:59Z') }],
  ])('serial number, times and fingerprints of %s', async (_, parts) => {
    const certificate = pem((await issueLeaf(await issue(), parts)).der)
    const auth = await tlsClientAuthFrom(certificate)
    const dates = (await openssl(certificate, '-dates')).split('\n').map(after)
    expect(auth).toMatchObject({
      certSerial: after(await openssl(certificate, '-serial')),
      certNotBefore: dates[0],
      certNotAfter: dates[1],
      certFingerprintSHA1: withoutColons(await openssl(certificate, '-fingerprint', '-sha1')),
      certFingerprintSHA256: withoutColons(await openssl(certificate, '-fingerprint', '-sha256')),
    })
  })

  it('key identifiers, and the serial number of the issuer', async () => {
    const identifier = extension('2.5.29.14', octets(Uint8Array.from({ length: 20 }, (_, i) => 0x80 + i)))
    const by = await issue({ extensions: [basicConstraints(true), identifier], serial: int(0xfedc_ba98) })
    const own = extension('2.5.29.14', octets(bytes([0x0a, 0xff])))
    const certificate = pem((await issueLeaf(by, { extensions: [own, extKeyUsage(CLIENT_AUTH_OID)] })).der)
    const printed = async (of: string) =>
      (await openssl(of, '-ext', 'subjectKeyIdentifier')).split('\n')[1]?.trim().replaceAll(':', '')
    expect(await tlsClientAuthFrom(certificate, pem(by.der))).toMatchObject({
      certSKI: await printed(certificate),
      certIssuerSKI: await printed(pem(by.der)),
      certIssuerSerial: after(await openssl(pem(by.der), '-serial')),
    })
  })

  it('every field of real certificates', async () => {
    for (const index of [0, 1, 5, 20, 40]) {
      const certificate = publicRoot(index)
      const auth = await tlsClientAuthFrom(certificate)
      expect(auth).toMatchObject({
        certSubjectDN: after(await openssl(certificate, '-subject', '-nameopt', 'RFC2253')),
        certIssuerDNLegacy: await compat(certificate, '-issuer'),
        certSerial: after(await openssl(certificate, '-serial')),
        certIssuerSerial: after(await openssl(certificate, '-serial')),
        certNotAfter: after(await openssl(certificate, '-enddate')),
      })
      expect(auth.certRFC9440).toBe(`:${new X509Certificate(certificate).raw.toString('base64')}:`)
    }
  })

  it('the reason why a certificate of an unknown CA is not trusted', async () => {
    const by = await issue()
    for (const { der } of [await issueLeaf(by), by]) {
      const run = await runCommand('openssl', ['verify', '-no-CAfile', '-no-CApath', '-no-CAstore'], pem(der))
      const { certVerified } = await tlsClientAuthFrom(pem(der))
      // OpenSSL 3 writes a hyphen where older versions, and Cloudflare, have a blank.
      expect(run.stderr.replaceAll('self-signed', 'self signed')).toContain(certVerified.replace('FAILED:', ''))
    }
  })
})
