import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type Answer, type CallOptions, call } from '../support/api.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { add, get, NOBODY, put, remove, SCOPES, siblingZone, type Tenant } from '../support/family.ts'
import { freshTenant, freshToken } from '../support/requests.ts'
import { account } from '../support/tenants.ts'

type Scope = (typeof SCOPES)[number]
type Send = (path: string, authorization: string, options: CallOptions) => Promise<Answer>
type Row = readonly [what: string, status: number, path: (t: Tenant, s: Scope) => Promise<string> | string, send: Send]

const list = (t: Tenant, scope: Scope) => t[scope]
const settings = (t: Tenant, scope: Scope) => `${t[scope]}/settings`
const absent = (t: Tenant, scope: Scope) => `${t[scope]}/${NOBODY}`
const plain = async (t: Tenant, scope: Scope) => (await add(t[scope], t.authorization)).path
const withHostnames = async (t: Tenant, scope: Scope) =>
  (await add(t[scope], t.authorization, { associated_hostnames: [t.domain, `a.${t.domain}`] })).path
const putting =
  (body: unknown): Send =>
  (path, authorization, options) =>
    put(path, authorization, body, options)

/** `§` is the tenant's domain, which is not known here. */
const puttingOwn =
  (body: unknown): Send =>
  (path, authorization, options) =>
    put(path, authorization, JSON.stringify(body).replaceAll('§', domain), options)
let domain = ''

const names = Array.from({ length: 1000 }, (_, i) => `h${i}.§`)
const TOO_LARGE = JSON.stringify({ x: 'x'.repeat(256 * 1024) })

const FAMILY: readonly Row[] = [
  ['an empty list', 200, list, get],
  ['a page past the end', 200, (t, s) => `${list(t, s)}?page=9`, get],
  ['a list with a bad page', 400, (t, s) => `${list(t, s)}?page=x`, get],
  ['a list of two with hostnames', 200, async (t, s) => withHostnames(t, s).then(() => list(t, s)), get],
  ['a certificate', 200, plain, get],
  ['a certificate with hostnames', 200, withHostnames, get],
  ['a certificate that is not there', 404, absent, get],
  ['an update to none', 200, withHostnames, putting({})],
  ['an update of the name', 200, plain, putting({ name: 'x' })],
  ['an update to hostnames', 200, withHostnames, puttingOwn({ associated_hostnames: ['b.§', '§'] })],
  ['an update to 1000 hostnames', 200, withHostnames, puttingOwn({ associated_hostnames: names })],
  ['an update with a foreign hostname', 400, plain, putting({ associated_hostnames: ['a.nobody.example'] })],
  ['an update with a faulty name', 400, plain, putting({ name: '' })],
  ['an update with faulty and foreign fields', 400, plain, putting({ name: 1, associated_hostnames: ['a.b', '*'] })],
  ['an update with a private key', 400, plain, putting({ x: '-----BEGIN PRIVATE KEY-----' })],
  ['an update with malformed JSON', 400, plain, putting('{')],
  ['an update that is too large', 413, plain, putting(TOO_LARGE)],
  ['an update of an unknown certificate', 404, absent, putting({})],
  ['a deletion', 200, plain, remove],
  ['a deletion with hostnames', 409, withHostnames, remove],
  ['a deletion of an unknown certificate', 404, absent, remove],
  ['settings', 200, settings, get],
  ['settings put', 202, settings, puttingOwn({ settings: [{ hostname: '§', client_certificate_forwarding: true }] })],
  ['settings removed', 202, settings, puttingOwn({ settings: [{ hostname: '§' }] })],
  ['settings that say nothing', 202, settings, putting({})],
  [
    '1000 settings',
    202,
    settings,
    puttingOwn({ settings: names.map((hostname) => ({ hostname, client_certificate_forwarding: true })) }),
  ],
  ['settings of a foreign hostname', 400, settings, putting({ settings: [{ hostname: 'a.nobody.example' }] })],
  ['faulty settings', 400, settings, putting({ settings: [{ hostname: '*' }, 1] })],
  ['settings in malformed JSON', 400, settings, putting('{')],
  ['settings that are too large', 413, settings, putting(TOO_LARGE)],
]

/** The answer to a request, and its calls to the database. */
async function counted(send: (options: CallOptions) => Promise<Answer>) {
  const { db, calls } = countingDatabase(env.DB)
  const { status } = await send({ env: { DB: db } })
  return { status, calls }
}

