import { env } from 'cloudflare:workers'
import { handleRequest } from '../../src/api/router.ts'
import type { LogEntry } from '../../src/core/log.ts'
import type { Json, WireAnswer, WireRequest } from './model.ts'

/** Headers that must be equal; the contract does not have others. */
const COMPARED = ['content-type', 'allow', 'x-should-retry', 'retry-after'] as const

/** Sends a request to the real router, with the real database. */
export async function send({ method, target, headers, body, now, newId, throttled }: WireRequest): Promise<WireAnswer> {
  const logged: LogEntry[] = []
  const request = new Request(`https://api.example${target}`, {
    method,
    headers,
    // As octets, since Request adds a content type to a text.
    body: body === undefined ? null : new TextEncoder().encode(body),
  })
  const limiter = { limit: () => Promise.resolve({ success: !throttled }) }
  const ambient = {
    now,
    clock: () => now,
    clockMs: () => 0,
    newId: () => newId,
    log: (entry: LogEntry) => logged.push(entry),
  }
  const response = await handleRequest(request, { DB: env.DB, RATE_LIMITER: limiter }, ambient)
  const answer = comparable(response, JSON.parse(await response.text()))
  const errors = logged.filter(({ level }) => level === 'error')
  if (errors.length > 0) throw new Error(`the real thing logged ${JSON.stringify(errors)}`)
  return answer
}

/** The parts of the answer that are in the contract. */
function comparable(response: Response, body: { readonly [key: string]: Json }): WireAnswer {
  const headers: Record<string, string> = {}
  for (const name of COMPARED) {
    const value = response.headers.get(name)
    if (value !== null) headers[name] = value
  }
  return { status: response.status, headers, body }
}

/** Deletes what a sequence left. Accounts, zones and credentials stay. */
export async function clear(): Promise<void> {
  const tables = ['certificate_hostnames', 'certificate_chain', 'certificates', 'hostname_settings']
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
}

export async function disable(credential: string): Promise<void> {
  await env.DB.prepare("UPDATE credentials SET status = 'disabled' WHERE id = ?1").bind(credential).run()
}
