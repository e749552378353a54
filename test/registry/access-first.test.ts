import { env } from 'cloudflare:workers'
import * as pkijs from 'pkijs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { name } from '../../src/testing/extensions.ts'
import { type CallOptions, post } from '../support/api.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { add, faults, get, outcome, put, type Tenant } from '../support/family.ts'
import { meteredDatabase, withSession } from '../support/metered-db.ts'
import { certificate, NOW, pem } from '../support/pki.ts'
import { freshTenant, freshToken, soundBody, storedRows } from '../support/requests.ts'
import { account, addZone, limit } from '../support/tenants.ts'

/** Expensive work is done only after access is granted: pkijs, look-ups of the owners of hostnames, reading large bodies. */

let tenant: Tenant
const decoded = vi.spyOn(pkijs.Certificate.prototype, 'fromSchema')
beforeEach(async () => {
  tenant = await freshTenant()
  decoded.mockClear()
})
afterEach(() => {
  decoded.mockReset()
})

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => pem(certificate({ subject: name(`CA ${i}`) }))).join('')
/** 800 names of 31 labels: too many look-ups are refused only after access is granted. */
const deep = (count = 800) => Array.from({ length: count }, (_, i) => `h${i}.${'x.'.repeat(28)}${tenant.domain}`)

const STRANGERS: readonly (readonly [string, () => Promise<string>, number])[] = [
  ['an unknown token', async () => 'Bearer unknown', 401],
  ['a token without a grant', () => freshToken([]), 403],
  ["another account's token", async () => (await freshTenant()).authorization, 403],
  ['a token that may read', () => freshToken([account(tenant.accountId, 'read')]), 403],
]

