import { env } from 'cloudflare:workers'
import { newIsolate } from '../../src/api/router.ts'
import type { Env } from '../../src/core/config.ts'
import { type CallOptions, call } from './api.ts'
import { countingDatabase } from './counting-db.ts'
import { freshTenant } from './requests.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      /** Of vitest.config.ts: LIMIT failures in a minute. */
      FAILED_AUTH_LIMITER_TEST: RateLimit
    }
  }
}

/** The number of failures of an address within the limit. */
export const LIMIT = 3
/** How long an address is refused, in seconds. */
export const PERIOD = 60

/** Secrets and addresses that no earlier run used: the binding counts by the minute of the wall clock. */
export const secret = () => crypto.randomUUID().replaceAll('-', '')
export const randomAddress = () => `10.${crypto.getRandomValues(new Uint8Array(3)).join('.')}`

/** Unknown credentials. */
export const unknownToken = () => ({ authorization: `Bearer ${secret()}` })
export const unknownKey = () => ({ 'x-auth-email': `${secret()}@example.com`, 'x-auth-key': secret() + secret() })

/** A Worker in its own isolate, with the real binding and a database that counts its round trips. */
export function worker(more: Partial<Env> = {}) {
  const { db, calls } = countingDatabase(env.DB)
  const isolate = newIsolate()
  const environment = { DB: db, FAILED_AUTH_LIMITER: env.FAILED_AUTH_LIMITER_TEST, ...more }
  const send = (path: string, headers: Readonly<Record<string, string>>, options: CallOptions = {}) =>
    call(path, { env: environment, isolate, headers, ...options })
  return { send, calls }
}

/** A tenant, a Worker and an address. `fail` tries one unknown token after the other, and returns the statuses. */
export async function stranger(more: Partial<Env> = {}) {
  const tenant = await freshTenant()
  const address = randomAddress()
  const { send, calls } = worker(more)
  const fail = async (times: number, options: CallOptions = {}) => {
    const statuses: number[] = []
    for (let i = 0; i < times; i += 1) {
      statuses.push((await send(tenant.accountPath, unknownToken(), { address, ...options })).status)
    }
    return statuses
  }
  return { ...tenant, address, send, calls, fail }
}
