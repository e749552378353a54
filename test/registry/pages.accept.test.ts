import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Claim } from '../../src/core/model.ts'
import { sha256Hex } from '../../src/core/sha256.ts'
import { selectHostnameModes } from '../../src/registry/modes/sql.ts'
import { selectHostnameSettings } from '../../src/registry/settings/sql.ts'
import { type CrlTenant, crlTenant } from '../support/crl.ts'
import { edgeOf } from '../support/edge-routes.ts'
import { add, faults, get, items, resultInfo, siblingZone } from '../support/family.ts'
import { meteredDatabase, queryPlan } from '../support/metered-db.ts'
import { NOW } from '../support/pki.ts'
import { freshId, freshTenant } from '../support/requests.ts'
import { insertCrl, insertRow } from '../support/rows.ts'
import { addAccount, addZone, limit } from '../support/tenants.ts'

/** Lists of settings, modes and CRLs come in pages, and a request costs only its page. */

/** The zone that owns `value`. */
const OWNER = `(SELECT z.id FROM zones z WHERE value = z.domain OR value LIKE '%.' || z.domain
  ORDER BY length(z.domain) DESC LIMIT 1)`

/** Inserts settings of these hostnames without the API. */
const addSettings = (accountId: string, hostnames: readonly string[]) =>
  env.DB.prepare(
    `INSERT INTO hostname_settings
        (account_id, zone_id, hostname, hostname_ascii, china_network, client_certificate_forwarding)
      SELECT ?1, ${OWNER}, value, value, 0, 1 FROM json_each(?2) ORDER BY key`,
  )
    .bind(accountId, JSON.stringify(hostnames))
    .run()

const addModes = (accountId: string, hostnames: readonly string[]) =>
  env.DB.prepare(
    `INSERT INTO hostname_modes (account_id, zone_id, hostname_ascii, hostname, mode, until, by_account)
      SELECT ?1, ${OWNER}, value, value, 'report', ${NOW + 9}, 1 FROM json_each(?2)`,
  )
    .bind(accountId, JSON.stringify(hostnames))
    .run()

/** CRLs of one record, each of another CA. */
async function addCrls(tenant: CrlTenant, issuers: readonly string[]): Promise<void> {
  for (const issuer of issuers) {
    const ca = freshId().repeat(2)
    await insertCrl(tenant.id, [], { issuer, ca_key: ca, ca_fingerprint_sha256: ca })
  }
  // A CRL that is loading is not in the list.
  await insertCrl(tenant.id, [], { issuer: 'CN=loading', state: 'loading' })
}

const names = (tenant: CrlTenant, count: number) =>
  Array.from({ length: count }, (_, i) => `h${String(i).padStart(4, '0')}.${tenant.domain}`)

interface List {
  readonly what: string
  readonly path: (tenant: CrlTenant) => string
  readonly fill: (tenant: CrlTenant, hostnames: readonly string[]) => Promise<unknown>
  /** The key of an item. */
  readonly key: string
  readonly perPage: number
}

const LISTS: readonly List[] = [
  {
    what: 'settings of an account',
    path: ({ accountPath }) => `${accountPath}/settings`,
    fill: ({ accountId }, hostnames) => addSettings(accountId, hostnames),
    key: 'hostname',
    perPage: 1_000,
  },
  {
    what: 'settings of a zone',
    path: ({ zonePath }) => `${zonePath}/settings`,
    fill: ({ accountId }, hostnames) => addSettings(accountId, hostnames),
    key: 'hostname',
    perPage: 1_000,
  },
  {
    what: 'modes of an account',
    path: ({ accountId }) => `${edgeOf('accounts', accountId)}/hostnames`,
    fill: ({ accountId }, hostnames) => addModes(accountId, hostnames),
    key: 'hostname',
    perPage: 50,
  },
  {
    what: 'modes of a zone',
    path: ({ zoneId }) => `${edgeOf('zones', zoneId)}/hostnames`,
    fill: ({ accountId }, hostnames) => addModes(accountId, hostnames),
    key: 'hostname',
    perPage: 50,
  },
  { what: 'CRLs', path: ({ crlPath }) => crlPath, fill: addCrls, key: 'issuer', perPage: 50 },
]

