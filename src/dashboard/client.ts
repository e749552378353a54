import type { Entry, Info, Scope } from './wire.ts'

/** `METHOD path` of each operation of an account; and with `?dry_run` if it can be tried (scripts/generate/dashboard.ts). */
declare const OPERATIONS: readonly string[]

/** Whether the API that serves this page has an operation. @param operation as in `GET hostnames/{hostname}/clients` */
export const has = (operation: string): boolean => OPERATIONS.includes(operation)

/** What the API answers, or why it does not. */
export interface Answer<T> {
  readonly result: T
  readonly messages: readonly Entry[]
  readonly info: Info | undefined
  /** The text of an answer that is not JSON. */
  readonly text: string
}

/** A refusal of the API. */
export class Refused extends Error {
  readonly status: number
  readonly entries: readonly Entry[]

  constructor(status: number, entries: readonly Entry[]) {
    super(entries.map(({ message }) => message).join(' '))
    this.status = status
    this.entries = entries
  }
}

interface Asking {
  /** Sent as JSON, or as it is. */
  readonly body?: unknown
  readonly accept?: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
}

/** Calls the API with one token. It is on this page's own origin, so nobody else is sent the token. */
export class Client {
  readonly #token: string
  readonly #whenUnauthenticated: (refused: Refused) => void

  constructor(token: string, whenUnauthenticated: (refused: Refused) => void) {
    this.#token = token
    this.#whenUnauthenticated = whenUnauthenticated
  }

  /** Cloudflare's namespace. */
  cloudflare<T>(method: string, path: string, asking: Asking = {}): Promise<Answer<T>> {
    return this.#ask(method, `/client/v4/${path}`, asking)
  }

  /** Our own namespace. */
  edge<T>(method: string, path: string, asking: Asking = {}): Promise<Answer<T>> {
    return this.#ask(method, `/edge/v1/${path}`, asking)
  }

  async #ask<T>(method: string, path: string, { body, accept, query = {} }: Asking): Promise<Answer<T>> {
    const response = await this.#fetch(`${path}${queryOf(query)}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(accept !== undefined && { accept }),
        ...(body !== undefined && {
          'content-type': body instanceof Uint8Array ? 'application/pkix-crl' : 'application/json',
        }),
      },
      ...(body !== undefined && { body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) }),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    })
    const text = await response.text()
    if (response.ok && accept !== undefined) return { result: undefined as T, messages: [], info: undefined, text }
    const envelope = read(text)
    if (!response.ok || envelope === undefined) {
      const refused = new Refused(response.status, envelope?.errors ?? [notOurs(response.status)])
      if (response.status === 401) this.#whenUnauthenticated(refused)
      throw refused
    }
    return { result: envelope.result as T, messages: envelope.messages, info: envelope.result_info, text }
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init)
    } catch {
      throw new Refused(0, [
        { code: 0, message: 'The service could not be reached. Check the connection, and try again.' },
      ])
    }
  }
}

function queryOf(query: NonNullable<Asking['query']>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

interface Envelope {
  readonly result: unknown
  readonly errors: readonly Entry[]
  readonly messages: readonly Entry[]
  readonly result_info?: Info
}

/** Something between this page and the service may answer in its place. */
function read(text: string): Envelope | undefined {
  try {
    const body: Envelope = JSON.parse(text)
    return Array.isArray(body.errors) ? body : undefined
  } catch {
    return undefined
  }
}

function notOurs(status: number): Entry {
  return { code: 0, message: `The answer (${status}) is not the service's. Try again in a moment.` }
}

/** Most items that a list is read to: an account's quota of certificates is 50, unless its operator gave it more. */
const MAX_ITEMS = 10_000

/** All items of a list that comes in pages of 1,000. */
export async function all<T>(page: (query: Record<string, number>) => Promise<Answer<readonly T[]>>): Promise<T[]> {
  const items: T[] = []
  for (let number = 1; items.length < MAX_ITEMS; number += 1) {
    const { result, info } = await page({ page: number, per_page: 1_000 })
    items.push(...result)
    if (result.length === 0 || items.length >= (info?.total_count ?? 0)) break
  }
  return items
}

/** A scope's path, with the names in it encoded. */
export function at(scope: Scope, ...names: readonly string[]): string {
  return [scope, ...names.map(encodeURIComponent)].join('/')
}
