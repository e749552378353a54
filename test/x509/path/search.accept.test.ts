import { describe, expect, it } from 'vitest'
import { type Bytes, nul, oid, printable, seq, set, time } from '../../../src/testing/der.ts'
import { basicConstraints, extKeyUsage, keyUsage, nameConstraints } from '../../../src/testing/extensions.ts'
import { NOW, RSA_SHA256 } from '../../support/pki.ts'
import {
  ca,
  decide,
  type Issued,
  type IssueParts,
  issue,
  issueChain,
  issueLeaf,
  KEY_CERT_SIGN,
  newKeys,
  P256,
  pathOf,
  SERVER_AUTH_OID,
  UNKNOWN_CRITICAL,
} from '../../support/x509/chain.ts'
import { dns } from '../../support/x509/constraints.ts'
import { constraints } from '../../support/x509/policies.ts'

const [root, ca1, ca2] = (await issueChain(3)) as [Issued, Issued, Issued]
const leaf = await issueLeaf(ca2)

describe('a path is found', () => {
  it('straight to an anchor', async () => {
    expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root] })).toEqual(['client', 'Root'])
  })

  it.each([
    ['in order', [ca2, ca1]],
    ['in reverse', [ca1, ca2]],
    ['repeated', [ca1, ca2, ca2, ca1]],
    ['with the anchor among them', [root, ca1, ca2]],
    ['with the leaf among them, first and last', [leaf, ca1, ca2, leaf]],
    ['with rubbish among them', [{ der: Uint8Array.of(0x30, 0) }, ca2, { der: new Uint8Array() }, ca1]],
  ])('whatever the order: %s', async (_rule, chain) => {
    expect(await pathOf({ leaf, chain, anchors: [root] })).toEqual(['client', 'CA 2', 'CA 1', 'Root'])
  })

  it('to an anchor that is an intermediate, with an unknown issuer', async () => {
    expect(await pathOf({ leaf, chain: [ca2, ca1], anchors: [ca1] })).toEqual(['client', 'CA 2', 'CA 1'])
  })

  it('to the nearest anchor of several', async () => {
    expect(await pathOf({ leaf, chain: [ca2, ca1], anchors: [root, ca2] })).toEqual(['client', 'CA 2'])
  })

  it('of one certificate, if the leaf is an anchor', async () => {
    expect(await decide({ leaf: ca2, anchors: [root, ca2] })).toMatchObject({
      accepted: true,
      path: [{ role: 'anchor', anchorId: 'anchor 2', subject: 'CN=CA 2' }],
    })
  })

  it('of one certificate, whose nameConstraints are about names below it', async () => {
    const anchor = await issue({ cn: 'Root', extensions: ca(nameConstraints({ permitted: [dns('other.example')] })) })
    expect(await decide({ leaf: anchor, anchors: [anchor] })).toMatchObject({ accepted: true })
  })

  it('across names that match only by RFC 5280 7.1', async () => {
    const spelt = (text: string) => seq(set(seq(oid('2.5.4.3'), printable(text))))
    const anchor = await issue({ subject: spelt('My  ROOT') })
    const below = await issueLeaf({ subject: spelt(' my root '), keys: anchor.keys })
    expect(await pathOf({ leaf: below, anchors: [anchor] })).toEqual(['client', 'My  ROOT'])
  })
})

describe('backtracking', () => {
  it('over anchors of one name with other keys', async () => {
    const others = await Promise.all([issue({ cn: 'Root' }), issue({ cn: 'Root' })])
    expect(await decide({ leaf: await issueLeaf(root), anchors: [...others, root] })).toMatchObject({
      path: [{ role: 'leaf' }, { anchorId: 'anchor 3' }],
    })
  })

  it('an intermediate that leads nowhere, then the one that leads to the anchor', async () => {
    const keys = await newKeys()
    const stranger = await issue({ cn: 'Stranger' })
    const deadEnd = await issue({ cn: 'Bridge', by: stranger, keys })
    const bridge = await issue({ cn: 'Bridge', by: root, keys })
    const below = await issueLeaf(bridge)
    for (const chain of [
      [deadEnd, stranger, bridge],
      [bridge, stranger, deadEnd],
    ]) {
      expect(await pathOf({ leaf: below, chain, anchors: [root] })).toEqual(['client', 'Bridge', 'Root'])
    }
  })

  it('an expired certificate of a CA, then its renewal', async () => {
    const keys = await newKeys()
    const expired = await issue({ cn: 'CA', by: root, keys, notAfter: time('2026-01-01T00:00:00Z') })
    const renewed = await issue({ cn: 'CA', by: root, keys })
    const below = await issueLeaf(renewed)
    expect(await pathOf({ leaf: below, chain: [expired, renewed], anchors: [root] })).toEqual(['client', 'CA', 'Root'])
    expect(await pathOf({ leaf: below, chain: [expired], anchors: [root], at: NOW })).toBe('expired')
  })

  it('CAs that sign each other in a circle, one of them signed by the anchor', async () => {
    const [a, b] = [await newKeys(), await newKeys()]
    const nameOf = async (cn: string) => (await issue({ cn })).subject
    const [nameA, nameB] = [await nameOf('A'), await nameOf('B')]
    const aByB = await issue({ cn: 'A', keys: a, by: { subject: nameB, keys: b } })
    const bByA = await issue({ cn: 'B', keys: b, by: { subject: nameA, keys: a } })
    const bByRoot = await issue({ cn: 'B', keys: b, by: root })
    const chain = [aByB, bByA, bByRoot]
    const below = await issueLeaf({ subject: nameA, keys: a })
    expect(await pathOf({ leaf: below, chain, anchors: [root] })).toEqual(['client', 'A', 'B', 'Root'])
    expect(await pathOf({ leaf: below, chain: [aByB, bByA], anchors: [root] })).toBe('no_issuer')
  })
})

