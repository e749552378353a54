import { describe, expect, it } from 'vitest'
import { add, get, type Item, items, put, SCOPES, type Tenant } from '../../support/family.ts'
import { freshTenant, freshToken, storedRows } from '../../support/requests.ts'
import { zone } from '../../support/tenants.ts'

/** A setting in an answer. */
const setting = (hostname: string, client_certificate_forwarding = true): Item => ({
  hostname,
  china_network: false,
  client_certificate_forwarding,
})

describe.each(SCOPES)('settings of %s', (path) => {
  const at = (tenant: Tenant) => `${tenant[path]}/settings`
  const read = async (tenant: Tenant) => items(await get(at(tenant), tenant.authorization))
  /** PUTs settings that must be accepted; returns the echo. */
  const write = async (tenant: Tenant, settings: readonly Item[]) => {
    const answer = await put(at(tenant), tenant.authorization, { settings })
    expect(answer.status).toBe(202)
    return items(answer)
  }

  it('at first are an empty list, without result_info', async () => {
    const tenant = await freshTenant()
    const answer = await get(at(tenant), tenant.authorization)
    expect(answer.status).toBe(200)
    expect(answer.text).toBe('{"result":[],"success":true,"errors":[],"messages":[]}')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  it('are echoed with 202, and then shown with the same bytes, without result_info', async () => {
    const tenant = await freshTenant()
    const settings = [setting(`b.${tenant.domain}`), setting(tenant.domain)]
    const answer = await put(at(tenant), tenant.authorization, { settings })
    expect(answer.status).toBe(202)
    expect(answer.text).toBe(JSON.stringify({ result: settings, success: true, errors: [], messages: [] }))
    expect((await get(at(tenant), tenant.authorization)).text).toBe(answer.text)
  })

  it('survive a PUT that does not name them', async () => {
    const tenant = await freshTenant()
    const [a, b, c] = ['a', 'b', 'c'].map((label) => setting(`${label}.${tenant.domain}`)) as [Item, Item, Item]
    await write(tenant, [a, b])
    expect(await write(tenant, [c])).toEqual([c])
    expect(await read(tenant)).toEqual([a, b, c])
  })

  it('come in the order in which they were last put', async () => {
    const tenant = await freshTenant()
    const [a, b, c] = ['a', 'b', 'c'].map((label) => setting(`${label}.${tenant.domain}`)) as [Item, Item, Item]
    await write(tenant, [c, a, b])
    expect(await read(tenant)).toEqual([c, a, b])
    await write(tenant, [b, a, c])
    expect(await read(tenant)).toEqual([b, a, c])
  })

  it('that are put twice exist once', async () => {
    const tenant = await freshTenant()
    for (let i = 0; i < 3; i += 1) await write(tenant, [setting(tenant.domain)])
    expect(await read(tenant)).toEqual([setting(tenant.domain)])
  })

  it.each<[string, (domain: string) => Item, boolean]>([
    ['forwarding absent: false', () => ({ china_network: false }), false],
    ['china_network absent: false', () => ({ client_certificate_forwarding: true }), true],
    ['unknown members beside them: ignored', () => ({ client_certificate_forwarding: true, x: [{}], id: 1 }), true],
  ])('with %s', async (_, more, forwarding) => {
    const tenant = await freshTenant()
    const echoed = await write(tenant, [{ hostname: tenant.domain, ...more(tenant.domain) }])
    expect(echoed).toStrictEqual([setting(tenant.domain, forwarding)])
    expect(await read(tenant)).toEqual(forwarding ? echoed : [])
  })

  it.each<[string, Item]>([
    ['both false', { china_network: false, client_certificate_forwarding: false }],
    ['forwarding false', { client_certificate_forwarding: false }],
    ['china_network false', { china_network: false }],
  ])('with %s are echoed, and removed', async (_, more) => {
    const tenant = await freshTenant()
    const kept = setting(`kept.${tenant.domain}`)
    await write(tenant, [setting(tenant.domain), kept])
    expect(await write(tenant, [{ hostname: tenant.domain, ...more }])).toEqual([setting(tenant.domain, false)])
    expect(await read(tenant)).toEqual([kept])
    await write(tenant, [{ hostname: tenant.domain, ...more }])
    expect(await read(tenant)).toEqual([kept])
  })

  it.each<[string, Item]>([
    ['neither flag', {}],
    ['both null', { china_network: null, client_certificate_forwarding: null }],
    ['neither flag, and unknown members', { x: false, id: 1 }],
  ])('with %s are removed, and not echoed', async (_, more) => {
    const tenant = await freshTenant()
    const [gone, kept, added] = ['gone', 'kept', 'added'].map((label) => setting(`${label}.${tenant.domain}`))
    await write(tenant, [gone, kept] as Item[])
    const bare = { hostname: `GONE.${tenant.domain}`, ...more }
    expect(await write(tenant, [bare])).toEqual([])
    expect(await read(tenant)).toEqual([kept])
    expect(await write(tenant, [bare, added as Item, { hostname: `none.${tenant.domain}`, ...more }])).toEqual([added])
    expect(await read(tenant)).toEqual([kept, added])
  })

  it('are put and removed in one request', async () => {
    const tenant = await freshTenant()
    await write(tenant, [setting(`a.${tenant.domain}`)])
    const settings = [setting(`a.${tenant.domain}`, false), setting(`b.${tenant.domain}`)]
    expect(await write(tenant, settings)).toEqual(settings)
    expect(await read(tenant)).toEqual(settings.slice(1))
  })

  it.each<[string, unknown]>([
    ['{}', {}],
    ['an empty list', { settings: [] }],
    ['fields of a certificate only, which get no message', { certificate: 'x', id: 'x' }],
  ])('do not change with %s, which is answered with an empty list', async (_, body) => {
    const tenant = await freshTenant()
    await write(tenant, [setting(tenant.domain)])
    const answer = await put(at(tenant), tenant.authorization, body)
    expect(answer.status).toBe(202)
    expect(answer.text).toBe('{"result":[],"success":true,"errors":[],"messages":[]}')
    expect(await read(tenant)).toEqual([setting(tenant.domain)])
  })

  it('need no certificate, and change none', async () => {
    const tenant = await freshTenant()
    await add(tenant[path], tenant.authorization, { associated_hostnames: [tenant.domain] })
    const before = await storedRows()
    await write(tenant, [setting(`alone.${tenant.domain}`), setting(tenant.domain)])
    expect(await read(tenant)).toHaveLength(2)
    expect(await storedRows()).toEqual(before)
  })

  it('keep the case they were sent in, and are compared without regard to it', async () => {
    const tenant = await freshTenant()
    const [mixed, upper] = [setting(`Mixed.${tenant.domain}`), setting(`MIXED.${tenant.domain.toUpperCase()}`)]
    expect(await write(tenant, [mixed])).toEqual([mixed])
    expect(await read(tenant)).toEqual([mixed])
    expect(await write(tenant, [upper])).toEqual([upper])
    expect(await read(tenant)).toEqual([upper])
    await write(tenant, [setting(`mixed.${tenant.domain}`, false)])
    expect(await read(tenant)).toEqual([])
  })

  it('are compared in A-label form', async () => {
    const tenant = await freshTenant()
    const [unicode, ascii] = [setting(`bücher.${tenant.domain}`), setting(`xn--bcher-kva.${tenant.domain}`)]
    await write(tenant, [unicode])
    expect(await read(tenant)).toEqual([unicode])
    await write(tenant, [ascii])
    expect(await read(tenant)).toEqual([ascii])
  })

  it('may be a thousand at once', async () => {
    const tenant = await freshTenant()
    const settings = Array.from({ length: 1000 }, (_, i) => setting(`h${999 - i}.${tenant.domain}`))
    expect(await write(tenant, settings)).toEqual(settings)
    expect(await read(tenant)).toEqual(settings)
  })

  it('answer without the prefix too', async () => {
    const tenant = await freshTenant()
    const bare = at(tenant).replace('/client/v4', '')
    const settings = [setting(tenant.domain)]
    expect((await put(bare, tenant.authorization, { settings })).status).toBe(202)
    expect(items(await get(bare, tenant.authorization))).toEqual(settings)
  })

  it('are routed before certificate ids: a GET is a list also when there are certificates', async () => {
    const tenant = await freshTenant()
    await add(tenant[path], tenant.authorization)
    expect(await read(tenant)).toEqual([])
  })
})

it('a write grant on the zone suffices to put, a read grant to get', async () => {
  const tenant = await freshTenant()
  const path = `${tenant.zonePath}/settings`
  const settings = [setting(tenant.domain)]
  expect((await put(path, await freshToken([zone(tenant.zoneId)]), { settings })).status).toBe(202)
  expect(items(await get(path, await freshToken([zone(tenant.zoneId, 'read')])))).toEqual(settings)
})
