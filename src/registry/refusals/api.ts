import * as v from 'valibot'
import { mapOk } from '../../core/result.ts'
import { rfc3339 } from '../../core/rfc3339.ts'
import { operation, SCOPE, type Shape } from '../../web/operation.ts'
import { mapPage, PAGES, readPage } from '../../web/page.ts'
import { Count, ScopeId, WireTime } from '../../web/shapes.ts'
import { listRefusals } from './rules.ts'
import type { RefusedRequests } from './sql.ts'

const RefusedRequestsShape = v.pipe(
  v.strictObject({
    credential_id: v.pipe(v.nullable(ScopeId), v.description('null: its secret is unknown')),
    address: v.pipe(v.string(), v.description('An IPv6 address as its /64')),
    code: v.pipe(v.number(), v.integer(), v.description('Of the first error of the answers')),
    count: Count,
    first_at: WireTime,
    last_at: WireTime,
  }),
  v.title('RefusedRequests'),
)

function shown({
  credentialId,
  address,
  code,
  count,
  firstAt,
  lastAt,
}: RefusedRequests): Shape<typeof RefusedRequestsShape> {
  return {
    credential_id: credentialId === '' ? null : credentialId,
    address,
    code,
    count,
    first_at: rfc3339(firstAt),
    last_at: rfc3339(lastAt),
  }
}

/** Failed authentication and refused writes of an account, its zones included, counted by day, credential, address and code. */
export const REFUSALS = [
  operation({
    namespace: 'edge',
    method: 'GET',
    path: `${SCOPE}/refusals`,
    permission: 'read',
    summary: 'List refused requests',
    pages: PAGES,
    status: 200,
    result: v.array(RefusedRequestsShape),
    async serve({ query, claim, context }) {
      return mapOk(await listRefusals(context.db, claim, readPage(query)), (page) => ({ page: mapPage(page, shown) }))
    },
  }),
]
