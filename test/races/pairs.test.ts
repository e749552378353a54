import { expect, it } from 'vitest'
import { everyInterleaving } from './interleavings.ts'
import { makeMaterial, WRITES, type WriteName } from './record.ts'

/** Those that also race with what is not among them. */
const FEW: readonly WriteName[] = ['CRL 3', 'revert']
const NAMES = (Object.keys(WRITES) as WriteName[]).filter((name) => !FEW.includes(name))
const PAIRS: readonly (readonly [WriteName, WriteName])[] = [
  ...NAMES.flatMap((a, index) => NAMES.slice(index).map((b) => [a, b] as const)),
  ['CRL 2', 'CRL 3'],
  ...(['PUT', 'DELETE', 'CRL 2', 'block'] as const).map((name) => [name, 'revert'] as const),
]

it('two writes on one record, in every order of their round trips', { timeout: 600_000 }, async () => {
  const material = await makeMaterial()
  const started = Date.now()
  let orders = 0
  for (const pair of PAIRS) orders += await everyInterleaving(material, pair)
  console.log(`races: ${PAIRS.length} pairs of writes, ${orders} orders, ${Date.now() - started} ms`)
  expect([PAIRS.length, orders]).toEqual([83, 260])
})
