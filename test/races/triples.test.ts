import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { everyInterleaving } from './interleavings.ts'
import { makeMaterial, type WriteName } from './record.ts'

/** PUT, DELETE, CRL and block, each with its opposite: those of the long run, and those of every run. */
const NAMES = ['PUT', 'PUT of no hostname', 'DELETE', 'CRL 2', 'CRL 3', 'DELETE of CRLs', 'block', 'unblock'] as const
const TRIPLES: readonly (readonly [WriteName, WriteName, WriteName])[] = [
  ['PUT', 'DELETE', 'CRL 2'],
  ['PUT', 'DELETE', 'block'],
  ['PUT', 'CRL 2', 'block'],
  ['DELETE', 'CRL 2', 'block'],
  ['PUT of no hostname', 'DELETE', 'CRL 2'],
  ['PUT', 'PUT of no hostname', 'DELETE'],
  ['CRL 2', 'CRL 3', 'DELETE of CRLs'],
  ['DELETE', 'DELETE of CRLs', 'unblock'],
  ['DELETE', 'POST', 'CRL 2'],
  ['PUT', 'PUT if unchanged', 'block'],
]

it('three writes on one record, in every order of their round trips', { timeout: 7_200_000 }, async () => {
  const material = await makeMaterial()
  const all = NAMES.flatMap((a, i) =>
    NAMES.slice(i).flatMap((b, j) => NAMES.slice(i + j).map((c) => [a, b, c] as const)),
  )
  const triples = env.TEST_LONG === '' ? TRIPLES : [...TRIPLES, ...all]
  const started = Date.now()
  let orders = 0
  for (const triple of triples) orders += await everyInterleaving(material, triple)
  console.log(`races: ${triples.length} triples of writes, ${orders} orders, ${Date.now() - started} ms`)
  if (env.TEST_LONG === '') expect([triples.length, orders]).toEqual([10, 227])
})
