import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { get } from '../support/family.ts'
import { freshTenant } from '../support/requests.ts'

it('without the binding there is no limit', async () => {
  const { accountPath, authorization } = await freshTenant()
  for (let i = 0; i < 20; i += 1) {
    const answer = await get(accountPath, authorization, { env: { DB: env.DB } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('retry-after')).toBeNull()
  }
})

it('within the limit an answer is the same as without one', async () => {
  const { accountPath, authorization } = await freshTenant()
  const RATE_LIMITER: RateLimit = { limit: async () => ({ success: true }) }
  const [limited, free] = [
    await get(accountPath, authorization, { env: { DB: env.DB, RATE_LIMITER } }),
    await get(accountPath, authorization, { env: { DB: env.DB } }),
  ]
  expect([limited.status, limited.text]).toEqual([free.status, free.text])
  expect([...limited.headers.keys()]).toEqual([...free.headers.keys()])
})

it('the binding gets no part of the secret', async () => {
  const { accountPath, authorization } = await freshTenant()
  const keys: string[] = []
  const RATE_LIMITER: RateLimit = {
    limit: async ({ key }) => {
      keys.push(key)
      return { success: true }
    },
  }
  expect((await get(accountPath, authorization, { env: { DB: env.DB, RATE_LIMITER } })).status).toBe(200)
  expect(keys).toHaveLength(1)
  expect(keys[0]).not.toContain(authorization.slice('Bearer '.length))
})
