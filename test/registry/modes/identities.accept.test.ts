import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { changesOf, newestChange, revert } from '../../support/changes.ts'
import { loadHostname } from '../../support/edge.ts'
import { counted, edgeOf, settingOf } from '../../support/edge-routes.ts'
import { add, get, items, put, remove, type Tenant } from '../../support/family.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { zone } from '../../support/tenants.ts'

let tenant: Tenant
let edge = ''
let one = ''
beforeEach(async () => {
  tenant = await freshTenant()
  edge = edgeOf('accounts', tenant.accountId)
  one = `${edge}/hostnames/${tenant.domain}`
})

const set = (body: object) => put(one, tenant.authorization, body)
const shown = async () => settingOf(await get(one, tenant.authorization))
const stored = async () => (await loadHostname(tenant.domain)).facts.identities?.list
const version = async () => (await loadHostname(tenant.domain)).facts.version

const ADA = [{ dns: 'ada.example' }]
const UNTIL = '2026-06-15T00:00:00Z'

describe('identity rules', () => {
  it('are set with the mode, shown with it, and listed', async () => {
    const { authorization, domain } = tenant
    const whole = { hostname: domain, mode: 'required', identities: ADA }
    expect((await set({ mode: 'required', identities: ADA })).body.result).toEqual(whole)
    expect(await shown()).toEqual(whole)
    expect(items(await get(`${edge}/hostnames`, authorization))).toEqual([whole])
    expect(items(await get(`${edgeOf('zones', tenant.zoneId)}/hostnames`, authorization))).toEqual([whole])
    expect(await stored()).toEqual(ADA)
  })

  it('stay when a client that does not know them sets the mode', async () => {
    const { domain: hostname } = tenant
    await set({ mode: 'required', identities: ADA })
    for (const [body, expected] of [
      [{ mode: 'report' }, { hostname, mode: 'report', until: UNTIL, identities: ADA }],
      [{ mode: 'open' }, { hostname, mode: 'open', identities: ADA }],
      [{ mode: 'required' }, { hostname, mode: 'required', identities: ADA }],
    ] as const) {
      expect((await set(body)).body.result).toEqual(expected)
      expect(await shown()).toEqual(expected)
      expect(await stored()).toEqual(ADA)
    }
  })

  it.each([[null], [[]]])('are cleared by %j, and then nothing is left of them', async (identities) => {
    await set({ mode: 'required', identities: ADA })
    expect((await set({ mode: 'required', identities })).body.result).toEqual({
      hostname: tenant.domain,
      mode: 'required',
    })
    expect(await shown()).toEqual({ hostname: tenant.domain, mode: 'required' })
    const left = env.DB.prepare('SELECT count(*) AS n FROM hostname_modes WHERE account_id = ?1')
    expect(await left.bind(tenant.accountId).first('n')).toBe(0)
  })

  it('are cleared without the mode that they stand beside', async () => {
    await set({ mode: 'report', identities: ADA })
    await set({ mode: 'report', identities: [] })
    expect(await shown()).toEqual({ hostname: tenant.domain, mode: 'report', until: UNTIL })
  })

  it('stay when report mode ends', async () => {
    await set({ mode: 'report', identities: ADA })
    const later = await get(one, tenant.authorization, { now: Date.parse(UNTIL) / 1_000 })
    expect(settingOf(later)).toEqual({ hostname: tenant.domain, mode: 'required', identities: ADA })
  })

  it('give the account a new version each time that they change, and only then', async () => {
    const versions = [await version()]
    for (const body of [
      { mode: 'required', identities: ADA },
      { mode: 'report' },
      { mode: 'required', identities: ADA },
      { mode: 'required', identities: [{ dns: 'bob.example' }] },
      { mode: 'report', identities: null },
    ]) {
      await set(body)
      versions.push(await version())
    }
    const changed = versions.slice(1).map((one, i) => one !== versions[i])
    expect(changed).toEqual([true, false, false, true, true])
  })

  it('take one batch to set and to get', async () => {
    for (const body of [{ mode: 'required', identities: ADA }, { mode: 'report' }, { mode: 'required' }]) {
      expect(await counted((options) => put(one, tenant.authorization, body, options))).toEqual({
        status: 200,
        calls: ['batch'],
      })
    }
    expect(await counted((options) => get(one, tenant.authorization, options))).toEqual({
      status: 200,
      calls: ['batch'],
    })
  })

  it('are bound to a tag: what another client has changed meanwhile is not overwritten', async () => {
    const { authorization } = tenant
    const tag = (await get(one, authorization)).headers.get('etag') ?? ''
    const headers = { 'if-match': tag }
    const first = await put(
      one,
      authorization,
      { mode: 'required', identities: ADA },
      { headers: { authorization, 'content-type': 'application/json', ...headers } },
    )
    expect(first.status).toBe(200)
    expect((await get(one, authorization)).headers.get('etag')).toBe(first.headers.get('etag'))
    const second = await put(
      one,
      authorization,
      { mode: 'required', identities: [] },
      { headers: { authorization, 'content-type': 'application/json', ...headers } },
    )
    expect(second.status).toBe(412)
    expect(await stored()).toEqual(ADA)
  })
})

