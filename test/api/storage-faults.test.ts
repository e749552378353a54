import { env } from 'cloudflare:workers'
import * as pkijs from 'pkijs'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ROUTES } from '../../src/api/routes.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { sweepLeftovers } from '../../src/registry/crls/leftovers-sql.ts'
import { SCOPE } from '../../src/web/operation.ts'
import { type Answer, post } from '../support/api.ts'
import { expectCounted } from '../support/counters.ts'
import { type Dump, difference, dumpDatabase } from '../support/dump.ts'
import { get, items, remove } from '../support/family.ts'
import { faultyDatabase, STORAGE_ERROR, STORAGE_FAULTS, type StorageFault } from '../support/faulty-db.ts'
import { freshDatabase } from '../support/fresh-database.ts'
import { NOW } from '../support/pki.ts'
import { freshTenant, soundBody } from '../support/requests.ts'
import { WRITE_KINDS, type WriteKind } from '../support/write-kinds.ts'

/**
 * Storage that fails, hangs or carries out twice, at each call of each kind of write in turn: the answer is an honest error or right,
 * and what is stored is as before or whole, with its change.
 */

/** What is stored, but for what an upload leaves that broke off: the next sweep after its lease takes that away. */
async function stored(): Promise<Dump> {
  while (await sweepLeftovers(env.DB, NOW + 86_400));
  return await dumpDatabase()
}

/** The request without a fault: how many calls it makes, and what it changes. */
async function soundly({ prepare, status }: WriteKind) {
  const send = await prepare()
  const before = await stored()
  const { db, calls } = faultyDatabase(env.DB)
  const answer = await send({ env: { ...env, DB: db } })
  expect([answer.status, answer.text]).toEqual([status, answer.text])
  return { calls: calls(), whole: difference(before, await stored()) }
}

const FIXED = {
  result: null,
  success: false,
  errors: [{ code: 10001, message: 'access.api.error.internal_server_error' }],
}

function expectHonest({ status, body }: Answer, log: readonly LogEntry[], cause: string): void {
  expect(status).toBe(500)
  expect(body).toMatchObject(FIXED)
  expect(log).toEqual([expect.objectContaining({ event: 'internal_error', cause: expect.stringContaining(cause) })])
}

interface Trial extends WriteKind {
  readonly fault: StorageFault
  /** Number of the call, from 0. */
  readonly at: number
  /** What the request changes without a fault. */
  readonly whole: Dump
}

/** Sends the request with a fault, and again without one. @returns whether it was carried out the first time */
async function attempt({ fault, at, whole, ...kind }: Trial): Promise<boolean> {
  const send = await kind.prepare()
  const before = await stored()
  const log: LogEntry[] = []
  const { db, hung } = faultyDatabase(env.DB, fault, at)
  const answer = await Promise.race([send({ env: { ...env, DB: db }, log }), hung])
  const changed = difference(before, await stored())
  const isDone = changed.length > 0
  const where = `storage ${fault}, call ${at}`
  if (isDone) expect(changed, where).toEqual(whole)
  await expectCounted()

  if (answer === undefined) expect(fault, where).toMatch(/^hangs/)
  else if (fault !== 'twice') expectHonest(answer, log, STORAGE_ERROR)
  else if (answer.status === 500) expectHonest(answer, log, 'UNIQUE constraint failed')
  else expect([kind.status, kind.twice], where).toContain(answer.status)
  if (answer?.status === kind.status) expect(isDone, where).toBe(true)

  const again = await send({})
  expect(again.status, `again after ${where}`).toBe(isDone ? kind.retry : kind.status)
  expect(difference(before, await stored()), `again after ${where}`).toEqual(whole)
  return isDone
}

const routeOf = ({ method, path }: Pick<(typeof ROUTES)[number], 'method' | 'path'>) =>
  `${method} ${path.replace(SCOPE, '')}`

it('every route that writes is among the kinds', () => {
  const writing = ROUTES.filter(({ permission }) => permission === 'write').map(routeOf)
  expect([...new Set(WRITE_KINDS.map(({ route }) => route))].sort()).toEqual(writing.sort())
})

describe.each(WRITE_KINDS)('$route: $what', (kind) => {
  beforeEach(freshDatabase)

  it(`is honest and whole when storage ${STORAGE_FAULTS.join(', ')}, at each call`, async () => {
    const { calls, whole } = await soundly(kind)
    expect(whole.some((row) => row.startsWith('+ changes '))).toBe(true)
    const done: Record<string, number> = {}
    for (const fault of STORAGE_FAULTS) {
      done[fault] = 0
      for (let at = 0; at < calls; at += 1) if (await attempt({ ...kind, fault, at, whole })) done[fault] += 1
    }
    // The call that writes was among them: what fails before it leaves nothing, what fails after it leaves everything.
    expect(done['twice']).toBe(calls - (kind.endedByTwice ?? 0))
    expect(done['fails after']).toBe(done['hangs after'])
    expect(done['fails after']).toBe((done['fails before'] ?? 0) + 1)
  })
})

describe('a certificate that the second decoder refuses, and that cannot be withdrawn', () => {
  it.each(['fails before', 'hangs before'] as const)(
    'is there as a whole when storage %s, and can be deleted',
    async (fault) => {
      await freshDatabase()
      const { accountPath, authorization } = await freshTenant()
      const empty = await stored()
      const decoded = vi.spyOn(pkijs.Certificate.prototype, 'fromSchema').mockImplementation(() => {
        throw new Error('unreadable')
      })
      const log: LogEntry[] = []
      const { db, hung } = faultyDatabase(env.DB, fault, 1)
      const answer = await Promise.race([
        post(accountPath, authorization, soundBody(), { env: { ...env, DB: db }, log }),
        hung,
      ])
      decoded.mockRestore()
      if (answer !== undefined) expectHonest(answer, log, STORAGE_ERROR)

      const changes = difference(empty, await stored()).filter((row) => row.startsWith('+ changes '))
      expect(changes).toEqual([expect.stringContaining('"add_certificate"')])
      const [record] = items(await get(accountPath, authorization))
      expect((await remove(`${accountPath}/${record?.['id']}`, authorization)).status).toBe(200)
    },
  )
})
