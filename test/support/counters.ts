import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { COUNTERS, wrongCounterSql } from '../../scripts/chaos/counters.ts'

/** Expects each counter of each row to equal what it counts. */
export async function expectCounted(db: D1Database = env.DB): Promise<void> {
  const wrong = (await db.batch(COUNTERS.map((counter) => db.prepare(wrongCounterSql(counter))))).flatMap(
    ({ results }) => results,
  )
  expect(wrong).toEqual([])
}
