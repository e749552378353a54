import { beforeAll, describe, expect, it } from 'vitest'
import { add, get, items, put, remove, SCOPES, shown, siblingZone, type Tenant } from '../../support/family.ts'
import { NOW, root } from '../../support/pki.ts'
import { freshTenant, freshToken } from '../../support/requests.ts'
import { account, zone } from '../../support/tenants.ts'

const ids = (list: readonly { readonly [key: string]: unknown }[]) => list.map(({ id }) => id)

let tenant: Tenant
beforeAll(async () => {
  tenant = await freshTenant({ certificateQuota: 1000 })
})

describe.each(SCOPES)('GET certificates of %s', (path) => {
  it('is the successful envelope with result_info last, and nothing else', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const record = shown(await add(own, authorization))
    const answer = await get(own, authorization)
    expect(answer.status).toBe(200)
    const result_info = { count: 1, page: 1, per_page: 50, total_count: 1, total_pages: 1 }
    const envelope = { result: [record], success: true, errors: [], messages: [], result_info }
    expect(answer.body).toStrictEqual(envelope)
    expect(Object.keys(answer.body)).toEqual(Object.keys(envelope))
    expect(Object.keys(items(answer)[0] ?? {})).toEqual(Object.keys(record))
  })

  it('is JSON in UTF-8 that no proxy may cache', async () => {
    const { headers } = await get(tenant[path], tenant.authorization)
    expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('answers without the prefix too', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const { id } = await add(own, authorization)
    expect(ids(items(await get(own.replace('/client/v4', ''), authorization)))).toEqual([id])
  })

  it('shows the hostnames of each record in the order and case they were given', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const given = [
      [`z.${domain}`, `A.${domain}`, domain.toUpperCase(), `m.${domain}`],
      [],
      [`Bücher.${domain}`, `a.${domain}`],
    ]
    for (const [second, associated_hostnames] of given.entries()) {
      await add(own, authorization, { associated_hostnames }, { now: NOW + second })
    }
    const list = items(await get(own, authorization))
    expect(list.map(({ associated_hostnames }) => associated_hostnames)).toEqual(given)
  })

  it('shows twelve hostnames in their order, not sorted by position as text', async () => {
    const { [path]: own, authorization, domain } = await freshTenant()
    const associated_hostnames = Array.from({ length: 12 }, (_, i) => `h${11 - i}.${domain}`)
    await add(own, authorization, { associated_hostnames })
    expect(items(await get(own, authorization))).toMatchObject([{ associated_hostnames }])
  })

  it('never shows the PEM', async () => {
    const { [path]: own, authorization } = await freshTenant()
    const certificate = root()
    await add(own, authorization, { certificate })
    const { text } = await get(own, authorization)
    expect(text).not.toContain('BEGIN')
    expect(text).not.toContain(certificate.split('\n')[1])
  })

  it('ignores parameters that it does not know', async () => {
    const query = '?order=desc&direction=asc&name=x&Page=7&per-page=0&cursor='
    const answer = await get(tenant[path] + query, tenant.authorization)
    expect(answer.text).toBe((await get(tenant[path], tenant.authorization)).text)
  })
})

describe('certificates are in the order in which they were added', () => {
  it.each<[string, readonly number[]]>([
    ['one after the other', [0, 1, 2, 3]],
    ['all within one second', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['while the clock ran backwards', [3, 2, 1, 0]],
    ['while the clock jumped', [5, 100_000, 1, 7]],
  ])('%s', async (_, steps) => {
    const { accountPath, zonePath, authorization } = await freshTenant()
    const added: string[] = []
    for (const step of steps) {
      added.push((await add(accountPath, authorization, {}, { now: NOW + step })).id)
      await add(zonePath, authorization, {}, { now: NOW + step })
    }
    expect(ids(items(await get(accountPath, authorization)))).toEqual(added)
  })

  it('also after the newest is deleted and others are added', async () => {
    const { accountPath, authorization } = await freshTenant()
    const [first, second, newest] = [
      await add(accountPath, authorization),
      await add(accountPath, authorization),
      await add(accountPath, authorization),
    ]
    expect((await remove(newest.path, authorization)).status).toBe(200)
    const later = [await add(accountPath, authorization), await add(accountPath, authorization)]
    expect(ids(items(await get(accountPath, authorization)))).toEqual(ids([first, second, ...later]))
    expect((await remove(first.path, authorization)).status).toBe(200)
    expect(ids(items(await get(accountPath, authorization)))).toEqual(ids([second, ...later]))
  })

  it('also after an update', async () => {
    const { accountPath, authorization } = await freshTenant()
    const first = await add(accountPath, authorization, {}, { now: NOW })
    const second = await add(accountPath, authorization, {}, { now: NOW + 1 })
    expect((await put(first.path, authorization, { name: 'moved' }, { now: NOW + 9 })).status).toBe(200)
    expect(ids(items(await get(accountPath, authorization)))).toEqual([first.id, second.id])
  })
})

describe('a list shows only the certificates of its scope', () => {
  it('of an account, its zones, and another account', async () => {
    const [own, other] = [await freshTenant(), await freshTenant()]
    const sibling = await siblingZone(own)
    const expected: [path: string, authorization: string, id: string][] = []
    for (const path of [own.accountPath, own.zonePath, sibling.path]) {
      expected.push([path, own.authorization, (await add(path, own.authorization)).id])
    }
    for (const path of SCOPES) {
      expected.push([other[path], other.authorization, (await add(other[path], other.authorization)).id])
    }
    for (const [path, authorization, id] of expected) {
      const answer = await get(path, authorization)
      expect(ids(items(answer))).toEqual([id])
      expect(answer.text).toContain('"total_count":1,')
    }
  })
})

describe('a list is shown to', () => {
  it.each<[string, (t: Tenant) => Parameters<typeof freshToken>[0], readonly (typeof SCOPES)[number][]]>([
    ['a read grant on the account', (t) => [account(t.accountId, 'read')], SCOPES],
    ['a write grant on the account', (t) => [account(t.accountId)], SCOPES],
    ['a read grant on the zone', (t) => [zone(t.zoneId, 'read')], ['zonePath']],
    ['a write grant on the zone', (t) => [zone(t.zoneId)], ['zonePath']],
  ])('%s', async (_, grantsFor, paths) => {
    const own = await freshTenant()
    const authorization = await freshToken(grantsFor(own))
    for (const path of paths) {
      const { id } = await add(own[path], own.authorization)
      expect(ids(items(await get(own[path], authorization)))).toEqual([id])
    }
  })
})

it('an account with a quota of 0 has an empty list', async () => {
  const { accountPath, authorization } = await freshTenant({ certificateQuota: 0 })
  expect(items(await get(accountPath, authorization))).toEqual([])
})
