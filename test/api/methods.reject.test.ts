import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../support/api.ts'
import { add, NOBODY, SCOPES, type Tenant } from '../support/family.ts'
import { bare, freshTenant, storedRows } from '../support/requests.ts'

/** 405 for every path of contract 1: which methods each path has, and which it therefore refuses. */

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant()
  for (const path of SCOPES) await add(tenant[path], tenant.authorization)
})

const VERBS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const PATHS: readonly (readonly [string, (tenant: Tenant) => string, readonly string[]])[] = [
  ['certificates of an account', (t) => t.accountPath, ['GET', 'POST']],
  ['certificates of a zone', (t) => t.zonePath, ['GET', 'POST']],
  ['settings of an account', (t) => `${t.accountPath}/settings`, ['GET', 'PUT']],
  ['settings of a zone', (t) => `${t.zonePath}/settings`, ['GET', 'PUT']],
  ['a certificate of an account', (t) => `${t.accountPath}/${NOBODY}`, ['GET', 'PUT', 'DELETE']],
  ['a certificate of a zone', (t) => `${t.zonePath}/${NOBODY}`, ['GET', 'PUT', 'DELETE']],
  ['token verification', () => '/client/v4/user/tokens/verify', ['GET']],
  ['accounts', () => '/client/v4/accounts', ['GET']],
  ['zones', () => '/client/v4/zones', ['GET']],
  ['an account', (t) => `/client/v4/accounts/${t.accountId}`, ['GET']],
  ['a zone', (t) => `/client/v4/zones/${t.zoneId}`, ['GET']],
  ['the user', () => '/client/v4/user', ['GET']],
  ['token verification of an account', (t) => `/client/v4/accounts/${t.accountId}/tokens/verify`, ['GET']],
]

const REFUSED = PATHS.flatMap(([what, pathFor, allowed]) =>
  VERBS.filter((verb) => !allowed.includes(verb)).map((verb) => [verb, what, pathFor, allowed.join(', ')] as const),
)

const send = (method: string, path: string) => {
  const body = method === 'GET' ? {} : { body: '{}' }
  return call(path, { method, headers: { authorization: tenant.authorization }, ...body })
}

describe('405 10405', () => {
  it.each(REFUSED)('%s on %s', async (method, _, pathFor, allow) => {
    const before = await storedRows()
    for (const path of [pathFor(tenant), pathFor(tenant).replace('/client/v4', '')]) {
      const answer = await send(method, path)
      expect(answer.status).toBe(405)
      const error = { code: 10405, message: 'Method not allowed for this authentication scheme' }
      expect(bare(answer.body)).toStrictEqual({ result: null, success: false, errors: [error], messages: [] })
      expect(answer.headers.get('allow')).toBe(allow)
    }
    expect(await storedRows()).toEqual(before)
  })

  it.each(PATHS)('is not the answer for %s with a method that Allow names', async (_, pathFor, allowed) => {
    for (const method of allowed) expect((await send(method, pathFor(tenant))).status).not.toBe(405)
  })
})

it('a path outside the API is 400 7000 with any method', async () => {
  for (const path of [
    `/client/v4/zones/${tenant.zoneId}/tokens/verify`,
    '/client/v4/user/tokens',
    '/client/v4/user/tokens/verify/x',
    `${tenant.accountPath}/settings/x`,
    `${tenant.accountPath}/${NOBODY}/settings`,
  ]) {
    for (const method of VERBS) {
      const answer = await send(method, path)
      expect([answer.status, ...answer.body.errors.map(({ code }) => code)]).toEqual([400, 7000])
    }
  }
})
