import { expect, it } from 'vitest'
import type { Claim } from '../../src/core/model.ts'
import { accessParams, moreParams } from '../../src/store/access.ts'
import type { Statement } from '../../src/store/statement.ts'

const CLAIM: Claim = {
  credential: { kind: 'token', secretSha256: 'aa' },
  scope: { kind: 'zones', id: 'z' },
  permission: 'read',
  now: 1,
}

it('a statement begins with the values of a claim, or says why it has none', () => {
  const sql = 'SELECT ?1'
  const scoped: Statement = { sql, params: moreParams(accessParams(CLAIM, 'a'), 2) }
  expect(scoped.params).toEqual(['aa', 'token', null, 'zones', 'z', 1, 'read', 'a', 2])
  const unscoped: Statement = { sql, params: ['a'], unscoped: 'operator' }
  // @ts-expect-error: a query without a scope does not compile
  const neither: Statement = { sql, params: ['a'] }
  expect([unscoped, neither].map(({ params }) => params)).toEqual([['a'], ['a']])
})
