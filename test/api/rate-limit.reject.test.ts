import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { Env } from '../../src/core/config.ts'
import { type Answer, type CallOptions, call } from '../support/api.ts'
import { countingDatabase } from '../support/counting-db.ts'
import { get, NOBODY, type Tenant } from '../support/family.ts'
import { bare, freshId, freshTenant } from '../support/requests.ts'
import { account, addCredential } from '../support/tenants.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      /** Of vitest.config.ts: LIMIT requests in a minute. */
      RATE_LIMITER_TEST: RateLimit
    }
  }
}

const LIMIT = 3

/** The Worker's environment with the real binding; the tests' own has none. */
const limited = (more: Partial<Env> = {}): Partial<Env> => ({
  DB: env.DB,
  RATE_LIMITER: env.RATE_LIMITER_TEST,
  ...more,
})

/** Secrets that no earlier run used: the binding counts by the minute of the wall clock, not of the test. */
const secret = () => crypto.randomUUID().replaceAll('-', '')

async function limitedToken({ accountId }: Tenant): Promise<string> {
  const token = secret()
  await addCredential(token, [account(accountId)], { id: freshId() })
  return `Bearer ${token}`
}

async function limitedKey({ accountId }: Tenant): Promise<Readonly<Record<string, string>>> {
  const key = secret() + secret()
  const email = `${secret()}@example.com`
  await addCredential(key, [account(accountId)], { id: freshId(), kind: 'key', email })
  return { 'x-auth-email': email, 'x-auth-key': key }
}

const spend = async (path: string, options: CallOptions): Promise<readonly number[]> => {
  const statuses: number[] = []
  for (let i = 0; i <= LIMIT; i += 1) statuses.push((await call(path, options)).status)
  return statuses
}

function expectLimited({ status, headers, body }: Answer): void {
  expect(status).toBe(429)
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8')
  expect(headers.get('x-should-retry')).toBeNull()
  const errors = [{ code: 971, message: 'Please wait and consider throttling your request speed' }]
  expect(bare(body)).toStrictEqual({ result: null, success: false, errors, messages: [] })
}

// Two retries: if the minute ends inside a test, the binding starts its count again.
describe('with the binding', { retry: 2 }, () => {
  it('a request over the limit is 429 971 with retry-after, and so are all later ones', async () => {
    const tenant = await freshTenant()
    const authorization = await limitedToken(tenant)
    for (let i = 0; i < LIMIT; i += 1) {
      expect((await get(tenant.accountPath, authorization, { env: limited() })).status).toBe(200)
    }
    for (let i = 0; i < 3; i += 1) expectLimited(await get(tenant.accountPath, authorization, { env: limited() }))
  })

  it('a request over the limit does not reach the database', async () => {
    const tenant = await freshTenant()
    const authorization = await limitedToken(tenant)
    const { db, calls } = countingDatabase(env.DB)
    const options = { env: limited({ DB: db }), headers: { authorization } }
    expect(await spend(tenant.accountPath, options)).toEqual([200, 200, 200, 429])
    expect(calls).toEqual(['batch', 'batch', 'batch'])
    expectLimited(await call(tenant.accountPath, options))
    expect(calls).toHaveLength(LIMIT)
  })

  it('each credential of an account has its own count, keys and tokens alike', async () => {
    const tenant = await freshTenant()
    const headers = [
      { authorization: await limitedToken(tenant) },
      { authorization: await limitedToken(tenant) },
      await limitedKey(tenant),
      await limitedKey(tenant),
    ]
    for (const one of headers) {
      expect(await spend(tenant.accountPath, { env: limited(), headers: one })).toEqual([200, 200, 200, 429])
    }
  })

  it('a credential has one count over all paths, methods and scopes, also with wrong ids', async () => {
    const tenant = await freshTenant()
    const headers = { authorization: await limitedToken(tenant) }
    const options = { env: limited(), headers }
    expect((await call(tenant.zonePath, options)).status).toBe(200)
    expect((await call('/client/v4/user/tokens/verify', options)).status).toBe(200)
    const absent = `${tenant.accountPath}/${NOBODY}`
    expect((await call(absent, { ...options, method: 'DELETE' })).status).toBe(404)
    for (const [method, path] of [
      ['GET', tenant.accountPath],
      ['POST', tenant.zonePath],
      ['GET', absent],
      ['PUT', absent],
      ['DELETE', absent],
      ['GET', `${tenant.zonePath}/settings`],
      ['PUT', `${tenant.accountPath}/settings`],
      ['GET', '/client/v4/user/tokens/verify'],
      ['GET', `/client/v4/accounts/${tenant.accountId}/tokens/verify`],
      ['GET', '/user/tokens/verify'],
    ] as const) {
      expectLimited(await call(path, { ...options, method, ...(method === 'GET' ? {} : { body: '{}' }) }))
    }
  })

  it('a token is the same credential with any key beside it, and in any spelling of its scheme', async () => {
    const tenant = await freshTenant()
    const authorization = await limitedToken(tenant)
    const env = limited()
    const statuses = []
    for (const headers of [
      { authorization },
      { authorization: authorization.replace('Bearer ', 'bearer  ') },
      { authorization, ...(await limitedKey(tenant)) },
      { authorization, ...(await limitedKey(tenant)) },
    ]) {
      statuses.push((await call(tenant.accountPath, { env, headers })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  it('an unknown credential is counted too, so guesses are limited', async () => {
    const { accountPath } = await freshTenant()
    const headers = { authorization: `Bearer ${secret()}` }
    expect(await spend(accountPath, { env: limited(), headers })).toEqual([401, 401, 401, 429])
  })

  it('a key is the same credential with any email, so guesses of the email share one count', async () => {
    const tenant = await freshTenant()
    const headers = await limitedKey(tenant)
    const statuses = []
    for (const email of [headers['x-auth-email'], 'a@example.com', 'b@example.com', 'c@example.com']) {
      const answer = await call(tenant.accountPath, {
        env: limited(),
        headers: { ...headers, 'x-auth-email': `${email}` },
      })
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([200, 403, 403, 429])
  })
})

it('a binding that fails is an internal error, and its message is not in the answer', async () => {
  const tenant = await freshTenant()
  const RATE_LIMITER: RateLimit = { limit: () => Promise.reject(new Error('words of the binding')) }
  const answer = await get(tenant.accountPath, tenant.authorization, { env: limited({ RATE_LIMITER }) })
  expect([answer.status, answer.body.errors[0]?.code]).toEqual([500, 10001])
  expect(answer.text).not.toContain('words')
})
