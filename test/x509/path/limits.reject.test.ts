import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/testing/der.ts'
import { nameConstraints } from '../../../src/testing/extensions.ts'
import { ecdsa } from '../../../src/testing/keys.ts'
import { Budget, LimitReached } from '../../../src/x509/budget.ts'
import { MAX_TRACE_STEPS, PATH_LIMITS } from '../../../src/x509/path-limits.ts'
import {
  type Case,
  ca,
  decide,
  type Issued,
  issue,
  issueChain,
  issueLeaf,
  newKeys,
  refusal,
} from '../../support/x509/chain.ts'
import { dns, padded } from '../../support/x509/constraints.ts'
import { constraints, policies } from '../../support/x509/policies.ts'

/** Every test here exceeds a limit by one; limits.accept.test.ts stays at it. */

const refuses = async (limit: string, value: number, given: Case) =>
  expect(await refusal(given)).toMatchObject({
    fault: { reason: 'limit_reached', limit, value },
    openssl: 'certificate chain too long',
  })

describe('one above the limit', () => {
  it('depth', async () => {
    const [root, ...chain] = (await issueChain(2 + PATH_LIMITS.depth)) as [Issued, ...Issued[]]
    const leaf = await issueLeaf(chain.at(-1) ?? root)
    await refuses('depth', 8, { leaf, chain, anchors: [root] })
  })

  it('intermediates', async () => {
    const root = await issue({ cn: 'Root' })
    const keys = await newKeys()
    const count = PATH_LIMITS.intermediates + 1
    const chain = await Promise.all(Array.from({ length: count }, () => issue({ cn: 'CA', by: root, keys })))
    await refuses('intermediates', 16, { leaf: await issueLeaf(chain[0] ?? root), chain, anchors: [root] })
  })

  it('intermediates, counted over all levels', async () => {
    const root = await issue({ cn: 'Root' })
    const [upper, lower] = [await newKeys(), await newKeys()]
    const above = await Promise.all(Array.from({ length: 9 }, () => issue({ cn: 'Upper', by: root, keys: upper })))
    const by = above[0] ?? root
    const below = await Promise.all(Array.from({ length: 8 }, () => issue({ cn: 'Lower', by, keys: lower })))
    await refuses('intermediates', 16, {
      leaf: await issueLeaf(below[0] ?? root),
      chain: [...above, ...below],
      anchors: [root],
    })
  })

  it('bytes', async () => {
    const root = await issue({ cn: 'Root' })
    const leaf = await issueLeaf(root)
    await refuses('bytes', 65_536, { leaf, chain: padded(PATH_LIMITS.bytes - leaf.der.length + 1), anchors: [root] })
  })

  it('signatureChecks', async () => {
    const namesakes = await Promise.all(Array.from({ length: 100 }, () => issue({ cn: 'Root' })))
    const root = await issue({ cn: 'Root' })
    const budget = new Budget()
    await refuses('signatureChecks', 100, { leaf: await issueLeaf(root), anchors: [...namesakes, root], budget })
    expect(budget.spent.signatureChecks).toBe(100)
  })

  it('signatureCost: ten checks with P-521, since nine of them are within 160', async () => {
    const p521 = ecdsa('P-521', 512)
    const namesakes = await Promise.all(
      Array.from({ length: 9 }, async () => issue({ cn: 'Root', keys: await newKeys(p521) })),
    )
    const root = await issue({ cn: 'Root', keys: await newKeys(p521) })
    const budget = new Budget()
    await refuses('signatureCost', 160, { leaf: await issueLeaf(root), anchors: [...namesakes, root], budget })
    expect(budget.spent.signatureCost).toBe(153)
  })

  it('nameComparisons', async () => {
    const subtrees = Array.from({ length: 500 }, (_, i) => dns(`x${i}.no`))
    const root = await issue({ cn: 'Root', extensions: ca(nameConstraints({ excluded: subtrees })) })
    const leaf = await issueLeaf(root, { extensions: [dns.names(501)] })
    await refuses('nameComparisons', 250_000, { leaf, anchors: [root] })
  })

  it('candidates', async () => {
    const [root, ...chain] = (await issueChain(3)) as [Issued, ...Issued[]]
    const budget = new Budget({ ...PATH_LIMITS, candidates: 2 })
    await refuses('candidates', 2, { leaf: await issueLeaf(chain.at(-1) ?? root), chain, anchors: [root], budget })
  })
})

