import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { LIMIT, PERIOD, randomAddress, stranger, unknownToken } from '../support/failed-authentication.ts'
import { NOW } from '../support/pki.ts'
import { freshToken } from '../support/requests.ts'
import { account } from '../support/tenants.ts'

const statuses = (answers: readonly { readonly status: number }[]) => new Set(answers.map(({ status }) => status))

/** Many clients may share an address (NAT): the failures of one must not lock out the others. */
describe('behind an address that failed too often', { retry: 2 }, () => {
  it('a credential that was valid before is still accepted, and still looked up in the database', async () => {
    const { fail, send, calls, accountPath, authorization, address } = await stranger()
    expect((await send(accountPath, { authorization }, { address })).status).toBe(200)
    await fail(LIMIT + 1)
    const before = calls.length
    for (let i = 0; i < 5; i += 1) {
      expect((await send(accountPath, { authorization }, { address })).status).toBe(200)
    }
    expect(calls).toHaveLength(before + 5)
  })

  it('a valid credential is accepted again after a minute, although others kept failing', async () => {
    const { fail, send, accountPath, authorization, address } = await stranger()
    await fail(LIMIT + 1)
    expect(await fail(5, { now: NOW + PERIOD - 1 })).toEqual([429, 429, 429, 429, 429])
    expect((await send(accountPath, { authorization }, { address, now: NOW + PERIOD })).status).toBe(200)
  })

  it('another address or another /64 is not affected', async () => {
    const { fail, send, accountPath, authorization } = await stranger()
    await fail(LIMIT + 1)
    expect((await send(accountPath, { authorization }, { address: randomAddress() })).status).toBe(200)
    const group = crypto.getRandomValues(new Uint16Array(1))[0]?.toString(16)
    expect(await fail(LIMIT + 1, { address: `2001:db8:${group}:0::1` })).toEqual([401, 401, 401, 429])
    expect((await send(accountPath, unknownToken(), { address: `2001:db8:${group}:1::1` })).status).toBe(401)
  })
})

describe('not counted, because authentication did not fail:', { retry: 2 }, () => {
  it('any number of good credentials', async () => {
    const { fail, send, accountId, accountPath, address } = await stranger()
    for (let i = 0; i < 10; i += 1) {
      const headers = { authorization: await freshToken([account(accountId)]) }
      expect((await send(accountPath, headers, { address })).status).toBe(200)
    }
    expect(await fail(LIMIT)).toEqual([401, 401, 401])
  })

  it('a hundred requests at once with one new credential', async () => {
    const { send, accountPath, authorization, address } = await stranger()
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => send(accountPath, { authorization }, { address })),
    )
    expect(statuses(answers)).toEqual(new Set([200]))
  })

  it('no permission, no such object, a wrong body, wrong headers, no credentials, no such path', async () => {
    const { fail, send, accountPath, authorization, address } = await stranger()
    const other = await stranger()
    for (let i = 0; i < 2 * LIMIT; i += 1) {
      const answers = [
        await send(other.accountPath, { authorization }, { address }),
        await send(`${accountPath}/${crypto.randomUUID()}`, { authorization }, { address }),
        await send(accountPath, { authorization }, { address, method: 'POST', body: '{' }),
        await send(accountPath, { authorization: 'Basic x' }, { address }),
        await send(accountPath, {}, { address }),
        await send('/client/v4/x', unknownToken(), { address }),
        await send(accountPath, unknownToken(), { address, method: 'PATCH' }),
      ]
      expect(answers.map(({ status }) => status)).toEqual([403, 404, 400, 400, 400, 400, 405])
    }
    expect(await fail(LIMIT)).toEqual([401, 401, 401])
  })
})

it.each([
  ['without the binding', { FAILED_AUTH_LIMITER: undefined } as object],
  ['with RATE_LIMITS=off', { RATE_LIMITS: 'off' }],
])('%s there is no such limit', async (_, more) => {
  const { fail, calls } = await stranger(more)
  expect(new Set(await fail(20))).toEqual(new Set([401]))
  expect(calls).toHaveLength(20)
})

it('RATE_LIMITS=off switches off the limit by credential as well', async () => {
  const { send, accountPath, authorization } = await stranger({
    RATE_LIMITER: env.RATE_LIMITER_TEST,
    RATE_LIMITS: 'off',
  })
  for (let i = 0; i < 10; i += 1) expect((await send(accountPath, { authorization })).status).toBe(200)
})

it('the binding is called for failures only, and gets the address and nothing else', async () => {
  const keys: string[] = []
  const FAILED_AUTH_LIMITER: RateLimit = {
    limit: async ({ key }) => {
      keys.push(key)
      return { success: true }
    },
  }
  const { fail, send, accountPath, authorization, address } = await stranger({ FAILED_AUTH_LIMITER })
  await send(accountPath, { authorization }, { address })
  await fail(2)
  await fail(1, { address: '2001:db8::1' })
  expect(keys).toEqual([address, address, '2001:db8:0:0::/64'])
})
