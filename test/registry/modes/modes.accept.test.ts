import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { rfc3339 } from '../../../src/core/rfc3339.ts'
import { loadHostname } from '../../support/edge.ts'
import { counted, edgeOf, settingOf } from '../../support/edge-routes.ts'
import { add, get, items, put, siblingZone, type Tenant } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { freshId, freshTenant, freshToken } from '../../support/requests.ts'
import { addZone, zone } from '../../support/tenants.ts'

const SCOPES = [
  ['accounts', (t: Tenant) => edgeOf('accounts', t.accountId)],
  ['zones', (t: Tenant) => edgeOf('zones', t.zoneId)],
] as const

const report = (path: string, authorization: string, hostname: string) =>
  put(`${path}/hostnames/${hostname}`, authorization, { mode: 'report' })

const listed = async (path: string, authorization: string) => items(await get(`${path}/hostnames`, authorization))

const modeOf = async (ascii: string) => (await loadHostname(ascii)).facts.mode.mode

/** Two weeks from the tests' now: the default end of report mode. */
const UNTIL = '2026-06-15T00:00:00Z'

describe.each(SCOPES)('in %s', (_, pathOf) => {
  it('a hostname is required until it is set to report, and can be required again', async () => {
    const tenant = await freshTenant()
    const { authorization, domain } = tenant
    const path = pathOf(tenant)
    const one = `${path}/hostnames/${domain}`
    expect(settingOf(await get(one, authorization))).toEqual({ hostname: domain, mode: 'required' })
    const answer = await put(one, authorization, { mode: 'report' })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      result: { hostname: domain, mode: 'report', until: UNTIL },
      success: true,
      errors: [],
      messages: [],
    })
    expect(settingOf(await get(one, authorization))).toEqual({ hostname: domain, mode: 'report', until: UNTIL })
    expect(await listed(path, authorization)).toEqual([{ hostname: domain, mode: 'report', until: UNTIL }])
    expect(await modeOf(domain)).toBe('report')
    await put(one, authorization, { mode: 'required' })
    expect(settingOf(await get(one, authorization))).toEqual({ hostname: domain, mode: 'required' })
    expect(await listed(path, authorization)).toEqual([])
    expect(await modeOf(domain)).toBe('required')
  })

  it('each request takes one batch', async () => {
    const tenant = await freshTenant()
    const { authorization, domain } = tenant
    const one = `${pathOf(tenant)}/hostnames/${domain}`
    for (const send of [
      () => counted((options) => get(`${pathOf(tenant)}/hostnames`, authorization, options)),
      () => counted((options) => get(one, authorization, options)),
      () => counted((options) => put(one, authorization, { mode: 'report' }, options)),
      () => counted((options) => put(one, authorization, { mode: 'required' }, options)),
    ]) {
      expect(await send()).toEqual({ status: 200, calls: ['batch'] })
    }
  })
})

describe('a hostname', () => {
  it('is the same in any case and form, and is shown as it was last sent', async () => {
    const { accountId, authorization } = await freshTenant()
    const path = edgeOf('accounts', accountId)
    const domain = `${freshId()}.example`
    await addZone(accountId, domain, { id: freshId() })
    const ascii = `xn--bcher-kva.${domain}`
    for (const [sent, shown] of [
      [`xn--bcher-kva.${domain}`, ascii],
      [`B%C3%BCcher.${domain}`, `Bücher.${domain}`],
    ] as const) {
      await report(path, authorization, sent)
      expect(await listed(path, authorization)).toEqual([{ hostname: shown, mode: 'report', until: UNTIL }])
      expect(await modeOf(ascii)).toBe('report')
    }
    const asked = await get(`${path}/hostnames/XN--BCHER-KVA.${domain}`, authorization)
    expect(settingOf(asked)).toEqual({ hostname: `Bücher.${domain}`, mode: 'report', until: UNTIL })
  })

  it('set in the account is shown by the zone that owns it, and by no other', async () => {
    const tenant = await freshTenant()
    const { authorization, domain, accountId, zoneId } = tenant
    const sibling = await siblingZone(tenant)
    await report(edgeOf('accounts', accountId), authorization, `b.${domain}`)
    await report(edgeOf('accounts', accountId), authorization, `a.${domain}`)
    const shown = [`a.${domain}`, `b.${domain}`].map((hostname) => ({ hostname, mode: 'report', until: UNTIL }))
    expect(await listed(edgeOf('accounts', accountId), authorization)).toEqual(shown)
    expect(await listed(edgeOf('zones', zoneId), authorization)).toEqual(shown)
    expect(await listed(edgeOf('zones', sibling.id), authorization)).toEqual([])
  })

  it('that another account took over has no mode, and is required again after its zone is deleted', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    const host = `a.${own.domain}`
    const path = edgeOf('accounts', own.accountId)
    await report(path, own.authorization, host)
    const taken = await addZone(other.accountId, host, { id: freshId() })
    expect(await listed(path, own.authorization)).toEqual([])
    expect(await listed(edgeOf('accounts', other.accountId), other.authorization)).toEqual([])
    expect(await modeOf(host)).toBe('required')
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(taken).run()
    expect(await modeOf(host)).toBe('required')
    expect(await listed(path, own.authorization)).toEqual([])
  })

  it('can be read, but not set, with a read permission', async () => {
    const { zoneId, domain } = await freshTenant()
    const token = await freshToken([zone(zoneId, 'read')])
    const path = `${edgeOf('zones', zoneId)}/hostnames/${domain}`
    expect((await get(path, token)).status).toBe(200)
    expect((await put(path, token, { mode: 'report' })).status).toBe(403)
    expect(await modeOf(domain)).toBe('required')
  })
})

