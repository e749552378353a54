import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import MIGRATIONS from '../../src/api/generated/migrations.json'
import { type Isolate, newIsolate } from '../../src/api/router.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { type CallOptions, call } from '../support/api.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { accountRow, certificateRow, insertRow } from '../support/rows.ts'

/** GET /edge/v1/health, for uptime checks. */

const PATH = '/edge/v1/health'
const now = () => Math.floor(Date.now() / 1_000)

let isolate: Isolate
beforeEach(() => {
  isolate = newIsolate()
})

const ask = (options: CallOptions = {}) => call(PATH, { now: now(), isolate, ...options })
const messages = async (options: CallOptions = {}) => {
  const { status, headers, body } = await ask(options)
  expect([status, body.success, body.result, headers.get('retry-after')]).toEqual([503, false, null, '5'])
  expect(body.errors.every(({ code }) => code === 10503)).toBe(true)
  return body.errors.map(({ message }) => message)
}

/** The database, which answers only when it is told to. */
function slowDatabase() {
  const waiting: (() => void)[] = []
  const counted = countingDatabase(env.DB, () => new Promise((resolve) => waiting.push(resolve)))
  return { ...counted, waiting, goOn: () => waiting.splice(0).forEach((resolve) => void resolve()) }
}

describe('a service that is ready', () => {
  it('says so without credentials, in the envelope', async () => {
    const log: LogEntry[] = []
    const { status, text } = await ask({ log })
    expect([status, text]).toEqual([
      200,
      '{"result":{"alive":true,"ready":true,"checks":{"d1":"ok","migrations":"ok","clock":"ok"}},"success":true,"errors":[],"messages":[]}',
    ])
    expect(log).toMatchObject([{ level: 'info', operation: 'GET health', status: 200, d1_calls: 1 }])
  })

  it('has later migrations than the code knows, as after a rollback', async () => {
    await env.DB.prepare("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')").run()
    expect((await ask()).status).toBe(200)
    await env.DB.prepare("DELETE FROM d1_migrations WHERE name = '9999_later.sql'").run()
  })

  it('is asked with HEAD too, and with nothing else', async () => {
    const options = { method: 'POST', headers: { authorization: 'Bearer x' } }
    const { status, headers, body } = await ask(options)
    expect([status, headers.get('allow'), body.errors[0]?.code]).toEqual([405, 'GET, HEAD', 10405])
    expect((await ask({ method: 'HEAD' })).status).toBe(200)
  })
})

describe('a service that is not ready says why:', () => {
  it.each([
    ['rejects', () => Promise.reject(new Error('hunter2'))],
    [
      'throws',
      () => {
        throw new Error('hunter2')
      },
    ],
  ])('the database %s, and the cause is in the log only', async (_, batch) => {
    const DB = Object.assign(Object.create(env.DB), { prepare: (sql: string) => env.DB.prepare(sql), batch })
    const log: LogEntry[] = []
    const said = await messages({ env: { ...env, DB }, log })
    expect(said).toEqual(['Not ready: d1: the database does not answer; the log has the cause'])
    expect(log).toMatchObject([{ level: 'error', event: 'request', code: 10503, status: 503 }])
    expect(log[0]?.['cause']).toContain('hunter2')
  })

  it('the database hangs', async () => {
    vi.useFakeTimers()
    const asked = messages({ env: { ...env, DB: slowDatabase().db } })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await asked).toEqual(['Not ready: d1: the database does not answer; the log has the cause'])
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('migrations are missing, or nobody noted them', async () => {
    const DB = env.DB_EMPTY
    const last = String(MIGRATIONS.at(-1))
    await applyD1Migrations(
      DB,
      env.TEST_MIGRATIONS.filter(({ name }) => name < last),
    )
    expect(await messages({ env: { ...env, DB } })).toEqual([
      `Not ready: migrations: the database lacks ${last}: run npm run deploy`,
    ])
    await applyD1Migrations(DB, env.TEST_MIGRATIONS)
    expect((await ask({ env: { ...env, DB }, isolate: newIsolate() })).status).toBe(200)
    await DB.prepare('DROP TABLE d1_migrations').run()
    expect(await messages({ env: { ...env, DB }, isolate: newIsolate() })).toEqual([
      'Not ready: migrations: the database does not say which it has: run npm run deploy',
    ])
  })

  it.each([
    [-600, 'behind'],
    [600, 'ahead of'],
  ])('its clock is %d seconds off', async (off, direction) => {
    expect(await messages({ now: now() + off })).toEqual([
      expect.stringMatching(`^Not ready: clock: this Worker's is (?:599|600|601) seconds ${direction} the database's`),
    ])
  })

  it.each([-200, 200])('not yet: its clock is %d seconds off', async (off) => {
    expect((await ask({ now: now() + off })).status).toBe(200)
  })

  it('both clocks are before what is stored', async () => {
    const account = accountRow()
    await insertRow('accounts', account)
    const at = now() + 1_000
    const row = certificateRow(String(account['id']), { created_at: at, updated_at: at })
    await insertRow('certificates', row)
    expect(await messages()).toEqual([expect.stringMatching(/ seconds behind the time of the newest certificate/)])
    await env.DB.prepare('DELETE FROM certificates WHERE id = ?1').bind(row['id']).run()
  })
})

describe('the database is not asked more than it must be', () => {
  it('once in 5 seconds, whoever asks', async () => {
    const { db, calls } = countingDatabase(env.DB)
    let at = now()
    const options = { env: { ...env, DB: db }, clock: () => at }
    for (let i = 0; i < 20; i += 1) expect((await ask(options)).status).toBe(200)
    expect(calls).toHaveLength(1)
    at += 4
    await ask(options)
    expect(calls).toHaveLength(1)
    at += 1
    await ask(options)
    expect(calls).toHaveLength(2)
    at -= 1_000
    await ask(options)
    expect(calls).toHaveLength(3)
  })

  it('once by many at the same time', async () => {
    const { db, calls, goOn } = slowDatabase()
    const asked = Array.from({ length: 50 }, () => ask({ env: { ...env, DB: db } }))
    await vi.waitFor(() => expect(calls).toHaveLength(1))
    goOn()
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(50).fill(200))
    expect(calls).toHaveLength(1)
  })

  it('again where the check of another request hangs, by one of those that wait', async () => {
    vi.useFakeTimers()
    let at = now()
    const { db, calls, waiting } = slowDatabase()
    const options = { env: { ...env, DB: db }, clock: () => at }
    const first = ask(options)
    const others = Array.from({ length: 10 }, () => ask(options))
    await vi.advanceTimersByTimeAsync(100)
    at += 2
    await vi.advanceTimersByTimeAsync(1_900)
    expect(calls).toHaveLength(2)
    waiting[1]?.()
    vi.useRealTimers()
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    waiting[0]?.()
    expect((await first).status).toBe(200)
  })
})