/** Faults that exclude a certificate of a CA from every path. */
const BAD: readonly (readonly [rule: string, parts: IssueParts])[] = [
  ['has expired', { notAfter: time('2026-01-01T00:00:00Z') }],
  ['is not valid yet', { notBefore: time('2027-01-01T00:00:00Z') }],
  ['has no basicConstraints', { extensions: [KEY_CERT_SIGN] }],
  ['is not a CA', { extensions: [basicConstraints(false), KEY_CERT_SIGN] }],
  ['may not sign certificates', { extensions: [basicConstraints(true), keyUsage(0x80, 7)] }],
  ['is for another purpose', { extensions: ca(extKeyUsage(SERVER_AUTH_OID)) }],
  ['has an unknown critical extension', { extensions: ca(UNKNOWN_CRITICAL) }],
  ['has an extension twice', { extensions: ca(KEY_CERT_SIGN) }],
  ['permits other names', { extensions: ca(nameConstraints({ permitted: [dns('elsewhere.test')] })) }],
  ['has a malformed constraint', { extensions: ca(nameConstraints({ excluded: [dns('*.test')] })) }],
  ['requires a policy', { extensions: ca(constraints(0)) }],
  ['is of version 1', { version: new Uint8Array(), extensions: null }],
  ['is signed with SHA-1', { algorithm: seq(oid('1.2.840.10045.4.1')) }],
  ['names another kind of signature', { algorithm: RSA_SHA256 }],
  ['has a broken signature', { breakSignature: true }],
  ['has something behind its signature', { after: nul() }],
]

describe.each(BAD)('a certificate of the CA that %s', (_rule, parts) => {
  const altName: readonly Bytes[] = [dns.names(1)]

  it.each([
    ['first', (bad: Issued, good: Issued) => [bad, good]],
    ['last', (bad: Issued, good: Issued) => [good, bad]],
  ])('does not prevent a path through another one, presented %s', async (_place, order) => {
    const keys = await newKeys()
    const bad = await issue({ cn: 'Twice', by: root, keys, ...parts })
    const good = await issue({ cn: 'Twice', by: root, keys })
    const below = await issueLeaf(good, { extensions: altName })
    expect(await pathOf({ leaf: below, chain: order(bad, good), anchors: [root] })).toHaveLength(3)
    expect(await pathOf({ leaf: below, chain: [bad], anchors: [root] })).toBeTypeOf('string')
  })
})

describe('certificates outside of the path decide nothing', () => {
  it('a registered CA with an unknown critical extension', async () => {
    const unrelated = await issue({ cn: 'Unrelated', extensions: ca(UNKNOWN_CRITICAL) })
    expect(await pathOf({ leaf, chain: [ca2, ca1], anchors: [unrelated, root] })).toHaveLength(4)
  })

  it('a presented CA with one', async () => {
    const unrelated = await issue({ cn: 'Unrelated', by: root, extensions: ca(UNKNOWN_CRITICAL) })
    expect(await pathOf({ leaf, chain: [unrelated, ca2, ca1], anchors: [root] })).toHaveLength(4)
  })

  it('an expired certificate of the anchor by another anchor, as at the end of AddTrust', async () => {
    const older = await issue({ cn: 'Older' })
    const cross = await issue({ cn: 'Root', by: older, keys: root.keys, notAfter: time('2020-05-30T10:48:38Z') })
    const below = await issueLeaf(root)
    expect(await pathOf({ leaf: below, chain: [cross], anchors: [older, root] })).toEqual(['client', 'Root'])
    expect(await pathOf({ leaf: below, chain: [cross], anchors: [older] })).toBe('expired')
  })
})

it('a name with an empty RDN leads to the CA whose name has it too', async () => {
  const root = await issue({ subject: seq(set(), set(seq(oid('2.5.4.3'), printable('Root')))) })
  expect(await pathOf({ leaf: await issueLeaf(root), anchors: [root] })).toEqual(['client', 'Root'])
})

it('an anchor that cannot be read does not disturb the others', async () => {
  const anchors = [{ der: Uint8Array.of(0x30, 0) }, root]
  expect(await pathOf({ leaf: await issueLeaf(root, { keys: await newKeys(P256) }), anchors })).toHaveLength(2)
})
