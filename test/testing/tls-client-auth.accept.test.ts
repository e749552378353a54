import { beforeAll, describe, expect, it } from 'vitest'
import { toBase64 } from '../../src/core/bytes.ts'
import { bytes, int, octets, time } from '../../src/testing/der.ts'
import { basicConstraints, extension } from '../../src/testing/extensions.ts'
import { noTlsClientAuth, type TlsClientAuth, tlsClientAuthFrom } from '../../src/testing/tls-client-auth.ts'
import { decodeRfc9440 } from '../../src/x509/text/index.ts'
import { pem } from '../support/pki.ts'
import { type Issued, issue, issueLeaf } from '../support/x509/chain.ts'

/** Cloudflare's own type and ours must have the same keys; otherwise this does not compile. */
type Cloudflare = IncomingRequestCfPropertiesTLSClientAuth
const KEYS_OF_CLOUDFLARE = noTlsClientAuth() satisfies IncomingRequestCfPropertiesTLSClientAuthPlaceholder
type Differs = Exclude<keyof Cloudflare, keyof TlsClientAuth> | Exclude<keyof TlsClientAuth, keyof Cloudflare>
const NO_DIFFERENCE: Differs[] = [] satisfies never[]

const rfc9440 = ({ der }: Pick<Issued, 'der'>) => `:${toBase64(der)}:`
/** An unknown extension, to make a certificate as long as a test needs. */
const padding = (length: number) => extension('1.3.6.1.4.1.55738.2', octets(new Uint8Array(length)))

