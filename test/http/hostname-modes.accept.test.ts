import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { loadHostname } from '../support/edge.ts'
import { freshId, freshTenant, freshToken } from '../support/requests.ts'
import { addZone, zone } from '../support/tenants.ts'
import { counted, edgeOf } from './edge.ts'
import { get, items, put, siblingZone, type Tenant } from './family.ts'

const SCOPES = [
  ['accounts', (t: Tenant) => edgeOf('accounts', t.accountId)],
  ['zones', (t: Tenant) => edgeOf('zones', t.zoneId)],
] as const

const report = (path: string, authorization: string, hostname: string) =>
  put(`${path}/hostnames/${hostname}`, authorization, { mode: 'report' })

const listed = async (path: string, authorization: string) => items(await get(`${path}/hostnames`, authorization))

const modeOf = async (ascii: string) => (await loadHostname(ascii)).facts.mode

describe.each(SCOPES)('in %s', (_, pathOf) => {
  it('a hostname is required until it is set to report, and again after', async () => {
    const tenant = await freshTenant()
    const { authorization, domain } = tenant
    const path = pathOf(tenant)
    const one = `${path}/hostnames/${domain}`
    expect((await get(one, authorization)).body.result).toEqual({ hostname: domain, mode: 'required' })
    const answer = await put(one, authorization, { mode: 'report' })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      result: { hostname: domain, mode: 'report' },
      success: true,
      errors: [],
      messages: [],
    })
    expect((await get(one, authorization)).body.result).toEqual({ hostname: domain, mode: 'report' })
    expect(await listed(path, authorization)).toEqual([{ hostname: domain, mode: 'report' }])
    expect(await modeOf(domain)).toBe('report')
    await put(one, authorization, { mode: 'required' })
    expect((await get(one, authorization)).body.result).toEqual({ hostname: domain, mode: 'required' })
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
  it('is the same in any case and form, and shown as it was sent last', async () => {
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
      expect(await listed(path, authorization)).toEqual([{ hostname: shown, mode: 'report' }])
      expect(await modeOf(ascii)).toBe('report')
    }
    const asked = await get(`${path}/hostnames/XN--BCHER-KVA.${domain}`, authorization)
    expect(asked.body.result).toEqual({ hostname: `Bücher.${domain}`, mode: 'report' })
  })

  it('set in the account is shown by the zone that owns it, and by no other', async () => {
    const tenant = await freshTenant()
    const { authorization, domain, accountId, zoneId } = tenant
    const sibling = await siblingZone(tenant)
    await report(edgeOf('accounts', accountId), authorization, `b.${domain}`)
    await report(edgeOf('accounts', accountId), authorization, `a.${domain}`)
    const shown = [`a.${domain}`, `b.${domain}`].map((hostname) => ({ hostname, mode: 'report' }))
    expect(await listed(edgeOf('accounts', accountId), authorization)).toEqual(shown)
    expect(await listed(edgeOf('zones', zoneId), authorization)).toEqual(shown)
    expect(await listed(edgeOf('zones', sibling.id), authorization)).toEqual([])
  })

  it('that another account took over is neither shown nor in force, and comes back with its zone', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    const host = `a.${own.domain}`
    const path = edgeOf('accounts', own.accountId)
    await report(path, own.authorization, host)
    const taken = await addZone(other.accountId, host, { id: freshId() })
    expect(await listed(path, own.authorization)).toEqual([])
    expect(await listed(edgeOf('accounts', other.accountId), other.authorization)).toEqual([])
    expect(await modeOf(host)).toBe('required')
    await env.DB.prepare('DELETE FROM zones WHERE id = ?1').bind(taken).run()
    expect(await modeOf(host)).toBe('report')
  })

  it('can be read, but not set, with a token that may read', async () => {
    const { zoneId, domain } = await freshTenant()
    const token = await freshToken([zone(zoneId, 'read')])
    const path = `${edgeOf('zones', zoneId)}/hostnames/${domain}`
    expect((await get(path, token)).status).toBe(200)
    expect((await put(path, token, { mode: 'report' })).status).toBe(403)
    expect(await modeOf(domain)).toBe('required')
  })
})
