import { type Bytes, bytes, implicit, int, oid, seq } from '../../../src/testing/der.ts'
import { certificatePolicies, extension } from '../../../src/testing/extensions.ts'
import { type Case, ca, issue, issueLeaf, newKeys } from './chain.ts'

/** The policy extensions of RFC 5280 4.2.1.4, 4.2.1.5, 4.2.1.11 and 4.2.1.14, for tests. */

export const ANY = '2.5.29.32.0'

export const policies = certificatePolicies
/** The same policy twice. */
export const malformedPolicies = (id: string): Bytes => policies(id, id)
export const mappings = (...pairs: readonly (readonly [string, string])[]): Bytes =>
  extension('2.5.29.33', seq(...pairs.map(([from, to]) => seq(oid(from), oid(to)))), true)
export const inhibitAny = (skip: number): Bytes => extension('2.5.29.54', int(skip), true)
export const constraints = (requireExplicit?: number, inhibitMapping?: number, critical = true): Bytes =>
  extension(
    '2.5.29.36',
    seq(
      requireExplicit === undefined ? bytes() : implicit(0, [requireExplicit]),
      inhibitMapping === undefined ? bytes() : implicit(1, [inhibitMapping]),
    ),
    critical,
  )

/** A chain from the extensions of each certificate, the anchor first and the leaf last. */
export async function anchored(
  levels: readonly (readonly Bytes[])[],
  { selfIssued = false }: { readonly selfIssued?: boolean } = {},
): Promise<Case> {
  const [top = [], ...rest] = levels
  const leafExtensions = rest.at(-1) ?? []
  const root = await issue({ cn: 'Root', extensions: ca(...top) })
  const chain = []
  let by = root
  for (const [i, extensions] of rest.slice(0, -1).entries()) {
    const cn = selfIssued ? 'Root' : `CA ${i}`
    by = await issue({ cn, by, keys: await newKeys(), extensions: ca(...extensions) })
    chain.push(by)
  }
  const leaf = await issueLeaf(by, { extensions: leafExtensions.length > 0 ? leafExtensions : null })
  return { leaf, chain, anchors: [root] }
}