describe('tlsClientAuthFrom', () => {
  let root: Issued
  let intermediate: Issued
  let leaf: Issued

  beforeAll(async () => {
    root = await issue({ cn: 'root' })
    const ski = extension('2.5.29.14', octets(bytes([0xab, 0x01])))
    intermediate = await issue({ cn: 'intermediate', by: root, extensions: [basicConstraints(true), ski] })
    leaf = await issueLeaf(intermediate)
  })

  it('has the same keys as Cloudflare’s, and no other', async () => {
    expect(Object.keys(await tlsClientAuthFrom(pem(leaf.der))).sort()).toEqual(Object.keys(KEYS_OF_CLOUDFLARE).sort())
    expect(NO_DIFFERENCE).toEqual([])
  })

  it('has leaf and chain as RFC 9440, the chain in the order in which it was sent', async () => {
    const auth = await tlsClientAuthFrom(pem(leaf.der), [pem(root.der), pem(intermediate.der)])
    expect(auth).toMatchObject({
      certPresented: '1',
      certRFC9440: rfc9440(leaf),
      certRFC9440TooLarge: false,
      certChainRFC9440: `${rfc9440(root)}, ${rfc9440(intermediate)}`,
      certChainRFC9440TooLarge: false,
    })
  })

  it.each([
    ['one text', () => [pem(leaf.der) + pem(intermediate.der) + pem(root.der)]],
    ['one line', () => [(pem(leaf.der) + pem(intermediate.der) + pem(root.der)).replaceAll('\n', '')]],
    ['a text for the chain', () => [pem(leaf.der), pem(intermediate.der) + pem(root.der)]],
    ['a list of texts', () => [pem(leaf.der), [pem(intermediate.der), pem(root.der)]]],
    ['blank texts between', () => [pem(leaf.der), ['', pem(intermediate.der), ' \n', pem(root.der)]]],
  ] as const)('takes the chain in %s', async (_, texts) => {
    const [first, chain] = texts() as [string, string | string[] | undefined]
    const { certRFC9440, certChainRFC9440 } = await tlsClientAuthFrom(first, chain)
    expect(certRFC9440).toBe(rfc9440(leaf))
    expect(certChainRFC9440).toBe(`${rfc9440(intermediate)}, ${rfc9440(root)}`)
  })

  it('reaches a Worker unchanged, which reads the presented certificates from it', async () => {
    const tlsClientAuth: Cloudflare = await tlsClientAuthFrom(pem(leaf.der), [pem(intermediate.der), pem(root.der)])
    expect(new Request('https://admin.example.com', { cf: { tlsClientAuth } }).cf).toEqual({ tlsClientAuth })
    expect(decodeRfc9440(tlsClientAuth.certRFC9440)).toEqual({ ok: true, value: [leaf.der] })
    expect(decodeRfc9440(tlsClientAuth.certChainRFC9440)).toEqual({ ok: true, value: [intermediate.der, root.der] })
  })

  it('has the serial number and key identifier of the issuer if it was sent', async () => {
    const { certIssuerSerial, certIssuerSKI } = await tlsClientAuthFrom(pem(leaf.der), pem(intermediate.der))
    expect(certIssuerSerial).toMatch(/^[0-9A-F]+$/)
    expect(certIssuerSKI).toBe('AB01')
  })

  it('has only the leaf’s data of an issuer that was not sent', async () => {
    const authority = extension('2.5.29.35', bytes([0x30, 0x04, 0x80, 0x02, 0xab, 0x01]))
    const told = await issueLeaf(intermediate, { extensions: [authority] })
    expect(await tlsClientAuthFrom(pem(told.der))).toMatchObject({ certIssuerSerial: '', certIssuerSKI: 'AB01' })
    expect(await tlsClientAuthFrom(pem(leaf.der))).toMatchObject({ certIssuerSerial: '', certIssuerSKI: '' })
  })

  it('distinguishes an issuer from another CA of the same name by its key identifier', async () => {
    const authority = extension('2.5.29.35', bytes([0x30, 0x04, 0x80, 0x02, 0xab, 0x01]))
    const told = await issueLeaf(intermediate, { extensions: [authority] })
    const ski = extension('2.5.29.14', octets(bytes([0xcd])))
    const other = await issue({ cn: 'intermediate', extensions: [basicConstraints(true), ski], serial: int(77) })
    const auth = await tlsClientAuthFrom(pem(told.der), [pem(other.der), pem(intermediate.der)])
    expect(auth.certIssuerSKI).toBe('AB01')
    expect(auth.certIssuerSerial).not.toBe('4D')
  })

  it.each([
    ['a CA that it does not know', () => leaf, 'FAILED:unable to get local issuer certificate'],
    ['a self-signed certificate', () => root, 'FAILED:self signed certificate'],
  ])('says of %s what Cloudflare says', async (_, certificate, text) => {
    expect(await tlsClientAuthFrom(pem(certificate().der))).toMatchObject({ certVerified: text, certRevoked: '0' })
  })

  it('has the given certVerified and certRevoked', async () => {
    const options = { certVerified: 'SUCCESS', certRevoked: '1' } as const
    expect(await tlsClientAuthFrom(pem(leaf.der), '', options)).toMatchObject(options)
  })

  it.each([
    ['a day of one digit', '2026-02-03T04:05:06Z', 'Feb  3 04:05:06 2026 GMT'],
    ['a day of two digits', '2018-12-22T19:39:00Z', 'Dec 22 19:39:00 2018 GMT'],
    ['a time after 2049', '2050-01-01T00:00:00Z', 'Jan  1 00:00:00 2050 GMT'],
  ])('writes %s as OpenSSL does', async (_, notAfter, text) => {
    const { der } = await issueLeaf(intermediate, { notBefore: time('2018-01-01T00:00:00Z'), notAfter: time(notAfter) })
    expect(await tlsClientAuthFrom(pem(der))).toMatchObject({ certNotAfter: text })
  })

  it.each([
    [int(0), '00'],
    [int(1), '01'],
    [int(0x80), '80'],
    [int(0x936e_acben), '936EACBE'],
    [int(Uint8Array.of(0xee, 0x2b, 0x3d, 0xeb)), '-11D4C215'],
  ])('writes a serial number as OpenSSL does', async (serial, text) => {
    const { der } = await issueLeaf(intermediate, { serial })
    expect(await tlsClientAuthFrom(pem(der))).toMatchObject({ certSerial: text })
  })

  it('leaves out a certificate of more than 10 KiB, as RFC 9440 writes it, and says so', async () => {
    const sized = async (length: number) => issueLeaf(intermediate, { extensions: [padding(length)] })
    const empty = (await sized(1_000)).der.length - 1_000
    // 10,240 characters have room for two colons and 2,559 groups of four: 7,677 octets. Two characters remain.
    for (const [der, tooLarge] of [
      [(await exactly(7_677, empty, sized)).der, false],
      [(await exactly(7_678, empty, sized)).der, true],
    ] as const) {
      const auth = await tlsClientAuthFrom(pem(der), pem(intermediate.der))
      expect(auth).toMatchObject({ certRFC9440: tooLarge ? '' : rfc9440({ der }), certRFC9440TooLarge: tooLarge })
      expect(auth.certChainRFC9440).toBe(rfc9440(intermediate))
      expect(auth.certSubjectDN).toBe('CN=client')
    }
  })

  it('leaves out a chain of more than 16 KiB, as RFC 9440 writes it, and says so', async () => {
    const { der } = await issueLeaf(intermediate, { extensions: [padding(5_000)] })
    const one = `:${toBase64(der)}:`.length
    expect(one).toBeGreaterThan(4 * 1_024)
    const two = await tlsClientAuthFrom(pem(leaf.der), [pem(der), pem(der)])
    expect(two).toMatchObject({
      certChainRFC9440TooLarge: false,
      certChainRFC9440: expect.stringMatching(/^:.+:, :.+:$/),
    })
    const three = await tlsClientAuthFrom(pem(leaf.der), [pem(der), pem(der), pem(der)])
    expect(three).toMatchObject({ certChainRFC9440TooLarge: true, certChainRFC9440: '', certRFC9440: rfc9440(leaf) })
  })
})

describe('noTlsClientAuth', () => {
  it('is what Cloudflare gives a Worker whose client has no certificate', () => {
    const { certPresented, certVerified, certRevoked, certRFC9440TooLarge, certChainRFC9440TooLarge, ...texts } =
      noTlsClientAuth()
    expect({ certPresented, certVerified, certRevoked }).toEqual({
      certPresented: '0',
      certVerified: 'NONE',
      certRevoked: '0',
    })
    expect({ certRFC9440TooLarge, certChainRFC9440TooLarge }).toEqual({
      certRFC9440TooLarge: false,
      certChainRFC9440TooLarge: false,
    })
    expect(new Set(Object.values(texts))).toEqual(new Set(['']))
  })
})

/** A certificate of exactly this many octets. The length of signatures varies by an octet or two, so it may take some tries. */
async function exactly(
  length: number,
  rest: number,
  make: (padding: number) => Promise<Issued>,
): Promise<{ readonly der: Uint8Array }> {
  for (;;) {
    const issued = await make(length - rest)
    if (issued.der.length === length) return issued
  }
}
