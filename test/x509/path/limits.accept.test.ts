import { describe, expect, it } from 'vitest'
import { nameConstraints } from '../../../src/testing/extensions.ts'
import { ecdsa, rsaPkcs1 } from '../../../src/testing/keys.ts'
import { Budget } from '../../../src/x509/budget.ts'
import { policyValues } from '../../../src/x509/path/policy-values.ts'
import { asCertificate } from '../../../src/x509/path/trust-set.ts'
import { PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import { spkiRsa } from '../../support/pki.ts'
import { type Case, ca, decide, type Issued, issue, issueChain, issueLeaf, newKeys } from '../../support/x509/chain.ts'
import { dns, padded } from '../../support/x509/constraints.ts'
import { policies } from '../../support/x509/policies.ts'

/** Every test here stays at a limit; limits.reject.test.ts exceeds it by one. */

const accepts = async (given: Case) => expect(await decide(given)).toMatchObject({ accepted: true })

describe('at the limit', () => {
  it(`depth: ${PATH_LIMITS.depth} intermediates`, async () => {
    const [root, ...chain] = (await issueChain(1 + PATH_LIMITS.depth)) as [Issued, ...Issued[]]
    await accepts({ leaf: await issueLeaf(chain.at(-1) ?? root), chain, anchors: [root] })
  })

  it(`intermediates: ${PATH_LIMITS.intermediates} that could be above the leaf`, async () => {
    const root = await issue({ cn: 'Root' })
    const keys = await newKeys()
    const chain = await Promise.all(
      Array.from({ length: PATH_LIMITS.intermediates }, () => issue({ cn: 'CA', by: root, keys })),
    )
    await accepts({ leaf: await issueLeaf(chain[0] ?? root), chain, anchors: [root] })
  })

  it('intermediates: copies, and those that no issuer name leads to, do not count', async () => {
    const root = await issue({ cn: 'Root' })
    const keys = await newKeys()
    const middle = await issue({ cn: 'CA', by: root })
    const others = await Promise.all(Array.from({ length: 40 }, (_, i) => issue({ cn: `Other ${i}`, by: root, keys })))
    const chain = [...others, ...Array.from({ length: 40 }, () => middle)]
    await accepts({ leaf: await issueLeaf(middle), chain, anchors: [root] })
  })

  it(`bytes: ${PATH_LIMITS.bytes} of leaf and intermediates together`, async () => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root)
    await accepts({ leaf, chain: padded(PATH_LIMITS.bytes - leaf.der.length), anchors: [root] })
  })

  it(`signatureChecks: ${PATH_LIMITS.signatureChecks}`, async () => {
    const namesakes = await Promise.all(
      Array.from({ length: PATH_LIMITS.signatureChecks - 1 }, () => issue({ cn: 'Root' })),
    )
    const root = await issue({ cn: 'Root' })
    const budget = new Budget()
    await accepts({ leaf: await issueLeaf(root), anchors: [...namesakes, root], budget })
    expect(budget.spent.signatureChecks).toBe(PATH_LIMITS.signatureChecks)
  })

  it('signatureCost: the deepest path possible, all with P-521, costs 153 of 160', async () => {
    const keys = await newKeys(ecdsa('P-521', 512))
    const [root, ...chain] = (await issueChain(1 + PATH_LIMITS.depth, { keys })) as [Issued, ...Issued[]]
    const budget = new Budget()
    await accepts({ leaf: await issueLeaf(chain.at(-1) ?? root), chain, anchors: [root], budget })
    expect(budget.spent.signatureCost).toBe(153)
  })

  it.each([
    [2048, 1],
    [4096, 1],
    [8192, 4],
  ])('signatureCost: a check with an RSA key of %i bits costs %i', async (bits, cost) => {
    const root = await issue({ cn: 'Root', keys: await newKeys(rsaPkcs1(256)) })
    const namesake = await issue({ cn: 'Root', spki: spkiRsa(bits) })
    const budget = new Budget()
    await accepts({ leaf: await issueLeaf(root), anchors: [namesake, root], budget })
    expect(budget.spent).toMatchObject({ signatureChecks: 2, signatureCost: cost + 1 })
  })

  it('nameComparisons: 500 names and 500 subtrees are exactly 250,000', async () => {
    expect(PATH_LIMITS.nameComparisons).toBe(500 * 500)
    const subtrees = Array.from({ length: 500 }, (_, i) => dns(`x${i}.no`))
    const root = await issue({ cn: 'Root', extensions: ca(nameConstraints({ excluded: subtrees })) })
    const budget = new Budget()
    // The subject is a name too, but its form is not constrained.
    const leaf = await issueLeaf(root, { extensions: [dns.names(500)] })
    await accepts({ leaf, anchors: [root], budget })
    expect(budget.spent.nameComparisons).toBe(PATH_LIMITS.nameComparisons)
  })

  it('candidates: as many as are tried', async () => {
    const [root, ...chain] = (await issueChain(3)) as [Issued, ...Issued[]]
    const budget = new Budget({ ...PATH_LIMITS, candidates: 3 })
    await accepts({ leaf: await issueLeaf(chain.at(-1) ?? root), chain, anchors: [root], budget })
    expect(budget.spent.candidates).toBe(3)
  })
})

describe('repeated work is not counted again', () => {
  it('a signature by a key that several certificates have', async () => {
    const stranger = await issue({ cn: 'Stranger' })
    const keys = await newKeys()
    const chain = await Promise.all(Array.from({ length: 5 }, () => issue({ cn: 'CA', by: stranger, keys })))
    const budget = new Budget()
    expect(
      await decide({
        leaf: await issueLeaf({ subject: chain[0]?.subject ?? stranger.subject, keys }),
        chain,
        anchors: [stranger],
        budget,
      }),
    ).toMatchObject({ accepted: true })
    expect(budget.spent.signatureChecks).toBe(2)
  })

  it('the policies of a certificate that is on hundreds of paths', async () => {
    const { der } = await issue({ extensions: ca(policies('1.2.3')) })
    const certificate = asCertificate(der)
    if ('reason' in certificate) throw new Error('unreadable')
    expect(policyValues(certificate).policies).toEqual(new Set(['1.2.3']))
    expect(policyValues(certificate)).toBe(policyValues(certificate))
  })
})
