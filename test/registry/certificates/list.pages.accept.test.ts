import { beforeAll, describe, expect, it } from 'vitest'
import { add, get, items, remove, resultInfo, type Tenant } from '../../support/family.ts'
import { NOW } from '../../support/pki.ts'
import { freshTenant } from '../../support/requests.ts'

/** A tenant for each number of certificates, of which two are added in each second. */
const tenants = new Map<number, Tenant>()

beforeAll(async () => {
  for (const count of [0, 1, 49, 50, 51, 120]) {
    const tenant = await freshTenant({ certificateQuota: 1000 })
    tenants.set(count, tenant)
    for (let i = 0; i < count; i += 1) {
      await add(tenant.accountPath, tenant.authorization, { name: `Root ${i}` }, { now: NOW + Math.floor(i / 2) })
    }
  }
}, 60_000)

async function page(total: number, query: string) {
  const { accountPath, authorization } = tenants.get(total) ?? expect.fail(`no tenant with ${total}`)
  const answer = await get(accountPath + query, authorization)
  return { answer, list: items(answer), info: resultInfo(answer) }
}

/** Reads page by page until one is empty, as the SDKs' auto-pagers do (contract 5). */
async function allPages(total: number, perPage: string) {
  const pages: (readonly { readonly [key: string]: unknown }[])[] = []
  for (let number = 1; pages.at(-1)?.length !== 0; number += 1) {
    pages.push((await page(total, `?page=${number}${perPage}`)).list)
  }
  return pages
}

/** total, query, then result_info: count, page, per_page, total_pages. */
const PAGES: readonly (readonly [number, string, number, number, number, number])[] = [
  [0, '', 0, 1, 50, 0],
  [0, '?per_page=1', 0, 1, 1, 0],
  [0, '?per_page=25', 0, 1, 25, 0],
  [0, '?per_page=1000', 0, 1, 1000, 0],
  [0, '?page=2', 0, 2, 50, 0],
  [1, '', 1, 1, 50, 1],
  [1, '?per_page=1', 1, 1, 1, 1],
  [1, '?per_page=25', 1, 1, 25, 1],
  [1, '?per_page=1000', 1, 1, 1000, 1],
  [1, '?page=2&per_page=1', 0, 2, 1, 1],
  [1, '?page=2', 0, 2, 50, 1],
  [49, '', 49, 1, 50, 1],
  [49, '?per_page=1', 1, 1, 1, 49],
  [49, '?page=49&per_page=1', 1, 49, 1, 49],
  [49, '?page=50&per_page=1', 0, 50, 1, 49],
  [49, '?per_page=25', 25, 1, 25, 2],
  [49, '?page=2&per_page=25', 24, 2, 25, 2],
  [49, '?per_page=1000', 49, 1, 1000, 1],
  [50, '', 50, 1, 50, 1],
  [50, '?page=2', 0, 2, 50, 1],
  [50, '?per_page=1', 1, 1, 1, 50],
  [50, '?page=2&per_page=25', 25, 2, 25, 2],
  [50, '?page=3&per_page=25', 0, 3, 25, 2],
  [50, '?per_page=1000', 50, 1, 1000, 1],
  [51, '', 50, 1, 50, 2],
  [51, '?page=1', 50, 1, 50, 2],
  [51, '?page=2', 1, 2, 50, 2],
  [51, '?page=3', 0, 3, 50, 2],
  [51, '?page=51&per_page=1', 1, 51, 1, 51],
  [51, '?page=3&per_page=25', 1, 3, 25, 3],
  [51, '?per_page=1000', 51, 1, 1000, 1],
  [120, '', 50, 1, 50, 3],
  [120, '?page=3', 20, 3, 50, 3],
  [120, '?page=4', 0, 4, 50, 3],
  [120, '?page=120&per_page=1', 1, 120, 1, 120],
  [120, '?page=1&per_page=25', 25, 1, 25, 5],
  [120, '?per_page=25&page=5', 20, 5, 25, 5],
  [120, '?page=6&per_page=25', 0, 6, 25, 5],
  [120, '?per_page=119', 119, 1, 119, 2],
  [120, '?per_page=120', 120, 1, 120, 1],
  [120, '?per_page=1000', 120, 1, 1000, 1],
  [120, '?page=2&per_page=1000', 0, 2, 1000, 1],
  // 0 counts as absent.
  [0, '?page=0&per_page=0', 0, 1, 50, 0],
  [120, '?page=0', 50, 1, 50, 3],
  [120, '?per_page=0', 50, 1, 50, 3],
  [120, '?page=0&per_page=0', 50, 1, 50, 3],
  [120, '?page=3&per_page=0', 20, 3, 50, 3],
  [120, '?page=0&per_page=25', 25, 1, 25, 5],
]

