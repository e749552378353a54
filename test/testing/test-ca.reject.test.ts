import { describe, expect, it } from 'vitest'
import { type IssueOptions, testCa } from '../../src/testing/index.ts'

const { certificate, key, issue, crl } = await testCa()
const other = await testCa()

describe('testCa refuses', () => {
  it.each([
    ['a certificate without its key', { certificate }, /^certificate: its key is missing/],
    [
      'a certificate with the key of another',
      { certificate, key: other.key },
      /^certificate: key is the key of another/,
    ],
    ['a certificate that is not PEM', { certificate: 'x', key }, /^certificate is not PEM of certificates/],
    ['a certificate in place of a key', { key: certificate }, /^key: no PEM block PRIVATE KEY/],
    ['an encrypted key', { key: key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE') }, /^key: no PEM block PRIVATE KEY/],
    ['a key that was cut short', { key: key.replace(/.{8}\n-----END/, '\n-----END') }, /^key: it cannot be read$/],
    [
      'a key of X25519',
      {
        key: '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n',
      },
      /^key: its type is none of P-256/,
    ],
  ])('%s', async (_, options, message) => {
    await expect(testCa(options)).rejects.toThrow(TypeError)
    await expect(testCa(options)).rejects.toThrow(message)
  })
})

describe('issue refuses', () => {
  it.each<[what: string, options: object, message: RegExp]>([
    ['an unknown type of key', { keyType: 'RSA' }, /^keyType: RSA is none of/],
    ['an unknown attribute', { subject: { commonName: 'x' } }, /^subject: commonName is no attribute; take one of CN/],
    ['an unknown form of name', { subjectAltName: ['dns:a'] }, /^subjectAltName: dns:a does not begin with DNS:/],
    ['a name without a form', { subjectAltName: ['a.example'] }, /^subjectAltName: a.example does not begin/],
    ['a malformed address', { subjectAltName: ['IP:a.example'] }, /^subjectAltName: a.example is not an IP address/],
    ['an IPv4 address out of range', { subjectAltName: ['IP:1.2.3.256'] }, /^subjectAltName: 1.2.3.256 is not an IP/],
    ['an unknown purpose', { extendedKeyUsage: ['client'] }, /^client is not an OID/],
    ['an extension without an OID', { extensions: [{ oid: 'x', value: new Uint8Array() }] }, /^x is not an OID/],
    ['an odd serial number', { serialNumber: 'abc' }, /^serialNumber: it must be pairs of hexadecimal digits/],
    ['an empty serial number', { serialNumber: '' }, /^serialNumber: it must be/],
  ])('%s', async (_, options, message) => {
    await expect(issue(options as IssueOptions)).rejects.toThrow(TypeError)
    await expect(issue(options as IssueOptions)).rejects.toThrow(message)
  })
})

it('crl refuses a malformed serial number', async () => {
  await expect(crl({ revoked: [{ serialNumber: '0x1' }] })).rejects.toThrow(/^serialNumber: it must be/)
})
