import { describe, expect, it } from 'vitest'
import { time } from '../../../src/testing/der.ts'
import { type Issued, issue, issueLeaf, pathOf } from '../../support/x509/chain.ts'

/** Trust graphs of RFC 4158: an edge is a certificate, from its issuer to its subject. Reachable leaves are accepted. */
type Edge = readonly [issuer: string, subject: string]

/** RFC 4158 2.3, figure 7: a mesh of CAs below one anchor. */
const MESH: readonly Edge[] = [
  ['Anchor', 'A'],
  ['Anchor', 'C'],
  ['A', 'C'],
  ['C', 'A'],
  ['A', 'B'],
  ['C', 'B'],
]

/** RFC 4158 2.4, figure 8: four infrastructures around a bridge. Only the part above a leaf of N or of B. */
const BRIDGE: readonly Edge[] = [
  ['W', 'Bridge'],
  ['X', 'Bridge'],
  ['Y', 'Bridge'],
  ['Z', 'Bridge'],
  ['Bridge', 'W'],
  ['Bridge', 'X'],
  ['Bridge', 'Y'],
  ['Bridge', 'Z'],
  ['X', 'L'],
  ['L', 'N'],
  ['Y', 'A'],
  ['Y', 'C'],
  ['A', 'C'],
  ['C', 'A'],
  ['A', 'B'],
  ['C', 'B'],
]

/** A self-signed CA for each node. */
async function nodes(edges: readonly Edge[]): Promise<(cn: string) => Issued> {
  const cas = new Map<string, Issued>()
  for (const cn of new Set(edges.flat())) cas.set(cn, await issue({ cn }))
  return (cn) => {
    const ca = cas.get(cn)
    if (ca === undefined) throw new Error(`no CA ${cn}`)
    return ca
  }
}

/** A certificate for each edge. */
function certificates(edges: readonly Edge[], of: (cn: string) => Issued, expired: readonly Edge[] = []) {
  return Promise.all(
    edges.map((edge) => {
      const [issuer, cn] = edge
      const notAfter = expired.includes(edge) && { notAfter: time('2026-01-01T00:00:00Z') }
      return issue({ cn, by: of(issuer), keys: of(cn).keys, ...notAfter })
    }),
  )
}

function isReachable(edges: readonly Edge[], from: string, to: string, seen: readonly string[] = []): boolean {
  if (from === to) return true
  return edges.some(
    ([issuer, subject]) =>
      issuer === from && !seen.includes(subject) && isReachable(edges, subject, to, [...seen, from]),
  )
}

it('a mesh of CAs: a leaf is accepted if and only if it is reachable, whichever of 6 certificates have expired', async () => {
  const of = await nodes(MESH)
  const leaf = await issueLeaf(of('B'))
  const outcomes = new Set<boolean>()
  for (let bits = 0; bits < 2 ** MESH.length; bits += 1) {
    const expired = MESH.filter((_, i) => (bits >> i) % 2 === 1)
    const reachable = isReachable(
      MESH.filter((edge) => !expired.includes(edge)),
      'Anchor',
      'B',
    )
    const chain = await certificates(MESH, of, expired)
    const found = await pathOf({ leaf, chain, anchors: [of('Anchor')] })
    const name = `expired: ${expired.map((edge) => edge.join(' to ')).join(', ')}`
    expect(typeof found === 'string' ? found : found.at(-1), name).toBe(reachable ? 'Anchor' : 'expired')
    outcomes.add(reachable)
  }
  expect(outcomes.size).toBe(2)
})

describe('four infrastructures around a bridge', () => {
  it.each([
    ['from the same infrastructure', 'X', 'N', ['client', 'N', 'L', 'X']],
    ['across the bridge', 'Z', 'N', ['client', 'N', 'L', 'X', 'Bridge', 'Z']],
    ['across the bridge into a mesh', 'Z', 'B', ['client', 'B', /A|C/, 'Y', 'Bridge', 'Z']],
    ['with the bridge as anchor', 'Bridge', 'B', ['client', 'B', /A|C/, 'Y', 'Bridge']],
  ])('%s', async (_rule, anchor, issuer, expected) => {
    const of = await nodes(BRIDGE)
    const chain = await certificates(BRIDGE, of)
    const found = await pathOf({ leaf: await issueLeaf(of(issuer)), chain, anchors: [of(anchor)] })
    expect(found).toEqual(expected.map((cn) => (typeof cn === 'string' ? cn : expect.stringMatching(cn))))
  })

  it.each([
    ['into the infrastructure of the leaf', ['Bridge', 'X']],
    ['out of the infrastructure of the anchor', ['Z', 'Bridge']],
    ['below both', ['L', 'N']],
  ] as const)('no path if the only way has expired: %s', async (_rule, [issuer, subject]) => {
    const of = await nodes(BRIDGE)
    const expired = BRIDGE.filter((edge) => edge[0] === issuer && edge[1] === subject)
    expect(expired).toHaveLength(1)
    const chain = await certificates(BRIDGE, of, expired)
    expect(await pathOf({ leaf: await issueLeaf(of('N')), chain, anchors: [of('Z')] })).toBe('expired')
  })
})
