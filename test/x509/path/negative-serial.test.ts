import { expect, it } from 'vitest'
import { fromHex } from '../../../src/core/bytes.ts'
import { int } from '../../../src/testing/der.ts'
import { decide, issue, issueLeaf, refusal } from '../../support/x509/chain.ts'
import { block, known } from '../../support/x509/revocations.ts'

const serial = (hex: string) => ({ serial: int(fromHex(hex)) })
const root = await issue({ cn: 'Root', ...serial('80') })
const middle = await issue({ cn: 'CA', by: root, ...serial('ee2b3deb') })
const leaf = await issueLeaf(middle, serial('d6a1b2c3'))
const PATH = { leaf, chain: [middle], anchors: [root] }

it('negative serial numbers all along a path, shown by their content octets', async () => {
  const verdict = await decide(PATH)
  if (!verdict.accepted) throw new Error(verdict.message)
  expect(verdict.path.map(({ serialNumber }) => serialNumber)).toEqual(['d6a1b2c3', 'ee2b3deb', '80'])
})

it('a client with a negative serial number is blocked by its content octets', async () => {
  expect(await refusal({ ...PATH, revocation: known([], [block(leaf)], [root]) })).toMatchObject({
    fault: { reason: 'blocked', serial: 'd6a1b2c3' },
  })
})

it('a negative number is not the positive number with the same digits', async () => {
  const positive = block(leaf, { serial: '00d6a1b2c3' })
  expect(await decide({ ...PATH, revocation: known([], [positive], [root]) })).toMatchObject({ accepted: true })
})