describe('a value is stored in the form in which it is compared', () => {
  const HEX = 'ab'.repeat(32)
  it.each<[object, object]>([
    [{ common_name: 'Ada  Lovelace' }, { common_name: 'Ada  Lovelace' }],
    [{ organization: 'Ünïon ß' }, { organization: 'Ünïon ß' }],
    [{ organizational_unit: 'a,b' }, { organizational_unit: 'a,b' }],
    [{ dns: 'Host' }, { dns: 'host' }],
    [{ dns: 'A_b.Example' }, { dns: 'a_b.example' }],
    [{ dns: '*.Bücher.example' }, { dns: '*.xn--bcher-kva.example' }],
    [{ dns: '*.example' }, { dns: '*.example' }],
    [{ email: 'Ada.L@Example.COM' }, { email: 'Ada.L@example.com' }],
    [{ email: '@Bücher.example' }, { email: '@xn--bcher-kva.example' }],
    [{ uri: 'SPIFFE://Example.org/Ns/a' }, { uri: 'spiffe://example.org/Ns/a' }],
    [{ uri: 'spiffe://example.org/*' }, { uri: 'spiffe://example.org/*' }],
    [{ uri: 'HTTPS://a.example:8443/x/y/*' }, { uri: 'https://a.example:8443/x/y/*' }],
    [{ uri: 'urn:uuid:F81d' }, { uri: 'urn:uuid:F81d' }],
    [{ uri: 'https://a.example/%2F?q#f' }, { uri: 'https://a.example/%2F?q#f' }],
    [{ serial_number: 'AB:CD' }, { serial_number: '00abcd' }],
    [{ serial_number: 'dec:10' }, { serial_number: '0a' }],
    [{ certificate_sha256: HEX.toUpperCase() }, { certificate_sha256: HEX }],
    [{ key_sha256: Array(32).fill('AB').join(':') }, { key_sha256: HEX }],
    [
      { issuer_key_sha256: HEX, serial_number: '7' },
      { serial_number: '07', issuer_key_sha256: HEX },
    ],
    [{ ext_key_usage: '1.3.6.1.4.1.311.20.2.2' }, { ext_key_usage: '1.3.6.1.4.1.311.20.2.2' }],
    [{ policy: '2.16.840.1.101.3.2.1.3.13' }, { policy: '2.16.840.1.101.3.2.1.3.13' }],
  ])('%j', async (rule, compared) => {
    const answer = await set({ mode: 'required', identities: [rule] })
    expect(answer.body.result).toMatchObject({ identities: [compared] })
    expect(JSON.stringify(await stored())).toBe(JSON.stringify([compared]))
    // What was answered may be sent again, and changes nothing.
    const { id } = await newestChange(tenant)
    await set({ mode: 'required', identities: [compared] })
    expect((await newestChange(tenant)).id).toBe(id)
  })

  it('up to 100 rules and 16,384 characters', async () => {
    const many = Array.from({ length: 100 }, (_, i) => ({ common_name: `${i}`.padStart(3, '0') }))
    expect((await set({ mode: 'required', identities: many })).status).toBe(200)
    const long = Array.from({ length: 64 }, () => ({ common_name: 'x'.repeat(235) }))
    const whole = [...long, { common_name: 'x'.repeat(16_384 - JSON.stringify(long).length - 19) }]
    expect(JSON.stringify(whole)).toHaveLength(16_384)
    expect((await set({ mode: 'required', identities: whole })).status).toBe(200)
  })
})

