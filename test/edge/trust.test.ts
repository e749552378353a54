import { expect, it } from 'vitest'
import { trustOf } from '../../src/edge/trust.ts'
import { nameKey } from '../../src/x509/certificate/name-key.ts'
import { issue } from '../support/x509/chain.ts'
import { certificateOf } from '../support/x509/revocations.ts'

const root = await issue({ cn: 'Root' })
const ca = await issue({ cn: 'CA', by: root })
const keyOf = (one: typeof root) => nameKey(certificateOf(one).subject)

/** The roles that the trust of one record gives to root and CA. */
function roles(...chain: readonly { readonly der: Uint8Array; readonly isAnchor: boolean | undefined }[]) {
  const { set, records } = trustOf([{ id: 'record', chain, uncovered: 'refuse' }])
  expect(records).toHaveLength(1)
  return [root, ca].map((one) => {
    const found = [...set.anchorsNamed(keyOf(one)), ...set.intermediatesNamed(keyOf(one))]
    return found.map(({ origin }) => origin.role).join()
  })
}

it('a record says which of its certificates are anchors', () => {
  expect(roles({ der: ca.der, isAnchor: false }, { der: root.der, isAnchor: true })).toEqual(['anchor', 'intermediate'])
  expect(roles({ der: ca.der, isAnchor: true }, { der: root.der, isAnchor: false })).toEqual(['intermediate', 'anchor'])
})

it('of a row that does not say, the self-signed certificates are anchors, or else the last one', () => {
  const [old, oldRoot] = [ca, root].map(({ der }) => ({ der, isAnchor: undefined })) as [never, never]
  expect(roles(oldRoot, old)).toEqual(['anchor', 'intermediate'])
  expect(roles(old)).toEqual(['', 'anchor'])
  // One that says nothing makes the whole row old.
  expect(roles({ der: ca.der, isAnchor: true }, oldRoot)).toEqual(['anchor', 'intermediate'])
})

it('of a row that does not say, what cannot be read is left out', () => {
  const unreadable = { der: Uint8Array.of(0x30, 0), isAnchor: undefined }
  expect(roles({ der: ca.der, isAnchor: undefined }, unreadable)).toEqual(['', 'anchor'])
})

it('an anchor has the policy of its record', () => {
  const { set } = trustOf([{ id: 'record', chain: [{ der: root.der, isAnchor: true }], uncovered: 'refuse' }])
  expect(set.anchorsNamed(keyOf(root)).map(({ origin }) => origin)).toEqual([
    { role: 'anchor', ids: ['record'], mustBeCovered: true },
  ])
})
