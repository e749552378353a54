import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { post } from '../../support/api.ts'
import {
  add,
  ELSEWHERE,
  expectNotFound,
  FORBIDDEN,
  get,
  NOBODY,
  outcome,
  put,
  remove,
  SCOPES,
  shown,
  type Tenant,
} from '../../support/family.ts'
import { bare, freshTenant, freshToken, soundBody, storedRows } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

let tenant: Tenant
let other: Tenant
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 1000 })
  other = await freshTenant()
})

describe.each(SCOPES)('409 12132 in %s', (path) => {
  it.each([
    ['one hostname', 1],
    ['two hostnames', 2],
    ['a thousand hostnames', 1000],
  ])('for a certificate with %s: it must not be retried, and deletes nothing', async (_, length) => {
    const associated_hostnames = Array.from({ length }, (__, i) => `h${i}.${tenant.domain}`)
    const body = soundBody({ associated_hostnames })
    const record = await add(tenant[path], tenant.authorization, body)
    const rows = await storedRows()
    for (let i = 0; i < 2; i += 1) {
      const answer = await remove(record.path, tenant.authorization)
      expect(answer.status).toBe(409)
      expect(answer.headers.get('x-should-retry')).toBe('false')
      expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
      const message = 'access.api.error.conflict: certificate has active associations'
      const errors = [{ code: 12132, message }]
      expect(bare(answer.body)).toStrictEqual({ result: null, success: false, errors, messages: [] })
    }
    expect(await storedRows()).toEqual(rows)
    expect((await get(record.path, tenant.authorization)).body.result).toEqual(shown(record))
    expect((await post(tenant[path], tenant.authorization, body)).status).toBe(409)
  })

  it('for a certificate that got its hostname by an update', async () => {
    const record = await add(tenant[path], tenant.authorization)
    await put(record.path, tenant.authorization, { associated_hostnames: [tenant.domain] })
    expect(outcome(await remove(record.path, tenant.authorization))).toEqual([409, 12132])
    await put(record.path, tenant.authorization, { associated_hostnames: [] })
    expect((await remove(record.path, tenant.authorization)).status).toBe(200)
  })
})

describe('404 12135 for a certificate that', () => {
  it.each(ELSEWHERE)('%s', async (_, pathFor) => {
    const path = await pathFor(tenant, other)
    const rows = await storedRows()
    expectNotFound(await remove(path, tenant.authorization))
    expect(await storedRows()).toEqual(rows)
  })

  it("is another account's and has hostnames: no 409 may show that it exists", async () => {
    const theirs = await add(other.accountPath, other.authorization, { associated_hostnames: [other.domain] })
    for (const path of SCOPES) expectNotFound(await remove(`${tenant[path]}/${theirs.id}`, tenant.authorization))
    expect((await get(theirs.path, other.authorization)).body.result).toEqual(shown(theirs))
  })
})

describe('a deletion is refused to', () => {
  let records: Awaited<ReturnType<typeof add>>[]
  let rows: unknown
  beforeEach(async () => {
    records = []
    for (const path of SCOPES) {
      records.push(await add(tenant[path], tenant.authorization))
      records.push(await add(tenant[path], tenant.authorization, { associated_hostnames: [tenant.domain] }))
    }
    rows = await storedRows()
  })
  afterEach(async () => {
    expect(await storedRows()).toEqual(rows)
  })

  it.each<[string, (t: Tenant) => Promise<string> | string, readonly unknown[]]>([
    ['a read grant', (t) => freshToken([account(t.accountId, 'read'), zone(t.zoneId, 'read')]), FORBIDDEN],
    ['no grant', () => freshToken([]), FORBIDDEN],
    ["another account's token", () => other.authorization, FORBIDDEN],
    ['an unknown token', () => 'Bearer unknown', [401, 10000]],
    ['an expired token', (t) => freshToken([account(t.accountId)], { expiresOn: 1 }), [401, 10000]],
    ['a token before its time', (t) => freshToken([account(t.accountId)], { notBefore: 2 ** 40 }), [401, 10000]],
  ])('%s, whether it exists or not, with or without hostnames', async (_, authorizationFor, expected) => {
    const authorization = await authorizationFor(tenant)
    for (const { path } of records) expect(outcome(await remove(path, authorization))).toEqual(expected)
    for (const path of SCOPES) {
      expect(outcome(await remove(`${tenant[path]}/${NOBODY}`, authorization))).toEqual(expected)
    }
  })

  it('a grant on a zone, for a certificate of its account', async () => {
    const authorization = await freshToken([zone(tenant.zoneId)])
    expect(outcome(await remove(records[0]?.path ?? '', authorization))).toEqual(FORBIDDEN)
  })

  it.each(SCOPES)('everyone if Access is not enabled: %s', async (path) => {
    const off = await freshTenant({ enabled: false })
    expect(outcome(await remove(`${off[path]}/${NOBODY}`, off.authorization))).toEqual([403, 9999])
  })
})
