import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { call } from '../../support/api.ts'
import { add, get, type Item, items, put, SCOPES, shown, siblingZone, type Tenant } from '../../support/family.ts'
import { certificate, NOW, pem, root } from '../../support/pki.ts'
import { freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { account, addCredential, zone } from '../../support/tenants.ts'

const LATER = { now: NOW + 3600 }

/** A certificate with the hostnames a, b and c under the tenant's domain. */
async function three(tenant: Tenant, path: (typeof SCOPES)[number] = 'accountPath') {
  const associated_hostnames = ['a', 'b', 'c'].map((label) => `${label}.${tenant.domain}`)
  return add(tenant[path], tenant.authorization, { associated_hostnames })
}

describe.each(SCOPES)('PUT certificate of %s', (path) => {
  it('answers the whole new record, which GET and the list then show', async () => {
    const tenant = await freshTenant()
    const record = await three(tenant, path)
    const hostnames = [`New.${tenant.domain}`]
    const body = { name: 'Näme', associated_hostnames: hostnames }
    const answer = await put(record.path, tenant.authorization, body, LATER)
    expect(answer.status).toBe(200)
    const result = { ...shown(record), ...body, updated_at: '2026-06-01T01:00:00Z' }
    expect(answer.text).toBe(JSON.stringify({ result, success: true, errors: [], messages: [] }))
    expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect((await get(record.path, tenant.authorization)).text).toBe(answer.text)
    expect(items(await get(tenant[path], tenant.authorization))).toEqual([result])
  })

  it('changes no other record', async () => {
    const tenant = await freshTenant()
    const others = [await three(tenant, 'accountPath'), await three(tenant, 'zonePath')]
    const record = await three(tenant, path)
    expect((await put(record.path, tenant.authorization, { name: 'x' }, LATER)).status).toBe(200)
    for (const one of others) expect((await get(one.path, tenant.authorization)).body.result).toEqual(shown(one))
  })

  it('never shows certificates, and keeps those that were added', async () => {
    const tenant = await freshTenant()
    const der = certificate()
    const record = await add(tenant[path], tenant.authorization, { certificate: pem(der) })
    const { text } = await put(record.path, tenant.authorization, { certificate: root() })
    expect(text).not.toContain('BEGIN')
    const stored = env.DB.prepare('SELECT hex(der) AS der FROM certificate_chain WHERE certificate_id = ?1')
    expect((await stored.bind(record.id).all()).results).toEqual([{ der: der.toHex().toUpperCase() }])
  })
})

describe('the hostnames become', () => {
  const under = (domain: string, labels: readonly string[]) => labels.map((label) => `${label}.${domain}`)

  it.each<[string, (domain: string) => unknown, (domain: string) => readonly string[]]>([
    ['none, for {}', () => ({}), () => []],
    ['none, for null', () => ({ associated_hostnames: null }), () => []],
    ['none, for an empty list', () => ({ associated_hostnames: [] }), () => []],
    ['none, for a name alone', () => ({ name: 'x' }), () => []],
    ['others', (d) => ({ associated_hostnames: under(d, ['x', 'y']) }), (d) => under(d, ['x', 'y'])],
    ['fewer', (d) => ({ associated_hostnames: under(d, ['b']) }), (d) => under(d, ['b'])],
    ['more', (d) => ({ associated_hostnames: under(d, ['a', 'b', 'c', 'd']) }), (d) => under(d, ['a', 'b', 'c', 'd'])],
    ['the same', (d) => ({ associated_hostnames: under(d, ['a', 'b', 'c']) }), (d) => under(d, ['a', 'b', 'c'])],
    ['reordered', (d) => ({ associated_hostnames: under(d, ['c', 'a', 'b']) }), (d) => under(d, ['c', 'a', 'b'])],
    ['in another case', (d) => ({ associated_hostnames: under(d, ['A', 'b', 'C']) }), (d) => under(d, ['A', 'b', 'C'])],
    [
      'one for duplicates',
      (d) => ({ associated_hostnames: under(d, ['x', 'X', 'y', 'x']) }),
      (d) => under(d, ['x', 'y']),
    ],
    [
      'one for a U-label and its A-label',
      (d) => ({ associated_hostnames: under(d, ['bücher', 'xn--bcher-kva']) }),
      (d) => under(d, ['bücher']),
    ],
  ])('%s', async (_, body, expected) => {
    const tenant = await freshTenant()
    const record = await three(tenant)
    const answer = await put(record.path, tenant.authorization, body(tenant.domain))
    expect(answer.status).toBe(200)
    expect(answer.body.result?.['associated_hostnames']).toEqual(expected(tenant.domain))
    // Messages are the PUT's own.
    expect((await get(record.path, tenant.authorization)).body).toEqual({ ...answer.body, messages: [] })
  })

  it('a thousand, in place of another thousand', async () => {
    const { zonePath, authorization, domain } = await freshTenant()
    const names = (label: string) => Array.from({ length: 1000 }, (_, i) => `${label}${999 - i}.${domain}`)
    const { path } = await add(zonePath, authorization, { associated_hostnames: names('h') })
    const answer = await put(path, authorization, { associated_hostnames: names('g') })
    expect(answer.body.result?.['associated_hostnames']).toEqual(names('g'))
  })

  it("those of several of the account's zones", async () => {
    const tenant = await freshTenant()
    const sibling = await siblingZone(tenant)
    const record = await three(tenant)
    const associated_hostnames = [`x.${sibling.domain}`, tenant.domain]
    const answer = await put(record.path, tenant.authorization, { associated_hostnames })
    expect(answer.body.result).toMatchObject({ associated_hostnames })
  })

  it('one that another certificate also has', async () => {
    const tenant = await freshTenant()
    const [one, two] = [await three(tenant), await add(tenant.zonePath, tenant.authorization)]
    const { associated_hostnames } = { associated_hostnames: [], ...shown(one) }
    const answer = await put(two.path, tenant.authorization, { associated_hostnames })
    expect(answer.body.result).toMatchObject({ associated_hostnames })
    expect((await get(one.path, tenant.authorization)).body.result).toEqual(shown(one))
  })
})

describe('the name', () => {
  it.each<[string, Item, string]>([
    ['absent: is kept', {}, 'Allow devs'],
    ['given: is replaced', { name: 'Other' }, 'Other'],
    ['of 1 character', { name: 'x' }, 'x'],
    ['of 350 characters', { name: 'n'.repeat(350) }, 'n'.repeat(350)],
    ['of 350 characters beyond the BMP', { name: '🔐'.repeat(350) }, '🔐'.repeat(350)],
    ['of blanks, quotes and markup', { name: ' \'"<b>\\ \n' }, ' \'"<b>\\ \n'],
  ])('%s', async (_, body, name) => {
    const { accountPath, authorization } = await freshTenant()
    const { path } = await add(accountPath, authorization)
    const answer = await put(path, authorization, body)
    expect([answer.status, answer.body.result?.['name']]).toEqual([200, name])
    expect((await get(path, authorization)).text).toBe(answer.text)
  })

  it('may be that of another certificate', async () => {
    const { accountPath, authorization } = await freshTenant()
    await add(accountPath, authorization, { name: 'Taken' })
    const { path } = await add(accountPath, authorization)
    expect((await put(path, authorization, { name: 'Taken' })).body.result).toMatchObject({ name: 'Taken' })
  })
})

describe('ignored in the body', () => {
  it.each<[string, Item]>([
    ['another certificate', { certificate: root() }],
    ['a certificate that cannot be read', { certificate: 'x' }],
    ['an empty certificate', { certificate: '' }],
    ['null as certificate', { certificate: null }],
    ['a number as certificate', { certificate: 1 }],
    ['an object as certificate', { certificate: { pem: root() } }],
    ['half a surrogate pair as certificate', { certificate: '\ud800' }],
    ["cloudflare-go's zero time", { expires_on: '0001-01-01T00:00:00Z' }],
    ['another id', { id: '63b92c05-8635-4a44-ae8d-45236af35d00' }],
    ['other times', { created_at: '2000-01-01T00:00:00Z', updated_at: 1, expires_on: null }],
    ['another fingerprint', { fingerprint: 'MD5 Fingerprint=00' }],
    ['unknown fields', { x: [1, { y: null }], '': 0, settings: [{}], hostnames: ['a'] }],
    ['names in another case', { Name: 'x', Associated_Hostnames: ['x'] }],
  ])('%s', async (_, more) => {
    const tenant = await freshTenant()
    const record = await three(tenant)
    const { associated_hostnames } = { associated_hostnames: [], ...shown(record) }
    const answer = await put(record.path, tenant.authorization, { ...more, associated_hostnames })
    expect(answer.status).toBe(200)
    expect(answer.body.result).toEqual(shown(record))
  })
})

describe('updated_at', () => {
  it('moves with each update, also one that changes nothing; created_at never does', async () => {
    const { accountPath, authorization } = await freshTenant()
    const { path } = await add(accountPath, authorization)
    for (const [body, now, updated_at] of [
      [{ name: 'x' }, NOW + 1, '2026-06-01T00:00:01Z'],
      [{ name: 'x' }, NOW + 60, '2026-06-01T00:01:00Z'],
      [{}, NOW + 86_400, '2026-06-02T00:00:00Z'],
      [{}, NOW + 86_400, '2026-06-02T00:00:00Z'],
    ] as const) {
      const times = { created_at: '2026-06-01T00:00:00Z', updated_at }
      expect((await put(path, authorization, body, { now })).body.result).toMatchObject(times)
      expect((await get(path, authorization)).body.result).toMatchObject(times)
    }
  })
})

describe('an update is allowed to', () => {
  it('a write grant on the zone, in the zone', async () => {
    const tenant = await freshTenant()
    const { path } = await add(tenant.zonePath, tenant.authorization)
    expect((await put(path, await freshToken([zone(tenant.zoneId)]), { name: 'x' })).status).toBe(200)
  })

  it('a key pair, and a body without a type', async () => {
    const tenant = await freshTenant()
    const { path } = await add(tenant.accountPath, tenant.authorization)
    const key = 'c3'.repeat(20)
    await addCredential(key, [account(tenant.accountId)], { id: freshId(), kind: 'key', email: 'a@put.example' })
    const headers = { 'x-auth-email': 'a@put.example', 'x-auth-key': key }
    const body = new TextEncoder().encode('{"name":"x"}')
    expect((await call(path, { method: 'PUT', headers, body })).body.result).toMatchObject({ name: 'x' })
  })
})
