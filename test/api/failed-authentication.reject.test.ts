import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../src/core/log.ts'
import { AuthenticationLimit } from '../../src/web/authentication-limit.ts'
import type { Answer } from '../support/api.ts'
import {
  LIMIT,
  PERIOD,
  randomAddress,
  secret,
  stranger,
  unknownKey,
  unknownToken,
  worker,
} from '../support/failed-authentication.ts'
import { NOW } from '../support/pki.ts'
import { bare, certificatesOf, freshId, freshToken } from '../support/requests.ts'
import { account } from '../support/tenants.ts'

function expectLimited({ status, headers, body }: Answer, retryAfter: number): void {
  expect([status, headers.get('retry-after')]).toEqual([429, `${retryAfter}`])
  const errors = [{ code: 971, message: 'Please wait and consider throttling your request speed' }]
  expect(bare(body)).toStrictEqual({ result: null, success: false, errors, messages: [] })
}

// Two retries: if the minute ends inside a test, the binding starts its count again.
describe('a stranger who tries one token after the other', { retry: 2 }, () => {
  it('is refused before the database is asked', async () => {
    const { fail, calls, send, accountPath, address } = await stranger()
    expect(await fail(LIMIT + 1)).toEqual([401, 401, 401, 429])
    expect(calls).toHaveLength(LIMIT + 1)
    expect(new Set(await fail(100))).toEqual(new Set([429]))
    expect(calls).toHaveLength(LIMIT + 1)
    expectLimited(await send(accountPath, unknownToken(), { address }), PERIOD)
    expectLimited(await send(accountPath, unknownToken(), { address, now: NOW + 20 }), PERIOD - 20)
  })

  it('is refused on every path and with every method, with keys as with tokens', async () => {
    const { send, calls, accountId, accountPath, zonePath, address } = await stranger()
    const edge = `/edge/v1/accounts/${accountId}/certificates/${crypto.randomUUID()}`
    const statuses: number[] = []
    for (const [method, path, headers] of [
      ['GET', '/client/v4/user/tokens/verify', unknownToken()],
      ['DELETE', `${zonePath}/${crypto.randomUUID()}`, unknownKey()],
      ['PUT', `${edge}/crl`, unknownToken()],
      ['GET', '/user/tokens/verify', unknownKey()],
      ['POST', accountPath, unknownToken()],
      ['GET', accountPath, unknownKey()],
      ['PUT', `${accountPath}/settings`, unknownToken()],
      ['PUT', `${edge}/blocked_serials/0a`, unknownKey()],
      ['GET', certificatesOf('zones', freshId()), unknownToken()],
    ] as const) {
      const answer = await send(path, headers, { address, method, ...(method !== 'GET' && { body: '{}' }) })
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([401, 403, 401, 429, 429, 429, 429, 429, 429])
    expect(calls).toHaveLength(LIMIT + 1)
  })

  it('is refused at look-ups, which have a code of their own for it', async () => {
    const { send, calls, accountId, zoneId, address } = await stranger()
    const paths = ['/client/v4/zones', '/accounts', `/zones/${zoneId}`, '/user', `/accounts/${accountId}`]
    const statuses: number[] = []
    for (const path of paths) statuses.push((await send(path, unknownToken(), { address })).status)
    expect(statuses).toEqual([403, 403, 403, 429, 429])
    expect(calls).toHaveLength(LIMIT + 1)
  })

  it('has one count over all addresses of a /64, and one over all texts that are not addresses', async () => {
    const groups = [...crypto.getRandomValues(new Uint16Array(3))].map((group) => group.toString(16)).join(':')
    for (const address of [() => `2001:${groups}::${secret().slice(0, 4)}`, () => secret()]) {
      const { send, accountPath } = await stranger()
      const statuses: number[] = []
      for (let i = 0; i <= LIMIT; i += 1) {
        statuses.push((await send(accountPath, unknownToken(), { address: address() })).status)
      }
      expect(statuses.at(-1)).toBe(429)
    }
  })

  it('is refused in another isolate after one failure, since the binding has the count', async () => {
    const { fail, accountPath, address } = await stranger()
    await fail(LIMIT)
    const other = worker()
    for (let i = 0; i < 5; i += 1) {
      expectLimited(await other.send(accountPath, unknownToken(), { address }), PERIOD)
    }
    expect(other.calls).toHaveLength(1)
  })

  it('gains nothing by sending them all at once', async () => {
    const { send, calls, accountPath, address } = await stranger()
    const answers = await Promise.all(Array.from({ length: 200 }, () => send(accountPath, unknownToken(), { address })))
    expect(calls).toHaveLength(20)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(LIMIT)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(200 - LIMIT)
    // Requests that came while too many were under way may be retried soon; they do not count as failures.
    expect(answers.filter(({ headers }) => headers.get('retry-after') === '1')).toHaveLength(180)
  })

  it('is refused with a valid token that was not accepted before', async () => {
    const { fail, send, calls, accountId, accountPath, address } = await stranger()
    await fail(LIMIT + 1)
    const before = calls.length
    const authorization = await freshToken([account(accountId)])
    expectLimited(await send(accountPath, { authorization }, { address }), PERIOD)
    expect(calls).toHaveLength(before)
  })

  it('counts as failing again with a credential that is no longer valid', async () => {
    const { fail, send, calls, accountId, accountPath, address } = await stranger()
    const authorization = await freshToken([account(accountId)], { expiresOn: NOW + 10 })
    expect((await send(accountPath, { authorization }, { address })).status).toBe(200)
    await fail(LIMIT)
    expectLimited(await send(accountPath, { authorization }, { address, now: NOW + 10 }), PERIOD)
    const before = calls.length
    expectLimited(await send(accountPath, { authorization }, { address, now: NOW + 10 }), PERIOD)
    expect(calls).toHaveLength(before)
  })
})

it('a binding that fails is an internal error, and lets nobody in', async () => {
  const FAILED_AUTH_LIMITER: RateLimit = { limit: () => Promise.reject(new Error('words of the binding')) }
  const { send, accountPath, address } = await stranger({ FAILED_AUTH_LIMITER })
  const answer = await send(accountPath, unknownToken(), { address })
  expect([answer.status, answer.body.errors[0]?.code]).toEqual([500, 10001])
  expect(answer.text).not.toContain('words')
})

it('RATE_LIMITS that is neither on nor off is an internal error that the log explains', async () => {
  const { send, accountPath } = await stranger({ RATE_LIMITS: 'no' })
  const log: LogEntry[] = []
  expect((await send(accountPath, unknownToken(), { log })).status).toBe(500)
  expect(log).toMatchObject([{ cause: expect.stringContaining('RATE_LIMITS must be on or off') }])
})

it('an isolate remembers a bounded number of addresses: the latest', async () => {
  const limit = new AuthenticationLimit()
  const asked: string[] = []
  const fail = (address: string) =>
    limit.run(
      { address, credential: secret(), now: NOW },
      async () => false,
      async () => {
        asked.push(address)
        return { value: undefined, authenticated: 'no' }
      },
    )
  for (let i = 0; i <= 10_000; i += 1) await fail(`${i}`)
  asked.length = 0
  for (const address of ['0', '10000', '2', '1', randomAddress()]) await fail(address)
  // The database is asked for forgotten addresses: the two oldest (the second since 0 came back) and a new one.
  expect(asked.slice(0, 3)).toEqual(['0', '1', expect.stringMatching(/^10\./)])
})
