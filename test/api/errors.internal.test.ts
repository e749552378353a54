import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Env } from '../../src/core/config.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { call, post } from '../support/api.ts'
import { freshTenant, NOTHING_STORED, soundBody, storedRows } from '../support/requests.ts'

/** The same bytes for every cause. */
const FIXED_BODY =
  '{"result":null,"success":false,"errors":[{"code":10001,"message":"access.api.error.internal_server_error",' +
  '"documentation_url":"https://api.example/docs/errors#10001"}],"messages":[]}'
const SECRET = 'D1_ERROR: hunter2 at 10.0.0.1'

/** The real database with one method replaced, also in its sessions. */
function broken(method: 'prepare' | 'batch' | 'withSession', replacement: () => unknown): Partial<Env> {
  const breakIn = <T extends object>(real: T): T =>
    new Proxy(real, {
      get: (target, property) => {
        if (property === method) return replacement
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => {
          const result: unknown = Reflect.apply(value, target, given)
          return property === 'withSession' ? breakIn(Object(result)) : result
        }
      },
    })
  return { DB: breakIn(env.DB) }
}

const throwing = (thrown: unknown) => () => {
  throw thrown
}

const rejecting = (thrown: unknown) => () => Promise.reject(thrown)

describe('500 10001: an environment with', () => {
  it.each<[string, Partial<Env>, string]>([
    ['no database', {}, 'binding DB is missing'],
    ['a trust age above the ceiling', { DB: env.DB, TRUST_MAX_AGE_SECONDS: '301' }, 'TRUST_MAX_AGE_SECONDS must be'],
    ['a batch that rejects', broken('batch', rejecting(new Error(SECRET))), SECRET],
    ['a batch that throws', broken('batch', throwing(new Error(SECRET))), SECRET],
    ['a session that cannot be opened', broken('withSession', throwing(new Error(SECRET))), SECRET],
    ['a prepare that throws', broken('prepare', throwing(new Error(SECRET))), SECRET],
    ['a batch that rejects with a value that is not an Error', broken('batch', rejecting(SECRET)), SECRET],
    ['a batch that rejects with a Response', broken('batch', rejecting(new Response(SECRET))), '[object Response]'],
    ['a batch that rejects with undefined', broken('batch', rejecting(undefined)), 'undefined'],
    [
      'a batch that answers nothing sensible',
      broken('batch', () => Promise.resolve([{ results: [{ account_id: 1 }] }])),
      'column',
    ],
    [
      'an Error that pretends to be an HTTP error',
      broken('batch', rejecting(Object.assign(new Error(SECRET), { status: 418 }))),
      SECRET,
    ],
  ])('%s', async (_, environment, cause) => {
    const { accountPath, authorization } = await freshTenant()
    const log: LogEntry[] = []
    const body = soundBody({ name: 'a name in the body' })
    const answer = await post(`${accountPath}?q=in-the-query`, authorization, body, { env: environment, log })

    expect(answer.status).toBe(500)
    expect(answer.text).toBe(FIXED_BODY)
    expect([...answer.headers].toSorted()).toEqual([
      ['cache-control', 'no-store'],
      ['content-security-policy', "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"],
      ['content-type', 'application/json; charset=UTF-8'],
      ['x-content-type-options', 'nosniff'],
      ['x-request-id', log[0]?.['request_id']],
    ])
    expect(log).toMatchObject([{ event: 'internal_error', level: 'error', method: 'POST', status: 500, code: 10001 }])
    expect(log[0]?.['cause']).toContain(cause)
    const logged = JSON.stringify(log)
    const token = authorization.slice('Bearer '.length)
    for (const kept of ['a name in the body', 'BEGIN CERTIFICATE', 'in-the-query', token]) {
      expect(logged).not.toContain(kept)
    }
    expect(await storedRows()).toEqual(NOTHING_STORED)
  })

  it('no database is told to nobody without credentials either', async () => {
    const log: LogEntry[] = []
    const answer = await call('/client/v4', { env: {}, log })
    expect(answer.text).toBe(FIXED_BODY)
    expect(log).toHaveLength(1)
  })
})

it('a private key in the body is not in the log of a 500', async () => {
  const { accountPath, authorization } = await freshTenant()
  const log: LogEntry[] = []
  const body = soundBody({ certificate: '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIFq\n-----END EC PRIVATE KEY-----' })
  const environment = broken('batch', rejecting(new Error(SECRET)))
  const answer = await post(accountPath, authorization, body, { env: environment, log })
  expect(answer.status).toBe(500)
  expect(`${answer.text}${JSON.stringify(log)}`).not.toMatch(/MHcCAQEEIFq|PRIVATE KEY/)
})

it('a refusal is no internal error, and has no cause', async () => {
  const { accountPath, authorization } = await freshTenant()
  const log: LogEntry[] = []
  for (const body of ['{', 'null', soundBody({ name: '' }), soundBody({ certificate: 'x' })]) {
    expect((await post(accountPath, authorization, body, { log })).status).toBe(400)
  }
  expect(log.map(({ event, level, cause }) => [event, level, cause])).toEqual(
    Array.from({ length: 4 }, () => ['request', 'info', undefined]),
  )
})
