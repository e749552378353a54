import { describe, expect, it } from 'vitest'
import { toBase64 } from '../../src/core/bytes.ts'
import { readHandshake, subjectOf, type TlsClientAuth } from '../../src/edge/handshake.ts'
import { ED25519, issue, issueLeaf, newKeys } from '../support/x509/chain.ts'

const root = await issue({ cn: 'Root' })
const leaf = await issueLeaf(root, { keys: await newKeys(ED25519) })
const item = ({ der }: { readonly der: Uint8Array }) => `:${toBase64(der)}:`

/** What Cloudflare sends for a client with a certificate and its CA's. */
const AUTH: TlsClientAuth = {
  certPresented: '1',
  certRFC9440: item(leaf),
  certRFC9440TooLarge: false,
  certChainRFC9440: item(root),
  certChainRFC9440TooLarge: false,
}

describe('a handshake', () => {
  it('gives leaf and chain', () => {
    expect(readHandshake(AUTH)).toEqual({ ok: true, value: { leaf: leaf.der, chain: [root.der] } })
  })

  it('without a chain gives the leaf: a request may lack the key', () => {
    const { certChainRFC9440: _, ...rest } = AUTH
    expect(readHandshake(rest as TlsClientAuth)).toEqual({ ok: true, value: { leaf: leaf.der, chain: [] } })
  })

  it.each([
    ['is missing', undefined],
    ['is null', null],
    ['has no certificate', { ...AUTH, certPresented: '0' }],
    ['has an empty certificate', { ...AUTH, certRFC9440: '' }],
  ] as const)('that %s has no client certificate, and says how to ask for one', (_rule, auth) => {
    expect(readHandshake(auth)).toEqual({
      ok: false,
      error: {
        code: 'no_certificate',
        message: 'the client presented no certificate',
        suggestion: expect.stringMatching(/^switch mTLS on for the hostname: /),
      },
    })
  })

  it.each<readonly [rule: string, parts: Partial<TlsClientAuth>, message: string]>([
    [
      'certificate',
      { certRFC9440: '', certRFC9440TooLarge: true },
      "the client's certificate is larger than 10 KiB: Cloudflare did not pass it on",
    ],
    [
      'chain',
      { certChainRFC9440: '', certChainRFC9440TooLarge: true },
      "the client's chain is larger than 16 KiB: Cloudflare did not pass it on",
    ],
  ])('whose %s was left out is refused for that', (_rule, parts, message) => {
    expect(readHandshake({ ...AUTH, ...parts })).toEqual({
      ok: false,
      error: { code: 'certificate_left_out', message },
    })
  })

  it.each<readonly [rule: string, parts: Partial<TlsClientAuth>, field: RegExp]>([
    ['two certificates', { certRFC9440: `${item(leaf)}, ${item(root)}` }, /^certRFC9440 is not one certificate/],
    ['no byte sequence', { certRFC9440: 'x' }, /^certRFC9440 is not one certificate/],
    ['a chain that is none', { certChainRFC9440: 'x' }, /^certChainRFC9440 is not a list of certificates/],
  ])('with %s is unreadable', (_rule, parts, field) => {
    expect(readHandshake({ ...AUTH, ...parts })).toEqual({
      ok: false,
      error: { code: 'certificate_unreadable', message: expect.stringMatching(field) },
    })
  })
})

describe('the subject for the log', () => {
  it('is that of the leaf', () => expect(subjectOf(readHandshake(AUTH))).toBe('CN=client'))

  it('is missing where there is no leaf, or none that can be read', () => {
    expect(subjectOf(readHandshake(null))).toBeUndefined()
    expect(subjectOf(readHandshake({ ...AUTH, certRFC9440: ':MAA=:' }))).toBeUndefined()
  })
})
