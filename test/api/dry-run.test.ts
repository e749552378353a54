import { expect, it } from 'vitest'
import { newIsolate } from '../../src/api/router.ts'
import { type Afterwards, type Answer, type CallOptions, call } from '../support/api.ts'
import { crlTenant } from '../support/crl.ts'
import { dumpDatabase } from '../support/dump.ts'
import { outcome } from '../support/family.ts'
import { freshToken } from '../support/requests.ts'
import { ROUTE_REQUESTS, type RouteOfScope } from '../support/route-requests.ts'
import { account, zone } from '../support/tenants.ts'

/** A request that asks what it would do changes nothing, on every route that writes. */

const WRITES = ROUTE_REQUESTS.filter(({ isWrite }) => isWrite).map(
  (route) => [`${route.method} ${route.scope} ${route.summary}`, route] as const,
)

/** Sends the request of a route, which somebody who may write would have carried out, with a query. */
async function send(route: RouteOfScope, query: string, more: CallOptions & { readonly authorization?: string } = {}) {
  const tenant = await crlTenant(1, route.scope === 'accounts' ? 'accountPath' : 'zonePath')
  const { method, path, type, body } = await route.request(tenant)
  const before = await dumpDatabase()
  const { authorization = tenant.authorization, ...options } = more
  const headers = { authorization, 'content-type': type }
  const answer = await call(`${path}?${query}`, { method, headers, ...(body !== undefined && { body }), ...options })
  return { answer, before, after: await dumpDatabase() }
}

const refusalOf = ({ status, body }: Answer) => [status, body.errors[0]?.code, body.errors[0]?.message]

it.each(WRITES)('%s: dry_run=true stores nothing', async (_, route) => {
  const { answer, before, after } = await send(route, 'dry_run=true')
  expect(after).toEqual(before)
  if (route.dryRun === undefined) {
    expect(refusalOf(answer)).toEqual([400, 12130, expect.stringContaining('dry_run cannot be true here')])
  } else {
    expect(answer).toMatchObject({ status: 200, body: { result: { would: { status: route.status, success: true } } } })
  }
})

it.each([
  'dry_run=1',
  'dry_run=',
  'dry_run=TRUE',
  'dry_run=true&dry_run=true',
  'dryRun=true',
  'DRY-RUN=true',
  'dry_run=true&dryrun',
])('%s is refused, and nothing is stored', async (query) => {
  for (const [, route] of WRITES) {
    const { answer, before, after } = await send(route, query)
    expect(refusalOf(answer)).toEqual([400, 12130, expect.stringContaining('dry_run must be true or false')])
    expect(after).toEqual(before)
  }
})

it.each(WRITES)('%s: dry_run=false writes', async (_, route) => {
  const { answer } = await send(route, 'dry_run=false')
  expect(answer.status).toBe(route.status)
  expect(answer.body.result).not.toHaveProperty('would')
})

it.each(WRITES)('%s: access is told before anything about dry_run', async (_, route) => {
  for (const query of ['dry_run=true', 'dry_run=perhaps']) {
    const { answer } = await send(route, query, { authorization: 'Bearer unknown' })
    expect(outcome(answer)).toEqual([401, 10000])
    const tenant = await crlTenant()
    const stranger = await freshToken([account(tenant.accountId), zone(tenant.zoneId)])
    expect(outcome((await send(route, query, { authorization: stranger })).answer)).toEqual([403, 10000])
  }
})

it('a request that only reads takes no notice of dry_run', async () => {
  const { accountPath, authorization } = await crlTenant()
  expect((await call(`${accountPath}?dry_run=perhaps`, { headers: { authorization } })).status).toBe(200)
})

it('a dry run that is refused is not counted among refused writes, but one of a stranger is', async () => {
  const { record, authorization } = await crlTenant()
  const counted = async (sender: string, query: string) => {
    const afterwards: Afterwards[] = []
    const headers = { authorization: sender }
    await call(`${record}${query}`, { method: 'DELETE', headers, isolate: newIsolate(), afterwards })
    return afterwards.length
  }
  await call(record, { method: 'DELETE', headers: { authorization } })
  expect(await counted(authorization, '')).toBe(1)
  expect(await counted(authorization, '?dry_run=true')).toBe(0)
  expect(await counted('Bearer unknown', '?dry_run=true')).toBe(1)
})
