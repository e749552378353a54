import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { handleRequest, type Isolate } from '../../src/api/router.ts'
import type { Env } from '../../src/core/config.ts'
import type { LogEntry } from '../../src/core/log.ts'
import { NOW } from './pki.ts'

/** An answer, with the parts that tests check. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly body: {
    readonly result: Record<string, unknown> | null
    readonly success: boolean
    readonly errors: readonly {
      readonly code: number
      readonly message: string
      readonly source?: { readonly pointer: string }
      readonly error_chain?: readonly { readonly code: number; readonly message: string }[]
    }[]
    readonly messages: readonly {
      readonly code: number
      readonly message: string
      readonly source?: { readonly pointer: string }
    }[]
  }
}

/** Work to be done some seconds after an answer. */
export interface Afterwards {
  readonly work: () => Promise<unknown>
  readonly afterSeconds: number
}

export interface CallOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: BodyInit
  /** Unix seconds, UTC. */
  readonly now?: number
  /** The same, while the request is served. Default: time stands still at `now`. */
  readonly clock?: () => number
  readonly env?: Partial<Env>
  /** Takes the lines of the log. */
  readonly log?: LogEntry[]
  /** The client's. */
  readonly address?: string
  readonly isolate?: Isolate
  /** Takes the work that is to be done after the answer. */
  readonly afterwards?: Afterwards[]
}

/** One request to the API with the test's own database, at a fixed time. */
export async function call(path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body = null, now = NOW, clock = () => now, log = [] } = options
  const response = await handleRequest(
    new Request(`https://api.example${path}`, { method, headers, body }),
    options.env ?? env,
    {
      now,
      clock,
      clockMs: () => clock() * 1_000,
      newId: () => crypto.randomUUID(),
      log: (entry) => log.push(entry),
      address: options.address,
      ...(options.afterwards && {
        later: (work, afterSeconds) => options.afterwards?.push({ work, afterSeconds }),
      }),
    },
    options.isolate,
  )
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  const parsed = response.status === 304 || !isJson ? NO_BODY : withoutDocumentation(JSON.parse(text))
  return { status: response.status, headers: response.headers, text, body: parsed }
}

/** Of a 304, and of a document that is not JSON. */
const NO_BODY: Answer['body'] = { result: null, success: true, errors: [], messages: [] }

/** Errors, and messages of our own, link to their sections of the error page. The tables of tests leave the links out. */
function withoutDocumentation(body: Answer['body']): Answer['body'] {
  const strip = <T extends { readonly code: number }>(entry: T, isOurs: boolean) => {
    const { documentation_url, ...rest } = { documentation_url: undefined, ...entry }
    expect(documentation_url).toBe(isOurs ? `https://api.example/docs/errors#${entry.code}` : undefined)
    return rest
  }
  return {
    ...body,
    errors: body.errors.map((error) => strip(error, true)),
    messages: body.messages.map((message) => strip(message, message.code >= 12900)),
  }
}

/** POSTs a certificate. A `body` that is not a string is sent as JSON. */
export function post(path: string, authorization: string, body: unknown, options: CallOptions = {}): Promise<Answer> {
  return call(path, {
    method: 'POST',
    ...options,
    headers: { authorization, 'content-type': 'application/json', ...options.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** How many certificates the database holds in all. */
export async function storedCertificates(): Promise<number> {
  return (await env.DB.prepare('SELECT count(*) AS n FROM certificates').first<number>('n')) ?? 0
}