describe.each(STRANGERS)('%s', (_, tokenFor, status) => {
  it.each([
    ['a certificate', () => soundBody()],
    ['sixteen certificates', () => soundBody({ certificate: many(16) })],
    ['eight hundred hostnames', () => soundBody({ associated_hostnames: deep() })],
    ['a malformed certificate', () => soundBody({ certificate: 'x'.repeat(100_000) })],
  ])('is refused with %s in one batch, and pkijs reads nothing', async (_what, bodyOf) => {
    const token = await tokenFor()
    const { db, calls } = countingDatabase(env.DB)
    const answer = await post(tenant.accountPath, token, bodyOf(), { env: { ...env, DB: db } })
    expect([answer.status, calls, decoded.mock.calls.length]).toEqual([status, ['batch'], 0])
  })

  it('causes no look-up of owners by POST, PUT of hostnames or PUT of settings', async () => {
    const { id } = await add(tenant.accountPath, tenant.authorization)
    const token = await tokenFor()
    const hostnames = deep(90)
    const settings = hostnames.map((hostname) => ({ hostname, client_certificate_forwarding: true }))
    const sent: readonly ((options: CallOptions) => Promise<{ status: number }>)[] = [
      (options) => post(tenant.accountPath, token, soundBody({ associated_hostnames: hostnames }), options),
      (options) => put(`${tenant.accountPath}/${id}`, token, { associated_hostnames: hostnames }, options),
      (options) => put(`${tenant.accountPath}/settings`, token, { settings }, options),
    ]
    for (const send of sent) {
      const { db, carried } = meteredDatabase()
      expect((await send({ env: { ...env, DB: withSession(db) } })).status).toBe(status)
      const rows = carried.reduce((sum, { rowsRead }) => sum + rowsRead, 0)
      // Credential, grants, account and record, in each statement of the batch.
      expect(rows).toBeLessThan(100)
    }
  })

  it('causes no look-up of domains, settings or modes', async () => {
    await addMany(200)
    const token = await tokenFor()
    const edge = `/edge/v1/accounts/${tenant.accountId}/hostnames`
    const mayRead = (await get(edge, token)).status === 200
    const reads = mayRead ? [] : [`${tenant.accountPath}/settings`, edge, `${tenant.zonePath}/settings`]
    const sent: readonly ((options: CallOptions) => Promise<{ status: number }>)[] = [
      (options) => post(tenant.accountPath, token, soundBody({ associated_hostnames: ['nobody.example'] }), options),
      ...reads.map((path) => (options: CallOptions) => get(path, token, options)),
    ]
    for (const send of sent) {
      const { db, carried } = meteredDatabase()
      expect((await send({ env: { ...env, DB: withSession(db) } })).status).toBe(status)
      expect(carried.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThan(100)
    }
  })
})

/** Adds domains to the account, and a setting and a mode in each. */
async function addMany(count: number): Promise<void> {
  const { accountId } = tenant
  const numbers = JSON.stringify(Array.from({ length: count }, (_, i) => i))
  const hostnames = `SELECT z.account_id, z.id, z.domain, z.domain`
  const zones = `FROM zones z WHERE z.account_id = ?1 AND z.domain LIKE '%.many.example'`
  await limit(accountId, { settings: count, modes: count })
  await env.DB.batch([
    env.DB.prepare(`INSERT INTO zones (id, account_id, domain, created_at)
      SELECT printf('%08x%s', value, substr(?1, 9)), ?1, printf('d%d-%s.many.example', value, ?1), 0 FROM json_each(?2)`).bind(
      accountId,
      numbers,
    ),
    env.DB.prepare(`INSERT INTO hostname_settings
      (account_id, zone_id, hostname, hostname_ascii, china_network, client_certificate_forwarding)
      ${hostnames}, 0, 1 ${zones}`).bind(accountId),
    env.DB.prepare(`INSERT INTO hostname_modes (account_id, zone_id, hostname, hostname_ascii, mode, until, by_account)
      ${hostnames}, 'report', ?2, 1 ${zones}`).bind(accountId, NOW + 1_000),
  ])
}

describe('a request with permission', () => {
  it('is answered in one batch, and pkijs reads what was stored', async () => {
    const { db, calls } = countingDatabase(env.DB)
    const body = soundBody({ associated_hostnames: deep(5) })
    const answer = await post(tenant.accountPath, tenant.authorization, body, { env: { ...env, DB: db } })
    expect([answer.status, calls, decoded.mock.calls.length]).toEqual([201, ['batch'], 1])
  })

  it.each([
    ['much to decode', () => soundBody({ certificate: many(16) + ' '.repeat(16_384) }), 16],
    ['many hostnames', () => soundBody({ associated_hostnames: deep(101) }), 1],
  ])('has its access checked first with %s', async (_, bodyOf, times) => {
    const { db, calls } = countingDatabase(env.DB)
    const answer = await post(tenant.accountPath, tenant.authorization, bodyOf(), { env: { ...env, DB: db } })
    expect([answer.status, calls, decoded.mock.calls.length]).toEqual([201, ['batch', 'batch'], times])
  })

  it.each([
    ['after it was stored', (): Record<string, unknown> => soundBody()],
    ['before', () => soundBody({ certificate: many(1) + ' '.repeat(16_384) })],
  ])('leaves nothing if pkijs disagrees, %s', async (_, bodyOf) => {
    decoded.mockImplementation(() => {
      throw new Error('unreadable')
    })
    const before = await storedRows()
    const body = { ...bodyOf(), associated_hostnames: [tenant.domain] }
    const answer = await post(tenant.accountPath, tenant.authorization, body)
    expect(faults(answer)).toEqual([['/certificate', expect.stringMatching(/^certificate .*certificate/)]])
    expect(await storedRows()).toEqual(before)
    decoded.mockReset()
    expect((await post(tenant.accountPath, tenant.authorization, body)).status).toBe(201)
  })

  it('looks up each owner once, for any number of statements in a batch', async () => {
    const { path } = await add(tenant.accountPath, tenant.authorization)
    for (let i = 0; i < 20; i += 1) await addZone(tenant.accountId, `z${i}.${tenant.domain}`)
    const rowsOf = async (hostnames: readonly string[]) => {
      const { db, carried } = meteredDatabase()
      const body = { associated_hostnames: hostnames }
      expect((await put(path, tenant.authorization, body, { env: { ...env, DB: withSession(db) } })).status).toBe(200)
      return carried.filter(({ sql }) => sql.includes('suffixes')).map(({ rowsRead }) => rowsRead)
    }
    const [decides, tells] = await rowsOf(deep(50))
    const [, without] = await rowsOf([])
    expect(decides).toBeGreaterThan(50)
    expect(tells).toBe(without)
  })
})

describe('a hostname that a certificate of the account protects', () => {
  const forward = (token: string, on: boolean) =>
    put(`${tenant.zonePath}/settings`, token, {
      settings: [{ hostname: tenant.domain, client_certificate_forwarding: on }],
    })

  it('is switched to forwarding, or back, with a permission for the account only', async () => {
    await add(tenant.accountPath, tenant.authorization, { associated_hostnames: [tenant.domain] })
    const ofZone = await freshToken([{ scope: { kind: 'zones', id: tenant.zoneId }, permission: 'write' }])
    const words = /^settings\[0\].client_certificate_forwarding cannot be set with a permission for the zone only/
    const refused = [['/settings/0/client_certificate_forwarding', expect.stringMatching(words)]]
    expect(faults(await forward(ofZone, true))).toEqual(refused)
    // Terraform also sends the current value.
    expect((await forward(ofZone, false)).status).toBe(202)
    expect((await forward(tenant.authorization, true)).status).toBe(202)
    expect(faults(await forward(ofZone, false))).toEqual(refused)
    expect((await forward(ofZone, true)).status).toBe(202)
    expect(outcome(await forward(tenant.authorization, false))).toEqual([202])
  })
})
