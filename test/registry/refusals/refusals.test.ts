import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { newIsolate } from '../../../src/api/router.ts'
import type { LogEntry } from '../../../src/core/log.ts'
import { addRefusals, pruneRefusals } from '../../../src/registry/refusals/sql.ts'
import { type Afterwards, type CallOptions, post } from '../../support/api.ts'
import { awayDatabase } from '../../support/away-db.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { get, items, remove } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant, freshToken, soundBody } from '../../support/requests.ts'
import { account } from '../../support/tenants.ts'

/** Failed authentication and refused writes are counted, and not stored one by one. */

type Tenant = Awaited<ReturnType<typeof freshTenant>>

/** An isolate whose counts are written when `settled` says so. */
function isolate(address = '192.0.2.7') {
  const afterwards: Afterwards[] = []
  const options = { isolate: newIsolate(), afterwards, address } satisfies CallOptions
  const settled = async () => {
    for (const { work } of afterwards.splice(0)) await work()
  }
  return { options, settled, afterwards }
}

function awayFromNowOn() {
  const { db, away } = awayDatabase(env.DB)
  away.now = true
  return db
}

const refusalsOf = async ({ accountId, authorization }: Tenant) =>
  items(await get(`${edgeOf('accounts', accountId)}/refusals`, authorization))

const TIMES = { first_at: '2026-06-01T00:00:00Z', last_at: '2026-06-01T00:00:00Z' }

describe('what is counted', () => {
  it.each<[string, (tenant: Tenant, options: CallOptions) => Promise<unknown>, number]>([
    ['an unknown token', (t, o) => get(t.accountPath, 'Bearer nobody', o), 10000],
    ['an unknown token at the zone', (t, o) => get(t.zonePath, 'Bearer nobody', o), 10000],
    [
      'an unknown key',
      (t, o) =>
        get(t.accountPath, '', { ...o, headers: { 'x-auth-email': 'a@example.com', 'x-auth-key': 'a'.repeat(37) } }),
      6111,
    ],
    ['a token without a grant', async (t, o) => get(t.accountPath, await freshToken([]), o), 10000],
    [
      'a write with a token that may read',
      async (t, o) => post(t.accountPath, await freshToken([account(t.accountId, 'read')]), soundBody(), o),
      10000,
    ],
    ['a write with a faulty field', (t, o) => post(t.accountPath, t.authorization, soundBody({ name: '' }), o), 12130],
    [
      'a write of what is not there',
      (t, o) => remove(`${t.accountPath}/00000000-0000-4000-8000-000000000000`, t.authorization, o),
      12135,
    ],
  ])('%s', async (what, send, code) => {
    const tenant = await freshTenant()
    const { options, settled } = isolate()
    await send(tenant, options)
    await settled()
    // A header that is malformed is refused before the path is looked at.
    if (what.includes('key')) return expect(await refusalsOf(tenant)).toEqual([])
    const credential = /unknown/.test(what) ? null : expect.stringMatching(/^[0-9a-f]{32}$/)
    expect(await refusalsOf(tenant)).toEqual([
      { credential_id: credential, address: '192.0.2.7', code, count: 1, ...TIMES },
    ])
  })

  it.each<[string, (tenant: Tenant, options: CallOptions) => Promise<unknown>]>([
    ['a success', (t, o) => post(t.accountPath, t.authorization, soundBody(), o)],
    [
      'something read that is not there',
      (t, o) => get(`${t.accountPath}/00000000-0000-4000-8000-000000000000`, t.authorization, o),
    ],
    [
      'a failure of the service',
      (t, o) => post(t.accountPath, t.authorization, soundBody(), { ...o, env: { DB: awayFromNowOn() } }),
    ],
  ])('not %s', async (_, send) => {
    const tenant = await freshTenant()
    const { options, afterwards } = isolate()
    await send(tenant, options)
    expect(afterwards).toEqual([])
    expect(await refusalsOf(tenant)).toEqual([])
  })
})

