import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import type { Answer, CallOptions } from './api.ts'
import { countingDatabase } from './counting-db.ts'

/** Shared by the tests of the edge namespace. */

/** The path of a scope in the edge namespace. */
export function edgeOf(kind: 'accounts' | 'zones', id: string): string {
  return `/edge/v1/${kind}/${id}`
}

/** The path in the edge namespace that belongs to one of Cloudflare's: `…/access/certificates[/…]`. */
export function edgePath(path: string): string {
  return path.replace('/client/v4', '/edge/v1').replace('/access/certificates', '/certificates')
}

/** The answer to a request, and its calls to the database. */
export async function counted(send: (options: Pick<CallOptions, 'env'>) => Promise<Answer>) {
  const { db, calls } = countingDatabase(env.DB)
  const { status } = await send({ env: { DB: db } })
  return { status, calls }
}

/** What is set for a hostname: the answer of a GET without the state, which must be there. */
export function settingOf({ body }: Answer): unknown {
  const { state, ...setting } = body.result ?? {}
  expect(state).toBeTypeOf('object')
  return setting
}
