import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

/** A recorded request of a client, and what the client needs in the answer. */
interface RecordedRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With placeholders in braces, as in all recorded values. */
  readonly path: string
  readonly body?: unknown
  readonly status: number
  /** Parts of the result; a list is the whole result. */
  readonly result?: unknown
  /** The code of the first error. */
  readonly error?: number
  /** The client repeats the request until the result has these parts. */
  readonly poll_until?: unknown
}

/** What a client does for one action, and what its plan then compares with the answers. */
export interface Sequence {
  readonly name: string
  readonly requests: readonly RecordedRequest[]
  readonly planned?: Readonly<Record<string, unknown>>
  /** All settings of the plan, in order. They must be the whole last answer, which becomes the state. */
  readonly planned_settings?: readonly unknown[]
}

/** The recorded request sequences of one client. */
export interface Recording {
  readonly client: string
  readonly library: string
  /** The source of the requests. */
  readonly source: string
  readonly credentials: 'token' | 'key'
  /** Headers of every request, with or without a body. */
  readonly headers: Readonly<Record<string, string>>
  readonly sequences: readonly Sequence[]
}

/** Reads a recording from `fixtures`. */
export function readRecording(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'))
}

/** What a client keeps of one sequence. */
export interface Played {
  /** The result of the last answer. */
  readonly result: Readonly<Record<string, unknown>>
  /** One for each request, repetitions included. */
  readonly timings: readonly { readonly request: string; readonly ms: number }[]
}

/** How long the clients themselves repeat a request, in ms (contract 3: up to a minute). */
const POLL_LIMIT_MS = 60_000
const POLL_PAUSE_MS = 1_000

interface Answer {
  readonly result: Readonly<Record<string, unknown>>
  readonly errors: readonly { readonly code: number }[]
}

/** Plays recorded sequences against a server, and fills placeholders with values from the answers. */
export class Player {
  readonly #base: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #values: Map<string, string>

  constructor(base: string, headers: Readonly<Record<string, string>>, values: Readonly<Record<string, string>>) {
    this.#base = base
    this.#headers = headers
    this.#values = new Map(Object.entries(values))
  }

  /** Plays one sequence; every answer must have what the client needs. */
  async play({ requests }: Sequence): Promise<Played> {
    const timings: { request: string; ms: number }[] = []
    let result: Answer['result'] = {}
    for (const request of requests) {
      const deadline = Date.now() + POLL_LIMIT_MS
      for (;;) {
        const start = performance.now()
        result = await this.#send(request)
        timings.push({ request: request.method, ms: performance.now() - start })
        if (this.#settled(request, result, deadline)) break
        await new Promise((resolve) => setTimeout(resolve, POLL_PAUSE_MS))
      }
    }
    return { result, timings }
  }

  /** Fills the placeholders anywhere in a recorded value. */
  fill<T>(recorded: T): T {
    const known = (_: string, name: string): string => {
      const value = this.#values.get(name)
      if (value === undefined) throw new Error(`no value for {${name}}`)
      return value
    }
    return JSON.parse(JSON.stringify(recorded), (_, value) =>
      typeof value === 'string' && value !== '{new_id}' ? value.replaceAll(/\{(\w+)\}/g, known) : value,
    )
  }

  async #send({ method, path, body, status, result, error }: RecordedRequest): Promise<Answer['result']> {
    const url = this.#base + this.fill(path)
    const response = await fetch(url, {
      method,
      ...(body === undefined
        ? { headers: this.#headers }
        : {
            headers: { ...this.#headers, 'content-type': 'application/json' },
            body: JSON.stringify(this.fill(body)),
          }),
    })
    const answer = (await response.json()) as Answer
    expect({ status: response.status, code: answer.errors[0]?.code }, `${method} ${url}`).toEqual({
      status,
      code: error,
    })
    if (result !== undefined) this.#compare(answer.result, result)
    return answer.result
  }

  #compare(result: Answer['result'], recorded: unknown): void {
    const filled: unknown = this.fill(recorded)
    if (Array.isArray(filled)) {
      expect(result).toEqual(filled)
    } else if (Reflect.get(Object(filled), 'id') === '{new_id}') {
      expect(result['id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      this.#values.set('certificate_id', String(result['id']))
    } else {
      expect(result).toMatchObject(Object(filled))
    }
  }

  #settled({ poll_until }: RecordedRequest, result: Answer['result'], deadline: number): boolean {
    if (poll_until === undefined) return true
    const wanted = Object.entries(Object(poll_until))
    const settled = wanted.every(([name, value]) => JSON.stringify(result[name]) === JSON.stringify(value))
    if (!settled && Date.now() > deadline) throw new Error(`never saw ${JSON.stringify(poll_until)}`)
    return settled
  }
}
