import { describe, expect, it } from 'vitest'
import { toBase64 } from '../../../src/core/bytes.ts'
import { explicit, int, nul, octets, oid, seq } from '../../../src/testing/der.ts'
import { post } from '../../support/api.ts'
import { pem, RSA_KEY_OID, root } from '../../support/pki.ts'
import { freshTenant, soundBody } from '../../support/requests.ts'

const SECRET = new Uint8Array(64).fill(0x5a)
const PKCS8 = seq(int(0), seq(oid(RSA_KEY_OID), nul()), octets(SECRET))
const PKCS1 = seq(int(0), int(new Uint8Array(129).fill(0x5a)), int(65_537), int(SECRET))
const SEC1 = seq(int(1), octets(SECRET))
const PKCS12 = seq(int(3), seq(oid('1.2.840.113549.1.7.1'), explicit(0, octets(SECRET))))
const inLines = (text: string) => (text.match(/.{1,64}/g) ?? []).join('\n')

const send = async (more: Record<string, unknown>) => {
  const { accountPath, authorization } = await freshTenant()
  return post(accountPath, authorization, { ...soundBody({ certificate: root() }), ...more })
}

describe('a private key without PEM around it is refused:', () => {
  it.each([
    ['base64 of PKCS #8 as a name', { name: toBase64(PKCS8) }, '/name'],
    ['base64 of PKCS #1', { note: toBase64(PKCS1) }, '/note'],
    ['base64 of an EC key (RFC 5915)', { note: toBase64(SEC1) }, '/note'],
    ['base64 in lines', { note: inLines(toBase64(PKCS8)) }, '/note'],
    ['PEM in base64', { note: btoa(pem(PKCS8, 'PRIVATE KEY')) }, '/note'],
    ['PEM, URL-encoded', { note: encodeURIComponent(pem(SEC1, 'EC PRIVATE KEY')) }, '/note'],
    ['DER under the label of a certificate', { certificate: root() + pem(PKCS8) }, '/certificate'],
    ['PKCS #12', { certificate: toBase64(PKCS12) }, '/certificate'],
    ['PKCS #12 under the label of a certificate', { certificate: pem(PKCS12) }, '/certificate'],
    ['a JWK', { key: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' } }, '/key'],
    ['what openssl rsa -text prints', { note: 'Private-Key: (2048 bit, 2 primes)\nmodulus:' }, '/note'],
  ])('%s', async (_, more, pointer) => {
    const { status, body } = await send(more)
    expect(status).toBe(400)
    expect(body.errors).toEqual([expect.objectContaining({ code: 12130, source: { pointer } })])
  })

  it.each([
    ['base64 of a certificate', { note: root().replace(/-----[^-]+-----|\s/g, '') }],
    ['a public JWK', { key: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' } }],
    ['other base64', { note: toBase64(new Uint8Array(100)) }],
  ])('but %s is not a private key', async (_, more) => {
    expect((await send(more)).status).toBe(201)
  })
})

it('PKCS #12 is named, with the command that helps', async () => {
  const { body } = await send({ certificate: toBase64(PKCS12) })
  expect(body.errors).toMatchObject([{ message: expect.stringMatching(/PKCS #12 .* openssl pkcs12 -nokeys -in FILE/) }])
})

describe('the search for private keys is bounded', () => {
  it('in its answer: ten faults, and pointers of 256 characters', async () => {
    const { status, text } = await send({
      ['x'.repeat(100_000)]: Array.from({ length: 500 }, () => pem(PKCS8, 'PRIVATE KEY')),
    })
    expect(status).toBe(400)
    expect(text.length).toBeLessThan(10_000)
  })

  it('in its work: a text full of what almost looks like keys is read once', async () => {
    // An unbounded pattern took 17 s on this text.
    expect((await send({ note: 'BEGIN '.repeat(40_000) })).status).toBe(201)
  })
})

it('a list of far too many wrong items has one fault: it is too long', async () => {
  const { body } = await send({ associated_hostnames: Array.from({ length: 100_000 }, () => 0) })
  expect(body.errors).toMatchObject([{ source: { pointer: '/associated_hostnames' } }])
})