describe.each(SCOPES)('one batch in %s for', (scope) => {
  it.each(FAMILY)('%s: %i', async (what, status, pathFor, send) => {
    const tenant = await freshTenant()
    domain = tenant.domain
    const path = await pathFor(tenant, scope)
    const outcome = await counted((options) => send(path, tenant.authorization, options))
    // For 1,000 hostnames, access is checked before their look-up.
    expect(outcome).toEqual({ status, calls: what.includes('1000') ? ['batch', 'batch'] : ['batch'] })
  })
})

/** Each operation once, as a success. */
const OPERATIONS: readonly Row[] = FAMILY.filter(([what]) =>
  ['an empty list', 'a certificate', 'an update to none', 'a deletion', 'settings', 'settings put'].includes(what),
)

describe.each(SCOPES)('one batch in %s', (scope) => {
  it.each(OPERATIONS)('for %s without permission', async (_, _status, pathFor, send) => {
    const [tenant, other] = [await freshTenant(), await freshTenant()]
    domain = tenant.domain
    const path = await pathFor(tenant, scope)
    for (const [authorization, status] of [
      ['Bearer unknown', 401],
      [await freshToken([account(tenant.accountId)], { expiresOn: 1 }), 401],
      [await freshToken([]), 403],
      [other.authorization, 403],
    ] as const) {
      const outcome = await counted((options) => send(path, authorization, options))
      expect(outcome).toEqual({ status, calls: ['batch'] })
    }
  })

  it.each(OPERATIONS)('for %s if Access is not enabled', async (_, _status, pathFor, send) => {
    const tenant = await freshTenant()
    domain = tenant.domain
    const path = await pathFor(tenant, scope)
    await env.DB.prepare('UPDATE accounts SET enabled = 0 WHERE id = ?1').bind(tenant.accountId).run()
    const outcome = await counted((options) => send(path, tenant.authorization, options))
    expect(outcome).toEqual({ status: 403, calls: ['batch'] })
  })
})

describe('one batch for', () => {
  it('a full page of 120 certificates', async () => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 1000 })
    for (let i = 0; i < 120; i += 1) await add(accountPath, authorization)
    const outcome = await counted((options) => get(`${accountPath}?per_page=1000`, authorization, options))
    expect(outcome).toEqual({ status: 200, calls: ['batch'] })
  })

  it('a certificate of another scope of the account', async () => {
    const tenant = await freshTenant()
    const { id } = await add((await siblingZone(tenant)).path, tenant.authorization)
    for (const send of [get, putting({}), remove]) {
      const outcome = await counted((options) => send(`${tenant.zonePath}/${id}`, tenant.authorization, options))
      expect(outcome).toEqual({ status: 404, calls: ['batch'] })
    }
  })

  it('a look-up, good and bad', async () => {
    const { accountId, zoneId, domain, authorization } = await freshTenant()
    const paths = ['/accounts', '/zones', `/zones?name=${domain}`, `/accounts/${accountId}`, `/zones/${zoneId}`]
    for (const path of paths) {
      const good = await counted((options) => get(`/client/v4${path}`, authorization, options))
      const bad = await counted((options) => get(`/client/v4${path}`, 'Bearer unknown', options))
      expect([good, bad]).toEqual([
        { status: 200, calls: ['batch'] },
        { status: 403, calls: ['batch'] },
      ])
    }
  })

  it('token verification, good and bad, of the user and of an account', async () => {
    const { accountId, authorization } = await freshTenant()
    for (const path of ['/client/v4/user/tokens/verify', `/client/v4/accounts/${accountId}/tokens/verify`]) {
      const good = await counted((options) => get(path, authorization, options))
      const bad = await counted((options) => get(path, 'Bearer unknown', options))
      expect(good).toEqual({ status: 200, calls: ['batch'] })
      expect(bad).toEqual({ status: 401, calls: ['batch'] })
    }
  })
})

describe('no call to the database for', () => {
  it.each<[string, number, (t: Tenant) => string, string]>([
    ['a malformed certificate id', 404, (t) => `${t.accountPath}/x`, 'GET'],
    ['another verb on a certificate', 405, (t) => `${t.zonePath}/${NOBODY}`, 'POST'],
    ['another verb on settings', 405, (t) => `${t.accountPath}/settings`, 'DELETE'],
    ['another verb on token verification', 405, () => '/client/v4/user/tokens/verify', 'PUT'],
  ])('%s', async (_, status, pathFor, method) => {
    const tenant = await freshTenant()
    const headers = { authorization: tenant.authorization }
    const outcome = await counted((options) => call(pathFor(tenant), { method, headers, ...options }))
    expect(outcome).toEqual({ status, calls: [] })
  })
})
