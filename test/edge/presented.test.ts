import { describe, expect, it } from 'vitest'
import { toBase64 } from '../../src/core/bytes.ts'
import { readChain, readLeaf, readTexts } from '../../src/edge/presented.ts'
import { int } from '../../src/testing/der.ts'
import { extension } from '../../src/testing/extensions.ts'
import { pem } from '../support/pki.ts'
import { ED25519, issue, issueLeaf, newKeys } from '../support/x509/chain.ts'

const root = await issue({ cn: 'Root' })
const ca = await issue({ cn: 'CA', by: root })
const leaf = await issueLeaf(ca, { keys: await newKeys(ED25519) })
const other = await issueLeaf(ca)
/** It has no basicConstraints that say that it is a CA's. */
const noCa = await issue({ cn: 'No CA', extensions: [] })

type Given = { readonly der: Uint8Array }
/** As Traefik sends what the client presented: base64 with commas between. */
const heard = (...given: readonly Given[]) => given.map(({ der }) => toBase64(der)).join(',')
const notOne = (actual: number) => ({ ok: false, error: { reason: 'not_one_certificate', actual } })

describe("the client's own certificate", () => {
  it('may be alone, in any form', () => {
    for (const text of [pem(leaf.der), heard(leaf)]) {
      expect(readLeaf(text)).toEqual({ ok: true, value: { leaf: leaf.der, chain: [] } })
    }
  })

  it('may be before the CAs above it, as the client sent them, and before itself', () => {
    expect(readLeaf(heard(leaf, ca, leaf, root))).toEqual({
      ok: true,
      value: { leaf: leaf.der, chain: [ca.der, leaf.der, root.der] },
    })
  })

  it.each<readonly [rule: string, text: string, actual: number]>([
    ['in PEM, whose order nobody states', pem(leaf.der) + pem(ca.der), 2],
    ['of which another may be the client as well', heard(leaf, other), 2],
    ['of which another may be the client as well, after a CA', heard(leaf, ca, other), 3],
    ['of which another is a root without basicConstraints', heard(leaf, noCa), 2],
  ])('is not known among several %s', (_rule, text, actual) => {
    expect(readLeaf(text)).toEqual(notOne(actual))
  })

  it('is not known beside a certificate that cannot be read', async () => {
    // It has the form of a certificate, so it counts as one.
    const malformed = await issue({ cn: 'Odd', extensions: [extension('2.5.29.19', int(1))] })
    expect(readLeaf(heard(leaf, malformed))).toEqual(notOne(2))
  })
})

describe('the chain', () => {
  it.each(['', ' ', '\n'])('may be missing: %j', (text) => expect(readChain(text)).toEqual({ ok: true, value: [] }))

  it('is read in its order', () => {
    expect(readChain(pem(ca.der) + pem(root.der))).toEqual({ ok: true, value: [ca.der, root.der] })
  })
})

describe('certificate and chain', () => {
  it('are put together: what came with the certificate is first', () => {
    expect(readTexts(heard(leaf, ca), pem(root.der))).toEqual({
      ok: true,
      value: { leaf: leaf.der, chain: [ca.der, root.der] },
    })
  })

  it.each<readonly [rule: string, certificate: string, chain: string, message: RegExp]>([
    ['the certificate cannot be read', 'x', '', /^the certificate \S/],
    ['there are two', pem(leaf.der) + pem(ca.der), '', /^the certificate must be one certificate, not 2: /],
    ['the chain cannot be read', pem(leaf.der), 'x', /^the chain \S/],
  ])('are refused by name where %s', (_rule, certificate, chain, message) => {
    expect(readTexts(certificate, chain)).toEqual({
      ok: false,
      error: { code: 'certificate_unreadable', message: expect.stringMatching(message) },
    })
  })
})
