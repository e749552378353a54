import { beforeAll, describe, expect, it } from 'vitest'
import {
  add,
  BAD_IDS,
  ELSEWHERE,
  expectNotFound,
  FORBIDDEN,
  get,
  NOBODY,
  outcome,
  put,
  remove,
  SCOPES,
  type Tenant,
} from '../../support/family.ts'
import { bare, freshTenant, freshToken } from '../../support/requests.ts'
import { zone } from '../../support/tenants.ts'

let tenant: Tenant
let other: Tenant
beforeAll(async () => {
  tenant = await freshTenant()
  other = await freshTenant()
})

describe('404 12135 for a certificate that', () => {
  it.each(ELSEWHERE)('%s', async (_, pathFor) => {
    expectNotFound(await get(await pathFor(tenant, other), tenant.authorization))
  })

  it("is another account's, with the same bytes as for an unknown id", async () => {
    const theirs = await add(other.accountPath, other.authorization)
    const answers = [
      await get(`${tenant.accountPath}/${theirs.id}`, tenant.authorization),
      await get(`${tenant.accountPath}/${NOBODY}`, tenant.authorization),
    ].map(({ status, text }) => [status, text])
    expect(answers[0]).toEqual(answers[1])
  })

  it('is in another scope, also to a token that may read both', async () => {
    const record = await add(tenant.zonePath, tenant.authorization)
    const authorization = await freshToken([zone(tenant.zoneId), zone(other.zoneId)])
    expect((await get(record.path, authorization)).status).toBe(200)
    expectNotFound(await get(`${other.zonePath}/${record.id}`, authorization))
  })
})

describe('404 7003 and 7000 for an id', () => {
  const verbs = [
    ['GET', get],
    ['PUT', (path: string, authorization: string) => put(path, authorization, {})],
    ['DELETE', remove],
  ] as const

  /** The message for an id that has the form of an account's. */
  const formOf = (id: string) =>
    /^[0-9a-f]{32}$/.test(id)
      ? ' 32 hexadecimal digits are the id of an account or zone: that of a certificate is a UUID, with hyphens'
      : ''

  describe.each(verbs)('in %s', (_verb, send) => {
    it.each(BAD_IDS)('%s', async (_, id) => {
      for (const scope of SCOPES) {
        for (const path of [`${tenant[scope]}/${id}`, `${tenant[scope]}/${id}`.replace('/client/v4', '')]) {
          const answer = await send(path, tenant.authorization)
          expect(answer.status).toBe(404)
          expect(bare(answer.body)).toStrictEqual({
            result: null,
            success: false,
            errors: [
              {
                code: 7003,
                message: `Could not route to ${path}, perhaps your object identifier is invalid?${formOf(id)}`,
              },
              { code: 7000, message: 'No route for that URI' },
            ],
            messages: [],
          })
        }
      }
    })
  })

  it('that is well formed, under an account or zone with a malformed id', async () => {
    for (const scope of SCOPES) {
      const path = `${tenant[scope].replace(/[0-9a-f]{32}/, 'X'.repeat(32))}/${NOBODY}`
      expect(outcome(await get(path, tenant.authorization))).toEqual([404, 7003, 7000])
    }
  })
})

describe('a certificate is not shown', () => {
  it.each<[string, (t: Tenant, other: Tenant) => Promise<string> | string, readonly unknown[]]>([
    ['to a token without a grant', () => freshToken([]), FORBIDDEN],
    ["to another account's token", (_, { authorization }) => authorization, FORBIDDEN],
    ['to an unknown token', () => 'Bearer unknown', [401, 10000]],
  ])('%s, whether it exists or not', async (_, authorizationFor, expected) => {
    const authorization = await authorizationFor(tenant, other)
    for (const scope of SCOPES) {
      const record = await add(tenant[scope], tenant.authorization)
      for (const path of [record.path, `${tenant[scope]}/${NOBODY}`]) {
        const answer = await get(path, authorization)
        expect(outcome(answer)).toEqual(expected)
        expect(answer.body.result).toBeNull()
      }
    }
  })

  it('to a grant on a zone, for a certificate of its account', async () => {
    const record = await add(tenant.accountPath, tenant.authorization)
    expect(outcome(await get(record.path, await freshToken([zone(tenant.zoneId)])))).toEqual(FORBIDDEN)
  })

  it.each(SCOPES)('if Access is not enabled: %s', async (path) => {
    const off = await freshTenant({ enabled: false })
    expect(outcome(await get(`${off[path]}/${NOBODY}`, off.authorization))).toEqual([403, 9999])
  })
})
