import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, call } from '../support/api.ts'
import { get, NOBODY, outcome, SCOPES, type Tenant } from '../support/family.ts'
import { freshId, freshTenant, freshToken, soundBody } from '../support/requests.ts'
import { account, addCredential } from '../support/tenants.ts'

/** A client without access learns nothing of the database, not even that it changed. */

const HEADER = 'x-d1-bookmark'

let tenant: Tenant
/** A bookmark from D1, which must not be in the answer either. */
let given: string
beforeAll(async () => {
  tenant = await freshTenant()
  given = (await get(tenant.accountPath, tenant.authorization)).headers.get(HEADER) ?? expect.fail('no bookmark')
})

type Headers = Readonly<Record<string, string>>

const ROUTES: readonly (readonly [string, string, (path: string) => string])[] = [
  ['POST', 'certificates', (path) => path],
  ['GET', 'certificates', (path) => path],
  ['GET', 'one certificate', (path) => `${path}/${NOBODY}`],
  ['PUT', 'one certificate', (path) => `${path}/${NOBODY}`],
  ['DELETE', 'one certificate', (path) => `${path}/${NOBODY}`],
  ['GET', 'settings', (path) => `${path}/settings`],
  ['PUT', 'settings', (path) => `${path}/settings`],
]

const send = (method: string, path: string, headers: Headers): Promise<Answer> =>
  call(path, { method, headers, ...(method === 'GET' ? {} : { body: JSON.stringify(soundBody()) }) })

const CLOSED: readonly (readonly [string, (t: Tenant) => Promise<Headers>, readonly unknown[]])[] = [
  ['an unknown token', async () => ({ authorization: 'Bearer unknown' }), [401, 10000]],
  [
    'an expired token',
    async (t) => ({ authorization: await freshToken([account(t.accountId)], { expiresOn: 1 }) }),
    [401, 10000],
  ],
  ['a token without a grant', async () => ({ authorization: await freshToken([]) }), [403, 10000]],
  ["another account's token", async () => ({ authorization: (await freshTenant()).authorization }), [403, 10000]],
  ['an unknown key', async () => ({ 'x-auth-email': 'a@example.com', 'x-auth-key': 'a'.repeat(40) }), [403, 9103]],
]

describe.each(CLOSED)('%s gets no bookmark', (_, headersFor, expected) => {
  it.each(ROUTES)('from %s %s', async (method, _route, pathFor) => {
    const headers = await headersFor(tenant)
    for (const scope of SCOPES) {
      for (const more of [{}, { [HEADER]: given }]) {
        const answer = await send(method, pathFor(tenant[scope]), { ...headers, ...more })
        expect(outcome(answer)).toEqual(expected)
        expect(answer.headers.has(HEADER)).toBe(false)
      }
    }
  })
})

describe('no bookmark comes', () => {
  it.each(ROUTES)('if Access is not enabled, from %s %s', async (method, _, pathFor) => {
    const off = await freshTenant({ enabled: false })
    for (const scope of SCOPES) {
      const answer = await send(method, pathFor(off[scope]), { authorization: off.authorization })
      expect(outcome(answer)).toEqual([403, 9999])
      expect(answer.headers.has(HEADER)).toBe(false)
    }
  })

  it('with a token that is not valid, or a key pair, from token verification', async () => {
    const key = 'f7'.repeat(20)
    await addCredential(key, [], { id: freshId(), kind: 'key', email: 'a@bookmark.example' })
    for (const headers of [
      { authorization: 'Bearer unknown' },
      { 'x-auth-email': 'a@bookmark.example', 'x-auth-key': key },
    ]) {
      const answer = await call('/client/v4/user/tokens/verify', { headers })
      expect(outcome(answer)).toEqual([401, 1000])
      expect(answer.headers.has(HEADER)).toBe(false)
    }
  })

  it.each<[string, number, Headers, string]>([
    ['no credentials', 400, {}, 'GET'],
    ['a malformed token', 400, { authorization: 'x' }, 'GET'],
    ['another verb', 405, { authorization: 'Bearer unknown' }, 'PATCH'],
  ])('with what is refused before the database is asked: %s', async (_, status, headers, method) => {
    const answer = await send(method, tenant.accountPath, headers)
    expect(answer.status).toBe(status)
    expect(answer.headers.has(HEADER)).toBe(false)
  })
})
