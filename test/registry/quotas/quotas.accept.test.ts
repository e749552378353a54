import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CrlTenant, crlTenant, numbersOf, putCrl } from '../../support/crl.ts'
import { counted, edgeOf } from '../../support/edge-routes.ts'
import { add, get, items, put, remove } from '../../support/family.ts'
import { freshToken } from '../../support/requests.ts'
import { limit, zone } from '../../support/tenants.ts'
import { issueCrl, manyEntries } from '../../support/x509/make-crl.ts'

/** The quotas of an account and what it has. Replacing something needs no room. */

let tenant: CrlTenant
beforeEach(async () => {
  tenant = await crlTenant()
})

const quotas = async (path = edgeOf('accounts', tenant.accountId), authorization = tenant.authorization) => {
  const answer = await get(`${path}/quotas`, authorization)
  expect(answer.status).toBe(200)
  return answer.body.result
}

const forward = (...names: readonly string[]) =>
  put(`${tenant.accountPath}/settings`, tenant.authorization, {
    settings: names.map((name) => ({ hostname: `${name}.${tenant.domain}`, client_certificate_forwarding: true })),
  })

const drop = (name: string) =>
  put(`${tenant.accountPath}/settings`, tenant.authorization, { settings: [{ hostname: `${name}.${tenant.domain}` }] })

const mode = (name: string, word: string) =>
  put(`${edgeOf('zones', tenant.zoneId)}/hostnames/${name}.${tenant.domain}`, tenant.authorization, { mode: word })

const block = (serial: string) => put(`${tenant.edge}/blocked_serials/${serial}`, tenant.authorization, '')
const unblock = (serial: string) => remove(`${tenant.edge}/blocked_serials/${serial}`, tenant.authorization)

/** A CRL of the tenant's CA. */
const upload = async (number: number, entries: number) =>
  putCrl(tenant, await issueCrl(tenant.ca, { number, revoked: manyEntries(entries) }))

describe('GET quotas', () => {
  it('has the limits of an account with only one record', async () => {
    expect(await quotas()).toEqual({
      certificates: { limit: 50, used: 1 },
      hostnames: { limit: 100_000, used: 0 },
      settings: { limit: 1_000, used: 0 },
      modes: { limit: 1_000, used: 0 },
      blocked_serials: { limit: 10_000, used: 0 },
      crls: { limit: 1_000, used: 0 },
      crl_entries: { limit: 3_000_000, used: 0 },
    })
  })

  it('counts what exists, and not what was deleted', async () => {
    const { path } = await add(tenant.zonePath, tenant.authorization)
    await forward('a', 'b')
    await mode('a', 'report')
    for (const serial of ['0a', 'ff01']) await block(serial)
    await upload(1, 5)
    const used = async () =>
      Object.values((await quotas()) ?? {}).map((quota) => (quota as { readonly used: number }).used)
    expect(await used()).toEqual([2, 0, 2, 1, 2, 1, 5])
    await remove(path, tenant.authorization)
    await drop('a')
    await mode('a', 'required')
    await unblock('0a')
    await upload(2, 3)
    expect(await used()).toEqual([1, 0, 1, 0, 1, 1, 3])
    expect((await remove(tenant.record, tenant.authorization)).status).toBe(200)
    expect(await used()).toEqual([0, 0, 1, 0, 0, 0, 0])
  })

  it('is the same in a zone, with a read permission, and in one batch', async () => {
    const path = edgeOf('zones', tenant.zoneId)
    const reader = await freshToken([zone(tenant.zoneId, 'read')])
    await block('0a')
    expect(await quotas(path, reader)).toEqual(await quotas())
    expect(await counted((options) => get(`${path}/quotas`, reader, options))).toEqual({
      status: 200,
      calls: ['batch'],
    })
  })
})

