import { describe, expect, it } from 'vitest'
import { get, items, put, siblingZone } from '../../support/family.ts'
import { certificatesOf, freshId, freshTenant } from '../../support/requests.ts'
import { addAccount, addZone } from '../../support/tenants.ts'

/** A zone has settings of its own hostnames only, an account those of all its zones (contract 3, Settings). */

const names = async (path: string, authorization: string) =>
  items(await get(`${path}/settings`, authorization)).map(({ hostname }) => hostname)

const forward = async (path: string, authorization: string, ...hostnames: readonly string[]) => {
  const settings = hostnames.map((hostname) => ({ hostname, client_certificate_forwarding: true }))
  expect((await put(`${path}/settings`, authorization, { settings })).status).toBe(202)
}

const drop = async (path: string, authorization: string, hostname: string) => {
  const answer = await put(`${path}/settings`, authorization, { settings: [{ hostname }] })
  expect(answer.status).toBe(202)
}

async function twoZones() {
  const tenant = await freshTenant()
  return { ...tenant, sibling: await siblingZone(tenant) }
}

describe('a setting', () => {
  it('put in a zone is shown by that zone and its account, not by another zone', async () => {
    const { zonePath, accountPath, sibling, domain, authorization } = await twoZones()
    await forward(zonePath, authorization, `a.${domain}`)
    expect(await names(zonePath, authorization)).toEqual([`a.${domain}`])
    expect(await names(accountPath, authorization)).toEqual([`a.${domain}`])
    expect(await names(sibling.path, authorization)).toEqual([])
  })

  it('put in the account is shown by the zone that owns its hostname only', async () => {
    const { zonePath, accountPath, sibling, domain, authorization } = await twoZones()
    await forward(accountPath, authorization, `a.${sibling.domain}`, domain, sibling.domain)
    expect(await names(accountPath, authorization)).toEqual([`a.${sibling.domain}`, domain, sibling.domain])
    expect(await names(zonePath, authorization)).toEqual([domain])
    expect(await names(sibling.path, authorization)).toEqual([`a.${sibling.domain}`, sibling.domain])
  })

  it('put in a nested zone belongs to that zone', async () => {
    const { accountId, zonePath, accountPath, domain, authorization } = await freshTenant()
    const inner = certificatesOf('zones', await addZone(accountId, `shop.${domain}`, { id: freshId() }))
    await forward(accountPath, authorization, `a.shop.${domain}`, `xshop.${domain}`)
    expect(await names(inner, authorization)).toEqual([`a.shop.${domain}`])
    expect(await names(zonePath, authorization)).toEqual([`xshop.${domain}`])
  })

  it.each(['account', 'zone'] as const)('put in the %s is replaced and removed from either side', async (first) => {
    const { zonePath, accountPath, domain, authorization } = await freshTenant()
    const [one, two] = first === 'zone' ? [zonePath, accountPath] : [accountPath, zonePath]
    await forward(one, authorization, domain)
    await forward(two, authorization, domain.toUpperCase())
    for (const path of [one, two]) expect(await names(path, authorization)).toEqual([domain.toUpperCase()])
    await drop(one, authorization, domain)
    for (const path of [one, two]) expect(await names(path, authorization)).toEqual([])
  })

  it('of another account is neither shown nor changed', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    await forward(own.accountPath, own.authorization, own.domain)
    await forward(other.accountPath, other.authorization, other.domain)
    await drop(own.zonePath, own.authorization, own.domain)
    expect(await names(own.accountPath, own.authorization)).toEqual([])
    expect(await names(other.accountPath, other.authorization)).toEqual([other.domain])
    expect(await names(other.zonePath, other.authorization)).toEqual([other.domain])
  })
})

describe('when a more specific zone takes a hostname over', () => {
  it('its setting no longer counts, for any account', async () => {
    const { accountId, accountPath, zonePath, domain, authorization } = await freshTenant()
    await forward(zonePath, authorization, `a.inner.${domain}`, `a.theirs.${domain}`)
    const inner = await addZone(accountId, `inner.${domain}`)
    await addZone(await addAccount(), `theirs.${domain}`)
    expect(await names(zonePath, authorization)).toEqual([])
    expect(await names(certificatesOf('zones', inner), authorization)).toEqual([])
    expect(await names(accountPath, authorization)).toEqual([])
    await forward(certificatesOf('zones', inner), authorization, `a.inner.${domain}`)
    expect(await names(accountPath, authorization)).toEqual([`a.inner.${domain}`])
    expect(await names(zonePath, authorization)).toEqual([])
  })
})
