import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { NewGrant } from '../../../src/store/provisioning.ts'
import { call } from '../../support/api.ts'
import { countingDatabase } from '../../support/counting-db.ts'
import { get, items, resultInfo } from '../../support/family.ts'
import { freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { account, addAccount, addCredential, addZone, zone } from '../../support/tenants.ts'

/** What clients look up first: accounts, zones and the user, as far as the credential may see them. */

const API = '/client/v4'
const CREATED = '2026-06-01T00:00:00Z'

const ids = { ours: freshId(), second: freshId(), theirs: freshId() }
const zones = { a: freshId(), b: freshId(), c: freshId(), second: freshId(), theirs: freshId() }

beforeAll(async () => {
  await addAccount({ id: ids.ours, name: 'Ours' })
  await addAccount({ id: ids.second, name: 'An older one' })
  await addAccount({ id: ids.theirs, name: 'Theirs' })
  await addZone(ids.ours, 'b.lookups.example', { id: zones.b })
  await addZone(ids.ours, 'c.lookups.example', { id: zones.c })
  await addZone(ids.ours, 'a.lookups.example', { id: zones.a })
  await addZone(ids.second, 'xn--mnchen-3ya.lookups.example', { id: zones.second })
  await addZone(ids.theirs, 'theirs.lookups.example', { id: zones.theirs })
})

const everything = () => freshToken([account(ids.ours, 'read'), account(ids.second, 'read')])
const listed = async (path: string, authorization: string) =>
  items(await get(`${API}${path}`, authorization)).map(({ name }) => String(name).replace('.lookups.example', ''))

describe('GET /zones/{id} and /accounts/{id}', () => {
  it('answer the whole zone', async () => {
    const authorization = await everything()
    const expected = {
      id: zones.a,
      name: 'a.lookups.example',
      status: 'active',
      paused: false,
      type: 'partial',
      development_mode: 0,
      name_servers: [],
      original_name_servers: null,
      original_registrar: null,
      original_dnshost: null,
      created_on: CREATED,
      modified_on: CREATED,
      activated_on: CREATED,
      meta: { custom_certificate_quota: 0, page_rule_quota: 0, phishing_detected: false },
      owner: { id: ids.ours, type: 'organization', name: 'Ours' },
      account: { id: ids.ours, name: 'Ours' },
      plan: { price: 0, is_subscribed: false, can_subscribe: false, externally_managed: false },
    }
    for (const path of [`${API}/zones/${zones.a}`, `/zones/${zones.a}`]) {
      const answer = await get(path, authorization)
      expect(answer.status).toBe(200)
      expect(answer.body).toStrictEqual({ result: expected, success: true, errors: [], messages: [] })
    }
    expect(items(await get(`${API}/zones?name=a.lookups.example`, authorization))).toEqual([expected])
  })

  it('answer the whole account', async () => {
    const authorization = await everything()
    const expected = {
      id: ids.ours,
      name: 'Ours',
      type: 'standard',
      settings: { enforce_twofactor: false },
      created_on: CREATED,
    }
    expect((await get(`${API}/accounts/${ids.ours}`, authorization)).body.result).toEqual(expected)
    expect(items(await get(`/accounts?name=ours`, authorization))).toEqual([expected])
  })

  it('have an ETag, as every GET', async () => {
    const authorization = await everything()
    const path = `${API}/zones/${zones.a}`
    const etag = (await get(path, authorization)).headers.get('etag') ?? ''
    expect((await get(path, authorization, { headers: { 'if-none-match': etag } })).status).toBe(304)
  })
})

describe('who sees what', () => {
  it.each<[string, () => readonly NewGrant[], readonly string[], readonly string[]]>([
    ['no grant', () => [], [], []],
    ['an account', () => [account(ids.ours)], ['a', 'b', 'c'], ['Ours']],
    ['an account, to read', () => [account(ids.ours, 'read')], ['a', 'b', 'c'], ['Ours']],
    ['a zone', () => [zone(zones.b, 'read')], ['b'], []],
    ['two zones of two accounts', () => [zone(zones.theirs), zone(zones.b)], ['b', 'theirs'], []],
    ['an account, and its zone once more', () => [account(ids.ours), zone(zones.b)], ['a', 'b', 'c'], ['Ours']],
    [
      'an account and a zone of another',
      () => [account(ids.ours), zone(zones.theirs)],
      ['a', 'b', 'c', 'theirs'],
      ['Ours'],
    ],
  ])('%s', async (_, grants, seenZones, seenAccounts) => {
    const authorization = await freshToken(grants())
    expect(await listed('/zones', authorization)).toEqual(seenZones)
    expect(await listed('/accounts', authorization)).toEqual(seenAccounts)
    const asked = async (path: string) => (await get(`${API}${path}`, authorization)).status === 200
    for (const name of ['a', 'b', 'c', 'theirs'] as const) {
      const seen = seenZones.filter((one) => one === name)
      expect(await asked(`/zones/${zones[name]}`)).toBe(seen.length === 1)
      expect(await listed(`/zones?name=${name}.lookups.example`, authorization)).toEqual(seen)
    }
    expect(await asked(`/accounts/${ids.ours}`)).toBe(seenAccounts.includes('Ours'))
    expect(await asked(`/accounts/${ids.theirs}`)).toBe(false)
  })

  it('all of it where Access is off: these are not routes of Access', async () => {
    const { accountId, zoneId, domain, authorization } = await freshTenant({ enabled: false })
    expect((await get(`${API}/accounts/${accountId}`, authorization)).status).toBe(200)
    expect((await get(`${API}/zones/${zoneId}`, authorization)).status).toBe(200)
    expect(await listed('/zones', authorization)).toEqual([domain])
    expect(await listed('/accounts', authorization)).toEqual(['Test account'])
  })
})

describe('GET /zones', () => {
  const MUNICH = 'xn--mnchen-3ya'

  it.each<[string, readonly string[]]>([
    ['', ['a', 'b', 'c', MUNICH]],
    ['?name=b.lookups.example', ['b']],
    ['?name=equal:B.lookups.EXAMPLE', ['b']],
    ['?name=m%C3%BCnchen.lookups.example', [MUNICH]],
    ['?name=not_equal:b.lookups.example', ['a', 'c', MUNICH]],
    ['?name=contains:.LOOKUPS.', ['a', 'b', 'c', MUNICH]],
    ['?name=contains_case_sensitive:.LOOKUPS.', []],
    ['?name=starts_with:B.', ['b']],
    ['?name=ends_with:c.lookups.example', ['c']],
    ['?name=contains:%25', []],
    ['?name=lookups.example', []],
    ['?name=', []],
    ['?name=nonsense:b', []],
    [`?account.id=${ids.second}`, [MUNICH]],
    [`?account.id=${ids.theirs}`, []],
    ['?account.id=x', []],
    ['?account.name=an%20OLDER%20one', [MUNICH]],
    ['?account.name=starts_with:An', [MUNICH]],
    ['?account.name=starts_with_case_sensitive:an', []],
    ['?status=active', ['a', 'b', 'c', MUNICH]],
    ['?status=pending', []],
    ['?type=full', []],
    ['?type=full&type=partial', ['a', 'b', 'c', MUNICH]],
    ['?type=full,partial', ['a', 'b', 'c', MUNICH]],
    [`?name=a.lookups.example&account.id=${ids.second}`, []],
    [`?name=a.lookups.example&account.id=${ids.second}&match=all`, []],
    [`?name=a.lookups.example&account.id=${ids.second}&match=any`, ['a', MUNICH]],
    ['?name=a.lookups.example&status=pending&match=any', ['a']],
    ['?match=any', ['a', 'b', 'c', MUNICH]],
    ['?direction=desc', [MUNICH, 'c', 'b', 'a']],
    ['?order=name&direction=asc', ['a', 'b', 'c', MUNICH]],
    ['?order=account.name', [MUNICH, 'a', 'b', 'c']],
    ['?order=account.id', ['a', 'b', 'c', MUNICH]],
    ['?order=account.id&direction=desc', [MUNICH, 'c', 'b', 'a']],
    ['?order=status', ['a', 'b', 'c', MUNICH]],
    ['?page=2&per_page=3', [MUNICH]],
    ['?page=3&per_page=3', []],
    ['?order=account.name&per_page=2', [MUNICH, 'a']],
  ])('%s', async (query, expected) => {
    expect(await listed(`/zones${query}`, await everything())).toEqual(expected)
  })

  it('has exact pages, of 20 by default', async () => {
    const id = await addAccount({ id: freshId() })
    const names = Array.from({ length: 45 }, (_, i) => `z${String(i).padStart(2, '0')}.${freshId()}.example`)
    for (const name of names.toReversed()) await addZone(id, name)
    const authorization = await freshToken([account(id)])
    for (const [page, count] of [
      [1, 20],
      [2, 20],
      [3, 5],
      [4, 0],
    ] as const) {
      const answer = await get(`${API}/zones?page=${page}`, authorization)
      expect(items(answer).map(({ name }) => name)).toEqual(names.slice((page - 1) * 20, page * 20))
      expect(resultInfo(answer)).toEqual({ count, page, per_page: 20, total_count: 45, total_pages: 3 })
    }
    const filtered = await get(`${API}/zones?name=starts_with:z0&per_page=4&page=3`, authorization)
    expect(resultInfo(filtered)).toEqual({ count: 2, page: 3, per_page: 4, total_count: 10, total_pages: 3 })
  })

  it('reads only the zone that is asked for by name', async () => {
    const authorization = await everything()
    const { db, calls } = countingDatabase(env.DB)
    const answer = await get(`${API}/zones?name=a.lookups.example`, authorization, { env: { ...env, DB: db } })
    expect([answer.status, calls]).toEqual([200, ['batch']])
    expect(resultInfo(answer)).toEqual({ count: 1, page: 1, per_page: 20, total_count: 1, total_pages: 1 })
  })
})

describe('GET /accounts', () => {
  it.each<[string, readonly string[]]>([
    ['', ['An older one', 'Ours']],
    ['?direction=desc', ['Ours', 'An older one']],
    ['?name=OURS', ['Ours']],
    ['?name=contains:older', ['An older one']],
    ['?name=Theirs', []],
    ['?page=2&per_page=1', ['Ours']],
  ])('%s', async (query, expected) => {
    expect(await listed(`/accounts${query}`, await everything())).toEqual(expected)
  })

  it('has pages of 20 by default', async () => {
    const answer = await get(`${API}/accounts`, await everything())
    expect(resultInfo(answer)).toEqual({ count: 2, page: 1, per_page: 20, total_count: 2, total_pages: 1 })
  })
})

it('GET /user answers the email of a key, and the id of the key', async () => {
  const id = freshId()
  const secret = id + id.slice(0, 8)
  await addCredential(secret, [], { id, kind: 'key', email: 'ops@lookups.example' })
  const answer = await call(`${API}/user`, { headers: { 'x-auth-email': 'Ops@lookups.example', 'x-auth-key': secret } })
  expect(answer.status).toBe(200)
  expect(answer.body.result).toStrictEqual({
    id,
    email: 'ops@lookups.example',
    first_name: null,
    last_name: null,
    telephone: null,
    country: null,
    zipcode: null,
    two_factor_authentication_enabled: false,
    two_factor_authentication_locked: false,
    suspended: false,
    has_pro_zones: false,
    has_business_zones: false,
    has_enterprise_zones: false,
    betas: [],
  })
})
