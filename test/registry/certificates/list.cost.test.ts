import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { get, items } from '../../support/family.ts'
import { FILLED_HOSTNAMES, fill } from '../../support/fill.ts'
import { meteredD1, queryPlan } from '../../support/metered-db.ts'
import { freshTenant } from '../../support/requests.ts'

/** The cost of a page is its content: rows before it are skipped in the index, rows after it are not read. */

const PER_PAGE = 10

/** Rows that a page reads, statement by statement, with the query plans. */
async function page(path: string, authorization: string, number: number) {
  const { db, carried } = meteredD1()
  const answer = await get(`${path}?per_page=${PER_PAGE}&page=${number}`, authorization, { env: { ...env, DB: db } })
  expect(items(answer)).toHaveLength(PER_PAGE)
  return { rows: carried.map(({ rowsRead }) => rowsRead), plan: (await Promise.all(carried.map(queryPlan))).flat() }
}

describe.each(['accountPath', 'zonePath'] as const)('the list of %s', (scope) => {
  it('reads the same for its first page with 20 or 2,000 certificates after it', async () => {
    const costs: unknown[] = []
    for (const count of [20, 2_000]) {
      const tenant = await freshTenant()
      await fill(tenant.accountId, scope === 'zonePath' ? tenant.zoneId : null, count)
      costs.push((await page(tenant[scope], tenant.authorization, 1)).rows)
    }
    expect(costs[1]).toEqual(costs[0])
  })

  it('reads for a late page one more entry of the index for each certificate before it', async () => {
    const tenant = await freshTenant()
    await fill(tenant.accountId, scope === 'zonePath' ? tenant.zoneId : null, 200 * PER_PAGE + 1)
    const first = await page(tenant[scope], tenant.authorization, 1)
    const late = await page(tenant[scope], tenant.authorization, 200)
    const offset = 199 * PER_PAGE
    expect(late.rows[0]).toBe(first.rows[0])
    expect(late.rows[1]).toBe((first.rows[1] ?? 0) + offset)
    // For each record of the page: index, row, first certificate, and hostnames, which are sorted.
    expect(first.rows[1]).toBeLessThan(PER_PAGE * (3 + 2 * FILLED_HOSTNAMES) + 30)
    expect(late.plan).toContain('SEARCH c USING COVERING INDEX certificates_of_scope (account_id=? AND zone_id=?)')
    expect(late.plan).not.toContain('USE TEMP B-TREE FOR ORDER BY')
  })
})