describe.each(LISTS)('the list of $what', ({ path, fill, key, perPage }) => {
  let tenant: CrlTenant
  beforeEach(async () => {
    tenant = await crlTenant()
  })
  const list = (query = '') => get(path(tenant) + query, tenant.authorization)
  const keys = async (query: string) => items(await list(query)).map((item) => item[key])

  it('has each item once in its pages, in order, and then an empty page', async () => {
    const all = names(tenant, 7)
    await fill(tenant, all)
    const pages: unknown[] = []
    for (const page of [1, 2, 3, 4, 5]) pages.push(await keys(`?per_page=2&page=${page}`))
    expect(pages).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4, 6), all.slice(6), []])
    expect(await keys('?per_page=1000')).toEqual(all)
  })

  it('says the position of each page', async () => {
    await fill(tenant, names(tenant, 5))
    const info = { per_page: 2, total_count: 5, total_pages: 3 }
    for (const [page, count] of [
      [1, 2],
      [3, 1],
      [4, 0],
      [999_999_999_999_999, 0],
    ] as const) {
      expect(resultInfo(await list(`?per_page=2&page=${page}`))).toEqual({ ...info, page, count })
    }
  })

  it(`has ${perPage} on a page by default`, async () => {
    const all = names(tenant, perPage + 3)
    if (key === 'hostname') await limit(tenant.accountId, { settings: 2_000 })
    await fill(tenant, all)
    const first = await list()
    expect(items(first).map((item) => item[key])).toEqual(all.slice(0, perPage))
    expect(resultInfo(first)).toEqual({
      page: 1,
      per_page: perPage,
      count: perPage,
      total_count: perPage + 3,
      total_pages: 2,
    })
    expect(await keys('?page=2&per_page=0')).toEqual(all.slice(perPage))
  })

  it('refuses malformed pages', async () => {
    expect(faults(await list('?per_page=1001'))).toEqual([
      [undefined, 'per_page must be a whole number from 1 to 1000, given once'],
    ])
  })
})

describe('the list of settings', () => {
  it('has no result_info if no page is asked for and all fit, like the real service', async () => {
    const tenant = await freshTenant()
    const path = `${tenant.accountPath}/settings`
    expect(resultInfo(await get(path, tenant.authorization))).toBeUndefined()
    await addSettings(tenant.accountId, [tenant.domain])
    expect(resultInfo(await get(path, tenant.authorization))).toBeUndefined()
    expect(resultInfo(await get(`${path}?page=1`, tenant.authorization))).toMatchObject({ count: 1, total_count: 1 })
  })
})

describe('hostnames that are not shown', () => {
  it.each(['settings', 'hostnames'])('leave no page short, and hide no later %s', async (what) => {
    const tenant = await freshTenant()
    const path =
      what === 'settings' ? `${tenant.accountPath}/settings` : `${edgeOf('accounts', tenant.accountId)}/hostnames`
    const taken = (name: string) => `${name}.taken.${tenant.domain}`
    const kept = ['a', 'c', 'f', 'g', 'h'].map((name) => `${name}.${tenant.domain}`)
    const all = [...kept, ...['b', 'd', 'e'].map(taken)].toSorted()
    await (what === 'settings' ? addSettings : addModes)(tenant.accountId, all)
    await addZone(await addAccount(), `taken.${tenant.domain}`, { id: freshId() })
    const pages: unknown[][] = []
    for (const page of [1, 2, 3, 4]) {
      pages.push(
        items(await get(`${path}?per_page=2&page=${page}`, tenant.authorization)).map(({ hostname }) => hostname),
      )
    }
    expect(pages).toEqual([kept.slice(0, 2), kept.slice(2, 4), kept.slice(4), []])
  })

  it('of other zones are not in a zone', async () => {
    const tenant = await freshTenant()
    const sibling = await siblingZone(tenant)
    const own = ['a', 'b', 'c'].map((name) => `${name}.${tenant.domain}`)
    await addModes(tenant.accountId, [...own, ...['a', 'b', 'c'].map((name) => `${name}.${sibling.domain}`)])
    const answer = await get(`${edgeOf('zones', tenant.zoneId)}/hostnames?per_page=2`, tenant.authorization)
    expect(items(answer).map(({ hostname }) => hostname)).toEqual(own.slice(0, 2))
    expect(resultInfo(answer)).toMatchObject({ total_count: 3, total_pages: 2 })
  })
})