describe('result_info', () => {
  it.each(PAGES)('of %i certificates for %j', async (total, query, count, number, per_page, total_pages) => {
    const { answer, list, info } = await page(total, query)
    expect(answer.status).toBe(200)
    expect(info).toStrictEqual({ count, page: number, per_page, total_count: total, total_pages })
    expect(Object.keys(Object(info))).toEqual(['count', 'page', 'per_page', 'total_count', 'total_pages'])
    expect(list).toHaveLength(count)
  })
})

describe('the pages together are the whole list, each record once', () => {
  it.each([
    [0, '', 1],
    [1, '', 2],
    [49, '', 2],
    [50, '', 2],
    [51, '', 3],
    [120, '', 4],
    [51, '&per_page=25', 4],
    [120, '&per_page=25', 6],
    [51, '&per_page=1', 52],
    [120, '&per_page=7', 19],
  ])('of %i certificates for %j in %i requests', async (total, perPage, requests) => {
    const pages = await allPages(total, perPage)
    expect(pages).toHaveLength(requests)
    const { list } = await page(total, '?per_page=1000')
    expect(pages.flat()).toEqual(list)
    expect(new Set(pages.flat().map(({ id }) => id)).size).toBe(total)
  })

  it('also when one is added between two pages', async () => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 1000 })
    const added: string[] = []
    for (let i = 0; i < 4; i += 1) added.push((await add(accountPath, authorization, {}, { now: NOW + i })).id)
    const first = items(await get(`${accountPath}?per_page=2`, authorization))
    added.push((await add(accountPath, authorization, {}, { now: NOW + 4 })).id)
    const rest = [
      ...items(await get(`${accountPath}?per_page=2&page=2`, authorization)),
      ...items(await get(`${accountPath}?per_page=2&page=3`, authorization)),
    ]
    expect([...first, ...rest].map(({ id }) => id)).toEqual(added)
  })

  // Ids are random: if certificates were sorted by id, a new one would come before an old one half of the time.
  it.each([
    ['the same second', 0],
    ['an earlier second, by a clock that was set back', -3600],
  ])('also when others are added in %s between all pages', async (_, step) => {
    const { accountPath, authorization } = await freshTenant({ certificateQuota: 1000 })
    const added: string[] = []
    const addOne = async (now: number) => added.push((await add(accountPath, authorization, {}, { now })).id)
    for (let i = 0; i < 10; i += 1) await addOne(NOW)
    const listed: unknown[] = []
    for (let number = 1; listed.length < added.length; number += 1) {
      listed.push(...items(await get(`${accountPath}?per_page=3&page=${number}`, authorization)).map(({ id }) => id))
      if (number <= 5) for (let i = 0; i < 2; i += 1) await addOne(NOW + step)
      expect(listed).toEqual(added.slice(0, listed.length))
      expect(number).toBeLessThan(10)
    }
    expect(added).toHaveLength(20)
  })
})

it('a page far past the end is empty', async () => {
  const { list, info } = await page(1, '?page=1000000000&per_page=1000')
  expect(list).toEqual([])
  expect(info).toStrictEqual({ count: 0, page: 1_000_000_000, per_page: 1000, total_count: 1, total_pages: 1 })
})

it('a deleted certificate is no longer counted', async () => {
  const { zonePath, authorization } = await freshTenant()
  const { path } = await add(zonePath, authorization)
  await add(zonePath, authorization)
  expect(resultInfo(await get(zonePath, authorization))).toMatchObject({ count: 2, total_count: 2 })
  expect((await remove(path, authorization)).status).toBe(200)
  expect(resultInfo(await get(zonePath, authorization))).toMatchObject({ count: 1, total_count: 1 })
})
