import { expect } from 'vitest'
import { type Answer, type CallOptions, call } from './api.ts'
import { settle } from './clients-seen.ts'
import { dumpDatabase } from './dump.ts'
import { type setUp, T, tlsClientAuth } from './protected.ts'
import type { Issued } from './x509/chain.ts'

/** Dry runs beside what then happens. */

/** A client: its certificate and what comes with it; without a certificate, undefined. */
export interface Visitor {
  readonly leaf: Issued | undefined
  readonly chain?: readonly Issued[]
}

type Gateway = Awaited<ReturnType<typeof setUp>>

/** Every time later than what the gateway remembers. */
let later = 0

/** What the gateway does with clients now: those whose requests reach the origin. It does not write whom it saw. */
export async function whoGetsIn(gateway: Gateway, visitors: readonly Visitor[], url?: string): Promise<boolean[]> {
  later += 60_000
  const fates: boolean[] = []
  for (const { leaf, chain } of visitors) {
    const auth = tlsClientAuth(leaf, chain)
    fates.push((await gateway.send({ auth, at: T + later, ...(url && { url }) })).status === 200)
  }
  gateway.afterwards.splice(0)
  return fates
}

/** Clients come to the gateway, and are kept as seen. */
export async function visit({ send, afterwards }: Gateway, visitors: readonly Visitor[], url?: string): Promise<void> {
  for (const { leaf, chain } of visitors) {
    await send({ auth: tlsClientAuth(leaf, chain), at: T, ...(url && { url }) })
  }
  await settle(afterwards)
}

export interface Write extends CallOptions {
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly authorization: string
}

/** The impact of a write, by its dry run. */
export interface ShownImpact {
  readonly clients_refused: number
  readonly clients_let_in: number
  readonly clients: readonly {
    readonly hostname: string
    readonly certificate_sha256: string | null
    readonly subject: string
    readonly let_in: boolean
    readonly code_now: string
    readonly code_then: string
  }[]
  readonly clients_evaluated: number
  readonly clients_not_evaluated: readonly {
    readonly reason: string
    readonly hostname: string | null
    readonly count: number
  }[]
  readonly hostnames_without_anchor: readonly string[]
  readonly uncovered: readonly {
    readonly issuer: string
    readonly hostnames_count: number
    readonly hostnames: readonly string[]
  }[]
}

/** Sends a write. */
export function sendWrite({ path, authorization, headers, ...options }: Write): Promise<Answer> {
  return call(path, { ...options, headers: { authorization, 'content-type': 'application/json', ...headers } })
}

/** Sends the dry run of a write, and checks that it stores nothing. */
export async function tryWrite(write: Write): Promise<Answer> {
  const before = await dumpDatabase()
  const answer = await sendWrite({ ...write, path: `${write.path}${write.path.includes('?') ? '&' : '?'}dry_run=true` })
  expect(await dumpDatabase()).toEqual(before)
  return answer
}

/** Members of answers that a dry run cannot know: the id of what would be added. */
const UNKNOWN = new Set(['id'])

/** Tries a write, carries it out, and checks that the dry run said what the write then answers. */
export async function tryThenWrite(
  write: Write,
): Promise<{ readonly impact: ShownImpact | undefined; readonly answer: Answer }> {
  const tried = await tryWrite(write)
  const answer = await sendWrite(write)
  if (tried.status !== 200) {
    expect([tried.status, tried.text]).toEqual([answer.status, answer.text])
    return { impact: undefined, answer }
  }
  const { would, impact } = JSON.parse(tried.text).result
  const known = (text: string) =>
    JSON.parse(text, (name, value) => (UNKNOWN.has(name) && write.method === 'POST' ? undefined : value))
  expect(known(JSON.stringify(would))).toEqual({ status: answer.status, ...known(answer.text) })
  return { impact, answer }
}