/** Earlier, 8,800 settings of long names made the list a permanent 500, and hid report modes. */
describe('an account with 8,800 hostnames of 253 characters', () => {
  const COUNT = 8_800
  /** A hostname of the greatest length. */
  const LENGTH = 253

  async function flooded(fill: typeof addSettings) {
    const tenant = await freshTenant()
    await limit(tenant.accountId, { settings: COUNT, modes: COUNT })
    const all = Array.from({ length: COUNT }, (_, i) => {
      const end = `${'x'.repeat(60)}.${'x'.repeat(60)}.${'x'.repeat(60)}.${tenant.domain}`
      const head = `h${String(i).padStart(5, '0')}`
      return `${head}.${'x'.repeat(LENGTH - head.length - end.length - 2)}.${end}`
    })
    expect(all[0]).toHaveLength(LENGTH)
    for (let from = 0; from < COUNT; from += 2_000) await fill(tenant.accountId, all.slice(from, from + 2_000))
    return { ...tenant, all }
  }

  it('has a list of settings that can be read to its end', async () => {
    const { accountPath, authorization, all } = await flooded(addSettings)
    const first = await get(`${accountPath}/settings`, authorization)
    expect(items(first)).toHaveLength(1_000)
    expect(resultInfo(first)).toEqual({ page: 1, per_page: 1_000, count: 1_000, total_count: COUNT, total_pages: 9 })
    const last = items(await get(`${accountPath}/settings?page=9`, authorization))
    expect(last.map(({ hostname }) => hostname)).toEqual(all.slice(8_000))
  })

  it('has a list of modes that can be read to its end', async () => {
    const { accountId, authorization, all } = await flooded(addModes)
    const path = `${edgeOf('accounts', accountId)}/hostnames?per_page=1000`
    const shown: unknown[] = []
    for (let page = 1; page <= 9; page += 1)
      shown.push(...items(await get(`${path}&page=${page}`, authorization)).map(({ hostname }) => hostname))
    expect(shown).toEqual(all)
  })

  it.each([
    ['settings', addSettings, selectHostnameSettings],
    ['modes', addModes, selectHostnameModes],
  ] as const)('reads as many rows for the first page of %s as an account with 60', async (_, fill, select) => {
    const small = await freshTenant()
    await fill(
      small.accountId,
      Array.from({ length: 60 }, (_, i) => `h${100 + i}.a.b.c.d.${small.domain}`),
    )
    const large = await flooded(fill)
    const costs: unknown[] = []
    for (const { accountId, authorization } of [small, large]) {
      const claim: Claim = {
        credential: { kind: 'token', secretSha256: await sha256Hex(authorization.replace('Bearer ', '')) },
        scope: { kind: 'accounts', id: accountId },
        permission: 'read',
        now: NOW,
      }
      const { db, carried } = meteredDatabase()
      await select(db, claim, 0, 50)
      costs.push(carried.map(({ rowsRead }) => rowsRead))
      const plans = (await Promise.all(carried.map(queryPlan))).flat()
      expect(plans.filter((step) => /^SCAN (?:hostname_settings|hostname_modes|zones|z|m)\b/.test(step))).toEqual([])
    }
    expect(costs[1]).toEqual(costs[0])
  })
})

it('CRLs of another record are not in a list', async () => {
  const tenant = await crlTenant()
  const { id } = await add(tenant.accountPath, tenant.authorization)
  await insertCrl(id, [])
  await insertRow('blocked_serials', { certificate_id: id, serial: '0a', blocked_at: 1 })
  const answer = await get(tenant.crlPath, tenant.authorization)
  expect([items(answer), resultInfo(answer)]).toEqual([
    [],
    { page: 1, per_page: 50, count: 0, total_count: 0, total_pages: 0 },
  ])
})
