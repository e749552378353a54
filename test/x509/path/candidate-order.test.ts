import { describe, expect, it } from 'vitest'
import { bytes, time } from '../../../src/testing/der.ts'
import { authorityKeyIdentifier, extKeyUsage, subjectKeyIdentifier } from '../../../src/testing/extensions.ts'
import { Budget } from '../../../src/x509/budget.ts'
import {
  CLIENT_AUTH_OID,
  ca,
  DIGITAL_SIGNATURE,
  decide,
  type Issued,
  issue,
  issueLeaf,
  newKeys,
  refusal,
} from '../../support/x509/chain.ts'

/** Certificates of one CA, with one key: any of them is the issuer, so the path shows which was tried first. */

const root = await issue({ cn: 'Root' })
const keys = await newKeys()
const EXPIRED = { notAfter: time('2026-01-01T00:00:00Z') }
const skid = (id: number) => ca(subjectKeyIdentifier(bytes([id])))

const match = await issue({ cn: 'CA', by: root, keys, extensions: skid(1) })
const absent = await issue({ cn: 'CA', by: root, keys })
const differ = await issue({ cn: 'CA', by: root, keys, extensions: skid(2) })
const expiredMatch = await issue({ cn: 'CA', by: root, keys, extensions: skid(1), ...EXPIRED })
const expiredAbsent = await issue({ cn: 'CA', by: root, keys, ...EXPIRED })
const expiredDiffer = await issue({ cn: 'CA', by: root, keys, extensions: skid(2), ...EXPIRED })

const leaf = await issueLeaf(match, {
  extensions: [DIGITAL_SIGNATURE, extKeyUsage(CLIENT_AUTH_OID), authorityKeyIdentifier(bytes([1]))],
})

/** The position in the chain of the CA on the path, and how many candidates were tried. */
async function tried(chain: readonly Issued[]) {
  const budget = new Budget()
  const verdict = await decide({ leaf, chain, anchors: [root], budget })
  if (!verdict.accepted) throw new Error(verdict.message)
  return [verdict.path[1]?.position, budget.spent.candidates]
}

describe('of the certificates of a CA, the first that is tried is', () => {
  it.each([
    ['the one with the key identifier, not one without', match, absent],
    ['the one with the key identifier, not one with another', match, differ],
    ['one without a key identifier, not one with another', absent, differ],
    ['the one that is valid, not one that has expired', match, expiredMatch],
    ['the one that is valid, also without a key identifier', absent, expiredAbsent],
  ])('%s', async (_rule, first, second) => {
    // The CA and the root above it.
    expect(await tried([first, second])).toEqual([1, 2])
    expect(await tried([second, first])).toEqual([2, 2])
  })

  it.each([
    ['that has the key identifier, although it has expired', expiredMatch, absent],
    ['without a key identifier that has expired, before one with another', expiredAbsent, differ],
  ])('one %s', async (_rule, first, second) => {
    expect(await tried([first, second])).toEqual([2, 3])
    expect(await tried([second, first])).toEqual([1, 3])
  })

  it('the best of three, in any order', async () => {
    expect(await tried([differ, absent, match])).toEqual([3, 2])
    expect(await tried([expiredDiffer, expiredMatch, absent])).toEqual([3, 3])
  })
})

describe('which fault is named does not depend on the order', () => {
  const expiredBelow = async (parts: { readonly cn: string }) => issue({ ...parts, by: root, ...EXPIRED })

  it.each([
    ['first', 1],
    ['last', 2],
  ])('of two expired CAs the one nearer to the anchor, if it is tried %s', async (_order, id) => {
    const upper = await expiredBelow({ cn: 'Upper' })
    const lower = await issue({ cn: 'CA', by: upper, keys, extensions: skid(id) })
    const other = await issue({ cn: 'CA', by: root, keys, extensions: skid(3 - id), ...EXPIRED })
    const found = await refusal({ leaf, chain: [lower, other, upper], anchors: [root] })
    expect(found).toMatchObject({ code: 'expired', certificate: { subject: 'CN=Upper' } })
  })

  it.each([1, 2])('an expired CA, before a missing one further up (%i)', async (id) => {
    const lost = await issue({ cn: 'Lost', by: await issue({ cn: 'Nobody' }) })
    const lower = await issue({ cn: 'CA', by: lost, keys, extensions: skid(id) })
    const other = await issue({ cn: 'CA', by: root, keys, extensions: skid(3 - id), ...EXPIRED })
    const found = await refusal({ leaf, chain: [lower, other, lost], anchors: [root] })
    expect(found).toMatchObject({ code: 'expired', certificate: { subject: 'CN=CA', position: 2 } })
  })

  it('of two at the same height, the one that was tried first', async () => {
    const found = await refusal({ leaf, chain: [expiredDiffer, expiredMatch], anchors: [root] })
    expect(found).toMatchObject({ code: 'expired', certificate: { position: 2 } })
  })
})