describe('the record of changes', () => {
  it('has the rules before and after', async () => {
    const { domain: hostname } = tenant
    await set({ mode: 'report', identities: ADA })
    await set({ mode: 'required', identities: [{ email: '@a.example' }] })
    expect(await newestChange(tenant)).toMatchObject({
      operation: 'put_mode',
      before: { hostname, mode: 'report', until: UNTIL, identities: ADA },
      after: { hostname, mode: 'required', identities: [{ email: '@a.example' }] },
      hostnames: [hostname],
    })
    await set({ mode: 'required' })
    await set({ mode: 'required', identities: null })
    const changes = await changesOf(tenant)
    expect(changes).toHaveLength(3)
    expect(changes[0]).toMatchObject({
      before: { hostname, mode: 'required', identities: [{ email: '@a.example' }] },
      after: { hostname, mode: 'required' },
    })
    expect(changes[0]?.after).not.toHaveProperty('identities')
  })

  it.each<[string, object, object]>([
    ['cleared', { mode: 'required', identities: ADA }, { mode: 'required', identities: [] }],
    ['replaced', { mode: 'report', identities: ADA }, { mode: 'required', identities: [{ dns: 'b' }] }],
    ['set', { mode: 'required' }, { mode: 'required', identities: ADA }],
    ['set beside a mode', { mode: 'report' }, { mode: 'open', identities: ADA }],
  ])('takes back that they were %s', async (_, first, second) => {
    await set(first)
    const before = await shown()
    await set(second)
    const { id } = await newestChange(tenant)
    expect((await revert(edge, id, tenant.authorization)).status).toBe(201)
    expect(await shown()).toEqual(before)
  })
})

describe('a permission for the zone alone', () => {
  it('sets rules where no certificate of the account protects the hostname', async () => {
    const token = await freshToken([zone(tenant.zoneId)])
    const path = `${edgeOf('zones', tenant.zoneId)}/hostnames/${tenant.domain}`
    expect((await put(path, token, { mode: 'required', identities: ADA })).status).toBe(200)
    expect(await stored()).toEqual(ADA)
  })

  it('may send the rules that are there, where one does', async () => {
    await add(tenant.accountPath, tenant.authorization, { associated_hostnames: [tenant.domain] })
    await set({ mode: 'report', identities: ADA })
    const token = await freshToken([zone(tenant.zoneId)])
    const path = `${edgeOf('zones', tenant.zoneId)}/hostnames/${tenant.domain}`
    expect((await put(path, token, { mode: 'required', identities: ADA })).body.result).toEqual({
      hostname: tenant.domain,
      mode: 'required',
      identities: ADA,
    })
  })
})

it('a certificate that is deleted leaves the rules of its hostnames', async () => {
  const { path } = await add(tenant.accountPath, tenant.authorization, { associated_hostnames: [tenant.domain] })
  await set({ mode: 'required', identities: ADA })
  await put(path, tenant.authorization, { associated_hostnames: [] })
  expect((await remove(path, tenant.authorization)).status).toBe(200)
  expect(await stored()).toEqual(ADA)
})
