import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { call } from '../support/api.ts'
import { RECORD_OPERATIONS } from '../support/edge-operations.ts'
import { counted, edgeOf, edgePath } from '../support/edge-routes.ts'
import {
  add,
  BAD_IDS,
  ELSEWHERE,
  expectNotFound,
  FORBIDDEN,
  NOBODY,
  outcome,
  SCOPES,
  type Tenant,
} from '../support/family.ts'
import { freshTenant, freshToken } from '../support/requests.ts'
import { insertCrl, insertRow } from '../support/rows.ts'
import { account, zone } from '../support/tenants.ts'

/** CRLs, blocks and the policy of a record are read and written only with the permission in the record's own scope. */

/** All rows that belong to records. */
async function hanging(): Promise<unknown> {
  const tables = ['revocation_policies', 'blocked_serials', 'crls', 'crl_entries', 'crl_garbage']
  const rows = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)))
  return rows.map(({ results }) => results)
}

/** A record with a blocked serial number and a CRL, so that there is something to delete. */
async function blockedRecord(tenant: Tenant, scope: (typeof SCOPES)[number]) {
  const { id, path } = await add(tenant[scope], tenant.authorization)
  await insertRow('blocked_serials', { certificate_id: id, serial: '0a', blocked_at: 1 })
  await insertCrl(id, ['0b'])
  return edgePath(path)
}

describe.each(RECORD_OPERATIONS)('$what', ({ permission, send }) => {
  it.each(SCOPES)('in %s is allowed with the permission there, in one batch', async (scope) => {
    const tenant = await freshTenant()
    const path = await blockedRecord(tenant, scope)
    const id = scope === 'accountPath' ? account(tenant.accountId, permission) : zone(tenant.zoneId, permission)
    const token = await freshToken([id])
    expect(await counted((options) => send(path, token, options))).toEqual({ status: 200, calls: ['batch'] })
  })

  it.each(ELSEWHERE)('finds nothing of what %s, in one batch', async (_, pathFor) => {
    const tenant = await freshTenant()
    const path = edgePath(await pathFor(tenant, await freshTenant()))
    const before = await hanging()
    expectNotFound(await send(path, tenant.authorization))
    const outcome = await counted((options) => send(path, tenant.authorization, options))
    expect(outcome).toEqual({ status: 404, calls: ['batch'] })
    expect(await hanging()).toEqual(before)
  })

  it.each<[string, (t: Tenant) => Promise<string>, readonly number[]]>([
    ['an unknown token', async () => 'Bearer unknown', [401, 10000]],
    ['an expired token', (t) => freshToken([account(t.accountId)], { expiresOn: 1 }), [401, 10000]],
    ['a token without a grant', () => freshToken([]), FORBIDDEN],
    ["another account's token", async () => (await freshTenant()).authorization, FORBIDDEN],
  ])('is refused to %s, also if the record does not exist', async (_, tokenFor, expected) => {
    const tenant = await freshTenant()
    const token = await tokenFor(tenant)
    for (const scope of SCOPES) {
      const path = await blockedRecord(tenant, scope)
      const before = await hanging()
      const answer = await send(path, token)
      expect(outcome(answer)).toEqual(expected)
      expect(answer.headers.has('x-d1-bookmark')).toBe(false)
      expect(outcome(await send(edgePath(`${tenant[scope]}/${NOBODY}`), token))).toEqual(expected)
      expect(await hanging()).toEqual(before)
    }
  })

  it.each(['accounts', 'zones'])('is refused if Access is off in %s', async (table) => {
    const tenant = await freshTenant()
    const path = await blockedRecord(tenant, 'zonePath')
    const id = table === 'accounts' ? tenant.accountId : tenant.zoneId
    await env.DB.prepare(`UPDATE ${table} SET enabled = 0 WHERE id = ?1`).bind(id).run()
    const before = await hanging()
    expect(outcome(await send(path, tenant.authorization))).toEqual([403, 9999])
    expect(await hanging()).toEqual(before)
  })

  it.each(BAD_IDS.filter(([, id]) => !/^settings/i.test(id)))('refuses an id %s', async (_, id) => {
    const tenant = await freshTenant()
    const answer = await counted((options) =>
      send(edgePath(`${tenant.accountPath}/${id}`), tenant.authorization, options),
    )
    expect(answer).toEqual({ status: 404, calls: [] })
  })
})

describe.each(RECORD_OPERATIONS.filter(({ permission }) => permission === 'write'))('$what', ({ send }) => {
  it('is refused with a read permission', async () => {
    const tenant = await freshTenant()
    const token = await freshToken([account(tenant.accountId, 'read')])
    for (const scope of SCOPES) {
      const path = await blockedRecord(tenant, scope)
      const before = await hanging()
      expect(outcome(await send(path, token))).toEqual(FORBIDDEN)
      expect(await hanging()).toEqual(before)
    }
  })
})

describe('no call to the database for another method on', () => {
  it.each([
    ['crl', 'POST', 'GET, PUT, DELETE'],
    ['revocation', 'DELETE', 'GET, PUT'],
    ['blocked_serials', 'PUT', 'GET'],
    ['blocked_serials/0a', 'GET', 'PUT, DELETE'],
  ])('%s: %s', async (path, method, allow) => {
    const tenant = await freshTenant()
    const headers = { authorization: tenant.authorization }
    const where = edgePath(`${tenant.accountPath}/${NOBODY}/${path}`)
    expect(await counted((options) => call(where, { method, headers, ...options }))).toEqual({ status: 405, calls: [] })
    expect((await call(where, { method, headers })).headers.get('allow')).toBe(allow)
  })
})

describe('400 7000: there is no path in the edge namespace', () => {
  it.each([
    ['certificate'],
    [`certificates/${NOBODY}/pem`],
    [`certificates/${NOBODY}/crls`],
    [`certificates/${NOBODY}/crl/1`],
    [`certificates/${NOBODY}/blocked_serials/0a/0b`],
    [`access/certificates/${NOBODY}/crl`],
    ['hostnames/a.example/mode'],
  ])('%s', async (path) => {
    const tenant = await freshTenant()
    const where = `${edgeOf('accounts', tenant.accountId)}/${path}`
    const sent = await counted((options) =>
      call(where, { headers: { authorization: tenant.authorization }, ...options }),
    )
    expect(sent).toEqual({ status: 400, calls: [] })
  })

  it("paths of the edge namespace do not exist under Cloudflare's prefix", async () => {
    const tenant = await freshTenant()
    for (const path of ['hostnames', `certificates/${NOBODY}/crl`, `access/certificates/${NOBODY}/crl`]) {
      const where = `/client/v4/accounts/${tenant.accountId}/${path}`
      expect(outcome(await call(where, { headers: { authorization: tenant.authorization } }))).toEqual([400, 7000])
    }
  })
})