describe('at the quota, and above the quota, these can still be replaced:', () => {
  /** Quotas: as many as there are, or fewer, which an administrator may set. */
  const LIMITS = [1, 0]

  it.each(LIMITS)('a setting (%i)', async (settings) => {
    await forward('a')
    await limit(tenant.accountId, { settings })
    expect((await forward('A')).status).toBe(202)
    expect(items(await get(`${tenant.accountPath}/settings`, tenant.authorization))).toMatchObject([
      { hostname: `A.${tenant.domain}` },
    ])
    expect((await forward('b')).status).toBe(400)
    expect((await drop('a')).status).toBe(202)
  })

  it('a setting by another', async () => {
    await forward('a', 'b')
    await limit(tenant.accountId, { settings: 2 })
    const settings = [
      { hostname: `c.${tenant.domain}`, client_certificate_forwarding: true },
      { hostname: `a.${tenant.domain}`, client_certificate_forwarding: false },
    ]
    expect((await put(`${tenant.zonePath}/settings`, tenant.authorization, { settings })).status).toBe(202)
    const list = items(await get(`${tenant.accountPath}/settings`, tenant.authorization))
    expect(list.map(({ hostname }) => hostname)).toEqual([`b.${tenant.domain}`, `c.${tenant.domain}`])
  })

  it.each(LIMITS)('a mode (%i)', async (modes) => {
    await mode('a', 'report')
    await limit(tenant.accountId, { modes })
    expect((await mode('A', 'report')).body.result).toMatchObject({ hostname: `A.${tenant.domain}`, mode: 'report' })
    expect((await mode('b', 'report')).status).toBe(400)
    // There is no mode for it.
    expect((await mode('b', 'required')).status).toBe(200)
    expect((await mode('a', 'required')).status).toBe(200)
  })

  it.each(LIMITS)('a block, as the number or as its negative twin (%i)', async (blockedSerials) => {
    await block('ff01')
    await limit(tenant.accountId, { blockedSerials })
    expect((await block('FF:01')).status).toBe(200)
    // The octets of -255 are ff01.
    expect((await block('-ff')).status).toBe(200)
    expect((await block('0b')).status).toBe(400)
    expect((await unblock('ff01')).status).toBe(200)
  })

  it('a negative number, by the positive one that is written with its digits', async () => {
    await block('-ff')
    await limit(tenant.accountId, { blockedSerials: 1 })
    expect((await block('ff01')).status).toBe(200)
    expect((await quotas())?.['blocked_serials']).toEqual({ limit: 1, used: 1 })
  })

  it.each(LIMITS)('a CRL (%i)', async (crls) => {
    await upload(1, 3)
    await limit(tenant.accountId, { crls })
    expect((await upload(2, 4)).status).toBe(200)
    expect(await numbersOf(tenant)).toEqual(['2'])
    expect((await quotas())?.['crl_entries']).toMatchObject({ used: 4 })
  })

  it('a CRL by the same CRL, although its entries would have no room a second time', async () => {
    const der = await issueCrl(tenant.ca, { revoked: manyEntries(3) })
    await putCrl(tenant, der)
    await limit(tenant.accountId, { crls: 0, crlEntries: 3 })
    expect((await putCrl(tenant, der)).status).toBe(200)
  })

  it('a CRL by one without entries, although entries have no room', async () => {
    await upload(1, 3)
    await limit(tenant.accountId, { crlEntries: 0 })
    expect((await upload(2, 0)).status).toBe(200)
    expect(await numbersOf(tenant)).toEqual(['2'])
  })
})

it('a deletion frees room, for everything that has a quota', async () => {
  await forward('a')
  await mode('a', 'report')
  await block('0a')
  await upload(1, 3)
  await limit(tenant.accountId, { settings: 1, modes: 1, blockedSerials: 1, crls: 1, crlEntries: 3 })
  await drop('a')
  await mode('a', 'required')
  await unblock('0a')
  await remove(tenant.crlPath, tenant.authorization)
  const answers = [await forward('b'), await mode('b', 'report'), await block('0b'), await upload(2, 3)]
  expect(answers.map(({ status }) => status)).toEqual([202, 200, 200, 200])
})

it('what an account has stays if an administrator lowers its quota', async () => {
  await forward('a', 'b', 'c')
  await limit(tenant.accountId, { settings: 1 })
  expect((await quotas())?.['settings']).toEqual({ limit: 1, used: 3 })
  const left = env.DB.prepare('SELECT count(*) AS n FROM hostname_settings WHERE account_id = ?1')
  expect(await left.bind(tenant.accountId).first('n')).toBe(3)
})
