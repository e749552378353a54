import { describe, expect, it } from 'vitest'
import { changesOf } from '../../support/changes.ts'
import { edgeOf } from '../../support/edge-routes.ts'
import { add, get, put, resultInfo } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

/** Three changes an hour apart: of a record in the account, of one in the zone, and of a mode. */
async function changedTenant() {
  const tenant = await freshTenant()
  const { accountPath, zonePath, authorization, domain, zoneId } = tenant
  const zoneToken = await freshToken([zone(zoneId)])
  const one = await add(
    accountPath,
    authorization,
    { associated_hostnames: [domain, `BÜCHER.${domain}`] },
    { now: NOW },
  )
  const two = await add(zonePath, zoneToken, {}, { now: NOW + 3_600 })
  const mode = `${edgeOf('accounts', tenant.accountId)}/hostnames/${domain}`
  expect((await put(mode, authorization, { mode: 'report' }, { now: NOW + 7_200 })).status).toBe(200)
  return { ...tenant, one: one.id, two: two.id, zoneToken }
}
type Changed = Awaited<ReturnType<typeof changedTenant>>

const ids = async (tenant: Changed, query = '') => (await changesOf(tenant, query)).map(({ id }) => id)

describe('changes', () => {
  it('are listed with the newest first, in pages', async () => {
    const tenant = await changedTenant()
    expect(await ids(tenant)).toEqual([3, 2, 1])
    const page = await get(`${edgeOf('accounts', tenant.accountId)}/changes?per_page=2&page=2`, tenant.authorization)
    expect(JSON.parse(page.text).result).toMatchObject([{ id: 1 }])
    expect(resultInfo(page)).toEqual({ count: 1, page: 2, per_page: 2, total_count: 3, total_pages: 2 })
  })

  it.each<[string, (tenant: Changed) => string, readonly number[]]>([
    ['a record', ({ one }) => `certificate_id=${one}`, [1]],
    ['a hostname', ({ domain }) => `hostname=${domain}`, [3, 1]],
    ['a hostname in another form', ({ domain }) => `hostname=${encodeURIComponent(`bücher.${domain}`)}`, [1]],
    ['a time from which on', () => 'since=2026-06-01T01:00:00Z', [3, 2]],
    ['a time up to which', () => 'until=2026-06-01T01:59:59Z', [2, 1]],
    ['a time between', () => 'since=2026-06-01T00:00:01Z&until=2026-06-01T01:59:59Z', [2]],
    ['a time with an offset', () => `since=${encodeURIComponent('2026-06-01T03:00:00+02:00')}`, [3, 2]],
    ['a time when nothing was', () => 'since=2027-01-01T00:00:00Z', []],
    ['a time before all', () => 'until=2020-01-01T00:00:00Z', []],
    ['all of it', ({ one, domain }) => `certificate_id=${one}&hostname=${domain}&since=2026-01-01T00:00:00Z`, [1]],
  ])('are found by %s', async (_, query, expected) => {
    const tenant = await changedTenant()
    expect(await ids(tenant, `?${query(tenant)}`)).toEqual(expected)
  })

  it('are found by the credential that made them', async () => {
    const tenant = await changedTenant()
    const [, two] = await changesOf(tenant)
    expect(await ids(tenant, `?credential_id=${two?.actor.id}`)).toEqual([2])
  })

  it('of a zone are those that were made under its path', async () => {
    const tenant = await changedTenant()
    const edge = edgeOf('zones', tenant.zoneId)
    const answer = await get(`${edge}/changes`, tenant.zoneToken)
    expect(JSON.parse(answer.text).result).toMatchObject([{ id: 2, certificate_id: tenant.two }])
    expect((await get(`${edge}/changes/2`, tenant.zoneToken)).status).toBe(200)
    expect((await get(`${edge}/changes/1`, tenant.zoneToken)).status).toBe(404)
  })

  it('of others are not there', async () => {
    const [tenant, other] = [await changedTenant(), await freshTenant()]
    expect(await changesOf(other)).toEqual([])
    expect((await get(`${edgeOf('accounts', other.accountId)}/changes/1`, other.authorization)).status).toBe(404)
    const reader = await freshToken([account(tenant.accountId, 'read')])
    expect(await changesOf({ ...tenant, authorization: reader })).toHaveLength(3)
  })

  it('say all when got one by one', async () => {
    const tenant = await freshTenant()
    const hostnames = Array.from({ length: 200 }, (_, i) => `h${i}.${tenant.domain}`)
    await add(tenant.accountPath, tenant.authorization, { associated_hostnames: hostnames })
    expect(await changesOf(tenant)).toMatchObject([{ id: 1, omitted: true, after: null, hostnames: [] }])
    const answer = await get(`${edgeOf('accounts', tenant.accountId)}/changes/1`, tenant.authorization)
    const change = JSON.parse(answer.text).result
    expect([change.after.associated_hostnames, change.hostnames, change.omitted]).toEqual([
      hostnames,
      hostnames,
      undefined,
    ])
  })
})

describe('what is asked of changes is refused', () => {
  it.each([
    ['certificate_id=x', "certificate_id must be a certificate's id, given once"],
    ['hostname=*', 'hostname must be a hostname, given once'],
    ['hostname=a.example&hostname=b.example', 'hostname must be a hostname, given once'],
    ['credential_id=me', 'credential_id must be the id of a token or key, 32 hexadecimal digits, given once'],
    ['since=2026-06-01', 'since must be a time such as 2027-01-31T00:00:00Z, given once'],
    ['until=yesterday', 'until must be a time such as 2027-01-31T00:00:00Z, given once'],
    ['per_page=0&page=x', 'page must be a whole number from 1 to 999999999999999, given once'],
  ])('%s', async (query, message) => {
    const { accountId, authorization } = await freshTenant()
    const answer = await get(`${edgeOf('accounts', accountId)}/changes?${query}`, authorization)
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toMatchObject([{ code: 12130, message: `access.api.error.invalid_request: ${message}` }])
  })

  it.each(['0', '01', '-1', '1.0', 'x', '9'.repeat(16), '%20'])('a change that is %s', async (id) => {
    const { accountId, authorization } = await freshTenant()
    const answer = await get(`${edgeOf('accounts', accountId)}/changes/${id}`, authorization)
    expect([answer.status, answer.body.errors[0]?.code]).toEqual([404, 12135])
  })

  it('only after access', async () => {
    const { accountId } = await freshTenant()
    const answer = await get(`${edgeOf('accounts', accountId)}/changes?since=x`, await freshToken([]))
    expect(answer.status).toBe(403)
  })
})
