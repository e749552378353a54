import { describe, expect, it } from 'vitest'
import { int } from '../../../src/testing/der.ts'
import { extension } from '../../../src/testing/extensions.ts'
import { Budget } from '../../../src/x509/budget.ts'
import { nameKey } from '../../../src/x509/certificate/name-key.ts'
import { TrustSet } from '../../../src/x509/path/trust-set.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { decide, type Issued, issue, issueChain, issueLeaf, refusal } from '../../support/x509/chain.ts'
import { certificateOf } from '../../support/x509/revocations.ts'

const [root, ca1] = (await issueChain(2)) as [Issued, Issued]
const ROOT = nameKey(certificateOf(root).subject)
const CA1 = nameKey(certificateOf(ca1).subject)
/** Its names can be read, and its basicConstraints cannot. */
const unreadable = await issue({ cn: 'Root', keys: root.keys, extensions: [extension('2.5.29.19', int(1))] })

describe('a certificate that several records have', () => {
  it.each([
    ['allow', 'allow', false],
    ['allow', 'refuse', true],
    ['refuse', 'allow', true],
    ['refuse', 'refuse', true],
  ] as const)('is one anchor of all of them, by the strictest policy: %s and %s', (first, second, mustBeCovered) => {
    const trust = new TrustSet([
      { id: 'one', certificate: root.der, uncovered: first },
      { id: 'two', certificate: root.der, uncovered: second },
    ])
    const origins = trust.anchorsNamed(ROOT).map(({ origin }) => origin)
    expect(origins).toEqual([{ role: 'anchor', ids: ['one', 'two'], mustBeCovered }])
  })

  it('is one intermediate, of the first of them', () => {
    const registered = ['one', 'two'].map((id) => ({ id, certificate: ca1.der }))
    const origins = new TrustSet([], registered).intermediatesNamed(CA1).map(({ origin }) => origin)
    expect(origins).toEqual([{ role: 'intermediate', certificateId: 'one' }])
  })
})

describe('a certificate that is registered', () => {
  it('may be given as it was read', () => {
    const certificate = certificateOf(root)
    expect(new TrustSet([{ id: 'one', certificate }]).anchorsNamed(ROOT)).toMatchObject([{ certificate }])
  })

  it('is found unreadable when its name is asked for, if only its names can be read', async () => {
    const trust = new TrustSet([
      { id: 'odd', certificate: unreadable.der },
      { id: 'sound', certificate: root.der },
    ])
    expect(trust.unreadable).toEqual([])
    expect(trust.anchorsNamed(ROOT)).toMatchObject([{ origin: { ids: ['sound'] } }])
    expect(trust.unreadable).toMatchObject([{ id: 'odd', fault: { reason: 'malformed_certificate' } }])
    expect(await refusal({ leaf: await issueLeaf(root), anchors: [unreadable] })).toMatchObject({
      fault: { reason: 'anchor_unreadable', problem: expect.stringMatching(/^basicConstraints\b./) },
    })
  })
})

describe('what the client sends does not count, if it is', () => {
  const trust = new TrustSet([{ id: 'root', certificate: root.der }], [{ id: 'ca1', certificate: ca1.der }])
  const none = () => new Budget({ ...PATH_LIMITS, intermediates: 0 })

  it('registered already', async () => {
    const given = { leaf: await issueLeaf(ca1), trust, anchors: [] }
    expect(await decide({ ...given, chain: [ca1, root], budget: none() })).toMatchObject({
      accepted: true,
      path: [{}, { certificateId: 'ca1' }, { anchorId: 'root' }],
    })
  })

  it('a copy of the leaf', async () => {
    const leaf = await issueLeaf(root, { cn: 'Root' })
    expect(await decide({ leaf, chain: [leaf], trust, anchors: [], budget: none() })).toMatchObject({ accepted: true })
  })
})

describe('a missing issuer is called a loop where its name is there, but on the path already:', () => {
  const loop = (issuer: string) => ({ fault: { reason: 'no_issuer', issuer, because: 'loop' } })

  it('presented', async () => {
    const b = await issue({ cn: 'B' })
    const a = await issue({ cn: 'A', by: b })
    const crossed = await issue({ cn: 'B', keys: b.keys, by: a })
    const given = { leaf: await issueLeaf(a), chain: [a, crossed], anchors: [root] }
    expect(await refusal(given)).toMatchObject(loop('CN=A'))
  })

  it('as an anchor whose renewal the leaf is', async () => {
    const above = await issue({ cn: 'Above', by: root })
    const leaf = await issue({ cn: 'Root', keys: root.keys, by: above })
    expect(await refusal({ leaf, chain: [above], anchors: [root] })).toMatchObject(loop('CN=Root'))
  })

  it('as a registered intermediate whose renewal the leaf is', async () => {
    const other = await issue({ cn: 'Middle', by: await issue({ cn: 'Nobody' }) })
    const above = await issue({ cn: 'Above', by: other })
    const leaf = await issue({ cn: 'Middle', keys: other.keys, by: above })
    const registered = new TrustSet([{ id: 'root', certificate: root.der }], [{ id: 'm', certificate: other.der }])
    expect(await refusal({ leaf, chain: [above], trust: registered, anchors: [] })).toMatchObject(loop('CN=Middle'))
  })
})