describe('counts', () => {
  it('are written at once, and then once in 20 seconds, however many there are', async () => {
    const tenant = await freshTenant()
    const { options, settled, afterwards } = isolate()
    const guess = (now: number) => get(tenant.accountPath, 'Bearer nobody', { ...options, now })
    await guess(NOW)
    expect(afterwards).toMatchObject([{ afterSeconds: 0 }])
    await settled()
    for (let i = 0; i < 200; i += 1) await guess(NOW + 3 + (i % 10))
    expect(afterwards).toMatchObject([{ afterSeconds: 17 }])
    await settled()
    const times = { first_at: TIMES.first_at, last_at: '2026-06-01T00:00:12Z' }
    expect(await refusalsOf(tenant)).toMatchObject([{ count: 201, ...times }])
  })

  it('are written by the next request where the work that should have done so is not coming any more', async () => {
    const tenant = await freshTenant()
    const { options, settled, afterwards } = isolate()
    await get(tenant.accountPath, 'Bearer nobody', options)
    afterwards.splice(0)
    await get(tenant.accountPath, 'Bearer nobody', { ...options, now: NOW + 20 })
    expect(afterwards).toEqual([])
    await get(tenant.accountPath, 'Bearer nobody', { ...options, now: NOW + 21 })
    await settled()
    expect(await refusalsOf(tenant)).toMatchObject([{ count: 3 }])
  })

  it('of several isolates, addresses and days are added up', async () => {
    const tenant = await freshTenant()
    for (const [address, now] of [
      ['192.0.2.1', NOW],
      ['192.0.2.1', NOW + 5],
      ['192.0.2.2', NOW],
      ['192.0.2.1', NOW + 86_400],
    ] as const) {
      const { options, settled } = isolate(address)
      await get(tenant.accountPath, 'Bearer nobody', { ...options, now })
      await settled()
    }
    expect((await refusalsOf(tenant)).map(({ address, count }) => [address, count])).toEqual([
      ['192.0.2.1', 1],
      ['192.0.2.2', 1],
      ['192.0.2.1', 2],
    ])
  })

  it('have at most 1,000 addresses an isolate and write', async () => {
    const tenant = await freshTenant()
    const { options, settled } = isolate()
    for (let i = 0; i < 1_200; i += 1) {
      await get(tenant.accountPath, 'Bearer nobody', { ...options, address: `10.1.${i >> 8}.${i & 255}` })
    }
    await settled()
    const sql =
      "SELECT count(*) AS rows, sum(count) AS n FROM refusals WHERE address LIKE '10.1.%' OR address = 'others'"
    expect(await env.DB.prepare(sql).first()).toMatchObject({ rows: 1_001, n: 1_200 })
  })

  it('have at most 10,000 rows a day, and those beyond are others', async () => {
    const { accountId } = await freshTenant()
    const at = NOW + 10 * 86_400
    const row = (i: number) => ({
      scope: `accounts/${accountId}`,
      credentialId: '',
      address: `10.${i}`,
      code: 1,
      count: 1,
      firstAt: at,
      lastAt: at,
    })
    // As many at a time as an isolate counts.
    for (let from = 0; from < 10_000; from += 1_000) {
      await addRefusals(
        env.DB,
        Array.from({ length: 1_000 }, (_, i) => row(from + i)),
      )
    }
    await addRefusals(env.DB, [row(10_000), row(10_001), row(10_002)])
    const rows = 'SELECT count(*) AS n FROM refusals WHERE account_id = ?1'
    expect(await env.DB.prepare(rows).bind(accountId).first<number>('n')).toBe(10_001)
    expect(
      await env.DB.prepare(`${rows} AND address = 'others' AND count = 3`).bind(accountId).first<number>('n'),
    ).toBe(1)
    await pruneRefusals(env.DB, at + 90 * 86_400)
    expect(await env.DB.prepare(rows).bind(accountId).first<number>('n')).toBe(10_001)
    for (let run = 0; run < 3; run += 1) await pruneRefusals(env.DB, at + 91 * 86_400)
    expect(await env.DB.prepare(rows).bind(accountId).first<number>('n')).toBe(0)
    const days = 'SELECT count(*) AS n FROM refusal_days WHERE day = ?1'
    expect(
      await env.DB.prepare(days)
        .bind(Math.floor(at / 86_400))
        .first<number>('n'),
    ).toBe(0)
  })

  it('of scopes that do not exist are of no account', async () => {
    const { options, settled } = isolate('192.0.2.99')
    await get(`/client/v4/accounts/${'0'.repeat(31)}e/access/certificates`, 'Bearer nobody', options)
    await settled()
    const found = await env.DB.prepare("SELECT account_id FROM refusals WHERE address = '192.0.2.99'").all()
    expect(found.results).toEqual([{ account_id: '' }])
  })

  it('that cannot be written are in the log, and the answer is as ever', async () => {
    const tenant = await freshTenant()
    const { options, settled } = isolate()
    const log: LogEntry[] = []
    const DB = Object.assign(Object.create(env.DB), {
      withSession: () => env.DB.withSession(),
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: () => Promise.reject(new Error('D1 is away')),
    })
    const answer = await get(tenant.accountPath, 'Bearer nobody', { ...options, env: { DB }, log })
    await settled()
    expect(answer.status).toBe(401)
    expect(log).toMatchObject([
      { event: 'request' },
      { event: 'refusals_lost', cause: expect.stringContaining('D1 is away') },
    ])
  })
})
