import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { post } from '../../support/api.ts'
import { add, expectNotFound, get, items, put, remove, SCOPES, shown } from '../../support/family.ts'
import { NOW, root } from '../../support/pki.ts'
import { freshTenant, freshToken, soundBody } from '../../support/requests.ts'
import { zone } from '../../support/tenants.ts'

const count = (table: string, column: string, id: string) =>
  env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${column} = ?1`).bind(id).first<number>('n')

describe.each(SCOPES)('DELETE certificate of %s', (path) => {
  it('answers 200 with the id and nothing else', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const record = await add(own, authorization)
    const answer = await remove(record.path, authorization)
    expect(answer.status).toBe(200)
    expect(answer.text).toBe(
      JSON.stringify({ result: { id: record.id }, success: true, errors: [], messages: [] } satisfies object),
    )
    expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect(answer.headers.get('x-should-retry')).toBeNull()
  })

  it.each([
    ['GET', get],
    ['PUT', (where: string, authorization: string) => put(where, authorization, {})],
    ['DELETE', remove],
  ] as const)('then answers 404 to %s', async (_, send) => {
    const { [path]: own, authorization } = await freshTenant()
    const record = await add(own, authorization)
    expect((await remove(record.path, authorization)).status).toBe(200)
    for (let i = 0; i < 2; i += 1) expectNotFound(await send(record.path, authorization))
  })

  it('removes it from the list and leaves the others', async () => {
    const { [path]: own, accountPath, zonePath, authorization } = await freshTenant()
    const others = [await add(accountPath, authorization), await add(zonePath, authorization)]
    const record = await add(own, authorization)
    await remove(record.path, authorization)
    expect(items(await get(accountPath, authorization))).toEqual(others.slice(0, 1).map(shown))
    expect(items(await get(zonePath, authorization))).toEqual(others.slice(1).map(shown))
  })

  it('leaves no row of it', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const [kept, record] = [
      await add(own, authorization, { certificate: root() + root() }),
      await add(own, authorization, { certificate: root() + root() + root() }),
    ]
    expect(await count('certificate_chain', 'certificate_id', record.id)).toBe(3)
    await remove(record.path, authorization)
    expect(await count('certificate_chain', 'certificate_id', record.id)).toBe(0)
    expect(await count('certificate_hostnames', 'certificate_id', record.id)).toBe(0)
    expect(await count('certificates', 'id', record.id)).toBe(0)
    expect(await count('certificate_chain', 'certificate_id', kept.id)).toBe(2)
  })

  it('lets the same PEM be added again, under a new id', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const body = soundBody()
    const record = await add(own, authorization, body)
    expect((await post(own, authorization, body)).status).toBe(409)
    await remove(record.path, authorization)
    const again = await add(own, authorization, body, { now: NOW + 60 })
    expect(again.id).not.toBe(record.id)
    expect(again).toMatchObject({ fingerprint: shown(record)['fingerprint'], created_at: '2026-06-01T00:01:00Z' })
    expectNotFound(await get(record.path, authorization))
  })

  it('frees its place in the quota', async () => {
    const { [path]: own, authorization } = await freshTenant({ certificateQuota: 1 })
    const record = await add(own, authorization)
    expect((await post(own, authorization, soundBody())).status).toBe(400)
    await remove(record.path, authorization)
    await add(own, authorization)
  })

  it('succeeds after its hostnames are cleared, as Terraform 5 destroys it (contract 5)', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const record = await add(own, authorization, { associated_hostnames: [domain, `a.${domain}`] })
    expect((await get(record.path, authorization)).status).toBe(200)
    expect((await put(record.path, authorization, {})).status).toBe(200)
    expect((await get(record.path, authorization)).body.result).toMatchObject({ associated_hostnames: [] })
    expect((await remove(record.path, authorization)).status).toBe(200)
    expectNotFound(await get(record.path, authorization))
  })

  it('succeeds although another certificate has hostnames', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const other = await add(own, authorization, { associated_hostnames: [domain] })
    const record = await add(own, authorization)
    expect((await remove(record.path, authorization)).status).toBe(200)
    expect((await get(other.path, authorization)).body.result).toEqual(shown(other))
  })

  it('succeeds although a setting names a hostname that it had', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const record = await add(own, authorization, { associated_hostnames: [domain] })
    const settings = [{ hostname: domain, china_network: false, client_certificate_forwarding: true }]
    await put(`${own}/settings`, authorization, { settings })
    await put(record.path, authorization, {})
    expect((await remove(record.path, authorization)).status).toBe(200)
    expect(items(await get(`${own}/settings`, authorization))).toEqual(settings)
  })

  it('answers without the prefix too', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const record = await add(own, authorization)
    expect((await remove(record.path.replace('/client/v4', ''), authorization)).body.result).toEqual({ id: record.id })
  })
})

it('a write grant on the zone suffices in the zone', async () => {
  const tenant = await freshTenant()
  const { path } = await add(tenant.zonePath, tenant.authorization)
  expect((await remove(path, await freshToken([zone(tenant.zoneId)]))).status).toBe(200)
})
