import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { get, items } from '../../support/family.ts'
import { FILLED_HOSTNAMES, fill } from '../../support/fill.ts'
import { meteredD1, queryPlan } from '../../support/metered-db.ts'
import { freshTenant } from '../../support/requests.ts'

/** A page costs what is on it: rows before it are passed over in the index, rows behind it are not looked at. */

const PER_PAGE = 10

/** Rows that a page takes, statement by statement, and how it is carried out. */
async function page(path: string, authorization: string, number: number) {
  const { db, carried } = meteredD1()
  const answer = await get(`${path}?per_page=${PER_PAGE}&page=${number}`, authorization, { env: { ...env, DB: db } })
  expect(items(answer)).toHaveLength(PER_PAGE)
  return { rows: carried.map(({ rowsRead }) => rowsRead), plan: (await Promise.all(carried.map(queryPlan))).flat() }
}

describe.each(['accountPath', 'zonePath'] as const)('the list of %s', (scope) => {
  it('reads for its first page the same, whether 20 or 2,000 are behind it', async () => {
    const costs: unknown[] = []
    for (const count of [20, 2_000]) {
      const tenant = await freshTenant()
      await fill(tenant.accountId, scope === 'zonePath' ? tenant.zoneId : null, count)
      costs.push((await page(tenant[scope], tenant.authorization, 1)).rows)
    }
    expect(costs[1]).toEqual(costs[0])
  })

  it('reads for a late page one entry of the index more for each that is before it', async () => {
    const tenant = await freshTenant()
    await fill(tenant.accountId, scope === 'zonePath' ? tenant.zoneId : null, 200 * PER_PAGE + 1)
    const first = await page(tenant[scope], tenant.authorization, 1)
    const late = await page(tenant[scope], tenant.authorization, 200)
    const offset = 199 * PER_PAGE
    expect(late.rows[0]).toBe(first.rows[0])
    expect(late.rows[1]).toBe((first.rows[1] ?? 0) + offset)
    // Of each on the page: the index, its row, its first certificate, and its hostnames, which are sorted.
    expect(first.rows[1]).toBeLessThan(PER_PAGE * (3 + 2 * FILLED_HOSTNAMES) + 30)
    expect(late.plan).toContain('SEARCH c USING COVERING INDEX certificates_of_scope (account_id=? AND zone_id=?)')
    expect(late.plan).not.toContain('USE TEMP B-TREE FOR ORDER BY')
  })
})