describe('report mode ends', () => {
  const day = (days: number) => rfc3339(NOW + days * 86_400)

  it.each([1 / 86_400, 1, 90])('in %d days as requested, and is then neither shown nor in force', async (days) => {
    const { accountId, authorization, domain } = await freshTenant()
    const path = edgeOf('accounts', accountId)
    const one = `${path}/hostnames/${domain}`
    const set = { hostname: domain, mode: 'report', until: day(days) }
    expect((await put(one, authorization, { mode: 'report', until: day(days) })).body.result).toEqual(set)
    const at = { now: NOW + days * 86_400 - 1 }
    expect(settingOf(await get(one, authorization, at))).toEqual(set)
    expect(items(await get(`${path}/hostnames`, authorization, at))).toEqual([set])
    const later = { now: NOW + days * 86_400 }
    expect(settingOf(await get(one, authorization, later))).toEqual({ hostname: domain, mode: 'required' })
    expect(items(await get(`${path}/hostnames`, authorization, later))).toEqual([])
  })

  it('and can start again with another end', async () => {
    const { accountId, authorization, domain } = await freshTenant()
    const one = `${edgeOf('accounts', accountId)}/hostnames/${domain}`
    await put(one, authorization, { mode: 'report', until: day(60) })
    expect((await put(one, authorization, { mode: 'report' })).body.result).toMatchObject({ until: UNTIL })
  })
})

describe('a hostname is opened', () => {
  it('if it no longer has certificates, and closed when it gets some again', async () => {
    const tenant = await freshTenant()
    const { accountId, authorization, domain } = tenant
    const one = `${edgeOf('accounts', accountId)}/hostnames/${domain}`
    const { id } = await add(tenant.accountPath, authorization, { associated_hostnames: [domain] })
    const hostnames = (names: readonly string[]) =>
      put(`${tenant.accountPath}/${id}`, authorization, { associated_hostnames: names })
    await hostnames([])
    expect((await put(one, authorization, { mode: 'open' })).body.result).toEqual({ hostname: domain, mode: 'open' })
    expect(await listed(edgeOf('accounts', accountId), authorization)).toEqual([{ hostname: domain, mode: 'open' }])
    await hostnames([domain])
    expect(settingOf(await get(one, authorization))).toEqual({ hostname: domain, mode: 'required' })
    expect(await modeOf(domain)).toBe('required')
  })
})

describe('a hostname that a certificate of the account protects', () => {
  it('is put into report mode with a permission for the account, on any path', async () => {
    const { accountPath, accountId, zoneId, authorization, domain } = await freshTenant()
    await add(accountPath, authorization, { associated_hostnames: [domain] })
    for (const path of [edgeOf('accounts', accountId), edgeOf('zones', zoneId)]) {
      expect((await report(path, authorization, domain)).status).toBe(200)
      expect(await modeOf(domain)).toBe('report')
      await put(`${path}/hostnames/${domain}`, authorization, { mode: 'required' })
    }
  })

  it('is required with a permission for the zone, too', async () => {
    const { accountPath, accountId, zoneId, authorization, domain } = await freshTenant()
    await add(accountPath, authorization, { associated_hostnames: [domain] })
    await report(edgeOf('accounts', accountId), authorization, domain)
    const token = await freshToken([zone(zoneId)])
    const one = `${edgeOf('zones', zoneId)}/hostnames/${domain}`
    expect((await put(one, token, { mode: 'required' })).status).toBe(200)
    expect(await modeOf(domain)).toBe('required')
  })

  it('is required, whatever the zone set before', async () => {
    const { accountPath, accountId, zoneId, authorization, domain } = await freshTenant()
    const path = edgeOf('zones', zoneId)
    const token = await freshToken([zone(zoneId)])
    expect((await report(path, token, domain)).status).toBe(200)
    await add(accountPath, authorization, { associated_hostnames: [domain] })
    expect(await modeOf(domain)).toBe('required')
    for (const each of [path, edgeOf('accounts', accountId)]) {
      expect((await get(`${each}/hostnames/${domain}`, authorization)).body.result).toMatchObject({ mode: 'required' })
      expect(await listed(each, authorization)).toEqual([])
    }
  })
})

it('a hostname that only a certificate of the zone protects is put into report mode by the zone, whatever else is protected', async () => {
  const { accountPath, zonePath, zoneId, authorization, domain } = await freshTenant()
  await add(zonePath, authorization, { associated_hostnames: [domain] })
  await add(accountPath, authorization, { associated_hostnames: [`other.${domain}`] })
  expect((await report(edgeOf('zones', zoneId), await freshToken([zone(zoneId)]), domain)).status).toBe(200)
  expect(await modeOf(domain)).toBe('report')
})

it('a hostname that a certificate of another account protected is put into report mode by the zone that took it over', async () => {
  const [earlier, owner] = [await freshTenant(), await freshTenant()]
  const hostname = `taken.${earlier.domain}`
  await add(earlier.accountPath, earlier.authorization, { associated_hostnames: [hostname] })
  const inner = await addZone(owner.accountId, hostname, { id: freshId() })
  expect((await report(edgeOf('zones', inner), await freshToken([zone(inner)]), hostname)).status).toBe(200)
  expect(await modeOf(hostname)).toBe('report')
})