describe('hostile chains end soon', () => {
  it('CAs of one name that sign each other, which take 35,274 signature checks in pkijs', async () => {
    const keys = await Promise.all(Array.from({ length: 5 }, () => newKeys()))
    const { subject } = await issue({ cn: 'CA' })
    // 16 certificates of 5 keys, each signed by another.
    const chain: Issued[] = []
    for (const [i, own] of keys.entries()) {
      for (const [j, signer] of keys.entries()) {
        if (i !== j && chain.length < 16)
          chain.push(await issue({ cn: 'CA', keys: own, by: { subject, keys: signer } }))
      }
    }
    const root = await issue({ cn: 'Root' })
    const budget = new Budget()
    const [first] = keys
    if (first === undefined) throw new Error('no keys')
    const verdict = await refusal({ leaf: await issueLeaf({ subject, keys: first }), chain, anchors: [root], budget })
    expect(['no_issuer', 'self_signed', 'signature_invalid']).toContain(verdict.code)
    expect(budget.spent.signatureChecks).toBeLessThanOrEqual(100)
    expect(budget.spent.candidates).toBeLessThan(1_000)
  })

  /** 8 layers of 2 certificates of one key, the lowest last. */
  async function layers(top: Issued, ...extensions: readonly Bytes[]): Promise<readonly Issued[]> {
    const chain: Issued[] = []
    for (let layer = 0; layer < 8; layer += 1) {
      const keys = await newKeys()
      const by = chain.at(-1) ?? top
      const twin = () => issue({ cn: `CA ${layer}`, by, keys, extensions: ca(...extensions) })
      chain.push(await twin(), await twin())
    }
    return chain
  }

  it('8 layers of 2 certificates: 2^8 paths that lead nowhere', async () => {
    const stranger = await issue({ cn: 'Stranger' })
    const chain = await layers(stranger)
    const budget = new Budget()
    const anchors = [await issue({ cn: 'Root' })]
    const leaf = await issueLeaf(chain.at(-1) ?? stranger)
    const verdict = await refusal({ leaf, chain, anchors, budget, trace: true })
    expect(verdict.code).toBe('no_issuer')
    expect(verdict.trace).toHaveLength(MAX_TRACE_STEPS)
    expect(budget.spent).toEqual({ signatureChecks: 15, signatureCost: 15, nameComparisons: 0, candidates: 510 })
  })

  it('the same below an anchor: 2^8 paths, none with a policy left', async () => {
    const root = await issue({ cn: 'Root', extensions: ca(constraints(0)) })
    const many = Array.from({ length: 200 }, (_, i) => `1.2.3.${i}`)
    const chain = await layers(root, policies(...many))
    const budget = new Budget()
    const verdict = await refusal({ leaf: await issueLeaf(chain.at(-1) ?? root), chain, anchors: [root], budget })
    expect(verdict.code).toBe('policy_required')
    expect(budget.spent).toEqual({ signatureChecks: 17, signatureCost: 17, nameComparisons: 0, candidates: 766 })
  })
})

describe('a limit that is not a number allows nothing', () => {
  it.each(['bytes', 'intermediates', 'depth', 'signatureChecks', 'candidates'] as const)('%s', async (limit) => {
    const [root, ca1] = (await issueChain(2)) as [Issued, Issued]
    const budget = new Budget({ ...PATH_LIMITS, [limit]: Number.NaN })
    expect(await refusal({ leaf: await issueLeaf(ca1), chain: [ca1], anchors: [root], budget })).toMatchObject({
      fault: { reason: 'limit_reached', limit },
    })
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])('a time of %s is a bug of the caller', async (at) => {
    const root = await issue({ cn: 'Root' })
    await expect(decide({ leaf: await issueLeaf(root), anchors: [root], at })).rejects.toThrow(TypeError)
  })
})

it('a budget names its limit when it is exceeded', () => {
  const budget = new Budget({ ...PATH_LIMITS, signatureChecks: 1 })
  budget.spend('signatureChecks')
  expect(() => budget.spend('signatureChecks')).toThrow(LimitReached)
  expect(budget.spent.signatureChecks).toBe(1)
})
