import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import worker from '../../src/index.ts'
import { runJobs } from '../../src/jobs/index.ts'
import { sweep } from '../../src/jobs/sweep-leftovers.ts'
import { crlTenant } from '../support/crl.ts'
import { jobAmbient } from '../support/jobs.ts'
import { meteredDatabase } from '../support/metered-db.ts'
import { NOW } from '../support/pki.ts'
import { insertCrl, insertRow } from '../support/rows.ts'

/** The jobs of the cron trigger. */

const count = async (table: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')

beforeEach(async () => {
  for (const table of ['crls', 'crl_entries', 'crl_garbage']) await env.DB.prepare(`DELETE FROM ${table}`).run()
})

/** A deleted CRL with this number of entries. */
async function addGarbage(entries: number): Promise<void> {
  await insertRow('crl_garbage', { crl_id: 1_000, account_id: null })
  await env.DB.prepare(
    `INSERT INTO crl_entries (crl_id, serial, revoked_at, reason)
      SELECT 1000, printf('%08x', value), 0, 0 FROM (
        WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < ?1) SELECT value FROM n)`,
  )
    .bind(entries)
    .run()
}

describe('the sweep', () => {
  it('deletes at most 360,000 entries a run, in 9 batches, and in the end all', async () => {
    await addGarbage(360_001)
    const first = meteredDatabase()
    await sweep(first.db, NOW)
    expect(await count('crl_entries')).toBe(1)
    // D1 lets an invocation make 50 queries on the free plan.
    expect(first.carried).toHaveLength(36)
    const second = meteredDatabase()
    await sweep(second.db, NOW)
    expect([await count('crl_entries'), await count('crl_garbage'), second.carried.length]).toEqual([0, 0, 4])
  })

  it('reads and writes almost nothing if nothing is left', async () => {
    const tenant = await crlTenant()
    await insertCrl(tenant.id, ['0a', '0b'])
    const { db, carried } = meteredDatabase()
    await sweep(db, NOW + 1_000)
    expect(carried.map(({ rowsWritten }) => rowsWritten)).toEqual([0, 0, 0, 0])
    for (const { rowsRead } of carried) expect(rowsRead).toBeLessThan(5)
    expect(await count('crl_entries')).toBe(2)
  })

  it('deletes what broken-off uploads of any account left, after two minutes', async () => {
    const [one, other] = [await crlTenant(), await crlTenant()]
    await insertCrl(one.id, ['0a'], { state: 'loading' })
    await insertCrl(other.id, ['0b'], { state: 'loading', uploaded_at: NOW + 1 })
    await insertCrl(other.id, ['0c'])
    await sweep(env.DB, NOW + 120)
    expect(await count('crls')).toBe(3)
    await sweep(env.DB, NOW + 121)
    expect([await count('crls'), await count('crl_entries')]).toEqual([2, 2])
  })

  it('runs when the cron trigger calls the Worker', async () => {
    await addGarbage(3)
    await worker.scheduled(createScheduledController(), env)
    expect([await count('crl_entries'), await count('crl_garbage')]).toEqual([0, 0])
  })
})

it('a job that fails is logged, does not stop the others, and makes the run fail', async () => {
  const done: unknown[] = []
  const log: unknown[] = []
  const jobs = [
    { name: 'broken', run: () => Promise.reject(new Error('D1 is away')) },
    {
      name: 'sound',
      run: async (_: unknown, now: number) => {
        done.push(now)
      },
    },
  ]
  let ms = 0
  const clockMs = () => {
    ms += 1
    return ms
  }
  await expect(
    runJobs(env, jobAmbient(NOW, { clockMs, newId: () => 'run', log: (entry) => log.push(entry) }), jobs),
  ).rejects.toThrow('broken')
  expect(done).toEqual([NOW])
  const line = { event: 'job', request_id: 'run', d1_calls: 0, duration_ms: 1 }
  expect(log).toEqual([
    { ...line, level: 'error', operation: 'broken', cause: expect.stringContaining('D1 is away') },
    { ...line, level: 'info', operation: 'sound', cause: undefined },
  ])
})
